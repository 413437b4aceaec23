/* SPDX-License-Identifier: MIT */
/* The sources that tagger reads, their labels, and windows of them. */
#include "tagger_windows.h"

#include <stdlib.h>

bool sources_read(sources *c, const settings *s)
{
    *c = (sources){.kind = NULL};
    if (!library_read(&c->files, s->data, ".c .h")) return false;
    const size_t count = (size_t)c->files.count + 1;
    c->kind = (unsigned char **)calloc(count, sizeof *c->kind);
    c->guess = (unsigned char **)calloc(count, sizeof *c->guess);
    bool ok = (c->kind && c->guess) || complain("out of memory");

    for (int i = 0; i < c->files.count && ok; i++) {
        const page *file = &c->files.at[i];
        c->kind[i] = (unsigned char *)calloc((size_t)file->count + 1, 1);
        c->guess[i] = (unsigned char *)calloc((size_t)file->count + 1, 1);
        ok = (c->kind[i] && c->guess[i]) || complain("out of memory");
        if (ok) lex(file->bytes, file->count, c->kind[i]);
    }
    return ok;
}

void sources_free(sources *c)
{
    for (int i = 0; i < c->files.count && c->kind && c->guess; i++) {
        free(c->kind[i]);
        free(c->guess[i]);
    }
    free(c->kind);
    free(c->guess);
    library_free(&c->files);
}

/* ---- windows ---- */

enum { X, Y };
static const rn_field fields[] = {{"x", RN_I32, {0, {0}}, false, 0},
                                  {"y", RN_I32, {0, {0}}, false, IGNORED}};

static int64_t window_length(void *self, int64_t i)
{
    const windows *w = (const windows *)self;
    const int left = w->sources->files.at[w->at[i].file].count - w->at[i].from;

    return left < STEPS ? left : STEPS;
}

bool counts(const page *file, int from, int at)
{
    return (at - from >= MARGIN || from == 0) &&
           (at - from < STEPS - MARGIN || from + STEPS >= file->count);
}

static bool window_read(void *self, int64_t i, int field, int64_t first, int64_t steps,
                        void *to)
{
    const windows *w = (const windows *)self;
    const int k = w->at[i].file, from = w->at[i].from;
    const page *file = &w->sources->files.at[k];

    for (int t = 0; t < (int)steps; t++) {
        const int at = from + (int)first + t;
        const unsigned char byte = (unsigned char)file->bytes[at];
        const int kind = counts(file, from, at) ? w->sources->kind[k][at] : IGNORED;
        ((int32_t *)to)[t] = field == Y ? kind : byte < CODES ? byte : 0;
    }
    return true;
}

bool windows_make(windows *w, const sources *c, bool held, int stride, const char *data)
{
    *w = (windows){.sources = c};
    for (int list = 0; list < 2; list++) {
        if (list && !(w->at = (struct window *)calloc((size_t)w->count + 1, sizeof *w->at)))
            return complain("out of memory");
        w->count = 0;
        for (int i = 0; i < c->files.count; i++) {
            const page *file = &c->files.at[i];
            for (int from = 0; file->held == held && from < file->count; from += stride) {
                if (from > 0 && from + MARGIN >= file->count) break;
                if (list) w->at[w->count] = (struct window){i, from};
                w->count++;
            }
        }
    }
    w->source = (rn_source){.count = w->count,
                            .fields = fields,
                            .field_count = 2,
                            .length = window_length,
                            .read = window_read,
                            .self = w};
    return w->count > 0 || complain("%s: too few C sources: some are held out", data);
}

rn_batches *batches_of(const windows *w, const settings *s, bool shuffle)
{
    static const int64_t steps = STEPS;

    return rn_batches_new(&w->source, (rn_batches_options){.batch = s->batch,
                                                           .shuffle = shuffle,
                                                           .seed = (uint64_t)s->seed,
                                                           .buckets = 1,
                                                           .sizes = &steps});
}
