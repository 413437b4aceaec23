/* SPDX-License-Identifier: MIT */
/* Schedule: the live nodes in their order, as calls. */
#include "compile/plan.h"

#include <string.h>

#include "kernel/strided.h"

/* ---- making calls ---- */

static bool reserve_call(rn__plan *plan)
{
    rn_program *p = plan->program;

    if (p->calls < plan->call_capacity) return true;
    const int32_t capacity = plan->call_capacity * 2 + 64;
    rn__call *more =
        (rn__call *)rn__resize(p->allocator, p->call, (size_t)capacity * sizeof *more);
    if (!more) return false;
    p->call = more;
    plan->call_capacity = capacity;
    return true;
}

int32_t rn__plan_call(rn__plan *plan, rn__call_kind kind, const rn__node *node, int inputs,
                      const rn_array *array, const rn__address *address)
{
    rn__arena *arena = &plan->graph->arena;
    const size_t n = (size_t)inputs + 1;
    rn__call call = {.kind = kind,
                     .node = node,
                     .inputs = inputs,
                     .depth = plan->depth,
                     .home = plan->home};

    call.array = (rn_array *)rn__arena_new(arena, n * sizeof *array);
    call.address = (rn__address *)rn__arena_new(arena, n * sizeof *address);
    if (!call.array || !call.address || !reserve_call(plan)) {
        rn__no_memory(plan->graph);
        return -1;
    }
    if (array) memcpy(call.array, array, n * sizeof *array);
    memcpy(call.address, address, n * sizeof *address);
    call.scratch.buffer = call.limit.buffer = call.chain = -1;
    if (node) call.attributes = node->attributes;
    plan->program->call[plan->program->calls] = call;
    return plan->program->calls++;
}

bool rn__plan_tail(rn__plan *plan, rn__tail_kind kind, const rn__layout *limit,
                   const rn__node *stack, const rn__layout *layout)
{
    const rn_array array[2] = {{.type = RN_I32},
                               rn__layout_array(stack->type, stack->shape, layout)};
    const rn__address address[2] = {limit->address, layout->address};
    const int32_t call = rn__plan_call(plan, RN__TAIL, NULL, 1, array, address);

    if (call >= 0) plan->program->call[call].tail = kind;
    return call >= 0;
}

bool rn__plan_copy(rn__plan *plan, rn_type type, rn_shape shape, const rn__layout *from,
                   const rn__layout *to)
{
    const rn_array array[2] = {rn__layout_array(type, shape, from),
                               rn__layout_array(type, shape, to)};
    const rn__address address[2] = {from->address, to->address};

    return rn__plan_call(plan, RN__COPY, NULL, 1, array, address) >= 0;
}

/* ---- leaves ---- */

static bool schedule_leaf(rn__plan *plan, const rn__node *node, rn__layout *layout)
{
    if (!rn__layout_new(plan, node, layout)) return false;
    rn__buffer *buffer = &plan->buffer[layout->address.buffer];
    if (node->op == &rn__op_variable) {
        buffer->kind = RN__EXTERNAL;
        buffer->variable = node->variable;
        buffer->leaf = node;
    } else {
        buffer->kind = RN__KEPT;
        if (node->op != &rn__op_input) buffer->constant = node;
    }
    return true;
}

/* ---- operators ---- */

/* A dense copy of an operand, in `out`. */
static bool make_dense(rn__plan *plan, const rn__node *node, const rn__layout *from,
                       rn__layout *out)
{
    rn__layout dense;

    if (!rn__layout_new(plan, node, &dense)) return false;
    if (!rn__plan_copy(plan, node->type, node->shape, from, &dense)) return false;
    *out = dense;
    return true;
}

static bool schedule_view(rn__plan *plan, const rn_graph *graph, const rn__node *node,
                          rn__layout *out)
{
    const rn__node *in = rn__at(graph, node->in[0]);
    rn__layout from = *rn__plan_layout(plan, graph, node->in[0]);

    if (rn__layout_view(node, in, &from, out)) return true;
    if (!make_dense(plan, in, &from, &from)) return false;
    if (rn__layout_view(node, in, &from, out)) return true;
    rn_fail(plan->graph, "%s: its view rule refuses a dense input", node->op->name);
    return false;
}

