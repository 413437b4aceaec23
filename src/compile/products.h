/* SPDX-License-Identifier: MIT */
/*
 * What the passes on products share.
 *
 * What a product is, its record says: `divide`, which operand's concatenation along an axis
 * gives results one after the other along another, and `inner`, which axes it sums over.
 *
 * Joining products costs a concatenation of their other operands. That costs nothing where
 *
 *   - the operands are adjacent ranges of one tensor: a view;
 *   - in a loop's body, element-wise operators compute them: the plan computes them in
 * place.
 *
 * Operands from outside a loop are concatenated before it: each element is read and written
 * once. What is saved are calls in the loop, and what they would read again. This is
 * counted in elements moved, from shapes alone, where a call is worth RN__CALL of them. Any
 * other concatenation is not made.
 */
#ifndef RN_COMPILE_PRODUCTS_H
#define RN_COMPILE_PRODUCTS_H

#include "compile/copy.h"
#include "compile/part.h"
#include "compile/row_axes.h"

enum { RN__CALL = 256 };
enum { RN__JOINED_MOST = 16 }; /* products that become one */
enum { RN__LEAVES = 16, RN__MOVES = 32, RN__HAS_ROWS = 64 };

struct rn__products {
    /* Of a loop's body; by node. */
    int32_t *readers;     /* as in rn__hoist */
    unsigned char *place; /* equal where hoisting treats nodes alike; RN__LEAVES is set if
                             the node is computed after the loop, RN__MOVES if after or
                             before it, RN__HAS_ROWS if an operand has rows of a ragged
                             loop */
    bool *core;           /* what is carried on depends on it */
    const rn__row_body *rows; /* of a ragged loop; else NULL */
    void *of_pass;
};

/* Allocates region->products and, for a body, fills in the arrays. */
bool rn__products_prepare(rn__copy_pass *pass, rn__region *region);

/* Whether these axes of a node's operands, -1 for none, are not those of a ragged loop's
 * rows: nothing is concatenated along rows, of which a step has the first only. */
bool rn__products_keep_rows(const rn__region *region, int32_t id, const int *axis);

static inline bool rn__is_product(const rn__node *node)
{
    return rn__op_kind(node->op) == RN_KIND_PRODUCT;
}

/* Whether the planner can compute this node's value as a part of another. */
bool rn__made_in_place(const rn__region *region, int32_t id);

/* How many elements the concatenation of these nodes of a region moves; -1: it is not
 * made. */
int64_t rn__concatenation_cost(const rn__region *region, const int32_t *operand, int count,
                               int axis);

/* What is saved where a node need not be called in each step, and need not move so many
 * elements. If it leaves the loop it is called once, for all steps. */
int64_t rn__call_gain(const rn__region *region, int32_t id, int64_t elements);

#endif
