/* SPDX-License-Identifier: MIT */
/* The text of charlm: reading a file, its vocabulary, and what is held out of it. */
#include "charlm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- the file ---- */

/* Reads on to the end; the array grows by half its size. */
static bool read_rest(FILE *file, char **bytes, int64_t *count)
{
    int64_t capacity = 0;

    for (;;) {
        if (*count == capacity) {
            capacity += capacity / 2 + 65536;
            char *more = (char *)realloc(*bytes, (size_t)capacity);
            if (!more) return complain("out of memory");
            *bytes = more;
        }
        const size_t n = fread(*bytes + *count, 1, (size_t)(capacity - *count), file);
        if (n == 0) return true;
        *count += (int64_t)n;
    }
}

static bool read_file(const char *path, char **bytes, int64_t *count)
{
    FILE *file = fopen(path, "rb");

    if (!file) return complain("%s: %s", path, strerror(errno));
    errno = 0;
    bool ok = read_rest(file, bytes, count);
    if (ok && ferror(file))
        ok = complain("%s: %s", path, errno ? strerror(errno) : "cannot be read");
    fclose(file);
    return ok;
}

/* ---- its parts ---- */

enum { SOME = 100 }; /* characters of a stretch, at least, that rounds measure */

/* Stretch k of the text: from begin to cut it is trained on, from cut to end held out, the
 * first of it, up to `some`, measured after each round. */
typedef struct stretch {
    int64_t begin, cut, some, end;
} stretch;

static stretch stretch_of(int64_t count, int64_t k)
{
    stretch s = {.begin = k * count / STRETCHES, .end = (k + 1) * count / STRETCHES};

    s.cut = s.end - (s.end - s.begin) / HELD_OUT_OF;
    const int64_t held = s.end - s.cut, some = held / ROUNDS;
    s.some = s.cut + (some > SOME ? some : held < SOME ? held : SOME);
    return s;
}

static bool text_new(text *t, int64_t room)
{
    t->at = (int32_t *)calloc((size_t)room, sizeof *t->at);
    return t->at || complain("out of memory");
}

static void add(text *t, rn_vocabulary *v, const char *bytes, int64_t count)
{
    t->count += rn_vocabulary_encode(v, bytes, (size_t)count, t->at + t->count, count);
}

static bool divide(corpus *c, const char *bytes, int64_t count)
{
    const int64_t held = count / HELD_OUT_OF + 1;

    for (int k = 0; k < STRETCHES; k++) {
        const stretch s = stretch_of(count, k);
        rn_vocabulary_add(c->vocabulary, bytes + s.begin, (size_t)(s.cut - s.begin));
    }
    if (rn_vocabulary_complete(c->vocabulary) != RN_OK)
        return complain("%s", rn_vocabulary_error(c->vocabulary));
    if (!text_new(&c->train, count) || !text_new(&c->held, held) ||
        !text_new(&c->some, held))
        return false;
    for (int k = 0; k < STRETCHES; k++) {
        const stretch s = stretch_of(count, k);
        add(&c->train, c->vocabulary, bytes + s.begin, s.cut - s.begin);
        add(&c->held, c->vocabulary, bytes + s.cut, s.end - s.cut);
        add(&c->some, c->vocabulary, bytes + s.cut, s.some - s.cut);
    }
    return true;
}

bool corpus_read(corpus *c, const char *path)
{
    char *bytes = NULL;
    int64_t count = 0;

    *c = (corpus){.vocabulary = rn_vocabulary_new(vocabulary_options)};
    bool ok = c->vocabulary || complain("out of memory");
    ok = ok && read_file(path, &bytes, &count);
    if (ok && count < 2 * STRETCHES * HELD_OUT_OF)
        ok = complain("%s: too short to hold a part out", path);
    ok = ok && divide(c, bytes, count);
    free(bytes);
    return ok;
}

void corpus_free(corpus *c)
{
    free(c->train.at);
    free(c->held.at);
    free(c->some.at);
    rn_vocabulary_free(c->vocabulary);
}

/* ---- as batches ---- */

rn_batches *text_streams(text *t, rn_streams_options options)
{
    static const rn_field field = {"x", RN_I32, {.rank = 0}, false, 0};

    t->data = t->at;
    t->arrays = (rn_arrays){.fields = &field,
                            .field_count = 1,
                            .data = &t->data,
                            .count = 1,
                            .steps = t->count};
    t->source = rn_source_arrays(&t->arrays);
    options.next = "y";
    return rn_streams_new(&t->source, options);
}
