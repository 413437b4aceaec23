/* SPDX-License-Identifier: MIT */
/*
 * What the passes on products share.
 *
 * What a product is, its record says: `divide`, which operand's concatenation along an axis
 * gives results one after the other along another, and `inner`, which axes it sums over.
 *
 * Joining products costs a concatenation of their other operands. It is made where it is
 * free or nearly so:
 *
 *   - The operands are adjacent ranges of one tensor: a view.
 *   - They are from outside a loop, so that it leaves the loop, and each element is then
 *     used at least RN__USES times. So it is a small part of the work, whatever the
 * machine.
 *   - In a loop's body, element-wise operators compute them: the plan computes them in
 *     place.
 */
#ifndef RN_COMPILE_PRODUCTS_H
#define RN_COMPILE_PRODUCTS_H

#include "compile/copy.h"
#include "compile/part.h"

enum { RN__USES = 16, RN__JOINED_MOST = 16 /* products that become one */ };
enum { RN__LEAVES = 16 };

struct rn__products {
    /* Of a loop's body; by node. */
    int32_t *readers;     /* as in rn__hoist */
    unsigned char *place; /* equal where hoisting treats nodes alike; RN__LEAVES is set if
                             the node is computed after the loop */
    bool *core;           /* what is carried on depends on it */
    void *of_pass;
};

/* Allocates region->products and, for a body, fills in the arrays. */
bool rn__products_prepare(rn__copy_pass *pass, rn__region *region);

static inline bool rn__is_product(const rn__node *node)
{
    return rn__op_kind(node->op) == RN_KIND_PRODUCT;
}

/* Whether the concatenation of operand k of these nodes of a region, `count` of them with
 * the given operands, costs little; `uses`: how often each element is used in a step. */
bool rn__concatenation_pays(const rn__region *region, const int32_t *operand, int count,
                            int axis, int64_t uses);

#endif
