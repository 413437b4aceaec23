/* SPDX-License-Identifier: MIT */
/* Which values of a loop are computed again. */
#ifndef RN_COMPILE_RECOMPUTE_H
#define RN_COMPILE_RECOMPUTE_H

#include "compile/copy.h"

enum { RN__AGAIN_INPUTS = 4 };

/* An operand as a loop has it: a leaf of its body, or else an outer value. */
typedef struct rn__source {
    int32_t leaf, outer; /* -1: not that */
} rn__source;

/* How the value of a leaf is computed again. */
struct rn__again {
    const rn__node *maker;
    rn__source in[RN__AGAIN_INPUTS];
};

/* For the loops of a graph fills in `again` of their bodies, and takes the leaves out of
 * what lives. False without memory. */
bool rn__find_again(rn__copy_pass *pass, rn__region *region);

/* By node of a graph: whether all of it must be there, whatever loops read by step. An
 * element-wise operator outside does not need all of its operands; if `alone`, only if it
 * need not be there either. NULL without memory. */
bool *rn__find_kept(const rn__copy_pass *pass, rn__region *outer, rn__arena *arena,
                    bool alone);

#endif
