/* SPDX-License-Identifier: MIT */
/* rn_compile: runs the passes. */
#include <string.h>

#include "compile/passes.h"
#include "compile/plan.h"
#include "rondo/program.h"

/* The state of a compilation, from graph to graph. */
typedef struct compilation {
    rn_graph *user, *graph; /* the user's graph; the latest rewritten copy */
    rn_compile_options options;
    int32_t *wanted; /* ids of the outputs in `graph`; the loss to be minimised is the
                        last */
    int count;
    bool built; /* the optimiser's build was called */
    rn_program *program;
} compilation;

/* ---- checks ---- */

static bool valid_output(rn_graph *graph, rn_tensor x, const char *what, int index)
{
    char text[160];

    if (rn_is_null(x))
        rn_fail(graph, "compile: %s %d is the null tensor%s", what, index,
                rn__null_text(x, text, sizeof text));
    else if (!rn__exists(x))
        rn__adopt(graph, x, "compile");
    else if (x.graph != graph)
        rn_fail(graph, "compile: %s %d is of another graph or a loop's body: %s", what,
                index, rn__describe(x, text, sizeof text));
    return !graph->failed;
}

static bool minimizes(const rn_compile_options *o)
{
    return o->with.build || !rn_is_null(o->minimize) || rn__null_named(o->minimize);
}

/* Checks the loss and the optimiser. */
static bool valid_loss(rn_graph *graph, const rn_compile_options *o)
{
    char text[160];

    if (rn_is_null(o->minimize)) {
        if (rn__null_named(o->minimize))
            rn_fail(graph, "compile: minimize is the null tensor%s",
                    rn__null_text(o->minimize, text, sizeof text));
        else
            rn_fail(graph,
                    "compile: an optimiser without a loss: minimize is missing or null");
        return false;
    }
    if (!valid_output(graph, o->minimize, "minimize", 0)) return false;
    rn__describe(o->minimize, text, sizeof text);
    if (rn_rank(o->minimize) != 0 || !rn__is_real(rn_type_get(o->minimize)))
        rn_fail(graph, "compile: minimize must be a real scalar: %s", text);
    else if (!o->with.build)
        rn_fail(
            graph,
            "compile: minimize without an optimiser: set .with, for example to rn_adam: %s",
            text);
    else if (graph->infers && !graph->trains)
        rn_fail(graph,
                "compile: minimize in a graph for inference: build it with rn_root: %s",
                text);
    return !graph->failed;
}

static bool valid(rn_graph *graph, const rn_compile_options *o, bool listed)
{
    if (o->output_count < 0)
        rn_fail(graph, "compile: %d outputs, an invalid number", o->output_count);
    else if (!listed && o->output_count > RN_OUTPUTS_MAX)
        rn_fail(graph, "compile: %d outputs, but no list of them; RN_OUTPUTS holds %d",
                o->output_count, RN_OUTPUTS_MAX);
    for (int i = 0; i < o->output_count && !graph->failed; i++)
        valid_output(graph, o->outputs[i], "output", i);
    if (!graph->failed && minimizes(o)) valid_loss(graph, o);
    if (!graph->failed && o->output_count == 0 && !minimizes(o) &&
        (graph->assignments == 0 || o->omit_assignments))
        rn_fail(graph, "compile: no outputs, no loss and no assignments");
    if (!graph->failed && o->convert && !rn__is_real(o->real))
        rn_fail(graph, "compile: convert to %s, which is not a real type",
                rn_type_name(o->real));
    return !graph->failed;
}

/* ---- graph to graph ---- */

/* Replaces the current graph and outputs by those of a pass. On failure its message is
 * copied to the user's graph. */
static bool take(compilation *c, rn__copy_pass *pass, bool ok)
{
    for (int i = 0; ok && i < c->count; i++)
        c->wanted[i] = rn__copied(pass, c->wanted[i]).id;
    if (!ok) rn__fail_as(c->user, pass->to);
    rn__copy_finish(pass);
    if (c->graph != c->user) rn_graph_free(c->graph);
    c->graph = pass->to;
    return ok;
}

