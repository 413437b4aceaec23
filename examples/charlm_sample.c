/* SPDX-License-Identifier: MIT */
/* New text from the model of charlm: one character a run, each fed back. */
#include "charlm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A number in [0, 1): Steele et al. 2014, "Fast splittable pseudorandom number
 * generators". */
static double draw(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

/* A character with probability proportional to e^(logit / temperature), the likeliest at
 * temperature 0, and never the unknown one. */
static int32_t choose(const float *logit, int size, double temperature, double random)
{
    int32_t best = UNKNOWN + 1;
    double sum = 0;

    for (int32_t i = best; i < size; i++)
        if (logit[i] > logit[best]) best = i;
    if (temperature == 0) return best;
    for (int32_t i = UNKNOWN + 1; i < size; i++)
        sum += exp((logit[i] - logit[best]) / temperature);

    double rest = random * sum;
    for (int32_t i = UNKNOWN + 1; i < size; i++) {
        rest -= exp((logit[i] - logit[best]) / temperature);
        if (rest < 0) return i;
    }
    return best;
}

static bool write_text(reader *r, rn_vocabulary *v, const settings *s, float *logit,
                       FILE *to)
{
    const int size = rn_vocabulary_count(v);
    const size_t bytes = (size_t)size * sizeof *logit;
    const char *prompt = *s->prompt ? s->prompt : "\n";
    uint64_t random = (uint64_t)s->seed;

    for (const char *c = prompt; *c; c++)
        if (!reader_read(r, rn_vocabulary_find(v, c, 1), logit, bytes)) return false;
    fputs(s->prompt, to);
    for (int64_t i = 0; i < s->sample; i++) {
        const int32_t code = choose(logit, size, s->temperature, draw(&random));
        fputc(*rn_vocabulary_token(v, code, NULL), to);
        if (!reader_read(r, code, logit, bytes)) return false;
    }
    fputc('\n', to);
    return true;
}

bool sample(rn_model *model, const network *n, rn_vocabulary *v, const settings *s,
            FILE *to)
{
    float *logit = (float *)malloc((size_t)n->tokens * sizeof *logit);
    reader r;

    if (!logit) return complain("out of memory");
    bool ok = reader_new(&r, model, n);
    if (ok) {
        rn_model_reset_states(model);
        ok = write_text(&r, v, s, logit, to);
        reader_free(&r);
    }
    free(logit);
    return ok;
}
