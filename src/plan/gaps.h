/* SPDX-License-Identifier: MIT */
/* Free parts of a memory without end, in order of offset. */
#ifndef RN_PLAN_GAPS_H
#define RN_PLAN_GAPS_H

#include "base/arena.h"

typedef struct rn__gaps {
    struct rn__gap *gap; /* a treap; gap 0 is none */
    int32_t root, unused;
} rn__gaps;

/* Room for so many parts taken at a time; false without memory. */
bool rn__gaps_init(rn__gaps *gaps, rn__arena *arena, int32_t parts);

/* All is free again. */
void rn__gaps_clear(rn__gaps *gaps, int32_t parts);

/* Takes the lowest offset for so many bytes, more than none; false when none is left. */
bool rn__gaps_take(rn__gaps *gaps, size_t bytes, size_t *offset);

/* Gives back what was taken. */
void rn__gaps_give(rn__gaps *gaps, size_t offset, size_t bytes);

#endif
