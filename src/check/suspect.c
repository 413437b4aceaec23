/* SPDX-License-Identifier: MIT */
/*
 * Suspects: the nodes that the loss is made from, each with the values that its operands
 * have in the run, at all steps of the loops around it.
 */
#include <string.h>

#include "check/culprit.h"
#include "graph/loop.h"
#include "ops/op.h"
#include "ops/table.h"

/* ---- what is checked reaches what ---- */

const bool *rn__search_reached(const rn__search *s, const rn_graph *graph)
{
    const rn__region *region = rn__copy_region(&s->reach, graph);
    return region ? region->live : NULL;
}

static void spread(const rn__search *s, const rn_graph *graph);

/* Into a loop's body, round its carries until nothing is added. */
static void spread_loop(const rn__search *s, const rn_loop *loop, const bool *outer)
{
    const rn__region *region = rn__copy_region(&s->reach, loop->body);
    bool *inner = region ? region->live : NULL, changed = true;

    if (!inner) return; /* nothing of it is used */
    for (int i = 0; i < loop->each.count; i++) {
        const rn__pair *p = rn__list_at(loop->each, rn__pair, i);
        inner[p->leaf] = outer[p->outer];
    }
    for (int i = 0; i < loop->capture.count; i++) {
        const rn__pair *p = rn__list_at(loop->capture, rn__pair, i);
        inner[p->leaf] = outer[p->outer];
    }
    while (changed) {
        changed = false;
        spread(s, loop->body);
        for (int i = 0; i < loop->carry.count; i++) {
            const rn__carry *c = rn__list_at(loop->carry, rn__carry, i);
            if (inner[c->leaf] || !(outer[c->initial] || inner[c->next])) continue;
            inner[c->leaf] = changed = true;
        }
    }
}

static bool reaches_output(const rn__search *s, const rn__node *get)
{
    const bool *inner = rn__search_reached(s, get->loop->body);
    const rn__get *g = (const rn__get *)get->attributes;

    return inner && inner[g->id];
}

static void spread(const rn__search *s, const rn_graph *graph)
{
    const rn__region *region = rn__copy_region(&s->reach, graph);
    bool *here = region ? region->live : NULL;

    for (int32_t id = 0; here && id < graph->count; id++) {
        const rn__node *node = rn__at(graph, id);
        const bool loop = node->op == &rn__op_loop,
                   passes = node->op->gradient && rn__is_real(node->type);
        for (int i = 0; i < node->inputs && (loop || passes); i++)
            here[id] = here[id] || here[node->in[i]];
        if (loop) spread_loop(s, node->loop, here);
        if (node->op == &rn__op_get) here[id] = reaches_output(s, node);
    }
}

/* Clears the marks of liveness and puts those of reach in their place. */
static bool find_reach(rn__search *s)
{
    s->reach = (rn__copy_pass){.from = s->copy, .to = s->copy};
    s->reach.arena.allocator = s->copy->allocator;
    if (!rn__copy_live(&s->reach, &s->loss.id, 1, false)) return false;
    for (int32_t i = 0; i < s->reach.regions; i++) {
        const rn__region *seen = s->reach.region[i];
        if (seen) memset(seen->live, 0, (size_t)seen->graph->count * sizeof *seen->live);
    }
    for (int i = 0; i < s->checked->inputs; i++) {
        const rn_tensor x = rn__search_leaf(s, i);
        if (s->checked->input[i].judged && !rn_is_null(x))
            rn__copy_region(&s->reach, s->copy)->live[x.id] = true;
    }
    spread(s, s->copy);
    return true;
}

/* ---- the list ---- */

static int depth_of(const rn_graph *graph)
{
    int depth = 0;

    for (; graph->parent; graph = graph->parent) depth++;
    return depth;
}

/* What a body captures has one value for all its steps. */
static rn_tensor uncaptured(rn_tensor x)
{
    while (x.graph->parent && rn__node_of(x)->op == &rn__op_capture)
        x = rn__tensor(x.graph->parent, rn__pair_of(&x.graph->loop->capture, x.id)->outer);
    return x;
}

static bool add_operands(rn__search *s, rn__suspect *suspect)
{
    const rn__node *node = rn__at(suspect->graph, suspect->id);
    const bool *reached = rn__search_reached(s, suspect->graph);

    suspect->operand = (rn__suspect_operand *)rn__arena_new(
        &s->arena, (size_t)node->inputs * sizeof *suspect->operand);
    for (int i = 0; suspect->operand && i < node->inputs; i++) {
        const rn_tensor x = uncaptured(rn__tensor(suspect->graph, node->in[i]));
        suspect->operand[i] = (rn__suspect_operand){.depth = depth_of(x.graph), .stack = x};
        suspect->operand[i].reached = reached && reached[node->in[i]];
    }
    return suspect->operand != NULL;
}

/* Whether there is a gradient to be judged: one that is right where there is none matters
 * too. */
static bool matters(const rn__suspect *suspect)
{
    const rn__node *node = rn__at(suspect->graph, suspect->id);
    bool reached = false;

    for (int i = 0; i < node->inputs; i++)
        reached = reached || (suspect->operand[i].reached &&
                              rn__is_real(rn__at(suspect->graph, node->in[i])->type));
    return reached && (node->op == &rn__op_loop || rn__is_real(node->type));
}

