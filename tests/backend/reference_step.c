/* SPDX-License-Identifier: MIT */
/*
 * The reference back end: what an operator computes.
 *
 * It shares no kernel with the library: operators are those of the quad oracle, rounded to
 * the type of the result. The library's own kernel is only asked whether it rejects its
 * values. A user's operator has no reference, so its own code runs, one element at a time
 * for a map.
 */
#include "reference_inside.h"

#include "backend/values.h"
#include "ops/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool builtin(const rn_op *op)
{
    for (int i = 0; i < rn__op_count; i++)
        if (rn__ops[i] == op) return true;
    return false;
}

/* ---- element-wise steps ---- */

/* Whether no operand explains a value that is not finite. */
static bool is_first(const double *x, int count, double value)
{
    for (int i = 0; i < count; i++)
        if (isnan(value) ? isnan(x[i]) : !isfinite(x[i])) return false;
    return true;
}

static int64_t source_of(const rn__operand *in, rn_shape shape, int64_t i)
{
    rn__operand dense = *in;

    rn__layout_dense(rn_reference_shape(in), dense.stride);
    const rn_reference none = {.base = (char *[]){NULL}};
    dense.at = (rn__address){0};
    dense.type = RN_BOOL; /* of one byte */
    return rn_reference_element(&none, &dense, shape, i) - (char *)NULL;
}

static void trace(rn_reference *r, const rn__step *step, int64_t i, const double *x,
                  double value)
{
    const rn__operand *o = rn__step_operands(r->plan, step);
    rn_nonfinite_operand of[RN_NONFINITE_OPERANDS] = {{0}};

    if (isfinite(value) || !is_first(x, step->inputs, value)) return;
    r->raised = true;
    if (!r->tracer || !rn__finding_wanted(r->tracer, step)) return;
    for (int k = 0; k < step->inputs && k < RN_NONFINITE_OPERANDS; k++) {
        of[k].element = source_of(&o[k], rn_reference_shape(&o[step->inputs]), i);
        of[k].value = x[k];
    }
    rn__finding_add(r->tracer, step, r->iteration, i, value, of);
}

/* One element of a built-in operator, from the oracle. */
static quad compute(const rn_reference *r, const rn__step *step, const quad *x)
{
    const rn__node *node = rn__step_node(r->plan, step);
    rn_test_quad_operand operand[RN__MAP_OPERANDS];
    int32_t first = 0;
    quad y;

    for (int k = 0; k < step->inputs; k++)
        operand[k] = (rn_test_quad_operand){
            &x[k], rn__at(r->plan->graphs[step->graph], node->in[k]), 1, &first};
    const rn_test_quad_value v = {.node = node, .count = 1, .y = &y, .x = operand};
    rn_test_quad_code_of(node->op)(&v);
    return y;
}

/* Element i of the output. Values of one tile begin with element `from`. */
static void run_element(rn_reference *r, const rn__step *step, int64_t from, int64_t i)
{
    const rn__node *node = rn__step_node(r->plan, step);
    const rn__operand *o = rn__step_operands(r->plan, step), *out = &o[step->inputs];
    const void *place[RN__MAP_OPERANDS];
    const int64_t stride[RN__MAP_OPERANDS] = {0};
    quad x[RN__MAP_OPERANDS];
    double value[RN__MAP_OPERANDS];
    char *to = NULL;

    for (int k = 0; k <= step->inputs; k++) {
        const bool tiled = r->plan->buffer[o[k].at.buffer].tiled && !r->rows;
        char *p = tiled ? rn_reference_at(r, &o[k].at) +
                              (i - from) * (int64_t)rn_type_size(o[k].type)
                        : rn_reference_element(r, &o[k], rn_reference_shape(out), i);
        if (k == step->inputs) {
            to = p;
            break;
        }
        place[k] = p;
        x[k] = rn_reference_get(o[k].type, p);
        value[k] = (double)x[k];
    }
    if (rn__adds_product(r->plan, step)) {
        rn_reference_put(out->type, to, x[0] * x[1]);
        x[0] = rn_reference_get(out->type, to), x[1] = x[2];
        if (step->inputs == 4) {
            rn_reference_put(out->type, to, x[2] * x[3]);
            x[1] = rn_reference_get(out->type, to);
        }
    }
    if (builtin(node->op))
        rn_reference_put(out->type, to, compute(r, step, x));
    else
        node->op->map[node->variant](1, place, stride, to, node->attributes);
    if (rn__is_real(out->type))
        trace(r, step, i, value, (double)rn_reference_get(out->type, to));
}

