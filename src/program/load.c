/* SPDX-License-Identifier: MIT */
/* From the rewritten graph to a program: its plan, its ports, and a back end that loads it.
 */
#include <string.h>

#include "program/compile.h"

/* ---- ports ---- */

static int count_inputs(const rn_graph *g)
{
    int n = 0;

    for (int32_t i = 0; i < g->count; i++) n += g->node[i]->op == &rn__op_input;
    return n;
}

/* The port of a tensor of the user's graph; `type` is that in the program. */
static rn__port port_of(rn_program *program, rn_graph *graph, int32_t id, rn_type type)
{
    const rn__node *node = rn__at(graph, id);
    rn__port port = {.graph = graph, .serial = graph->serial, .id = id};
    const char *name = node->name ? node->name : "";

    port.value = (rn__operand){.type = type, .rank = node->shape.rank};
    memcpy(port.value.size, node->shape.size, sizeof port.value.size);
    rn__layout_dense(node->shape, port.value.stride);
    port.bytes = (size_t)rn_shape_count(node->shape) * rn_type_size(type);
    port.name = rn__arena_string(&program->graph->arena, name);
    return port;
}

/* The program's input with this id in the user's graph; inputs are sorted by it. */
static rn__port *find_input(rn_program *p, int32_t id)
{
    int low = 0, high = p->inputs - 1;

    while (low < high) {
        const int middle = low + (high - low) / 2;
        if (p->input[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return &p->input[low];
}

/* Through all passes, an input's attribute is its id in the user's graph. */
static bool add_inputs(const rn__compilation *c)
{
    rn_program *p = c->program;
    const int n = count_inputs(c->user);

    p->input = (rn__port *)rn__new(p->allocator, (size_t)n * sizeof *p->input);
    if (!p->input) return false;
    for (int32_t id = 0; id < c->user->count; id++) {
        const rn__node *node = rn__at(c->user, id);
        if (node->op != &rn__op_input) continue;
        const rn_type type =
            c->options.convert && rn__is_real(node->type) ? c->options.real : node->type;
        p->input[p->inputs] = port_of(p, c->user, id, type);
        if (!p->input[p->inputs++].name) return false;
    }
    for (int i = 0; i < p->plan.inputs; i++) {
        const rn__plan_port *from = &p->plan.input[i];
        const rn__node *node = rn__at(c->graph, from->node);
        rn__port *port = find_input(p, *(const int32_t *)node->attributes);
        port->used = true;
        port->value = from->value;
    }
    return true;
}

static bool add_outputs(const rn__compilation *c)
{
    rn_program *p = c->program;

    p->output = (rn__port *)rn__new(p->allocator, (size_t)c->count * sizeof *p->output);
    if (!p->output) return false;
    for (int i = 0; i < c->count; i++) {
        const rn_tensor of =
            i < c->options.output_count ? c->options.outputs[i] : c->options.minimize;
        const rn__operand *value = &p->plan.output[i].value;
        rn__port port = port_of(p, of.graph, of.id, value->type);
        if (!port.name) return false;
        port.value = *value;
        p->output[p->outputs++] = port;
    }
    return true;
}

/* ---- graph to program ---- */

/* Whether the back end has code for all steps; else an error names the first. */
static bool supported(const rn__compilation *c)
{
    const rn__plan *plan = &c->program->plan;

    for (int32_t i = 0; i < plan->steps; i++) {
        const rn__node *node = rn__step_node(plan, &plan->step[i]);
        if (!node || plan->step[i].kind == RN__STEP_LOOP) continue;
        if (c->backend->supports(node->op, node->variant)) continue;
        rn_fail(c->graph, "%s: no map or kernel for %s", node->op->name,
                rn_type_name(node->variant));
        return false;
    }
    return true;
}

/* The most scratch memory that a step needs; SIZE_MAX: out of memory. */
static size_t most_scratch(const rn__compilation *c)
{
    const rn__plan *plan = &c->program->plan;
    size_t most = 0;

    for (int32_t i = 0; i < plan->steps; i++) {
        const size_t bytes = c->backend->scratch(plan, &plan->step[i]);
        if (bytes > most) most = bytes;
    }
    return most;
}

/* The message has all the memory that was asked for. */
static bool load(const rn__compilation *c)
{
    rn_program *p = c->program;
    const rn__plan *plan = &p->plan;
    const size_t scratch = most_scratch(c);
    size_t all = SIZE_MAX;
    char largest[320];

    if (scratch == SIZE_MAX) {
        rn__no_memory(c->graph);
        return false;
    }
    p->loaded = c->backend->load(plan, scratch, c->options.threads);
    if (p->loaded) return true;
    if (!rn__sum_sizes(plan->workspace_bytes, plan->tile_memory_bytes, &all) ||
        !rn__sum_sizes(all, scratch, &all))
        all = SIZE_MAX;
    c->graph->no_memory = !c->graph->failed;
    rn_fail(c->graph, "compile: out of memory for a workspace of %zu bytes%s", all,
            rn__plan_largest(plan, largest, sizeof largest));
    return false;
}

static bool fill_program(const rn__compilation *c)
{
    const rn_compile_options *o = &c->options;
    const bool watch =
        o->watch == RN_WATCH_ON || (o->watch == RN_WATCH_DEFAULT && rn__minimizes(o));
    const rn__plan_options options = {.wanted = c->wanted,
                                      .count = c->count,
                                      .tile_bytes = c->backend->tile_bytes,
                                      .packed = c->backend->packed,
                                      .watch = watch && c->backend->nonfinite,
                                      .without = o->without,
                                      .trace = o->trace,
                                      .trace_with = o->trace_with};

    if (!rn__plan_make(&c->program->plan, c->graph, &options)) return false;
    c->program->plan.profile = o->profile;
    if (!add_inputs(c) || !add_outputs(c)) {
        rn__no_memory(c->graph);
        return false;
    }
    return supported(c) && load(c);
}

bool rn__program_make(rn__compilation *c)
{
    rn_program *p = (rn_program *)rn__new(c->user->allocator, sizeof *p);

    if (!p) {
        rn__no_memory(c->user);
        return false;
    }
    p->allocator = c->user->allocator;
    p->graph = c->graph;
    p->serial = c->user->serial;
    p->backend = c->backend;
    c->program = p;
    if (fill_program(c)) return true;
    rn__fail_as(c->user, c->graph);
    return false;
}
