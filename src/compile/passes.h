/* SPDX-License-Identifier: MIT */
/*
 * The passes, in the order in which rn_compile runs them:
 *
 *   convert    a private copy, in other real types when asked
 *   (the optimiser adds its nodes)
 *   simplify   dead code, common subexpressions, identities, constants; loop invariants
 *   hoist      what need not be done step by step leaves the loop
 *   fuse       chains of element-wise operators
 *   schedule   the list of calls
 *   place      memory
 */
#ifndef RN_COMPILE_PASSES_H
#define RN_COMPILE_PASSES_H

#include "copy.h"

typedef struct rn__conversion {
    bool convert;
    rn_type real;
    bool frozen; /* no assignments */
    bool freeze; /* variables become inputs, and no assignments */
} rn__conversion;

bool rn__convert(rn__copy_pass *pass, rn__conversion *conversion, const int32_t *roots,
                 int count);

bool rn__simplify(rn__copy_pass *pass, const int32_t *roots, int count);

/* The value of an element-wise operator on scalar constants, as a constant of pass->to;
 * null without an error when there is none. */
rn_tensor rn__fold(rn_graph *to, const rn__node *node, const rn_tensor *in);

/* What an operator on these operands is equal to without computing anything, or null. */
rn_tensor rn__identity(const rn__node *node, const rn_tensor *in);

#endif