static bool begin_pass(compilation *c, rn__copy_pass *pass)
{
    *pass = (rn__copy_pass){.from = c->graph, .to = rn_graph_new_using(c->user->allocator)};
    if (!pass->to) rn__no_memory(c->user);
    return pass->to != NULL;
}

/* Makes the private copy, in another real type if requested. */
static bool convert(compilation *c)
{
    rn__conversion conversion = {.convert = c->options.convert,
                                 .real = c->options.real,
                                 .omit_assignments = c->options.omit_assignments};
    rn__copy_pass pass;

    return begin_pass(c, &pass) &&
           take(c, &pass, rn__convert(&pass, &conversion, c->wanted, c->count));
}

static bool optimize(compilation *c)
{
    if (!minimizes(&c->options)) return true;
    const rn_tensor loss = rn__tensor(c->graph, c->wanted[c->count - 1]);
    c->built = true;
    if (c->options.with.build(&c->options.with, loss) && !c->graph->failed) return true;
    rn_fail(c->user, "%s",
            c->graph->failed ? c->graph->error
                             : "compile: the optimiser refused the graph");
    return false;
}

/* Calls the optimiser's settle, with the outcome of the compilation. */
static void settle(const compilation *c, bool compiled)
{
    const rn_optimizer *with = &c->options.with;

    if (c->built && with->settle) with->settle(with, c->options.minimize, compiled);
}

static bool simplify(compilation *c)
{
    rn__copy_pass pass;

    return begin_pass(c, &pass) && take(c, &pass, rn__simplify(&pass, c->wanted, c->count));
}

static bool hoist(compilation *c)
{
    rn__copy_pass pass;

    return begin_pass(c, &pass) &&
           take(c, &pass, rn__hoist_loops(&pass, c->wanted, c->count));
}

/* ---- ports ---- */

static int count_inputs(const rn_graph *g)
{
    int n = 0;

    for (int32_t i = 0; i < g->count; i++) n += g->node[i]->op == &rn__op_input;
    return n;
}

static rn__port port_of(rn_program *program, rn_graph *graph, int32_t id, rn_type type)
{
    const rn__node *node = rn__at(graph, id);
    rn__port port = {.graph = graph, .serial = graph->serial, .id = id};
    const char *name = node->name ? node->name : "";

    port.array = (rn_array){.type = type, .rank = node->shape.rank};
    memcpy(port.array.size, node->shape.size, sizeof port.array.size);
    rn__layout_dense(node->shape, port.array.stride);
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
static bool add_inputs(compilation *c, rn__plan *plan)
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
    const rn__region *live = rn__copy_region(&plan->live, c->graph);
    for (int32_t id = 0; id < c->graph->count; id++) {
        const rn__node *node = rn__at(c->graph, id);
        if (node->op != &rn__op_input || !live->live[id]) continue;
        rn__port *port = find_input(p, *(const int32_t *)node->attributes);
        port->used = true;
        port->address = rn__plan_layout(plan, c->graph, id)->address;
    }
    return true;
}

static bool add_outputs(compilation *c, rn__plan *plan)
{
    rn_program *p = c->program;

    p->output = (rn__port *)rn__new(p->allocator, (size_t)c->count * sizeof *p->output);
    if (!p->output) return false;
    for (int i = 0; i < c->count; i++) {
        const rn_tensor of =
            i < c->options.output_count ? c->options.outputs[i] : c->options.minimize;
        const rn__layout *layout = rn__plan_layout(plan, c->graph, c->wanted[i]);
        const rn_type type = rn__at(c->graph, c->wanted[i])->type;
        rn__port port = port_of(p, of.graph, of.id, type);
        if (!port.name) return false;
        memcpy(port.array.stride, layout->stride, sizeof layout->stride);
        port.address = layout->address;
        p->output[p->outputs++] = port;
        plan->buffer[layout->address.buffer].lasting = true;
    }
    return true;
}