/* Collapses the axes of a map over all its operands. */
static bool collapse(rn__plan *plan, rn__call *call)
{
    const int n = call->inputs + 1;
    int64_t *rows[RN_RANK_MAX + 1], **row = rows;
    const rn_array *out = &call->array[call->inputs];

    if (call->inputs > RN__MAP_OPERANDS) {
        rn_fail(plan->graph, "%s: an element-wise operator of %d operands",
                call->node->op->name, call->inputs);
        return false;
    }
    call->stride = (int64_t *)rn__arena_new(&plan->graph->arena,
                                            (size_t)n * RN_RANK_MAX * sizeof *call->stride);
    call->bytes = (size_t *)rn__arena_new(&plan->graph->arena, (size_t)n * sizeof(size_t));
    if (!call->stride || !call->bytes) {
        rn__no_memory(plan->graph);
        return false;
    }
    memcpy(call->size, out->size, sizeof call->size);
    for (int i = 0; i < n; i++) {
        const rn_array *a = &call->array[i];
        row[i] = call->stride + i * RN_RANK_MAX;
        call->bytes[i] = rn_type_size(a->type);
        for (int axis = 0; axis < a->rank; axis++) {
            const int to = axis + out->rank - a->rank;
            row[i][to] = a->size[axis] == 1 ? 0 : a->stride[axis];
        }
    }
    call->rank = rn__collapse(out->rank, call->size, n, row);
    return true;
}

static bool schedule_scratch(rn__plan *plan, int32_t index)
{
    rn__call *call = &plan->program->call[index];
    const rn_op *op = call->node->op;
    const rn_call form = {.in = call->array,
                          .out = call->array + call->inputs,
                          .attributes = call->attributes,
                          .inputs = call->inputs};

    if (!op->scratch) return true;
    call->scratch_bytes = op->scratch(&form);
    if (call->scratch_bytes == 0) return true;
    const int32_t buffer = rn__plan_buffer(plan, call->scratch_bytes);
    call->scratch.buffer = buffer;
    return buffer >= 0;
}

/* Cuts a call to the steps that its node's limit allows. */
static bool schedule_limit(rn__plan *plan, const rn_graph *graph, int32_t id, int32_t index)
{
    const rn__node *node = rn__at(graph, id);
    rn__call *call = &plan->program->call[index];
    const rn__layout *limit;

    if (node->limit.id < 0) return true;
    limit = rn__plan_layout(plan, graph, node->limit.id);
    call->limit = limit->address;
    call->limit_steps = node->limit.steps;
    call->limit_rows = (int64_t *)rn__arena_new(
        &plan->graph->arena, ((size_t)call->inputs + 1) * sizeof *call->limit_rows);
    if (!call->limit_rows) {
        rn__no_memory(plan->graph);
        return false;
    }
    for (int i = 0; i <= call->inputs; i++)
        if ((node->limit.operands >> i & 1) && node->limit.steps > 0)
            call->limit_rows[i] = call->array[i].size[0] / node->limit.steps;
    if (!(node->limit.operands >> call->inputs & 1)) return true;
    return !rn__plan_reads_tail(plan, graph, id, node->limit.id) ||
           rn__plan_tail(plan, RN__TAIL_ZERO, limit, node,
                         rn__plan_layout(plan, graph, id));
}