void rn_reference_map(rn_reference *r, const rn__step *step, int64_t from, int64_t end)
{
    for (int64_t i = from; i < end; i++) run_element(r, step, from, i);
}

/* ---- other operators ---- */

/* Whether element i of `whole` is one of the smaller shape. */
static bool within(rn_shape shape, rn_shape whole, int64_t i)
{
    for (int axis = whole.rank - 1; axis >= 0; axis--) {
        if (i % whole.size[axis] >= shape.size[axis]) return false;
        i /= whole.size[axis];
    }
    return true;
}

/* Copies element i of operand k to `to`. */
static void fetch(const rn_reference *r, const rn__step *step, int k, int64_t i, char *to)
{
    const rn__operand *o = rn__step_operands(r->plan, step) + k;
    const rn_shape shape = rn_reference_shape(o);
    const size_t size = rn_type_size(o->type);
    const char *from = step->packed.buffer >= 0 && step->packs == k
                           ? rn_reference_at(r, &step->packed) +
                                 (size_t)(rn_shape_count(shape) - 1 - i) * size
                           : rn_reference_element(r, o, shape, i);

    memcpy(to, from, size);
}

/* The operands and the output as dense arrays of their own; what a limit cuts is zero. */
static void gather(const rn_reference *r, const rn__step *step, rn_array *array)
{
    const rn__operand *o = rn__step_operands(r->plan, step);

    for (int k = 0; k <= step->inputs; k++) {
        const size_t size = rn_type_size(o[k].type);
        const rn_shape shape = rn_reference_cut(r, step, &o[k]),
                       whole = rn_reference_shape(&o[k]);
        array[k] = (rn_array){.type = o[k].type, .rank = o[k].rank};
        memcpy(array[k].size, o[k].size, sizeof o[k].size);
        rn__layout_dense(rn_reference_shape(&o[k]), array[k].stride);
        array[k].data = rn_test_quad_room(rn_shape_count(rn_reference_shape(&o[k])), size);
        for (int64_t i = 0; i < rn_shape_count(whole) && k < step->inputs; i++)
            if (within(shape, whole, i) && rn_reference_runs(r, i, rn_shape_count(whole)))
                fetch(r, step, k, i, (char *)array[k].data + (size_t)i * size);
    }
}

static void scatter(const rn_reference *r, const rn__step *step, const rn_array *array)
{
    const rn__operand *out = rn__step_output(r->plan, step);
    const size_t size = rn_type_size(out->type);
    const int64_t count = rn_reference_count(r, step, out);

    for (int64_t i = 0; i < count; i++)
        if (rn_reference_runs(r, i, rn_shape_count(rn_reference_shape(out))))
            memcpy(rn_reference_element(r, out, rn_reference_shape(out), i),
                   (const char *)array[step->inputs].data + (size_t)i * size, size);
}

/* The operator's own kernel, which may reject its values. */
static bool call_kernel(rn_reference *r, const rn__step *step, const rn_array *array)
{
    const rn__node *node = rn__step_node(r->plan, step);
    char message[RN_MESSAGE] = "";
    const rn_call call = {.in = array,
                          .out = array + step->inputs,
                          .attributes = node->attributes,
                          .message = message,
                          .scratch = r->scratch,
                          .inputs = rn__step_kernel_inputs(step)};
    const bool ok = rn__op_code(node->op, node->variant).kernel(&call);
    if (!ok) rn__step_fault(r->plan, step, r->iteration, message, r->error, r->capacity);
    return ok;
}

