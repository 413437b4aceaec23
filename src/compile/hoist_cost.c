/* SPDX-License-Identifier: MIT */
/*
 * Which nodes that could be computed before a loop cost less in its steps, where they need
 * no stack in memory.
 */
#include "compile/hoist.h"

static const rn__node *node_at(const rn__hoist *h, int32_t id)
{
    return rn__at(h->loop->body, id);
}

bool rn__hoist_reduces_much(const rn__hoist *h, const rn__node *node)
{
    enum { MUCH = 4096 };

    return rn__op_kind(node->op) == RN_KIND_REDUCTION && node->inputs > 0 &&
           rn_shape_count(node_at(h, node->in[0])->shape) >= MUCH;
}

/* Rows of a product with a matrix that is the same in every step; 0: it is no such product.
 */
static int64_t rows_by_weights(const rn__hoist *h, int32_t id)
{
    const rn__node *node = node_at(h, id);

    if (rn__op_kind(node->op) != RN_KIND_PRODUCT || node->inputs != 2) return 0;
    if (h->varies[node->in[1]] || node_at(h, node->in[1])->shape.rank != 2) return 0;
    const int64_t columns = node->shape.size[node->shape.rank - 1];
    return columns ? rn_shape_count(node->shape) / columns : 0;
}

/* From this many rows on a product takes no longer in parts. */
enum { ROWS = 4 };

bool rn__hoist_multiplies(const rn__hoist *h, bool *core)
{
    for (int i = 0; i < h->loop->carry.count; i++)
        if (h->body->carried[i])
            core[rn__list_at(h->loop->carry, rn__carry, i)->next] = true;
    for (int32_t id = h->loop->body->count - 1; id >= 0; id--) {
        if (!core[id]) continue;
        if (h->of_carry[id] && rows_by_weights(h, id) >= ROWS) return true;
        for (int i = 0; i < node_at(h, id)->inputs; i++) core[node_at(h, id)->in[i]] = true;
    }
    return false;
}

/* A matrix of so many bytes stays in a cache from step to step; a larger one is read again
 * in each, which many rows wait for no longer than for the stack. */
enum { FAR = 1 << 22, FAR_ROWS = 32 };

bool rn__hoist_product_stays(const rn__hoist *h, int32_t id)
{
    const int64_t rows = h->multiplies && !h->ragged ? rows_by_weights(h, id) : 0;

    if (rows < ROWS) return false;
    const rn__node *weights = node_at(h, node_at(h, id)->in[1]);
    return rows >= FAR_ROWS ||
           rn_shape_count(weights->shape) * (int64_t)rn_type_size(weights->type) <= FAR;
}