static bool schedule_call(rn__plan *plan, const rn_graph *graph, int32_t id,
                          rn__layout *out)
{
    const rn__node *node = rn__at(graph, id);
    const rn__code code = rn__op_code(node->op, node->variant);
    const bool strided = code.map || (node->op->flags & RN_OP_STRIDED);
    const size_t n = (size_t)node->inputs + 1;
    rn_array *array = (rn_array *)rn__arena_new(&plan->live.arena, n * sizeof *array);
    rn__address *address =
        (rn__address *)rn__arena_new(&plan->live.arena, n * sizeof *address);

    if (!array || !address) {
        rn__no_memory(plan->graph);
        return false;
    }
    if (!code.map && !code.kernel) {
        rn_fail(plan->graph, "%s: no map or kernel for %s", node->op->name,
                rn_type_name(node->variant));
        return false;
    }
    for (int i = 0; i < node->inputs; i++) {
        const rn__node *in = rn__at(graph, node->in[i]);
        rn__layout layout = *rn__plan_layout(plan, graph, node->in[i]);
        if (!strided && !rn__layout_is_dense(in->shape, layout.stride) &&
            !make_dense(plan, in, &layout, &layout))
            return false;
        array[i] = rn__layout_array(in->type, in->shape, &layout);
        address[i] = layout.address;
    }
    if (!rn__layout_new(plan, node, out)) return false;
    array[node->inputs] = rn__layout_array(node->type, node->shape, out);
    address[node->inputs] = out->address;
    const int32_t index = rn__plan_call(plan, code.map ? RN__MAP : RN__KERNEL, node,
                                        node->inputs, array, address);
    if (index < 0) return false;
    plan->program->call[index].code = code;
    plan->program->call[index].graph = graph;
    if (!(code.map ? collapse(plan, &plan->program->call[index])
                   : schedule_scratch(plan, index)))
        return false;
    return schedule_limit(plan, graph, id, index);
}

static bool schedule_node(rn__plan *plan, const rn_graph *graph, int32_t id)
{
    const rn__node *node = rn__at(graph, id);
    rn__layout *layout = rn__plan_layout(plan, graph, id);

    if (!layout) {
        rn__no_memory(plan->graph);
        return false;
    }
    if (node->op == &rn__op_loop) return rn__schedule_loop(plan, graph, id);
    if (node->op == &rn__op_get || (graph->parent && node->inputs == 0))
        return true; /* laid out with their loop */
    if (node->inputs == 0) return schedule_leaf(plan, node, layout);
    if (node->op->view) return schedule_view(plan, graph, node, layout);
    return schedule_call(plan, graph, id, layout);
}

bool rn__schedule_graph(rn__plan *plan, const rn_graph *graph)
{
    const rn__region *region = rn__copy_region(&plan->live, graph);

    for (int32_t id = 0; id < graph->count; id++)
        if (region->live[id] && !schedule_node(plan, graph, id)) return false;
    return true;
}

/* ---- what is left at the end ---- */

/* Where a variable lies, though its old value may have been set aside by now. */
static rn__layout place_of(const rn__node *node, int32_t buffer)
{
    rn__layout place = {.address.buffer = buffer};

    rn__layout_dense(node->shape, place.stride);
    return place;
}

/* The buffers of assigned variables, by assignment; NULL after an error. */
static int32_t *find_places(rn__plan *plan)
{
    const size_t n = (size_t)plan->graph->assignments;
    int32_t *place = (int32_t *)rn__arena_new(&plan->live.arena, n * sizeof *place);

    if (!place) rn__no_memory(plan->graph);
    for (int32_t i = 0; place && i < plan->buffers; i++) {
        const rn__node *node = plan->buffer[i].leaf;
        if (node && node->assignment) place[node->assignment - 1] = i;
    }
    return place;
}

/* Each assigned variable takes its value after everything has read the old one. */
bool rn__schedule_assignments(rn__plan *plan)
{
    const rn_graph *g = plan->graph;
    const int32_t *places = find_places(plan);

    if (!places) return false;
    for (int i = 0; i < g->assignments; i++) {
        const rn__assignment a = g->assignment[i];
        rn__layout value = *rn__plan_layout(plan, g, a.value);
        const rn__node *node = rn__at(g, a.value);
        /* A value that lies in another variable must be taken before that one changes. */
        if (plan->buffer[value.address.buffer].kind == RN__EXTERNAL) {
            if (!make_dense(plan, node, &value, &value)) return false;
            *rn__plan_layout(plan, g, a.value) = value;
        }
    }
    for (int i = 0; i < g->assignments; i++) {
        const rn__assignment a = g->assignment[i];
        const rn__node *node = rn__at(g, a.value);
        const rn__layout place = place_of(rn__at(g, a.variable), places[i]);
        if (!rn__plan_copy(plan, node->type, node->shape, rn__plan_layout(plan, g, a.value),
                           &place))
            return false;
    }
    return true;
}

bool rn__schedule_values(rn__plan *plan)
{
    plan->home = -1;
    return rn__schedule_graph(plan, plan->graph) && !plan->graph->root->failed;
}