/* The oracle's result in place of the kernel's. */
static void call_oracle(const rn_reference *r, const rn__step *step, const rn_array *array)
{
    const rn__node *node = rn__step_node(r->plan, step);
    const rn_graph *graph = r->plan->graphs[step->graph];
    rn_test_quad_value v = {.node = node, .count = rn_shape_count(node->shape)};
    char *to = (char *)array[step->inputs].data;

    v.y = (quad *)rn_test_quad_room(v.count, sizeof *v.y);
    v.x = (rn_test_quad_operand *)rn_test_quad_room(step->inputs, sizeof *v.x);
    for (int k = 0; k < node->inputs; k++) {
        const rn__node *in = rn__at(graph, node->in[k]);
        const int64_t count = rn_shape_count(in->shape);
        quad *x = (quad *)rn_test_quad_room(count, sizeof *x);
        rn_test_quad_read(in, array[k].data, x, count);
        v.x[k] = (rn_test_quad_operand){x, in, count, NULL};
    }
    for (int k = 0; k < node->inputs; k++) rn_test_quad_offset(&v, k);
    rn_test_quad_code_of(node->op)(&v);
    for (int64_t i = 0; i < v.count; i++)
        rn_reference_put(node->type, to + i * (int64_t)rn_type_size(node->type), v.y[i]);
    for (int k = 0; k < node->inputs; k++) {
        free((void *)(uintptr_t)v.x[k].at);
        free(v.x[k].offset);
    }
    free(v.x);
    free(v.y);
}

/* Adds the last operand to the rounded result, and rounds again. */
static void add(const rn_reference *r, const rn__step *step, const rn_array *array)
{
    const rn__operand *out = rn__step_output(r->plan, step);
    const rn_shape shape = rn_reference_shape(out);
    const int64_t size = (int64_t)rn_type_size(out->type);
    const char *from = (const char *)array[step->inputs - 1].data;
    char *to = (char *)array[step->inputs].data;

    for (int64_t i = 0; i < rn_reference_count(r, step, out); i++)
        rn_reference_put(
            out->type, to + i * size,
            rn_reference_get(out->type, from + source_of(out - 1, shape, i) * size) +
                rn_reference_get(out->type, to + i * size));
}

/* The oracle on the product of both operands, rounded. */
static void call_oracle_of_product(const rn_reference *r, const rn__step *step,
                                   const rn_array *array)
{
    const rn__operand *o = rn__step_operands(r->plan, step);
    const int64_t count = rn_shape_count(rn_reference_shape(o));
    const size_t size = rn_type_size(o->type);
    rn_array with[3] = {array[0], array[1], array[2]};

    with[0].data = rn_test_quad_room(count, size);
    for (int64_t i = 0; i < count; i++) {
        const size_t at = (size_t)i * size;
        rn_reference_put(o->type, (char *)with[0].data + at,
                         rn_reference_get(o->type, (const char *)array[0].data + at) *
                             rn_reference_get(o->type, (const char *)array[1].data + at));
    }
    call_oracle(r, step, with);
    free(with[0].data);
}

bool rn_reference_kernel(rn_reference *r, const rn__step *step)
{
    rn_array *array = (rn_array *)rn_test_quad_room(step->inputs + 1, sizeof *array);

    gather(r, step, array);
    if (r->tracer) rn__trace_kernel_begin(r->tracer, step, array);
    const bool ok = call_kernel(r, step, array);
    if (ok && builtin(rn__step_node(r->plan, step)->op))
        (rn__reduces_product(r->plan, step) ? call_oracle_of_product : call_oracle)(r, step,
                                                                                    array);
    if (ok && step->added >= 0) add(r, step, array);
    if (ok) {
        scatter(r, step, array);
        r->raised |= rn__values_first(&array[step->inputs], false) >= 0;
        if (r->tracer) rn__trace_kernel(r->tracer, step, r->iteration, array, NULL);
    }
    for (int k = 0; k <= step->inputs; k++) free(array[k].data);
    free(array);
    return ok;
}
