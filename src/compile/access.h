/* SPDX-License-Identifier: MIT */
/* Who reads and writes each buffer, in order of calls. */
#ifndef RN_COMPILE_ACCESS_H
#define RN_COMPILE_ACCESS_H

#include "plan.h"

typedef struct rn__access {
    struct rn__access *next; /* of the same buffer, in order of calls */
    int32_t call;
    bool write;
    int operand;
    rn__address address; /* in the buffer whose list this is in */
    int64_t low, high;   /* bytes that it may touch: low <= .. < high */
} rn__access;

/* Lists by buffer, in the plan's passing arena; NULL after an error. */
rn__access **rn__accesses(rn__plan *plan);

/* Merges the list of buffer b, which has become a part of buffer a, into that of a. */
void rn__access_merge(rn__plan *plan, rn__access **lists, int32_t b, int32_t a);

#endif
