/* SPDX-License-Identifier: MIT */
/*
 * Join: products that share an operand become one, of the others' concatenation.
 *
 *   x Y1, x Y2, .. = ranges of x [Y1|Y2|..]
 *
 * Every sum has the same terms in the same order as before, so the bits are the same. What
 * it costs to concatenate: products.h. Which nodes: join_groups.c.
 */
#include "compile/join.h"

#include "compile/passes.h"
#include "rondo/ops.h"

static bool prepare(rn__copy_pass *pass, rn__region *region)
{
    bool any = false;

    if (!rn__products_prepare(pass, region)) return false;
    rn__groups *groups = (rn__groups *)rn__arena_new(&pass->arena, sizeof *groups);
    if (!groups || !rn__find_groups(pass, region, groups)) goto no_memory;
    for (int32_t i = 0; i < groups->count; i++) any |= groups->group[i].valid;
    if (!any) return true;
    int32_t *order = (int32_t *)rn__arena_new(&pass->arena,
                                              (size_t)region->graph->count * sizeof *order);
    if (!order || !rn__order_groups(pass, region, groups, order)) goto no_memory;
    region->products->of_pass = groups;
    region->order = order;
    return true;
no_memory:
    rn__no_memory(pass->to);
    return false;
}

/* ---- building ---- */

/* The part of a concatenation that the operands k of a group are. */
static rn_tensor part_of_concat(rn__copy_pass *pass, const rn__group *g, int k)
{
    const rn__region *region = pass->at;
    const rn__node *concat = rn__at(region->graph, g->of[k]);
    const int32_t first = rn__at(region->graph, g->id[0])->in[k];
    int64_t start = 0, size = 0;

    for (int i = 0; concat->in[i] != first; i++)
        start += rn__at(region->graph, concat->in[i])->shape.size[g->cut[k]];
    for (int i = 0; i < g->count; i++) {
        const rn__node *node = rn__at(region->graph, g->id[i]);
        size += rn__at(region->graph, node->in[k])->shape.size[g->cut[k]];
    }
    const rn_tensor x = rn__uncaptured(region->to[g->of[k]]);
    return rn_slice(x, g->cut[k], start, start + size, 1);
}

/* The part of what another group concatenates. */
static rn_tensor part_of_operands(const rn__copy_pass *pass, const rn__group *g, int k)
{
    const rn__region *region = pass->at;
    const rn__groups *groups = (const rn__groups *)region->products->of_pass;
    const rn__group *of = &groups->group[g->of[k]];
    const int own = rn__group_operand(region, of), axis = of->cut[own];
    const int32_t first = rn__at(region->graph, g->id[0])->in[k];
    int64_t start = 0, size = 0;

    for (int i = 0; i < of->count; i++) {
        const int32_t in = rn__at(region->graph, of->id[i])->in[own];
        if (in == first) break;
        start += rn__at(region->graph, in)->shape.size[axis];
    }
    for (int i = 0; i < g->count; i++) {
        const rn__node *node = rn__at(region->graph, g->id[i]);
        size += rn__at(region->graph, node->in[k])->shape.size[axis];
    }
    return rn_slice(of->in[own], axis, start, start + size, 1);
}

/* Operand k of the node that a group becomes. */
static rn_tensor operand(rn__copy_pass *pass, const rn__group *g, int k)
{
    rn_tensor x[RN__JOINED_MOST];

    if (g->cut[k] < 0) return pass->at->to[g->node->in[k]];
    if (g->from[k] == RN__OF_CONCAT) return rn__unique(pass, part_of_concat(pass, g, k));
    if (g->from[k] == RN__OF_OPERANDS)
        return rn__unique(pass, part_of_operands(pass, g, k));
    for (int i = 0; i < g->count; i++)
        x[i] = rn__uncaptured(pass->at->to[rn__at(pass->at->graph, g->id[i])->in[k]]);
    return rn__unique(pass, rn__concatenated(x, g->count, g->cut[k]));
}

static bool join(rn__copy_pass *pass, rn__group *g)
{
    int64_t start = 0;

    for (int k = 0; k < g->node->inputs; k++) g->in[k] = operand(pass, g, k);
    if (pass->to->failed) return false;
    const rn_tensor all = rn__simplified(pass, g->node, g->in);
    for (int i = 0; i < g->count; i++) {
        const rn__node *node = rn__at(pass->at->graph, g->id[i]);
        const int64_t stop = start + node->shape.size[g->axis];
        const rn_tensor x = rn__unique(pass, rn_slice(all, g->axis, start, stop, 1));
        if (rn_is_null(x)) return false;
        if (node->name && !rn__node_of(x)->name) rn_name(x, node->name);
        pass->at->to[g->id[i]] = x;
        start = stop;
    }
    return true;
}

static rn_tensor join_node(rn__copy_pass *pass, const rn__node *node, const rn_tensor *in)
{
    rn__groups *groups = (rn__groups *)pass->at->products->of_pass;
    const int32_t id = pass->id, of = groups ? groups->of[id] : 0;

    if (!of || !groups->group[of - 1].valid) return rn__simplified(pass, node, in);
    return join(pass, &groups->group[of - 1]) ? pass->at->to[id] : rn_null();
}

bool rn__join_products(rn__copy_pass *pass, const int32_t *roots, int count)
{
    pass->node = join_node;
    pass->prepare = prepare;
    return rn__simplify(pass, roots, count);
}