/* ---- graph to program ---- */

/* An output whose memory is a variable's is copied before the variable is assigned. */
static bool detach_outputs(compilation *c, rn__plan *plan)
{
    for (int i = 0; i < c->count; i++) {
        rn__layout *layout = rn__plan_layout(plan, c->graph, c->wanted[i]);
        const rn__node *node = rn__at(c->graph, c->wanted[i]);
        rn__layout own;
        if (plan->buffer[layout->address.buffer].kind != RN__EXTERNAL) continue;
        if (!rn__layout_new(plan, node, &own) ||
            !rn__plan_copy(plan, node->type, node->shape, layout, &own))
            return false;
        *layout = own;
    }
    return true;
}

static bool plan_program(compilation *c, rn__plan *plan)
{
    plan->live.arena.allocator = c->graph->allocator;
    if (!rn__copy_live(&plan->live, c->wanted, c->count, true)) return false;
    if (!rn__schedule_values(plan) || !detach_outputs(c, plan) ||
        !rn__schedule_assignments(plan))
        return false;
    if (!add_inputs(c, plan) || !add_outputs(c, plan)) {
        rn__no_memory(c->graph);
        return false;
    }
    return rn__elide(plan) && rn__fuse(plan) && rn__place(plan) && rn__plan_watch(plan);
}

static bool make_program(compilation *c)
{
    rn_program *p = (rn_program *)rn__new(c->user->allocator, sizeof *p);
    rn__plan plan = {.program = p, .graph = c->graph, .watch = c->options.watch};

    if (!p) {
        rn__no_memory(c->user);
        return false;
    }
    p->allocator = c->user->allocator;
    p->graph = c->graph;
    p->serial = c->user->serial;
    c->program = p;
    plan.minimizes = minimizes(&c->options);
    plan.wanted = c->wanted;
    plan.wanted_count = c->count;
    plan.live = (rn__copy_pass){.from = c->graph, .to = c->graph};
    const bool ok = plan_program(c, &plan);
    if (!ok) rn__fail_as(c->user, c->graph);
    rn__free(p->allocator, plan.buffer);
    rn__copy_finish(&plan.live);
    return ok;
}

static bool begin(compilation *c)
{
    const rn_compile_options *o = &c->options;

    c->count = o->output_count + (minimizes(o) ? 1 : 0);
    c->wanted =
        (int32_t *)rn__new(c->user->allocator, (size_t)c->count * sizeof *c->wanted);
    if (!c->wanted) {
        rn__no_memory(c->user);
        return false;
    }
    for (int i = 0; i < o->output_count; i++) c->wanted[i] = o->outputs[i].id;
    if (minimizes(o)) c->wanted[c->count - 1] = o->minimize.id;
    return true;
}

rn_program *rn_compile(rn_graph *graph, rn_compile_options options)
{
    compilation c = {.user = graph, .graph = graph, .options = options};

    if (!graph || graph->root->failed) return NULL;
    if (graph->parent) {
        rn_fail(graph, "compile: the graph is a loop's body");
        return NULL;
    }
    if (!options.outputs) c.options.outputs = c.options.output;
    if (!valid(graph, &c.options, options.outputs != NULL) || !begin(&c)) return NULL;
    const bool ok = convert(&c) && optimize(&c) && simplify(&c) && hoist(&c) &&
                    simplify(&c) && make_program(&c);
    settle(&c, ok);
    rn__free(graph->allocator, c.wanted);
    if (ok) return c.program;
    if (c.program)
        rn_program_free(c.program);
    else if (c.graph != graph)
        rn_graph_free(c.graph);
    return NULL;
}

void rn_program_free(rn_program *program)
{
    if (!program) return;
    const rn_allocator a = program->allocator;
    rn__free_aligned(a, program->workspace);
    rn__free(a, program->call);
    rn__free(a, program->input);
    rn__free(a, program->output);
    rn_graph_free(program->graph);
    rn__free(a, program);
}
