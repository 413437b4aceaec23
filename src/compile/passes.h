/* SPDX-License-Identifier: MIT */
/*
 * The passes, in the order in which rn_compile runs them:
 *
 *   convert    a private copy, in another real type on request
 *              (here the optimiser adds its nodes)
 *   simplify   dead code, common subexpressions, identities, constants; loop invariants
 *   parts      sums of ranges in zeros become concatenations
 *   ragged     loops with lengths run on the sequences that last
 *   merge      loops that compute something in common become one
 *   split      products of concatenations become sums of products
 *   sums       sums of a gradient's products become one product
 *   join       products that share an operand become one
 *   checkpoint loops with a memory budget run in segments, and again for gradients
 *   hoist      moves work out of loops that need not run in every step
 *   scan       loops whose carries are affine in themselves become scans
 *   recompute  cheap values that a loop kept for another are computed again
 *   spread     what a broadcast enlarges is computed in the loops that read it
 *   simplify   again, after these
 *
 * Each is a hook of copy.h. Then the passes of plan/plan.h make the plan.
 */
#ifndef RN_COMPILE_PASSES_H
#define RN_COMPILE_PASSES_H

#include "compile/copy.h"

typedef struct rn__conversion {
    bool convert;
    rn_type real;
    bool omit_assignments;
    bool variables_as_inputs; /* without assignments */
    int32_t input;            /* initially 0; private: inputs before it are copied */
} rn__conversion;

bool rn__convert(rn__copy_pass *pass, rn__conversion *conversion, const int32_t *roots,
                 int count);

/* With the pass's hook, which calls the two functions below, or else without one. */
bool rn__simplify(rn__copy_pass *pass, const int32_t *roots, int count);

/* Whether a graph has two such ranges, and the pass, which simplifies too. */
bool rn__parts_possible(const rn_graph *graph);
bool rn__join_parts(rn__copy_pass *pass, const int32_t *roots, int count);

/* Whether some loop has a memory budget; the pass that divides it; and one before `ragged`,
 * which is not for such loops. The last two simplify too. */
bool rn__checkpoint_possible(const rn_graph *graph);
bool rn__checkpoint_masks(rn__copy_pass *pass, const int32_t *roots, int count);
bool rn__checkpoint(rn__copy_pass *pass, const int32_t *roots, int count);

/* Whether some loop has lengths, and a pass that leaves their padding out (ragged.h); it
 * simplifies too. The graph has been simplified. */
bool rn__ragged_possible(const rn_graph *graph);
bool rn__ragged_loops(rn__copy_pass *pass, const int32_t *roots, int count);

/* The copy of a node, null if an operand is; and the first node equal to x. */
rn_tensor rn__simplified(rn__copy_pass *pass, const rn__node *node, const rn_tensor *in);
rn_tensor rn__unique(rn__copy_pass *pass, rn_tensor x);

/* Whether two loops could be merged, and a pass that does it; it simplifies too. The graph
 * has been simplified. */
bool rn__merge_possible(const rn_graph *graph);
bool rn__merge_loops(rn__copy_pass *pass, const int32_t *roots, int count);

/* Whether there are two products; and the passes on them, which simplify too. */
bool rn__products_possible(const rn_graph *graph);
bool rn__split_products(rn__copy_pass *pass, const int32_t *roots, int count);
bool rn__join_sums(rn__copy_pass *pass, const int32_t *roots, int count);
bool rn__join_products(rn__copy_pass *pass, const int32_t *roots, int count);

/* Also simplifies the nodes that it creates. */
bool rn__hoist_loops(rn__copy_pass *pass, const int32_t *roots, int count);

/* Whether there is a loop with carries, and the pass, which simplifies too. Before hoisting
 * it makes blocks of steps, and after it takes what it left. */
bool rn__scan_possible_in(const rn_graph *graph);
bool rn__scan_loops(rn__copy_pass *pass, const int32_t *roots, int count, bool hoisted);

/* Whether a loop could read what another one kept, and the pass, which simplifies too. */
bool rn__recompute_possible(const rn_graph *graph);
bool rn__recompute(rn__copy_pass *pass, const int32_t *roots, int count);

/* The pass after it: loops compute what is much larger than its operands; it simplifies
 * too. */
bool rn__spread(rn__copy_pass *pass, const int32_t *roots, int count);

/* The value of an element-wise operator on scalar constants, as a constant of `to`; null
 * without an error if there is none. */
rn_tensor rn__fold(rn_graph *to, const rn__node *node, const rn_tensor *in);

/* The operand that an operator on these operands is equal to, or null. */
rn_tensor rn__identity(const rn__node *node, const rn_tensor *in);

#endif
