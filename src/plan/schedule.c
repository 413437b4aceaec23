/* SPDX-License-Identifier: MIT */
/* Schedule: the live nodes in their order, as steps. */
#include "plan/planner.h"

#include <string.h>

/* ---- leaves ---- */

static bool schedule_leaf(rn__planner *p, int32_t id, rn__layout *layout)
{
    const rn__node *node = rn__at(p->graph, id);

    if (!rn__layout_new(p, node, layout)) return false;
    rn__buffer *buffer = &p->plan->buffer[layout->address.buffer];
    buffer->kind = node->op == &rn__op_variable ? RN__BUFFER_VARIABLE : RN__BUFFER_KEPT;
    buffer->leaf = id;
    return true;
}

/* ---- operators ---- */

/* A dense copy of an operand, in `out`. */
static bool make_dense(rn__planner *p, const rn__node *node, const rn__layout *from,
                       rn__layout *out)
{
    rn__layout dense;

    if (!rn__layout_new(p, node, &dense)) return false;
    if (!rn__plan_copy(p, node->type, node->shape, from, &dense)) return false;
    *out = dense;
    return true;
}

static bool schedule_view(rn__planner *p, const rn_graph *graph, const rn__node *node,
                          rn__layout *out)
{
    const rn__node *in = rn__at(graph, node->in[0]);
    rn__layout from = *rn__plan_layout(p, graph, node->in[0]);

    if (rn__layout_view(node, in, &from, out)) return true;
    if (!make_dense(p, in, &from, &from)) return false;
    if (rn__layout_view(node, in, &from, out)) return true;
    rn_fail(p->graph, "%s: its view rule refuses a dense input", node->op->name);
    return false;
}

/* Cuts a step to the iterations that its node's limit allows. */
static bool schedule_limit(rn__planner *p, const rn_graph *graph, int32_t id, int32_t index)
{
    const rn__node *node = rn__at(graph, id);
    rn__step *step = &p->plan->step[index];
    rn__operand *operand = rn__step_operands(p->plan, step);

    if (node->limit.id < 0) return true;
    const rn__layout *limit = rn__plan_layout(p, graph, node->limit.id);
    const bool exact = node->limit.rows >= 0;
    const int64_t of = exact ? node->limit.row_count : node->limit.steps;
    step->limit =
        exact ? rn__plan_layout(p, graph, node->limit.rows)->address : limit->address;
    step->limit_of = of;
    if (node->limit.order >= 0 && p->options.watch) {
        step->order = rn__plan_layout(p, graph, node->limit.order)->address;
        step->rows = node->limit.row_count;
    }
    for (int i = 0; i <= step->inputs; i++)
        if ((node->limit.operands >> i & 1) && of > 0)
            operand[i].limit_rows = operand[i].size[0] / of;
    if (!(node->limit.operands >> step->inputs & 1)) return true;
    return !rn__plan_reads_tail(p, graph, id, node->limit.id) ||
           rn__plan_tail(p, RN__TAIL_ZERO, limit, node, rn__plan_layout(p, graph, id));
}

/* The operands of a node, which a kernel may want to be dense, and the output's layout. */
static bool schedule_operands(rn__planner *p, const rn_graph *graph, const rn__node *node,
                              bool strided, rn__operand *operand, rn__layout *out)
{
    for (int i = 0; i < node->inputs; i++) {
        const rn__node *in = rn__at(graph, node->in[i]);
        rn__layout layout = *rn__plan_layout(p, graph, node->in[i]);
        if (!strided && !rn__layout_is_dense(in->shape, layout.stride) &&
            !make_dense(p, in, &layout, &layout))
            return false;
        operand[i] = rn__layout_operand(in->type, in->shape, &layout);
    }
    if (!rn__layout_new(p, node, out)) return false;
    operand[node->inputs] = rn__layout_operand(node->type, node->shape, out);
    return true;
}

static bool schedule_operator(rn__planner *p, const rn_graph *graph, int32_t id,
                              rn__layout *out)
{
    const rn__node *node = rn__at(graph, id);
    const bool map = rn__op_maps(node->op, node->variant);
    const bool strided = map || (node->op->flags & RN_OP_STRIDED);
    rn__operand *operand = (rn__operand *)rn__arena_new(
        &p->live.arena, ((size_t)node->inputs + 1) * sizeof *operand);

    if (!operand) {
        rn__no_memory(p->graph);
        return false;
    }
    if (map && node->inputs > RN__MAP_OPERANDS) {
        rn_fail(p->graph, "%s: an element-wise operator of %d operands, at most %d",
                node->op->name, node->inputs, RN__MAP_OPERANDS);
        return false;
    }
    if (!schedule_operands(p, graph, node, strided, operand, out)) return false;
    const int32_t step = rn__plan_step(p, map ? RN__STEP_MAP : RN__STEP_KERNEL, graph, id,
                                       node->inputs, operand);
    if (step < 0) return false;
    rn__plan_rows(p, graph, id, step);
    return schedule_limit(p, graph, id, step);
}

/* ---- concatenations ---- */

enum { PIECES = 16 }; /* copied one by one, at most */

