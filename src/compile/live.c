/* SPDX-License-Identifier: MIT */
/* Liveness: the nodes of a graph that its roots need, through loops. All others are dead
 * code. */
#include "compile/copy.h"

rn__region *rn__copy_region(const rn__copy_pass *pass, const rn_graph *graph)
{
    return graph->number < pass->regions ? pass->region[graph->number] : NULL;
}

int rn__copy_reads(const rn__node *node, int32_t *id)
{
    const rn_loop *loop = node->op == &rn__op_loop ? node->loop : NULL;
    const rn__limit *limit = &node->limit;
    const int32_t of_loop[2] = {loop ? loop->limit : -1, loop ? loop->row_steps : -1};
    const int32_t of_limit[3] = {limit->id, limit->rows, limit->order};
    int n = 0;

    for (int i = 0; i < 3 && limit->id >= 0; i++)
        if (of_limit[i] >= 0) id[n++] = of_limit[i];
    for (int i = 0; i < 2; i++)
        if (of_loop[i] >= 0) id[n++] = of_loop[i];
    for (int i = 0; i < RN__RAGGED_ARRAYS && loop; i++)
        if (loop->ragged[i] >= 0) id[n++] = loop->ragged[i];
    return n;
}

static rn__region *region_for(rn__copy_pass *pass, const rn_graph *graph)
{
    rn__region *region = rn__copy_region(pass, graph);
    const size_t n = (size_t)graph->count;
    const size_t carries = graph->loop ? (size_t)graph->loop->carry.count : 0;

    if (region) return region;
    region = (rn__region *)rn__arena_new(&pass->arena, sizeof *region);
    if (!region) return NULL;
    region->graph = graph;
    region->live = (bool *)rn__arena_new(&pass->arena, n * sizeof *region->live);
    region->to = (rn_tensor *)rn__arena_new(&pass->arena, n * sizeof *region->to);
    region->carried =
        (bool *)rn__arena_new(&pass->arena, carries * sizeof *region->carried);
    if (!region->live || !region->to || !region->carried) return NULL;
    pass->region[graph->number] = region;
    return region;
}

static bool mark(rn__copy_pass *pass, rn__region *region);

/* The roots of a body are the nodes that live outputs of the loop read. */
static void mark_outputs(const rn__region *outer, const rn_loop *loop, rn__region *body)
{
    for (int i = 0; i < loop->output.count; i++) {
        const int32_t output = *rn__list_at(loop->output, int32_t, i);
        if (!outer->live[output]) continue;
        const rn__get *get = (const rn__get *)rn__at(outer->graph, output)->attributes;
        if (get->kind == RN__COLLECT)
            body->live[get->id] = true;
        else
            body->carried[rn__carry_of(loop, (int32_t)get->id)] = true;
    }
}

static bool mark_loop(rn__copy_pass *pass, rn__region *outer, const rn_loop *loop)
{
    rn__region *body = region_for(pass, loop->body);
    bool changed = true;

    if (!body) return false;
    mark_outputs(outer, loop, body);
    while (changed) {
        changed = false;
        if (!mark(pass, body)) return false;
        for (int i = 0; i < loop->carry.count; i++) {
            const rn__carry *c = rn__list_at(loop->carry, rn__carry, i);
            if (!body->carried[i] && !body->live[c->leaf]) continue;
            body->carried[i] = body->live[c->leaf] = true;
            changed |= !body->live[c->next];
            body->live[c->next] = true;
            outer->live[c->initial] = true;
        }
    }
    for (int i = 0; i < loop->each.count; i++) {
        const rn__pair *p = rn__list_at(loop->each, rn__pair, i);
        if (body->live[p->leaf]) outer->live[p->outer] = true;
    }
    for (int i = 0; i < loop->capture.count; i++) {
        const rn__pair *p = rn__list_at(loop->capture, rn__pair, i);
        if (body->live[p->leaf]) outer->live[p->outer] = true;
    }
    return true;
}

static bool mark(rn__copy_pass *pass, rn__region *region)
{
    for (int32_t id = region->graph->count - 1; id >= 0; id--) {
        const rn__node *node = rn__at(region->graph, id);
        int32_t reads[RN__READS];

        if (!region->live[id]) continue;
        for (int i = rn__copy_reads(node, reads) - 1; i >= 0; i--)
            region->live[reads[i]] = true;
        if (node->op == &rn__op_loop) {
            if (!mark_loop(pass, region, node->loop)) return false;
            continue;
        }
        for (int i = 0; i < node->inputs; i++) region->live[node->in[i]] = true;
    }
    return true;
}

bool rn__copy_live(rn__copy_pass *pass, const int32_t *roots, int count, bool assigned)
{
    const int32_t graphs = pass->from->root->body_count + 1;
    pass->region =
        (rn__region **)rn__arena_new(&pass->arena, (size_t)graphs * sizeof(void *));
    if (pass->region) pass->regions = graphs;
    rn__region *root = pass->region ? region_for(pass, pass->from) : NULL;

    if (root) {
        for (int i = 0; i < count; i++) root->live[roots[i]] = true;
        for (int i = 0; assigned && i < pass->from->assignments; i++) {
            root->live[pass->from->assignment[i].value] = true;
            root->live[pass->from->assignment[i].variable] = true;
        }
    }
    if (root && mark(pass, root)) return true;
    rn__no_memory(pass->to);
    return false;
}
