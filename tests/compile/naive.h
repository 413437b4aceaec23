/* SPDX-License-Identifier: MIT */
/*
 * Evaluates a graph directly: node after node, each value dense and in its own memory,
 * views copied, loops step by step. No pass of the compiler is involved, so programs can be
 * compared with it. It uses the operators' kernels, which have their own tests.
 */
#ifndef RN_TESTS_COMPILE_NAIVE_H
#define RN_TESTS_COMPILE_NAIVE_H

#include "graph/node.h"
#include "ops/table.h"
#include "run/driver.h"

/* The values of one graph's nodes; a body's are those of the present step. */
typedef struct rn_test_naive rn_test_naive;
struct rn_test_naive {
    const rn_graph *graph;
    rn_test_naive *outer;
    void **at;
};

/* Sets the values of the leaves of a root graph. */
typedef void rn_test_leaf(const rn_graph *graph, int32_t id, void *to);

static inline size_t rn_test_bytes(const rn__node *node)
{
    return (size_t)rn_shape_count(node->shape) * rn_type_size(node->type);
}

static inline void rn_test_strides(rn_shape shape, int64_t *stride)
{
    int64_t step = 1;

    for (int i = shape.rank - 1; i >= 0; i--) {
        stride[i] = step;
        step *= shape.size[i];
    }
}

static inline rn_array rn_test_dense(const rn__node *node, void *data)
{
    rn_array a = {.data = data, .type = node->type, .rank = node->shape.rank};

    memcpy(a.size, node->shape.size, sizeof a.size);
    rn_test_strides(node->shape, a.stride);
    return a;
}

/* Where element i (row by row) of `shape` lies under these strides, broadcast from the
 * right. */
static inline int64_t rn_test_offset(rn_shape shape, int64_t i, const rn_array *under)
{
    int64_t offset = 0;

    for (int axis = shape.rank - 1; axis >= 0; axis--) {
        const int to = axis - (shape.rank - under->rank);
        const int64_t index = i % shape.size[axis];
        i /= shape.size[axis];
        if (to >= 0 && under->size[to] != 1) offset += index * under->stride[to];
    }
    return offset;
}

/* ---- operators ---- */

static inline void rn_test_naive_view(const rn__node *node, const rn_array *in, void *to)
{
    const size_t size = rn_type_size(node->type);
    const int64_t n = rn_shape_count(node->shape);
    rn_array view = {.type = node->type, .rank = node->shape.rank};
    int64_t first = 0;

    memcpy(view.size, node->shape.size, sizeof view.size);
    cr_assert(node->op->view(in, &view, &first, node->attributes),
              "%s refuses a dense input", node->op->name);
    for (int64_t i = 0; i < n; i++) {
        int64_t rest = i, offset = first;
        for (int axis = view.rank - 1; axis >= 0; axis--) {
            offset += rest % view.size[axis] * view.stride[axis];
            rest /= view.size[axis];
        }
        memcpy((char *)to + (size_t)i * size,
               (const char *)in->data + offset * (int64_t)size, size);
    }
}

static inline void rn_test_naive_map(const rn__node *node, rn_map map, const rn_array *in,
                                     void *to)
{
    const size_t size = rn_type_size(node->type);
    const int64_t n = rn_shape_count(node->shape);

    for (int64_t i = 0; i < n; i++) {
        const void *x[16];
        const int64_t steps[16] = {0};
        for (int k = 0; k < node->inputs; k++)
            x[k] = (const char *)in[k].data + rn_test_offset(node->shape, i, &in[k]) *
                                                  (int64_t)rn_type_size(in[k].type);
        map(1, x, steps, (char *)to + (size_t)i * size, node->attributes);
    }
}

static inline void rn_test_naive_kernel(const rn__node *node, rn_kernel kernel,
                                        const rn_array *in, void *to)
{
    const rn_array out = rn_test_dense(node, to);
    char message[RN_MESSAGE] = "";
    rn_call call = {.in = in,
                    .out = &out,
                    .attributes = node->attributes,
                    .message = message,
                    .inputs = node->inputs};

    const size_t bytes = node->op->scratch ? node->op->scratch(&call) : 0;
    call.scratch = aligned_alloc(64, (bytes / 64 + 1) * 64);
    cr_assert(kernel(&call), "%s: %s", node->op->name, message);
    free(call.scratch);
}

static inline void rn_test_naive_node(rn_test_naive *v, int32_t id)
{
    const rn__node *node = rn__at(v->graph, id);
    const rn__code code = rn__op_code(node->op, node->variant);
    rn_array *in = (rn_array *)calloc((size_t)node->inputs + 1, sizeof *in);

    for (int i = 0; i < node->inputs; i++)
        in[i] = rn_test_dense(rn__at(v->graph, node->in[i]), v->at[node->in[i]]);
    if (node->op->view)
        rn_test_naive_view(node, in, v->at[id]);
    else if (code.map)
        rn_test_naive_map(node, code.map, in, v->at[id]);
    else
        rn_test_naive_kernel(node, code.kernel, in, v->at[id]);
    free(in);
}

/* ---- graphs ---- */

static inline rn_test_naive rn_test_naive_new(const rn_graph *graph, rn_test_naive *outer)
{
    rn_test_naive v = {graph, outer, NULL};

    v.at = (void **)calloc((size_t)graph->count + 1, sizeof *v.at);
    for (int32_t i = 0; i < graph->count; i++)
        v.at[i] = calloc(1, rn_test_bytes(rn__at(graph, i)) + 8);
    return v;
}

static inline void rn_test_naive_free(rn_test_naive *v)
{
    for (int32_t i = 0; i < v->graph->count; i++) free(v->at[i]);
    free(v->at);
}

