/* SPDX-License-Identifier: MIT */
/*
 * Evaluates a graph in quad. A value is computed again if an operand is newer, by a clock
 * that counts changes.
 */
#include "quad_operators.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

void *rn_test_quad_room(int64_t count, size_t size)
{
    void *room = calloc((size_t)count + 1, size);

    cr_assert(room, "out of memory");
    return room;
}

/* ---- operators ---- */

static const struct {
    const rn_op *op;
    rn_test_quad_code *code;
    const char *kind;
} operators[] = {
#define RN_OP(name, code, kind, ...) {&rn__op_##name, rn_test_quad_##name, #code},
#include "ops/ops.def"
#undef RN_OP
};
enum { OPERATORS = sizeof operators / sizeof *operators };

rn_test_quad_code *rn_test_quad_code_of(const rn_op *op)
{
    for (int i = 0; i < OPERATORS; i++)
        if (operators[i].op == op) return operators[i].code;
    cr_assert(false, "%s: not an operator of ops.def", op->name);
    return NULL;
}

bool rn_test_quad_is_map(const rn_op *op)
{
    for (int i = 0; i < OPERATORS; i++)
        if (operators[i].op == op) return strcmp(operators[i].kind, "map") == 0;
    return false;
}

/* ---- leaves ---- */

void rn_test_quad_read(const rn__node *node, const void *data, quad *y, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        y[i] = node->type == RN_F64   ? (quad)((const double *)data)[i]
               : node->type == RN_F32 ? (quad)((const float *)data)[i]
               : node->type == RN_I32 ? (quad)((const int32_t *)data)[i]
                                      : (quad)(((const uint8_t *)data)[i] != 0);
}

static quad scalar(const rn__node *node)
{
    const double value = *(const double *)node->attributes;

    if (node->type == RN_BOOL) return value != 0;
    return node->type == RN_I32 ? (quad)(int32_t)value : (quad)value;
}

static void leaf_new(rn_test_quad_value *v)
{
    const rn__node *node = v->node;

    v->base = (quad *)rn_test_quad_room(v->count, sizeof *v->base);
    v->version = 1;
    if (node->op == &rn__op_scalar)
        v->base[0] = scalar(node);
    else if (node->op == &rn__op_constant)
        rn_test_quad_read(node, node->attributes, v->base, v->count);
    else if (node->op == &rn__op_variable)
        rn_test_quad_read(node, node->variable->data, v->base, v->count);
    memcpy(v->y, v->base, (size_t)v->count * sizeof *v->y);
}

/* ---- making and freeing ---- */

static void value_new(rn_test_quad *q, int32_t id)
{
    rn_test_quad_value *v = &q->value[id];
    const rn__node *node = v->node = rn__at(q->graph, id);

    v->count = node->op == &rn__op_loop ? 0 : rn_shape_count(node->shape);
    v->y = (quad *)rn_test_quad_room(v->count, sizeof *v->y);
    v->x = (rn_test_quad_operand *)rn_test_quad_room(node->inputs, sizeof *v->x);
    for (int k = 0; k < node->inputs; k++) {
        const rn_test_quad_value *x = &q->value[node->in[k]];
        v->x[k] = (rn_test_quad_operand){x->y, x->node, x->count, NULL};
    }
    if (node->op == &rn__op_loop) {
        rn_test_quad_loop_new(q, v);
    } else if (node->inputs == 0) {
        leaf_new(v);
    } else if (node->op != &rn__op_get) {
        v->code = rn_test_quad_code_of(node->op);
        for (int k = 0; k < node->inputs; k++) rn_test_quad_offset(v, k);
    }
}

rn_test_quad *rn_test_quad_graph_new(const rn_graph *graph, rn_test_quad *outer)
{
    rn_test_quad *q = (rn_test_quad *)rn_test_quad_room(1, sizeof *q);

    q->graph = graph;
    q->outer = outer;
    q->count = graph->count;
    q->asked = -1;
    q->clock = 1;
    q->value = (rn_test_quad_value *)rn_test_quad_room(q->count, sizeof *q->value);
    q->order = (int32_t *)rn_test_quad_room(q->count, sizeof *q->order);
    for (int32_t i = 0; i < q->count; i++) value_new(q, i);
    return q;
}

