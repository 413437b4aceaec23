/* SPDX-License-Identifier: MIT */
/*
 * Watch: what a run checks for values that are not finite.
 *
 * The leaves are the inputs and variables that the program reads. The results are what the
 * calls before the first change of a variable leave to be read: the outputs, and what later
 * calls take from them, such as the gradient's norm.
 */
#include "plan.h"

#include <string.h>

#include "op.h"
#include "strided.h"

/* The outermost loop around a call, or the chain that it is in, or itself. */
static int32_t whole_of(const rn_program *p, int32_t c)
{
    while (p->call[c].home >= 0) c = p->call[c].home;
    return p->call[c].chain >= 0 ? p->call[c].chain : c;
}

static bool writes_variable(const rn__plan *plan, const rn__call *call)
{
    return call->kind != RN__LOOP &&
           plan->buffer[call->address[call->inputs].buffer].kind == RN__EXTERNAL;
}

static int32_t settled(const rn__plan *plan)
{
    const rn_program *p = plan->program;

    for (int32_t c = 0; c < p->calls; c++)
        if (writes_variable(plan, &p->call[c])) return whole_of(p, c);
    return p->calls;
}

/* ---- lists ---- */

static rn__values values_of(const rn_array *array, char *data)
{
    rn__values v = {.array = *array, .name = ""};
    int64_t *stride = v.array.stride;

    v.shape = rn_shape_of(array->rank, array->size);
    v.array.data = data;
    v.array.rank = rn__collapse(v.array.rank, v.array.size, 1, &stride);
    return v;
}

static void add(rn__values *list, int *count, rn__values v)
{
    for (int i = 0; i < *count; i++)
        if (list[i].array.data == v.array.data && rn_shape_equal(list[i].shape, v.shape))
            return;
    if (rn__is_real(v.array.type)) list[(*count)++] = v;
}

static int64_t count_of(const rn_array *array)
{
    return rn_shape_count(rn_shape_of(array->rank, array->size));
}

/* Not so a variable that is written before it is read, such as the last norm. */
static bool is_read(const rn__plan *plan, int32_t buffer)
{
    const rn_program *p = plan->program;
    const rn_variable *variable = plan->buffer[buffer].variable;

    for (int32_t c = 0; c < p->calls; c++) {
        const rn__call *call = &p->call[c];
        for (int i = 0; i < call->inputs; i++)
            if (call->address[i].buffer == buffer) return true;
        if (call->kind != RN__LOOP && call->depth == 0 &&
            call->address[call->inputs].buffer == buffer &&
            count_of(&call->array[call->inputs]) == rn_shape_count(variable->shape))
            return false;
    }
    return false;
}

static void add_leaves(rn__plan *plan, rn__watching *w)
{
    const rn_program *p = plan->program;

    for (int i = 0; i < p->inputs; i++) {
        if (!p->input[i].used) continue;
        rn__values v = values_of(&p->input[i].array, p->input[i].address.base);
        v.name = p->input[i].name;
        v.origin = RN_FROM_INPUT;
        add(w->leaf, &w->leaves, v);
    }
    for (int32_t i = 0; i < plan->buffers; i++) {
        const rn_variable *variable = plan->buffer[i].variable;
        if (plan->buffer[i].kind != RN__EXTERNAL || !is_read(plan, i)) continue;
        rn_array array = {.type = variable->type, .rank = variable->shape.rank};
        memcpy(array.size, variable->shape.size, sizeof array.size);
        rn__layout_dense(variable->shape, array.stride);
        rn__values v = values_of(&array, (char *)variable->data);
        v.name = variable->name;
        v.origin = RN_FROM_VARIABLE;
        add(w->leaf, &w->leaves, v);
    }
}

/* Whether a buffer has what was put there before call `settled` when call c reads it. */
static bool passed_on(const rn__plan *plan, int32_t buffer, int32_t c)
{
    const rn_program *p = plan->program;
    bool written = false;

    for (int32_t i = 0; i < c; i++) {
        const rn__call *call = &p->call[i];
        if (call->kind == RN__LOOP || call->address[call->inputs].buffer != buffer)
            continue;
        if (i >= p->watching.settled) return false;
        written = true;
    }
    return written && plan->buffer[buffer].kind == RN__TEMPORARY;
}