static inline void rn_test_naive_run(rn_test_naive *v, rn_test_leaf *leaf);

static inline void rn_test_constant_value(const rn__node *node, void *to)
{
    if (node->op == &rn__op_constant) {
        memcpy(to, node->attributes, node->attribute_size);
        return;
    }
    const double value = *(const double *)node->attributes;
    if (node->type == RN_F64) *(double *)to = value;
    if (node->type == RN_F32) *(float *)to = (float)value;
    if (node->type == RN_I32) *(int32_t *)to = (int32_t)value;
    if (node->type == RN_BOOL) *(uint8_t *)to = value != 0;
}

/* Sets the leaves of the body for step t, carries excepted. */
static inline void rn_test_naive_step(rn_test_naive *body, const rn_loop *loop, int64_t t)
{
    const int32_t index = (int32_t)t;

    for (int i = 0; i < loop->each.count; i++) {
        const rn__pair *p = rn__list_at(loop->each, rn__pair, i);
        const size_t bytes = rn_test_bytes(rn__at(loop->body, p->leaf));
        memcpy(body->at[p->leaf],
               (const char *)body->outer->at[p->outer] + (size_t)t * bytes, bytes);
    }
    for (int i = 0; i < loop->capture.count; i++) {
        const rn__pair *p = rn__list_at(loop->capture, rn__pair, i);
        memcpy(body->at[p->leaf], body->outer->at[p->outer],
               rn_test_bytes(rn__at(loop->body, p->leaf)));
    }
    if (loop->index >= 0) memcpy(body->at[loop->index], &index, sizeof index);
}

/* Puts what is collected from step t, or a carry's value, into slot `slot`. */
static inline void rn_test_naive_give(rn_test_naive *body, const rn_loop *loop,
                                      rn__get_kind kind, int64_t slot)
{
    for (int32_t i = loop->node + 1; i < loop->outer->count; i++) {
        const rn__node *node = rn__at(loop->outer, i);
        if (node->op != &rn__op_get || node->loop != loop) continue;
        const rn__get *get = (const rn__get *)node->attributes;
        if (get->kind != (int64_t)kind) continue;
        const size_t bytes = rn_test_bytes(rn__at(loop->body, get->id));
        memcpy((char *)body->outer->at[i] + (size_t)slot * bytes, body->at[get->id], bytes);
    }
}

/* Steps past the limit collect 0. */
static inline void rn_test_naive_skip(rn_test_naive *body, const rn_loop *loop, int64_t t)
{
    for (int32_t i = loop->node + 1; i < loop->outer->count; i++) {
        const rn__node *node = rn__at(loop->outer, i);
        if (node->op != &rn__op_get || node->loop != loop) continue;
        const rn__get *get = (const rn__get *)node->attributes;
        const size_t bytes = rn_test_bytes(rn__at(loop->body, get->id));
        if (get->kind == RN__COLLECT)
            memset((char *)body->outer->at[i] + (size_t)t * bytes, 0, bytes);
    }
}

static inline void rn_test_naive_loop(rn_test_naive *outer, const rn_loop *loop)
{
    rn_test_naive body = rn_test_naive_new(loop->body, outer);
    const int n = loop->carry.count;
    void **next = (void **)calloc((size_t)n + 1, sizeof *next);

    for (int i = 0; i < n; i++) {
        const rn__carry *c = rn__list_at(loop->carry, rn__carry, i);
        const size_t bytes = rn_test_bytes(rn__at(loop->body, c->leaf));
        memcpy(body.at[c->leaf], outer->at[c->initial], bytes);
        next[i] = malloc(bytes + 8);
    }
    rn_test_naive_give(&body, loop, RN__HISTORY, loop->reverse ? loop->steps : 0);
    for (int64_t k = 0; k < loop->steps; k++) {
        const int64_t t = loop->reverse ? loop->steps - 1 - k : k;
        if (loop->limit >= 0 && t >= *(const int32_t *)outer->at[loop->limit]) {
            rn_test_naive_skip(&body, loop, t);
            rn_test_naive_give(&body, loop, RN__HISTORY, loop->reverse ? t : t + 1);
            continue;
        }
        rn_test_naive_step(&body, loop, t);
        rn_test_naive_run(&body, NULL);
        rn_test_naive_give(&body, loop, RN__COLLECT, t);
        for (int pass = 0; pass < 2; pass++) /* all are read before any is written */
            for (int i = 0; i < n; i++) {
                const rn__carry *c = rn__list_at(loop->carry, rn__carry, i);
                const size_t bytes = rn_test_bytes(rn__at(loop->body, c->leaf));
                if (pass == 0) memcpy(next[i], body.at[c->next], bytes);
                if (pass == 1) memcpy(body.at[c->leaf], next[i], bytes);
            }
        rn_test_naive_give(&body, loop, RN__HISTORY, loop->reverse ? t : t + 1);
    }
    rn_test_naive_give(&body, loop, RN__FINAL, 0);
    for (int i = 0; i < n; i++) free(next[i]);
    free(next);
    rn_test_naive_free(&body);
}

static inline void rn_test_naive_run(rn_test_naive *v, rn_test_leaf *leaf)
{
    for (int32_t i = 0; i < v->graph->count; i++) {
        const rn__node *node = rn__at(v->graph, i);
        if (node->op == &rn__op_scalar || node->op == &rn__op_constant)
            rn_test_constant_value(node, v->at[i]);
        else if (node->op == &rn__op_loop)
            rn_test_naive_loop(v, node->loop);
        else if (node->op == &rn__op_get)
            continue;
        else if (node->inputs > 0)
            rn_test_naive_node(v, i);
        else if (leaf)
            leaf(v->graph, i, v->at[i]);
    }
}

#endif