/* Whether an element-wise step of this graph makes one of the operands: it can then be
 * computed in its place. So can the result of any kernel or loop if its place has no
 * gaps. */
static bool made_here(const rn_graph *graph, const rn__node *node, int axis)
{
    bool whole = true;

    for (int i = 0; i < axis; i++) whole = whole && node->shape.size[i] == 1;
    for (int i = 0; i < node->inputs; i++) {
        const rn__node *in = rn__at(graph, node->in[i]);
        while (whole && in->op->view && in->inputs == 1) in = rn__at(graph, in->in[0]);
        if (in->inputs > 0 && (whole || rn__op_maps(in->op, in->variant))) return true;
    }
    return false;
}

/* Copies of the operands to their places, which elide.c leaves out where it can. */
static bool schedule_pieces(rn__planner *p, const rn_graph *graph, const rn__node *node,
                            int axis, bool rows, rn__layout *out)
{
    if (!rn__layout_new(p, node, out)) return false;
    rn__layout to = *out;
    for (int i = 0; i < node->inputs; i++) {
        const rn__node *in = rn__at(graph, node->in[i]);
        const rn__layout from = *rn__plan_layout(p, graph, node->in[i]);
        if (!rn__plan_copy(p, in->type, in->shape, &from, &to)) return false;
        if (rows) rn__plan_rows_of_copy(p, graph, p->plan->steps - 1);
        to.address.offset +=
            in->shape.size[axis] * to.stride[axis] * (int64_t)rn_type_size(node->type);
    }
    return true;
}

static bool schedule_node(rn__planner *p, const rn_graph *graph, int32_t id)
{
    const rn__node *node = rn__at(graph, id);
    rn__layout *layout = rn__plan_layout(p, graph, id);

    if (!layout) {
        rn__no_memory(p->graph);
        return false;
    }
    if (node->op == &rn__op_loop) return rn__schedule_loop(p, graph, id);
    if (node->op == &rn__op_get || (graph->parent && node->inputs == 0))
        return true; /* laid out with their loop */
    if (node->inputs == 0) return schedule_leaf(p, id, layout);
    if (node->op->view) return schedule_view(p, graph, node, layout);
    const int axis = node->inputs > PIECES ? -1 : rn__node_joins(graph, node);
    const int rows = rn__plan_row_axis(p, graph, id);
    if (axis >= 0 && node->limit.id < 0 && made_here(graph, node, axis) && rows <= 0)
        return schedule_pieces(p, graph, node, axis, rows == 0, layout);
    return schedule_operator(p, graph, id, layout);
}

bool rn__schedule_graph(rn__planner *p, const rn_graph *graph)
{
    const rn__region *region = rn__copy_region(&p->live, graph);

    for (int32_t id = 0; id < graph->count; id++)
        if (region->live[id] && !schedule_node(p, graph, id)) return false;
    return true;
}

bool rn__schedule_values(rn__planner *p)
{
    p->home = -1;
    return rn__schedule_graph(p, p->graph) && !p->graph->root->failed;
}

/* ---- assignments ---- */

/* A variable's own memory, though its old value may have been copied from there. */
static rn__layout layout_of(const rn__node *node, int32_t buffer)
{
    rn__layout layout = {.address.buffer = buffer};

    rn__layout_dense(node->shape, layout.stride);
    return layout;
}

/* The buffers of assigned variables, by assignment; NULL after an error. */
static int32_t *find_variables(rn__planner *p)
{
    const rn__plan *plan = p->plan;
    const size_t n = (size_t)p->graph->assignments;
    int32_t *buffer = (int32_t *)rn__arena_new(&p->live.arena, n * sizeof *buffer);

    if (!buffer) rn__no_memory(p->graph);
    for (int32_t i = 0; buffer && i < plan->buffers; i++) {
        if (plan->buffer[i].kind != RN__BUFFER_VARIABLE) continue;
        const rn__node *node = rn__at(p->graph, plan->buffer[i].leaf);
        if (node->assignment) buffer[node->assignment - 1] = i;
    }
    return buffer;
}

/* Each assigned variable takes its value after everything has read the old one. */
bool rn__schedule_assignments(rn__planner *p)
{
    const rn_graph *g = p->graph;
    const int32_t *buffers = find_variables(p);

    if (!buffers) return false;
    for (int i = 0; i < g->assignments; i++) {
        const rn__assignment a = g->assignment[i];
        rn__layout value = *rn__plan_layout(p, g, a.value);
        const rn__node *node = rn__at(g, a.value);
        /* A value that lies in another variable must be taken before that one changes. */
        if (p->plan->buffer[value.address.buffer].kind == RN__BUFFER_VARIABLE) {
            if (!make_dense(p, node, &value, &value)) return false;
            *rn__plan_layout(p, g, a.value) = value;
        }
    }
    for (int i = 0; i < g->assignments; i++) {
        const rn__assignment a = g->assignment[i];
        const rn__node *node = rn__at(g, a.value);
        const rn__layout to = layout_of(rn__at(g, a.variable), buffers[i]);
        if (!rn__plan_copy(p, node->type, node->shape, rn__plan_layout(p, g, a.value), &to))
            return false;
    }
    return true;
}