/* Whether the result of an operator is finite only if all its operands are. */
static bool tells_operands(const rn_op *op)
{
    return op == &rn__op_add || op == &rn__op_sum || op == &rn__op_mean ||
           op == &rn__op_mean_square || op == &rn__op_square || op == &rn__op_cast ||
           op == &rn__op_reshape || op == &rn__op_permute;
}

/* The node that a call reads; -1 where it is a copy of the compiler's own. */
static int32_t node_read(const rn__call *call, int i)
{
    return call->node ? call->node->in[i] : -1;
}

/* Whether call c reads a single number of what was there before `settled`, as operand i. */
static bool reads_scalar(const rn__plan *plan, int32_t c, int i)
{
    const rn__call *call = &plan->program->call[c];

    return rn__is_real(call->array[i].type) && count_of(&call->array[i]) == 1 &&
           passed_on(plan, call->address[i].buffer, c);
}

/* Marks the nodes that need not be looked at: a single number that is looked at tells of
 * them, as the sum of all squares does of a gradient, which is read for that anyway. */
static void find_told(const rn__plan *plan, bool *told)
{
    const rn_program *p = plan->program;
    const rn_graph *g = plan->graph;

    for (int32_t c = p->watching.settled; c < p->calls; c++)
        for (int i = 0; i < p->call[c].inputs && p->call[c].depth == 0; i++)
            if (node_read(&p->call[c], i) >= 0 && reads_scalar(plan, c, i))
                told[node_read(&p->call[c], i)] = true;
    for (int32_t id = g->count - 1; id >= 0; id--) {
        const rn__node *node = rn__at(g, id);
        for (int i = 0; i < node->inputs && told[id] && tells_operands(node->op); i++)
            told[node->in[i]] = true;
    }
}

static void add_results(const rn__plan *plan, rn__watching *w, const bool *told)
{
    const rn_program *p = plan->program;

    for (int i = 0; i < p->outputs; i++)
        if (passed_on(plan, p->output[i].address.buffer, p->calls))
            add(w->result, &w->results,
                values_of(&p->output[i].array, p->output[i].address.base));
    for (int32_t c = w->settled; c < p->calls; c++) {
        const rn__call *call = &p->call[c];
        for (int i = 0; i < call->inputs && call->depth == 0; i++) {
            const int32_t id = node_read(call, i);
            if (id >= 0 && told[id] && count_of(&call->array[i]) != 1) continue;
            if (passed_on(plan, call->address[i].buffer, c))
                add(w->result, &w->results,
                    values_of(&call->array[i], call->address[i].base));
        }
    }
}

bool rn__plan_watch(rn__plan *plan)
{
    rn_program *p = plan->program;
    rn__watching *w = &p->watching;
    rn__arena *arena = &plan->graph->arena;
    size_t leaves = (size_t)p->inputs + (size_t)plan->buffers;
    size_t results = (size_t)p->outputs;

    w->on =
        plan->watch == RN_WATCH_ON || (plan->watch == RN_WATCH_DEFAULT && plan->minimizes);
    w->settled = settled(plan);
    if (!w->on) return true;
    for (int32_t c = w->settled; c < p->calls; c++) results += (size_t)p->call[c].inputs;
    w->leaf = (rn__values *)rn__arena_new(arena, leaves * sizeof *w->leaf);
    w->result = (rn__values *)rn__arena_new(arena, results * sizeof *w->result);
    bool *told = (bool *)rn__arena_new(arena, (size_t)plan->graph->count);
    if (!w->leaf || !w->result || !told) {
        rn__no_memory(plan->graph);
        return false;
    }
    add_leaves(plan, w);
    find_told(plan, told);
    add_results(plan, w, told);
    return true;
}
