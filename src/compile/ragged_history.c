/* SPDX-License-Identifier: MIT */
/*
 * Histories of carries with rows. Their slots stay in order of the lengths, which only
 * other ragged loops can read.
 */
#include "compile/ragged.h"

static bool is_history(const rn__ragging *r, const rn__node *node)
{
    if (node->op != &rn__op_get) return false;
    const rn__get *get = (const rn__get *)node->attributes;
    const rn__ragged_body *b = r->body[node->loop->body->number];
    return b && get->kind == RN__HISTORY && b->rows.axis[get->id] == 0;
}

int rn__history_slots(const rn__node *view, const rn__node *history)
{
    rn_array in, out;
    int64_t offset;

    if (!view->op->view || view->shape.rank != history->shape.rank ||
        rn_shape_count(view->shape) == 0 ||
        view->shape.size[0] != history->shape.size[0] - 1 ||
        !rn__view_of_dense(view, history->type, history->shape, &in, &out, &offset))
        return -1;
    for (int i = 0; i < view->shape.rank; i++)
        if (in.stride[i] != out.stride[i] || (i && in.size[i] != out.size[i])) return -1;
    return offset == 0 ? 0 : offset == in.stride[0] ? 1 : -1;
}

/* Whether a loop reads slots of a history as step inputs with rows, and otherwise not. */
static bool reads_slots(const rn__ragging *r, const rn__node *node, const signed char *kind)
{
    const rn_loop *loop = node->loop;
    const rn__ragged_body *b = r->body[loop->body->number];

    for (int i = 0; i < loop->each.count; i++) {
        const rn__pair *p = rn__list_at(loop->each, rn__pair, i);
        if (kind[p->outer] == 1) return false;
        if (kind[p->outer] == 2 && (!b || b->rows.axis[p->leaf] != 0)) return false;
    }
    for (int i = 0; i < loop->carry.count; i++)
        if (kind[rn__list_at(loop->carry, rn__carry, i)->initial]) return false;
    for (int i = 0; i < loop->capture.count; i++)
        if (kind[rn__list_at(loop->capture, rn__pair, i)->outer]) return false;
    return true;
}

static bool reads_well(const rn__ragging *r, const rn__region *region, int32_t id,
                       signed char *kind)
{
    const rn__node *node = rn__at(region->graph, id);

    if (node->op == &rn__op_loop) return reads_slots(r, node, kind);
    for (int i = 0; i < node->inputs; i++) {
        if (kind[node->in[i]] == 2) return false;
        if (kind[node->in[i]] != 1) continue;
        if (rn__history_slots(node, rn__at(region->graph, node->in[i])) < 0) return false;
        kind[id] = 2;
    }
    if (is_history(r, node)) kind[id] = 1;
    return true;
}

bool rn__ragged_histories(const rn__ragging *r, const rn__region *region,
                          const int32_t *roots, int count, rn__arena *arena,
                          bool *no_memory)
{
    const rn_graph *g = region->graph;
    const rn_loop *loop = g->loop;
    signed char *kind = (signed char *)rn__arena_new(arena, (size_t)g->count);

    *no_memory |= !kind;
    if (!kind) return false;
    r->history[g->number] = kind;
    for (int32_t id = 0; id < g->count; id++)
        if (region->live[id] && !reads_well(r, region, id, kind)) return false;
    for (int i = 0; !loop && i < count; i++)
        if (kind[roots[i]]) return false;
    for (int i = 0; !loop && i < g->assignments; i++)
        if (kind[g->assignment[i].value]) return false;
    for (int i = 0; loop && i < loop->carry.count; i++)
        if (kind[rn__list_at(loop->carry, rn__carry, i)->next]) return false;
    for (int i = 0; loop && i < loop->output.count; i++) {
        const rn__node *get = rn__at(loop->outer, *rn__list_at(loop->output, int32_t, i));
        if (kind[((const rn__get *)get->attributes)->id]) return false;
    }
    return true;
}
