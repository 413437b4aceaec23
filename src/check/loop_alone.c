/* SPDX-License-Identifier: MIT */
/*
 * The probe of one loop as a whole: a graph in which what it reads are inputs and what is
 * read of it are outputs. Its gradient is what rn__sweep_loop makes, alone.
 */
#include "autodiff/sweep.h"
#include "check/culprit.h"
#include "graph/loop.h"

static rn_tensor copy_node(rn__copy_pass *pass, const rn__node *node, const rn_tensor *in)
{
    (void)pass;
    return rn_apply(node->op, in, node->inputs, node->attributes, node->attribute_size);
}

static rn_tensor copy_leaf(rn__copy_pass *pass, const rn__node *leaf)
{
    return rn__append(pass->to, leaf->op, leaf->type, leaf->shape, NULL, 0,
                      leaf->attributes, leaf->attribute_size);
}

/* Lists the outputs of the loop that the loss reads: all, and how many of them are real. */
static bool find_outputs(const rn__search *s, const rn__suspect *suspect, rn__arena *arena,
                         int32_t **get, int *count, int *real)
{
    rn__copy_pass live = {.from = s->copy, .to = s->copy};

    live.arena.allocator = s->copy->allocator;
    *count = *real = 0;
    *get = (int32_t *)rn__arena_new(arena, (size_t)suspect->graph->count * sizeof **get);
    const bool ok = *get && rn__copy_live(&live, &s->loss.id, 1, false);
    const rn__region *region = ok ? rn__copy_region(&live, suspect->graph) : NULL;
    for (int32_t id = suspect->id + 1; region && id < suspect->graph->count; id++) {
        const rn__node *node = rn__at(suspect->graph, id);
        if (!region->live[id] || node->op != &rn__op_get || node->in[0] != suspect->id)
            continue;
        (*get)[(*count)++] = id;
        *real += rn__is_real(node->type);
    }
    rn__copy_finish(&live);
    return region != NULL;
}

/* Makes an input of each tensor that the loop reads, once. */
static void make_inputs(rn__probe *p, const rn__suspect *suspect, rn__region *region)
{
    const rn__node *loop = rn__at(suspect->graph, suspect->id);

    for (int i = 0; i < p->inputs; i++) {
        const int32_t id = loop->in[i];
        const rn__node *in = rn__at(suspect->graph, id);
        const bool first = rn_is_null(region->to[id]);
        if (first) region->to[id] = rn_input(p->graph, "", in->type, in->shape);
        p->input[i].x = region->to[id];
        p->input[i].judged = first && rn__is_real(in->type) && suspect->operand[i].reached;
    }
}

/* Copies the loop with its outputs, and nothing before it. */
static bool copy_loop(rn__probe *p, const rn__suspect *suspect, const int32_t *get,
                      int count)
{
    rn__copy_pass pass = {
        .from = suspect->graph, .to = p->graph, .node = copy_node, .leaf = copy_leaf};
    int outputs = 0;

    pass.arena.allocator = p->arena.allocator;
    bool ok = rn__copy_live(&pass, get, count, false);
    rn__region *region = ok ? rn__copy_region(&pass, suspect->graph) : NULL;
    for (int32_t id = 0; ok && id < suspect->id; id++) region->live[id] = false;
    if (ok) make_inputs(p, suspect, region);
    ok = ok && rn__copy_body(&pass, region, p->graph);
    for (int i = 0; ok && i < count; i++) {
        const rn_tensor y = region->to[get[i]];
        if (!rn__is_real(rn_type_get(y))) continue;
        p->output[outputs].y = y;
        p->output[outputs++].dy = rn_input(p->graph, "", rn_type_get(y), rn_shape_get(y));
    }
    rn__copy_finish(&pass);
    return ok && !p->graph->failed;
}

static bool add_gradient(rn__probe *p)
{
    rn__primals primals = {p->graph, p->graph, NULL, NULL, 0};
    rn__sweep sweep;

    if (!rn__sweep_init(&sweep, &primals)) return false;
    for (int i = 0; i < p->inputs; i++)
        if (p->input[i].judged) sweep.needed[p->input[i].x.id] = true;
    bool ok = true;
    for (int i = 0; ok && i < p->outputs; i++)
        ok = rn__sweep_add(&sweep, p->output[i].y.id, p->output[i].dy);
    ok = ok && rn__sweep_loop(&sweep, rn__node_of(p->output[0].y)->in[0]);
    for (int i = 0; ok && i < p->inputs; i++)
        p->input[i].dx =
            p->input[i].judged ? rn__sweep_get(&sweep, p->input[i].x.id) : rn_null();
    rn__sweep_finish(&sweep);
    return ok;
}

bool rn__loop_probe(rn__probe *p, const rn__search *s, const rn__suspect *suspect)
{
    const rn__node *node = rn__at(suspect->graph, suspect->id);
    rn__arena arena = {.allocator = s->arena.allocator};
    int32_t *get;
    int count, real;

    const bool found = find_outputs(s, suspect, &arena, &get, &count, &real);
    bool ok = rn__probe_init(p, arena.allocator, node->inputs, found ? real : 0);
    p->alone = true;
    ok = ok && found && real > 0 && copy_loop(p, suspect, get, count) && add_gradient(p) &&
         rn__probe_compile(p) && rn__probe_compile_gradient(p);
    rn__arena_finish(&arena);
    return ok;
}
