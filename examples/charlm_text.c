/* SPDX-License-Identifier: MIT */
/* The text of charlm: reading a file, the held-out part, and the vocabulary. */
#include "charlm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void text_free(text *t)
{
    free(t->at);
    *t = (text){0};
}

static bool text_new(text *t, int64_t count)
{
    *t = (text){.count = count};
    t->at = (int32_t *)malloc((size_t)(count ? count : 1) * sizeof *t->at);
    return t->at || complain("out of memory");
}

/* ---- the split ---- */

/* Whether position i of `count` is in the last tenth of its stretch. */
static bool held_out(int64_t i, int64_t count)
{
    const int64_t stretch = i * STRETCHES / count;
    const int64_t begin = (stretch * count + STRETCHES - 1) / STRETCHES;
    const int64_t end = ((stretch + 1) * count + STRETCHES - 1) / STRETCHES;

    return i >= end - (end - begin) / HELD_OUT_OF;
}

bool text_split(const text *whole, text *most, text *rest)
{
    int64_t taken = 0;

    *most = *rest = (text){0};
    for (int64_t i = 0; i < whole->count; i++) taken += held_out(i, whole->count);
    if (!text_new(most, whole->count - taken)) return false;
    if (!text_new(rest, taken)) {
        text_free(most);
        return false;
    }
    most->count = rest->count = 0;
    for (int64_t i = 0; i < whole->count; i++) {
        text *to = held_out(i, whole->count) ? rest : most;
        to->at[to->count++] = whole->at[i];
    }
    return true;
}

/* ---- the file ---- */

/* Appends the file's content; the array grows by half its size. */
static bool read_bytes(FILE *file, text *t)
{
    unsigned char block[4096];
    int64_t capacity = 0;

    for (;;) {
        const size_t n = fread(block, 1, sizeof block, file);
        if (n == 0) return true;
        if (t->count + (int64_t)n > capacity) {
            capacity += capacity / 2 + (int64_t)sizeof block;
            int32_t *more = (int32_t *)realloc(t->at, (size_t)capacity * sizeof *more);
            if (!more) return complain("out of memory");
            t->at = more;
        }
        for (size_t i = 0; i < n; i++) t->at[t->count++] = block[i];
    }
}

static bool text_read(text *t, const char *path)
{
    FILE *file = fopen(path, "rb");

    *t = (text){0};
    if (!file) return complain("%s: %s", path, strerror(errno));
    errno = 0;
    bool ok = read_bytes(file, t);
    if (ok && ferror(file))
        ok = complain("%s: %s", path, errno ? strerror(errno) : "cannot be read");
    fclose(file);
    if (!ok) text_free(t);
    return ok;
}

/* ---- the vocabulary ---- */

static void collect_vocabulary(vocabulary *v, const text *t)
{
    bool there[BYTES] = {false};

    for (int64_t i = 0; i < t->count; i++) there[t->at[i]] = true;
    *v = (vocabulary){.size = 1};
    for (int i = 0; i < BYTES; i++) {
        if (!there[i]) continue;
        v->code[i] = v->size;
        v->byte[v->size++] = (unsigned char)i;
    }
}

static void encode(const vocabulary *v, text *t)
{
    for (int64_t i = 0; i < t->count; i++) t->at[i] = v->code[t->at[i]];
}

bool corpus_read(corpus *c, const char *path)
{
    text bytes;

    *c = (corpus){.train = {0}};
    if (!text_read(&bytes, path)) return false;
    bool ok = text_split(&bytes, &c->train, &c->held);
    text_free(&bytes);
    if (ok && c->held.count < 2) ok = complain("%s: too short to hold a part out", path);
    if (!ok) {
        corpus_free(c);
        return false;
    }
    collect_vocabulary(&c->vocabulary, &c->train);
    encode(&c->vocabulary, &c->train);
    encode(&c->vocabulary, &c->held);
    return true;
}

void corpus_free(corpus *c)
{
    text_free(&c->train);
    text_free(&c->held);
}