static bool is_users(const rn_op *op)
{
    for (int i = 0; i < rn__op_count; i++)
        if (rn__ops[i] == op) return false;
    return op != &rn__op_loop;
}

static bool add_suspect(rn__search *s, rn_graph *user, int32_t id, rn_tensor copy)
{
    rn__suspect suspect = {
        .graph = copy.graph, .id = copy.id, .user_graph = user, .user_id = id, .runs = 1};

    if (rn_is_null(copy) || rn__node_of(copy)->op != rn__at(user, id)->op) return true;
    int at = suspect.loops = depth_of(copy.graph);
    for (const rn_graph *g = suspect.graph; g->parent; g = g->parent) {
        suspect.steps[--at] = g->loop->steps;
        suspect.runs *= g->loop->steps;
    }
    if (!add_operands(s, &suspect)) return false;
    if (!matters(&suspect)) return true;
    rn__suspect *kept = (rn__suspect *)rn__list_add(s->copy, &s->suspects, sizeof *kept);
    if (!kept) return false;
    *kept = suspect;
    /* What it does not pass on it stops on purpose. */
    kept->stops = (rn__at(user, id)->op->flags & RN_OP_STOPS) != 0;
    kept->outputs = rn__node_of(copy)->loop ? rn__node_of(copy)->loop->output.count : 1;
    kept->no_branches = is_users(rn__at(user, id)->op) && !rn__at(user, id)->op->branches;
    return true;
}

static bool add_suspects(rn__search *s, rn_graph *graph)
{
    const rn__region *region = rn__copy_region(&s->pass, graph);
    const int32_t count = region ? graph->count : 0;

    for (int32_t id = 0; id < count; id++) {
        const rn__node *node = rn__at(graph, id);
        if (!region->live[id] || node->inputs == 0 || node->op == &rn__op_get) continue;
        if (node->op == &rn__op_loop && !add_suspects(s, node->loop->body)) return false;
        if (!add_suspect(s, graph, id, region->to[id])) return false;
    }
    return true;
}

/* ---- the run ---- */

static bool lift_all(rn__search *s, rn_tensor **y, int *count)
{
    size_t most = 0;

    for (int k = 0; k < s->suspects.count; k++) {
        const rn__suspect *suspect = rn__list_at(s->suspects, rn__suspect, k);
        most += (size_t)rn__at(suspect->graph, suspect->id)->inputs;
    }
    *count = 0;
    *y = (rn_tensor *)rn__arena_new(&s->arena, most * sizeof **y);
    for (int k = 0; *y && k < s->suspects.count; k++) {
        const rn__suspect *suspect = rn__list_at(s->suspects, rn__suspect, k);
        for (int i = 0; i < rn__at(suspect->graph, suspect->id)->inputs; i++) {
            suspect->operand[i].stack = rn__lift(suspect->operand[i].stack);
            if (rn_is_null(suspect->operand[i].stack)) return false;
            (*y)[(*count)++] = suspect->operand[i].stack;
        }
    }
    return *y != NULL;
}

rn_tensor rn__search_leaf(const rn__search *s, int i)
{
    return rn__copied(&s->pass, s->checked->input[i].user);
}

static size_t bytes_of(rn_tensor x)
{
    return (size_t)rn_shape_count(rn_shape_get(x)) * rn_type_size(rn_type_get(x));
}

bool rn__search_feed(const rn__search *s, rn_program *program)
{
    for (int i = 0; i < s->checked->inputs; i++) {
        const rn_tensor x = rn__search_leaf(s, i);
        if (!rn_is_null(x) &&
            rn_feed(program, x, s->checked->input[i].value, bytes_of(x)) != RN_OK)
            return false;
    }
    return true;
}

static bool run_all(rn__search *s)
{
    rn_tensor *y;
    int count;

    if (!lift_all(s, &y, &count)) return false;
    s->program =
        rn_compile(s->copy, (rn_compile_options){.outputs = y, .output_count = count});
    return s->program && rn__search_feed(s, s->program) && rn_run(s->program) == RN_OK;
}

bool rn__suspects_find(rn__search *s)
{
    return find_reach(s) && add_suspects(s, s->user) && s->suspects.count && run_all(s);
}

/* ---- the values ---- */

bool rn__suspect_read(const rn__search *s, rn__suspect *suspect, rn__arena *arena)
{
    for (int i = 0; i < rn__at(suspect->graph, suspect->id)->inputs; i++) {
        rn__suspect_operand *o = &suspect->operand[i];
        char *data = (char *)rn__arena_new(arena, bytes_of(o->stack));
        if (!data || rn_read(s->program, o->stack, data, bytes_of(o->stack)) != RN_OK)
            return false;
        o->data = data;
    }
    return true;
}

const void *rn__suspect_value(const rn__suspect *suspect, int i, int64_t run)
{
    const rn__suspect_operand *o = &suspect->operand[i];
    const rn__node *node = rn__at(suspect->graph, suspect->id);

    for (int k = o->depth; k < suspect->loops; k++) run /= suspect->steps[k];
    return o->data + (size_t)run * bytes_of(rn__tensor(suspect->graph, node->in[i]));
}

bool rn__suspect_feed(const rn__suspect *suspect, int64_t run, rn__probe *p)
{
    for (int i = 0; i < p->inputs; i++)
        if (!rn__probe_set(p, i, rn__suspect_value(suspect, i, run))) return false;
    return true;
}
