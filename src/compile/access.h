/* SPDX-License-Identifier: MIT */
/* Who reads and writes each buffer, in order of calls. */
#ifndef RN_COMPILE_ACCESS_H
#define RN_COMPILE_ACCESS_H

#include "compile/plan.h"

typedef struct rn__access {
    struct rn__access *next; /* of the same buffer, in order of calls */
    int32_t call;
    bool write;
    int operand;
    rn__address address; /* in the buffer whose list this is in */
    int64_t low, high;   /* bytes that it may touch: low <= .. < high */
} rn__access;

typedef struct rn__access_list {
    rn__access *first, *last;
    rn__access *latest;       /* the first of those of the last call */
    const rn__access *writer; /* one of them */
    int32_t writers;
    int32_t until; /* the last call that touches the buffer, counted from 2; 0: unknown */
} rn__access_list;

/* Lists by buffer, in the plan's passing arena; NULL after an error. */
rn__access_list *rn__accesses(rn__plan *plan);

/* Merges the list of buffer b, which has become a part of buffer a, into that of a. */
void rn__access_merge(rn__plan *plan, rn__access_list *lists, int32_t b, int32_t a);

#endif
