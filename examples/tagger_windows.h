/* SPDX-License-Identifier: MIT */
/* Windows of C sources and their labels: a source of sequences for batches. */
#ifndef TAGGER_WINDOWS_H
#define TAGGER_WINDOWS_H

#include "example.h"
#include "tagger.h"

enum { STEPS = 256, MARGIN = 32, CODES = 128, IGNORED = -1 };
/* From window to window: as far as it can be, and less in training. */
enum { STRIDE = STEPS - 2 * MARGIN, STRIDE_LEARN = 61 };

typedef struct sources {
    library files;
    unsigned char **kind, **guess; /* of each file's characters; what the network says */
} sources;

/* sources_free in any case. */
bool sources_read(sources *c, const settings *s);
void sources_free(sources *c);

typedef struct windows {
    const sources *sources;
    struct window {
        int file, from;
    } * at;
    int count;
    rn_source source;
} windows;

/* Whether character `at` counts in the window that begins at `from`. */
bool counts(const page *file, int from, int at);

/* The windows of the files that are held out, or of the others: fields x and y. Each
 * character counts in one of them if the stride is STRIDE. free(w->at) in any case. */
bool windows_make(windows *w, const sources *c, bool held, int stride, const char *data);

rn_batches *batches_of(const windows *w, const settings *s, bool shuffle);

#endif
