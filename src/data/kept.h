/* SPDX-License-Identifier: MIT */
/* The indices of texts' tokens, kept in memory, so that a text is split once. */
#ifndef RN_DATA_KEPT_H
#define RN_DATA_KEPT_H

#include "data/vocabulary.h"

enum { RN__LONGEST = INT32_MAX - 2 }; /* with two marks */

/* All zero: nothing is kept. */
typedef struct rn__kept {
    rn_allocator allocator;
    size_t limit; /* bytes */
    int width;    /* bytes of an index: 1, 2 or 4; 0: nothing is kept (any more) */
    bool failed;  /* out of memory */
    void *data;
    size_t used, room; /* indices */
} rn__kept;

/* The tokens of one text: where they are, as long as they are kept, and how many. */
typedef struct rn__range {
    uint32_t start;
    int32_t length;
} rn__range;

/* Whether a source may keep so many bytes: RN__KEPT, see window.h. */
bool rn__kept_fits(size_t bytes);

/* Begins to keep indices below `indices`; so many bytes are kept beside them. */
rn__kept rn__kept_begin(rn_allocator allocator, int64_t indices, size_t beside);

/* Keeps some indices, which are last in it. False: nothing is kept any more. */
bool rn__kept_put(rn__kept *k, const int32_t *index, int64_t count);

/* Measures a text, and keeps its tokens, which are last in it. They are not kept any more,
 * nor those of other texts, if the limit is reached, if a token is not in the vocabulary or
 * the text not UTF-8, or if memory is out; then `failed` is set. A text that is not UTF-8,
 * or that has RN__LONGEST tokens, is for the caller to refuse; *text is behind the tokens.
 */
rn__range rn__kept_add(rn__kept *k, rn_vocabulary *v, rn_tokens *text);

/* Keeps the tokens of a text that `from` has by other indices; `moved` says what became of
 * them, negative: of what did, `unknown` did. Nothing is kept any more if that is negative.
 */
rn__range rn__kept_move(rn__kept *k, const rn__kept *from, rn__range text,
                        const int32_t *moved, int32_t unknown);

/* As rn_vocabulary_add of a text that is split into words; keeps their indices. */
rn_status rn__vocabulary_add(rn_vocabulary *v, const char *text, size_t bytes, rn__kept *k);

/* The indices from `first` on. */
void rn__kept_read(const rn__kept *k, size_t first, int64_t count, int32_t *to);

/* Gives back what is allocated, but not used; false: out of memory. */
bool rn__kept_trim(rn__kept *k);

/* Frees what is kept. */
void rn__kept_stop(rn__kept *k);

#endif
