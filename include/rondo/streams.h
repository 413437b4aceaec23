/* SPDX-License-Identifier: MIT */
/*
 * Streams: texts laid end to end and cut into B rows, which batches continue, for language
 * models that carry their state from run to run (.stateful in recurrent.h).
 *
 *     rn_batches *stream = rn_streams_new(&text, (rn_streams_options){
 *         .batch = 32, .steps = 100, .next = "y"});
 *
 * A batch is a window: the next T steps of all rows. Row b of one window goes on where row
 * b of the window before ended: truncated back-propagation through time. Where a text
 * begins, and in the first step of an epoch, `resets` is true; give it to the layer as
 * .restarts. rn_batches_next, positions and rn_batch_feed are those of data.h.
 */
#ifndef RONDO_STREAMS_H
#define RONDO_STREAMS_H

#include "data.h"

#ifdef __cplusplus
extern "C" {
#endif

/* N steps in all: each of the B rows has N / B of them. */
typedef struct rn_streams_options {
    int64_t batch;    /* B; 0 means 32 */
    int64_t steps;    /* T; 0 means 64 */
    int64_t advance;  /* A, steps from a window to the next, at most T; 0 means T. If less,
                         windows overlap: give the layer A as .keep_after */
    const char *next; /* adds a field of this name: what field `next_of` is one step later,
                         the target of a language model. The last step of a text, which has
                         no next one, is left out. NULL: none */
    int next_of;
    bool joined;  /* all texts are one: states are kept and `next` goes on from each text
                     to the one after it */
    bool shuffle; /* the texts, not what is in them: another order in every epoch */
    uint64_t seed;
    rn_last last; /* RN_LAST_FILL: rows are N / B steps, rounded up; what the last row and
                     the last window lack is padding, and `lengths` says so.
                     RN_LAST_KEEP: rounded down; the last window has fewer steps.
                     RN_LAST_DROP: rounded down, and only whole windows */
    rn_allocator allocator;
} rn_streams_options;

/* Windows over all sequences of a source, which must live as long. Memory is one window, 4
 * bytes a sequence, and at most 1 MB for steps that are read ahead, because a source is
 * read faster in larger parts: up to 4 KB of each row and field, each epoch anew. NULL and
 * errors as of rn_batches_new; fields with `once`, and a `next` that is the name of a
 * field, are errors too. A window's `which` is NULL; `real` is B. */
RN_API rn_batches *rn_streams_new(const rn_source *source, rn_streams_options options);

#ifdef __cplusplus
}
#endif
#endif
