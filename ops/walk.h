/* SPDX-License-Identifier: MIT */
/*
 * Visits every index of some axes, the last one fastest, with the offset in each of several
 * operands:
 *
 *   if (there is an element) do { use w.at[0], w.at[1] } while (rn__walk_next(&w));
 */
#ifndef RN_OPS_WALK_H
#define RN_OPS_WALK_H

#include "rondo/op.h"

enum { RN__WALK_OPERANDS = 4 };

typedef struct rn__walk {
    int rank;
    int64_t size[RN_RANK_MAX], index[RN_RANK_MAX];
    int64_t stride[RN__WALK_OPERANDS][RN_RANK_MAX];
    int64_t at[RN__WALK_OPERANDS]; /* in elements from the operand's first */
} rn__walk;

/* False after the last index; the walk is then at the first one again. */
static inline bool rn__walk_next(rn__walk *w)
{
    for (int i = w->rank - 1; i >= 0; i--) {
        for (int o = 0; o < RN__WALK_OPERANDS; o++) w->at[o] += w->stride[o][i];
        if (++w->index[i] < w->size[i]) return true;
        for (int o = 0; o < RN__WALK_OPERANDS; o++)
            w->at[o] -= w->stride[o][i] * w->size[i];
        w->index[i] = 0;
    }
    return false;
}

#endif
