/* SPDX-License-Identifier: MIT */
/* Which loops of a graph become one. */
#ifndef RN_COMPILE_MERGE_H
#define RN_COMPILE_MERGE_H

#include "compile/copy.h"

/* Of one graph; by node, and of loops alone except for `same`. */
struct rn__merge {
    int32_t *same;    /* the first node that is known to be equal to this one */
    int32_t *first;   /* the first loop of its group; itself if it is alone */
    int32_t *next;    /* the next loop of its group, in order; -1: none */
    int32_t *partner; /* the loop of its group that it was compared with; -1: none */
    int32_t **carry;  /* by carry: the partner's carry that is equal to it; -1: none */
};

/* The groups of a graph's loops. NULL without memory. */
rn__merge *rn__merge_groups(rn__copy_pass *pass, const rn__region *region);

#endif
