/* SPDX-License-Identifier: MIT */
/* Making a plan: the passes one after the other. */
#include "base/text.h"
#include "plan/planner.h"

/* ---- ports ---- */

/* An output that would be read from a variable's memory is copied before the variable
 * changes. */
static bool detach_outputs(rn__planner *p)
{
    for (int i = 0; i < p->options.count; i++) {
        const int32_t id = p->options.wanted[i];
        rn__layout *layout = rn__plan_layout(p, p->graph, id);
        const rn__node *node = rn__at(p->graph, id);
        rn__layout own;
        if (p->plan->buffer[layout->address.buffer].kind != RN__BUFFER_VARIABLE) continue;
        if (!rn__layout_new(p, node, &own) ||
            !rn__plan_copy(p, node->type, node->shape, layout, &own))
            return false;
        *layout = own;
    }
    return true;
}

static rn__plan_port port_of(rn__planner *p, int32_t id)
{
    const rn__node *node = rn__at(p->graph, id);

    return (rn__plan_port){
        id, rn__layout_operand(node->type, node->shape, rn__plan_layout(p, p->graph, id))};
}

static bool add_ports(rn__planner *p)
{
    rn__plan *plan = p->plan;
    const bool *live = rn__copy_region(&p->live, p->graph)->live;
    int inputs = 0;

    for (int32_t id = 0; id < p->graph->count; id++)
        inputs += live[id] && rn__at(p->graph, id)->op == &rn__op_input;
    plan->input = (rn__plan_port *)rn__arena_new(&p->graph->arena,
                                                 (size_t)inputs * sizeof *plan->input);
    plan->output = (rn__plan_port *)rn__arena_new(
        &p->graph->arena, (size_t)p->options.count * sizeof *plan->output);
    if (!plan->input || !plan->output) {
        rn__no_memory(p->graph);
        return false;
    }
    for (int32_t id = 0; id < p->graph->count; id++)
        if (live[id] && rn__at(p->graph, id)->op == &rn__op_input)
            plan->input[plan->inputs++] = port_of(p, id);
    for (int i = 0; i < p->options.count; i++) {
        plan->output[i] = port_of(p, p->options.wanted[i]);
        plan->buffer[plan->output[i].value.at.buffer].lasting = true;
    }
    plan->outputs = p->options.count;
    return true;
}

/* ---- passes ---- */

static bool schedule(rn__planner *p)
{
    return rn__copy_live(&p->live, p->options.wanted, p->options.count, true) &&
           rn__schedule_values(p) && detach_outputs(p) && rn__schedule_assignments(p) &&
           add_ports(p);
}

typedef struct pass {
    const char *name;
    bool (*run)(rn__planner *p);
    unsigned option; /* of rn_pass: it can be left out; 0: it can't */
} pass;

static const pass passes[] = {
    {"schedule", schedule, 0},
    {"contract", rn__contract, RN_PASS_CONTRACT},
    {"order", rn__order, RN_PASS_ROW_BLOCKS},
    {"elide", rn__elide, RN_PASS_ELIDE},
    {"accumulate", rn__accumulate, RN_PASS_ACCUMULATE},
    {"overlay", rn__overlay, RN_PASS_ELIDE},
    {"pack", rn__pack, RN_PASS_PACK},
    {"row_blocks", rn__row_blocks, RN_PASS_ROW_BLOCKS},
    {"fuse", rn__fuse, RN_PASS_FUSE},
    {"place", rn__place, 0},
    {"watch", rn__plan_watch_values, 0},
};

/* Shows the plan after a pass to whoever compiles. */
static bool trace(const rn__planner *p, const char *name)
{
    rn__text text = {0};

    if (!p->options.trace) return true;
    rn__plan_print(p->plan, &text);
    text.capacity = text.used + 1;
    text.at = (char *)rn__new(p->plan->allocator, text.capacity);
    if (!text.at) {
        rn__no_memory(p->graph);
        return false;
    }
    text.used = 0;
    rn__plan_print(p->plan, &text);
    p->options.trace(p->options.trace_with, name, text.at);
    rn__free(p->plan->allocator, text.at);
    return true;
}

static bool find_graphs(rn__plan *plan)
{
    const rn_graph **graphs = (const rn_graph **)rn__arena_new(
        &plan->graph->arena, ((size_t)plan->graph->body_count + 1) * sizeof(void *));

    if (!graphs) {
        rn__no_memory(plan->graph);
        return false;
    }
    graphs[0] = plan->graph;
    for (const rn_graph *body = plan->graph->bodies; body; body = body->next_body)
        graphs[body->number] = body;
    plan->graphs = graphs;
    return true;
}

bool rn__plan_make(rn__plan *plan, rn_graph *graph, const rn__plan_options *options)
{
    /* Nothing is copied: of the copy pass only what is live, in loops too, and its arena
     * are used. */
    rn__planner p = {.plan = plan,
                     .graph = graph,
                     .options = *options,
                     .live = {.from = graph, .to = graph}};

    *plan = (rn__plan){.allocator = graph->allocator, .graph = graph};
    p.live.arena.allocator = graph->allocator;
    bool ok = find_graphs(plan);
    for (size_t i = 0; ok && i < sizeof passes / sizeof *passes; i++)
        if (!(options->without & passes[i].option))
            ok = passes[i].run(&p) && trace(&p, passes[i].name);
    rn__copy_finish(&p.live);
    return ok;
}

void rn__plan_finish(rn__plan *plan)
{
    rn__free(plan->allocator, plan->step);
    rn__free(plan->allocator, plan->operand);
    rn__free(plan->allocator, plan->buffer);
}