rn_test_quad *rn_test_quad_new(const rn_graph *graph)
{
    cr_assert(!graph->parent, "the body of a loop");
    return rn_test_quad_graph_new(graph, NULL);
}

void rn_test_quad_free(rn_test_quad *q)
{
    if (!q) return;
    for (int32_t i = 0; i < q->count; i++) {
        rn_test_quad_value *v = &q->value[i];
        for (int k = 0; k < v->node->inputs; k++) free(v->x[k].offset);
        free(v->x);
        free(v->y);
        free(v->base);
        rn_test_quad_free(v->body);
    }
    free(q->value);
    free(q->order);
    free(q->next);
    free(q);
}

/* ---- setting ---- */

void rn_test_quad_touch(rn_test_quad *q, rn_test_quad_value *v)
{
    while (q->outer) q = q->outer;
    v->version = ++q->clock;
}

static rn_test_quad_value *leaf_of(rn_test_quad *q, rn_tensor x)
{
    cr_assert(x.graph == q->graph && x.id < q->count, "not a tensor of this graph");
    cr_assert(q->value[x.id].base, "not a leaf: %s", rn__node_of(x)->op->name);
    return &q->value[x.id];
}

void rn_test_quad_set(rn_test_quad *q, rn_tensor leaf, const double *x)
{
    rn_test_quad_value *v = leaf_of(q, leaf);

    for (int64_t i = 0; i < v->count; i++) v->y[i] = v->base[i] = (quad)x[i];
    rn_test_quad_touch(q, v);
}

void rn_test_quad_set_data(rn_test_quad *q, rn_tensor leaf, const void *data)
{
    rn_test_quad_value *v = leaf_of(q, leaf);

    rn_test_quad_read(v->node, data, v->base, v->count);
    memcpy(v->y, v->base, (size_t)v->count * sizeof *v->y);
    rn_test_quad_touch(q, v);
}

void rn_test_quad_move(rn_test_quad *q, rn_tensor leaf, const double *direction, quad t)
{
    rn_test_quad_value *v = leaf_of(q, leaf);

    for (int64_t i = 0; i < v->count; i++)
        v->y[i] = v->base[i] + (direction ? t * (quad)direction[i] : 0);
    rn_test_quad_touch(q, v);
}

/* ---- running ---- */

void rn_test_quad_plan(rn_test_quad *q)
{
    q->ordered = 0;
    for (int32_t id = q->count - 1; id >= 0; id--) {
        rn_test_quad_value *v = &q->value[id];
        if (!v->needed) continue;
        for (int k = 0; k < v->node->inputs; k++) q->value[v->node->in[k]].needed = true;
        if (v->body) rn_test_quad_loop_plan(q, v);
        if (v->body || v->code) q->order[q->ordered++] = id;
    }
}

static bool stale(const rn_test_quad *q, const rn_test_quad_value *v)
{
    for (int k = 0; k < v->node->inputs; k++)
        if (q->value[v->node->in[k]].version > v->version) return true;
    return v->version == 0;
}

void rn_test_quad_advance(rn_test_quad *q)
{
    for (int32_t i = q->ordered - 1; i >= 0; i--) {
        rn_test_quad_value *v = &q->value[q->order[i]];
        if (!stale(q, v)) continue;
        if (v->body)
            rn_test_quad_loop_run(q, v);
        else
            v->code(v);
        rn_test_quad_touch(q, v);
    }
}

const quad *rn_test_quad_run(rn_test_quad *q, rn_tensor x)
{
    cr_assert(x.graph == q->graph && x.id >= 0 && x.id < q->count,
              "not a tensor that the graph had");
    if (q->asked != x.id) {
        for (int32_t i = 0; i < q->count; i++) q->value[i].needed = i == x.id;
        rn_test_quad_plan(q);
        q->asked = x.id;
    }
    rn_test_quad_advance(q);
    return q->value[x.id].y;
}
