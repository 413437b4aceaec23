/* SPDX-License-Identifier: MIT */
/*
 * The passes, in the order in which rn_compile runs them:
 *
 *   convert    a private copy, in other real types when asked
 *              (here the optimiser adds its nodes)
 *   simplify   dead code, common subexpressions, identities, constants; loop invariants
 *   merge      loops that compute something in common become one
 *   hoist      what need not be done step by step leaves the loop
 *   simplify   once more, for what hoisting made
 *   schedule   the list of calls
 *   elide      computing things where they go, in place of copies
 *   fuse       chains of element-wise calls, tile by tile
 *   place      memory
 *
 * From graph to graph a pass is a hook of copy.h; the last four work on a plan (plan.h).
 */
#ifndef RN_COMPILE_PASSES_H
#define RN_COMPILE_PASSES_H

#include "compile/copy.h"

typedef struct rn__conversion {
    bool convert;
    rn_type real;
    bool frozen;   /* no assignments */
    bool freeze;   /* variables become inputs, and no assignments */
    int32_t input; /* begins as 0; the convertor's own: inputs before it are copied */
} rn__conversion;

bool rn__convert(rn__copy_pass *pass, rn__conversion *conversion, const int32_t *roots,
                 int count);

bool rn__simplify(rn__copy_pass *pass, const int32_t *roots, int count);

/* Whether two loops could be merged, and a pass that does it; it simplifies too. The graph
 * has been simplified. */
bool rn__merge_possible(const rn_graph *graph);
bool rn__merge_loops(rn__copy_pass *pass, const int32_t *roots, int count);

/* Simplifies too, what it makes anew. */
bool rn__hoist_loops(rn__copy_pass *pass, const int32_t *roots, int count);

/* The value of an element-wise operator on scalar constants, as a constant of pass->to;
 * null without an error when there is none. */
rn_tensor rn__fold(rn_graph *to, const rn__node *node, const rn_tensor *in);

/* What an operator on these operands is equal to without computing anything, or null. */
rn_tensor rn__identity(const rn__node *node, const rn_tensor *in);

#endif
