/* SPDX-License-Identifier: MIT */
/*
 * Training on sequences that are made as they are needed, and the held-out result. The loop
 * is written out, because the lengths of what comes next depend on the loss; fit.h has one
 * for data that is there.
 *
 * With a curriculum the longest length starts small. It grows by an eighth whenever the
 * mean loss of the last CHECK updates is below a tenth of a guess's.
 */
#include "memory.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

enum { CHECK = 20 };

/* ---- the held-out result ---- */

/* Whether all right classes of a step have larger logits than the others. */
static bool step_right(const float *logits, int64_t classes, uint32_t right)
{
    float least = INFINITY, most = -INFINITY;

    for (int64_t i = 0; i < classes; i++) {
        if (right >> i & 1)
            least = fminf(least, logits[i]);
        else
            most = fmaxf(most, logits[i]);
    }
    return least > most;
}

/* For a number: whether it is less than .04 away, as Hochreiter and Schmidhuber count.
 * Their numbers lie in [0, 1], and ours in [0, 2]. */
static bool row_right(const batch *b, int64_t classes, const float *out, int64_t row)
{
    if (classes == 1) return fabsf(out[row] - b->number[row]) < 0.08f;
    for (int64_t t = 0; t < b->length[row]; t++) {
        const int64_t at = t * b->size + row;
        if (b->right[at] && !step_right(out + at * classes, classes, b->right[at]))
            return false;
    }
    return true;
}

static bool measure(rn_model *model, const settings *s, outcome *result)
{
    runner r;
    dice d = dice_new(s->seed + 1);
    bool ok = runner_new(&r, model, s, false);
    const int64_t classes = s->task->classes;
    const int64_t count = s->tests * (classes == 1 ? 1 : r.data.steps * classes);
    float *out = (float *)malloc((size_t)count * sizeof *out);
    int64_t right = 0;

    ok = ok && runner_run(&r, s, &d, s->test_shortest, s->test_steps);
    if (ok && !out) ok = complain("out of memory");
    if (ok && rn_read_f32(r.program, r.out, out, count) != RN_OK)
        ok = complain("%s", rn_program_error(r.program));
    for (int64_t i = 0; ok && i < s->tests; i++)
        right += row_right(&r.data, classes, out, i);
    if (ok) result->loss = rn_scalar(r.program, r.loss);
    result->right = (double)right / (double)s->tests;
    free(out);
    runner_free(&r);
    return ok;
}

/* ---- training ---- */

static void grow(const settings *s, int64_t update, double loss, outcome *result)
{
    if (result->longest == s->steps || loss > 0.1 * s->task->guess(result->longest)) return;
    result->longest += result->longest / 8 + 1;
    if (result->longest > s->steps) result->longest = s->steps;
    if (result->longest == s->steps) result->full = update;
}

static bool learn(runner *r, const settings *s, rn_progress *p, outcome *result)
{
    dice d = dice_new(s->seed);
    double sum = 0;

    result->longest = s->first ? s->first : s->steps;
    result->full = s->first ? -1 : 0;
    for (int64_t i = 1; i <= s->updates; i++) {
        const int64_t longest = result->longest;
        const int64_t shortest = s->shortest < longest ? s->shortest : longest;
        if (!runner_run(r, s, &d, shortest, longest)) return false;
        const double loss = rn_scalar(r->program, r->loss);
        if (!isfinite(loss)) return complain("the loss is not finite; try a lower --rate");
        sum += loss;
        rn_progress_show(p, i, "loss %.4f  up to %lld steps", loss, (long long)longest);
        if (i % CHECK) continue;
        grow(s, i, sum / CHECK, result);
        sum = 0;
    }
    return true;
}

bool train(const settings *s, outcome *result)
{
    rn_model *model = rn_model_new((uint64_t)s->seed);
    rn_progress *p = rn_progress_new(stderr, s->task->name, s->updates);
    runner r;
    bool ok = runner_new(&r, model, s, true) && network_chrono(model, s);

    if (ok && s->task->load) ok = s->task->load();

    if (ok)
        printf("network   %s of %lld units, %lld weights; %s kernels\n", s->cell,
               (long long)s->units, (long long)rn_model_parameters(model), rn_isa());
    fflush(stdout);
    const clock_t begin = clock();
    ok = ok && learn(&r, s, p, result);
    result->processor = (double)(clock() - begin) / CLOCKS_PER_SEC;
    result->seconds = rn_progress_seconds(p);
    rn_progress_free(p);
    runner_free(&r);
    ok = ok && measure(model, s, result);
    rn_model_free(model);
    return ok;
}
