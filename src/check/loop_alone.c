/* SPDX-License-Identifier: MIT */
/*
 * The trial of one loop as a whole: a graph in which what it reads are inputs and what is
 * read of it are outputs. Its gradient is what rn__sweep_loop makes, alone.
 */
#include "culprit.h"
#include "loop.h"
#include "sweep.h"

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
static bool find_outputs(const rn__search *s, const rn__site *site, rn__arena *arena,
                         int32_t **get, int *count, int *real)
{
    rn__copy_pass live = {.from = s->copy, .to = s->copy};

    live.arena.allocator = s->copy->allocator;
    *count = *real = 0;
    *get = (int32_t *)rn__arena_new(arena, (size_t)site->graph->count * sizeof **get);
    const bool ok = *get && rn__copy_live(&live, &s->loss.id, 1, false);
    const rn__region *region = ok ? rn__copy_region(&live, site->graph) : NULL;
    for (int32_t id = site->id + 1; region && id < site->graph->count; id++) {
        const rn__node *node = rn__at(site->graph, id);
        if (!region->live[id] || node->op != &rn__op_get || node->in[0] != site->id)
            continue;
        (*get)[(*count)++] = id;
        *real += rn__is_real(node->type);
    }
    rn__copy_finish(&live);
    return region != NULL;
}

/* Makes an input of each tensor that the loop reads, once. */
static void make_inputs(rn__trial *t, const rn__site *site, rn__region *region)
{
    const rn__node *loop = rn__at(site->graph, site->id);

    for (int i = 0; i < t->inputs; i++) {
        const int32_t id = loop->in[i];
        const rn__node *in = rn__at(site->graph, id);
        const bool first = rn_is_null(region->to[id]);
        if (first) region->to[id] = rn_input(t->graph, "", in->type, in->shape);
        t->input[i].x = region->to[id];
        t->input[i].judged = first && rn__is_real(in->type) && site->operand[i].reached;
    }
}

/* Copies the loop with its outputs, and nothing before it. */
static bool copy_loop(rn__trial *t, const rn__site *site, const int32_t *get, int count)
{
    rn__copy_pass pass = {
        .from = site->graph, .to = t->graph, .node = copy_node, .leaf = copy_leaf};
    int outputs = 0;

    pass.arena.allocator = t->arena.allocator;
    bool ok = rn__copy_live(&pass, get, count, false);
    rn__region *region = ok ? rn__copy_region(&pass, site->graph) : NULL;
    for (int32_t id = 0; ok && id < site->id; id++) region->live[id] = false;
    if (ok) make_inputs(t, site, region);
    ok = ok && rn__copy_body(&pass, region, t->graph);
    for (int i = 0; ok && i < count; i++) {
        const rn_tensor y = region->to[get[i]];
        if (!rn__is_real(rn_type_get(y))) continue;
        t->output[outputs].y = y;
        t->output[outputs++].dy = rn_input(t->graph, "", rn_type_get(y), rn_shape_get(y));
    }
    rn__copy_finish(&pass);
    return ok && !t->graph->failed;
}

static bool add_gradient(rn__trial *t)
{
    rn__twin twin = {t->graph, t->graph, NULL, NULL, 0};
    rn__sweep sweep;

    if (!rn__sweep_init(&sweep, &twin)) return false;
    for (int i = 0; i < t->inputs; i++)
        if (t->input[i].judged) sweep.needed[t->input[i].x.id] = true;
    bool ok = true;
    for (int i = 0; ok && i < t->outputs; i++)
        ok = rn__sweep_add(&sweep, t->output[i].y.id, t->output[i].dy);
    ok = ok && rn__sweep_loop(&sweep, rn__node_of(t->output[0].y)->in[0]);
    for (int i = 0; ok && i < t->inputs; i++)
        t->input[i].dx =
            t->input[i].judged ? rn__sweep_get(&sweep, t->input[i].x.id) : rn_null();
    rn__sweep_finish(&sweep);
    return ok;
}

bool rn__loop_trial(rn__trial *t, const rn__search *s, const rn__site *site)
{
    const rn__node *node = rn__at(site->graph, site->id);
    rn__arena arena = {.allocator = s->arena.allocator};
    int32_t *get;
    int count, real;

    const bool found = find_outputs(s, site, &arena, &get, &count, &real);
    bool ok = rn__trial_init(t, arena.allocator, node->inputs, found ? real : 0);
    ok = ok && found && real > 0 && copy_loop(t, site, get, count) && add_gradient(t) &&
         rn__trial_compile(t);
    rn__arena_finish(&arena);
    return ok;
}
