/* SPDX-License-Identifier: MIT */
/* Which nodes leave a loop's body, and how. */
#ifndef RN_COMPILE_HOIST_H
#define RN_COMPILE_HOIST_H

#include "compile/copy.h"
#include "compile/row_axes.h"
#include "ops/ragged.h"

typedef enum rn__hoist_target {
    RN__STAYS,
    RN__BEFORE, /* before the loop, for all steps at once: it depends on no carry */
    RN__AFTER   /* after the loop, for all steps at once: no carry depends on it */
} rn__hoist_target;

typedef struct rn__hoist {
    const rn__region *outer, *body;
    const rn_loop *loop;
    unsigned char *target;   /* by node of the body */
    bool *varies, *of_carry; /* by node: it depends on the step; on a carry */
    bool *inside;            /* by node: it must be computed in the body */
    bool *viewed;     /* by node: a view, of whose operand a node that leaves reads the
                         stack */
    bool *reduced;    /* by node: computed before the loop, it would be so from a large
                         reduction */
    bool *in_sum;     /* by node: an addition, a product or a sum over axes that a sum
                         over the steps replaces */
    bool *summed;     /* by carry: it is only a sum, which is computed after the loop */
    int32_t *readers; /* how often a node is read: by live nodes, as a next, collected */
    int32_t *summed_reads; /* by node: how often increments of sums read it */
    int32_t *stack;        /* room for all nodes */
    bool ragged;           /* the loop is */
    bool multiplies;       /* what is carried is a product with weights, of many rows */
    rn__row_body rows;     /* then: which nodes have rows */
    bool any;              /* some node leaves */
} rn__hoist;

/* Allocates the arrays from the arena and fills them in. False if out of memory. */
bool rn__hoist_classify(rn__hoist *hoist, rn__arena *arena);

/* Whether a node of a ragged loop can be computed for all steps at once: what varies all
 * has packed rows, along the first axis, or none has. Of any other loop true. */
bool rn__hoist_packs(const rn__hoist *hoist, int32_t id);

/* Whether the node is small and can be summed from its stack: a sum over axes. */
static inline bool rn__hoist_is_sum(const rn__node *node)
{
    return rn__op_kind(node->op) == RN_KIND_REDUCTION && (node->op->flags & RN_OP_ADDITIVE);
}

/* hoist_cost.c: whether a node is a reduction of so much that its operand had better be in
 * the cache; whether what is carried is multiplied by weights, for which `core` is room for
 * all nodes, of false; and whether a product that depends on no carry is as fast in such a
 * loop, where its result stays in the cache and the other product is added to it. */
bool rn__hoist_reduces_much(const rn__hoist *h, const rn__node *node);
bool rn__hoist_multiplies(const rn__hoist *h, bool *core);
bool rn__hoist_product_stays(const rn__hoist *h, int32_t id);

/* Which carries are sums; hoist_sums.c. The targets before the loop and the readers are
 * known. */
bool rn__hoist_find_sums(rn__hoist *h, rn__arena *arena);

/* The increment of a carry that is only a sum, carry = carry + increment; else -1. */
int32_t rn__hoist_increment(const rn_loop *loop, int carry);

/* Whether node `id` has rows, of which only a ragged loop's own run. */
static inline bool rn__hoist_has_rows(const rn__hoist *h, int32_t id)
{
    return h->ragged && h->rows.axis[id] >= 0;
}

/* Whether node `id` is a product with a sum rule, of operands that vary from step to
 * step. */
bool rn__hoist_product(const rn__hoist *hoist, int32_t id);

/* ---- hoist_rows.c: of a ragged loop, in the graph that it is rebuilt in ---- */

/* Limits a node to packed rows: `operands` are bits; to the slots that they fill or, with
 * `exact`, within the last of these too. */
rn_tensor rn__hoist_limit_rows(const rn__hoist *h, rn_graph *to, rn_tensor y,
                               uint32_t operands, bool exact);

/* An array of a ragged loop, in the graph that it is rebuilt in. */
rn_tensor rn__hoist_array(const rn__hoist *h, rn_graph *to, rn__ragged kind);

/* Slots of a history, whose rows are in order, packed. */
rn_tensor rn__hoist_pack(const rn__hoist *h, rn_graph *to, rn_tensor x);

#endif
