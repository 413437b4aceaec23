/* SPDX-License-Identifier: MIT */
/* Where products run, and what it costs to join them. */
#include "compile/products.h"

#include "compile/hoist.h"
#include "compile/passes.h"

static bool has_products(const rn_graph *graph)
{
    int products = 0;

    for (int32_t id = 0; id < graph->count; id++)
        products += rn__is_product(rn__at(graph, id));
    return products > 0;
}

bool rn__products_possible(const rn_graph *graph)
{
    if (has_products(graph)) return true;
    for (const rn_graph *body = graph->bodies; body; body = body->next_body)
        if (has_products(body)) return true;
    return false;
}

/* ---- places ---- */

/* Marks what the carries need, but those that become sums after the loop. */
static void find_core(const rn__hoist *h, bool *core)
{
    for (int i = 0; i < h->loop->carry.count; i++)
        if (h->body->carried[i] && !h->summed[i])
            core[rn__list_at(h->loop->carry, rn__carry, i)->next] = true;
    for (int32_t id = h->loop->body->count - 1; id >= 0; id--)
        for (int i = 0; core[id] && i < rn__at(h->loop->body, id)->inputs; i++)
            core[rn__at(h->loop->body, id)->in[i]] = true;
}

/* Marks the nodes whose operands have rows of a ragged loop. */
static bool find_rows(rn__copy_pass *pass, const rn__region *region,
                      const rn__row_body *rows)
{
    rn__products *p = region->products;
    rn__row_body *own = (rn__row_body *)rn__arena_new(&pass->arena, sizeof *own);

    if (!own) {
        rn__no_memory(pass->to);
        return false;
    }
    *own = *rows;
    p->rows = own;
    for (int32_t id = 0; id < region->graph->count; id++) {
        const rn__node *node = rn__at(region->graph, id);
        for (int i = 0; i < node->inputs; i++)
            if (rows->axis[node->in[i]] >= 0) p->place[id] |= RN__HAS_ROWS;
    }
    return true;
}

bool rn__products_prepare(rn__copy_pass *pass, rn__region *region)
{
    rn__products *p = (rn__products *)rn__arena_new(&pass->arena, sizeof *p);
    const rn_graph *g = region->graph;
    rn__hoist h = {.body = region, .loop = g->loop};

    region->products = p;
    if (p && !g->parent) return true;
    if (p) p->core = (bool *)rn__arena_new(&pass->arena, (size_t)g->count);
    if (g->parent) h.outer = rn__copy_region(pass, g->parent);
    if (!p || !p->core || !rn__hoist_classify(&h, &pass->arena)) {
        rn__no_memory(pass->to);
        return false;
    }
    find_core(&h, p->core);
    p->readers = h.readers;
    p->place = h.target;
    for (int32_t id = 0; id < g->count; id++)
        p->place[id] =
            (unsigned char)(h.target[id] | h.in_sum[id] << 2 | p->core[id] << 3 |
                            (h.in_sum[id] || h.target[id] == RN__AFTER ? RN__LEAVES : 0) |
                            (h.in_sum[id] || h.target[id] != RN__STAYS ? RN__MOVES : 0));
    return !h.ragged || find_rows(pass, region, &h.rows);
}

bool rn__products_keep_rows(const rn__region *region, int32_t id, const int *axis)
{
    const rn__row_body *rows = region->products->rows;

    if (!rows) return true;
    const rn__row_use use = rn__row_use_of(rows, id);
    for (int k = 0; k < rn__at(region->graph, id)->inputs; k++)
        if (axis[k] >= 0 && use.under[k] == axis[k]) return false;
    return true;
}

/* ---- costs ---- */

bool rn__made_in_place(const rn__region *region, int32_t id)
{
    const rn__node *node = rn__at(region->graph, id);

    return region->graph->parent && node->inputs > 0 && rn__is_elementwise(node->op);
}

static bool from_outside(const rn__region *region, int32_t id)
{
    return rn__at(region->graph, id)->op == &rn__op_capture;
}

int64_t rn__concatenation_cost(const rn__region *region, const int32_t *operand, int count,
                               int axis)
{
    rn_tensor x[RN__JOINED_MOST] = {{0}};
    rn__range all;
    bool in_place = true, outside = true;
    int64_t elements = 0;

    for (int i = 0; i < count; i++) {
        x[i] = rn__node_as_tensor(region->graph, operand[i]);
        in_place = in_place && rn__made_in_place(region, operand[i]);
        outside = outside && from_outside(region, operand[i]);
        elements += rn_shape_count(rn_shape_get(x[i]));
    }
    if (rn__adjacent(x, count, axis, &all) || in_place) return 0;
    return outside ? 2 * elements : -1;
}

int64_t rn__call_gain(const rn__region *region, int32_t id, int64_t elements)
{
    const int64_t steps = region->graph->loop ? region->graph->loop->steps : 1;
    const bool leaves = !region->products->place || region->products->place[id] & RN__MOVES;

    return leaves ? steps * elements + RN__CALL : steps * (elements + RN__CALL);
}
