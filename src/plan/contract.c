/* SPDX-License-Identifier: MIT */
/*
 * Contract: a sum of a product, element by element, reads the factors itself.
 *
 *   p = x y,  z = the sum of p over axes    becomes    z = the sum of x y over axes
 *
 * as in a matrix times a vector that are written with these operators. A reduction with
 * RN_OP_PRODUCTS writes the same bits. Nothing else may read p, which then is nowhere: else
 * it takes as much memory as the larger factor. The operands of the reduction have the
 * shape of p, with the stride 0 where a factor is repeated.
 *
 * Left alone are sums whose kernel would go through a factor element by element; and,
 * unless they run row by row with what computes the factors, sums of two factors that are
 * as large as p: then these would be kept in place of p.
 */
#include <string.h>

#include "plan/chains.h"
#include "plan/elide.h"

/* Bytes of adjacent results that kernels compute together, of powers of two of terms. */
enum { WIDE = 128, FEWEST = 4, MOST = 64 };

/* A factor of p as an operand of the shape of p. */
static rn__operand repeated(const rn__operand *factor, const rn__operand *p)
{
    const int shift = p->rank - factor->rank;
    rn__operand x = *p;

    x.at = factor->at;
    for (int axis = 0; axis < p->rank; axis++) {
        const int own = axis - shift;
        x.stride[axis] = own < 0 || factor->size[own] == 1 ? 0 : factor->stride[own];
    }
    return x;
}

/* The axes of p that its sum keeps, as a mask; -1: they are not known. */
static int64_t kept_axes(const rn__plan *plan, const rn__step *step)
{
    const rn__node *node = rn__step_node(plan, step);
    const rn__operand *o = rn__step_operands(plan, step);
    rn_array array[2] = {{.data = NULL}, {.data = NULL}};
    const rn_call form = {
        .in = &array[0], .out = &array[1], .attributes = node->attributes, .inputs = 1};
    int64_t kept = 0;

    for (int i = 0; i < 2; i++) {
        array[i].type = o[i].type, array[i].rank = o[i].rank;
        memcpy(array[i].size, o[i].size, sizeof array[i].size);
        memcpy(array[i].stride, o[i].stride, sizeof array[i].stride);
    }
    for (int axis = 0; axis < o[1].rank && kept >= 0; axis++) {
        int cut = -1;
        if (o[1].size[axis] == 1) continue;
        const bool divides = rn__op_divides(node->op, &form, axis, &cut) && cut >= 0;
        kept = divides ? kept | (int64_t)1 << cut : -1;
    }
    return kept;
}

/* Whether the kernel takes contiguous elements of both factors. */
static bool in_vectors(const rn__operand *x, const rn__operand *y, int64_t kept)
{
    int64_t terms = 1, last = -1;
    bool rows = true;

    for (int axis = x->rank - 1; axis >= 0; axis--) {
        if (x->size[axis] == 1) continue;
        if (kept >> axis & 1) {
            if (last < 0) last = axis;
            continue;
        }
        rows &= x->stride[axis] == terms && y->stride[axis] == terms;
        terms *= x->size[axis];
    }
    if (rows || last < 0) return rows;
    const int64_t a = x->stride[last], b = y->stride[last];
    return ((a == 1 && b == 1) || a + b == 1) && terms >= FEWEST && terms <= MOST &&
           (terms & (terms - 1)) == 0 &&
           x->size[last] * (int64_t)rn_type_size(x->type) >= WIDE;
}

/* Whether an operand is repeated. */
static bool smaller(const rn__operand *x)
{
    for (int axis = 0; axis < x->rank; axis++)
        if (x->stride[axis] == 0 && x->size[axis] > 1) return true;
    return false;
}

static bool writes_between(const rn__access *x, int32_t from, int32_t c)
{
    return x->write && x->step >= from && x->step <= c;
}

/* Whether a step from `from` on, up to step c, writes what another step reads. Many steps
 * may read a buffer that has at most one writer. */
static bool changed(const rn__eliding *e, const rn__step *reads, int32_t from, int32_t c)
{
    const rn__operand *o = rn__step_operands(e->plan, reads);

    for (int i = 0; i < reads->inputs; i++) {
        const rn__access_list *list = &e->lists[o[i].at.buffer];
        if (list->writers == 1 && writes_between(list->writer, from, c)) return true;
        if (list->writers <= 1) continue;
        for (const rn__access *x = list->first; x; x = x->next)
            if (writes_between(x, from, c)) return true;
    }
    return false;
}

/* The step that computes operand i of step c, if it is a product that can be formed there;
 * else -1. */
static int32_t find(const rn__eliding *e, int32_t c, int i)
{
    const rn__plan *plan = e->plan;
    const rn__step *step = &plan->step[c];
    const rn__operand *in = rn__step_operands(plan, step) + i;
    const rn__buffer *buffer = &plan->buffer[in->at.buffer];
    const rn__access *write = e->lists[in->at.buffer].first;

    if (buffer->kind != RN__BUFFER_TEMPORARY || buffer->lasting || !write ||
        !write->write || !write->next || write->next->next || !rn__is_real(in->type))
        return -1;
    const rn__step *maker = &plan->step[write->step];
    const bool one =
        maker->kind == RN__STEP_MAP && maker->block == step->block && maker->inputs == 2 &&
        rn__op_multiplies(rn__step_node(plan, maker)->op) && rn__same_limit(maker, step) &&
        rn__operands_same(rn__step_output(plan, maker), in) &&
        rn_shape_equal(rn__operand_shape(rn__step_output(plan, maker)),
                       rn__operand_shape(in));
    return one && !changed(e, maker, write->step, c) ? write->step : -1;
}

/* ---- sums over axes ---- */

/* False after an error. */
static bool contract_sum(const rn__eliding *e, int32_t c)
{
    const rn__plan *plan = e->plan;
    const rn__step *step = &plan->step[c];
    const bool one = step->kind == RN__STEP_KERNEL && step->inputs == 1 && step->added < 0;
    if (!one || !(rn__step_node(plan, step)->op->flags & RN_OP_PRODUCTS)) return true;
    const int32_t product = find(e, c, 0);
    if (product < 0) return true;
    const rn__operand *factor = rn__step_operands(plan, &plan->step[product]);
    const rn__operand p = *rn__step_operands(plan, step);
    const rn__operand x = repeated(&factor[0], &p), y = repeated(&factor[1], &p);
    const int64_t kept = kept_axes(plan, step);

    if (kept < 0 || !in_vectors(&x, &y, kept)) return true;
    if (!smaller(&x) && !smaller(&y) && !rn__reduction_rows(plan, step, INT64_MAX))
        return true;
    if (!rn__plan_add_input(e->planner, c, &y)) return false;
    *rn__step_operands(plan, &plan->step[c]) = x;
    e->gone[product] = true;
    return true;
}

/* ---- additions ---- */

/* The stride of an operand along the last axis that is longer than 1. */
static int64_t last_stride(const rn__operand *x, const rn__operand *out)
{
    int axis = out->rank - 1;

    while (axis > 0 && out->size[axis] == 1) axis--;
    const int own = axis - (out->rank - x->rank);
    return own < 0 || x->size[own] == 1 ? 0 : x->stride[own];
}

/* Whether the other operand is a product of matrices, to which accumulate.c adds. */
static bool is_accumulated(const rn__eliding *e, const rn__operand *w)
{
    const rn__access *write = e->lists[w->at.buffer].first;
    if (!write || !write->write) return false;
    const rn__step *maker = &e->plan->step[write->step];

    return maker->kind == RN__STEP_KERNEL &&
           (rn__step_node(e->plan, maker)->op->flags & RN_OP_ADDS);
}

/* The step that computes operand i of an addition, if it is a product whose elements are
 * next to each other, as the result's; else -1. */
static int32_t find_addend(const rn__eliding *e, int32_t c, int i)
{
    const rn__plan *plan = e->plan;
    const rn__operand *o = rn__step_operands(plan, &plan->step[c]), *out = &o[2];
    const int32_t product = find(e, c, i);

    if (product < 0 || !rn_shape_equal(rn__operand_shape(&o[i]), rn__operand_shape(out)))
        return -1;
    const rn__operand *factor = rn__step_operands(plan, &plan->step[product]);
    const int64_t a = last_stride(&factor[0], out), b = last_stride(&factor[1], out);
    return (a == 1 && b == 1) || (a | b) == 1 ? product : -1;
}

/* x y + w, or x y + u v. False after an error. */
static bool contract_addition(const rn__eliding *e, int32_t c)
{
    const rn__plan *plan = e->plan;
    const rn__step *step = &plan->step[c];
    const rn_op *op = step->kind == RN__STEP_MAP ? rn__step_node(plan, step)->op : NULL;
    if (!op || step->inputs != 2 || !(op->flags & RN_OP_PRODUCTS) || !rn__op_adds(op))
        return true;
    const rn__operand *o = rn__step_operands(plan, step);
    const int32_t product[2] = {find_addend(e, c, 0), find_addend(e, c, 1)};
    const int first = product[0] < 0;
    rn__operand in[4] = {{.rank = 0}};
    int inputs = 3;

    if (product[first] < 0) return true;
    memcpy(in, rn__step_operands(plan, &plan->step[product[first]]), 2 * sizeof *in);
    in[2] = o[1 - first];
    if (product[0] >= 0 && product[1] >= 0 && product[0] != product[1]) {
        memcpy(in + 2, rn__step_operands(plan, &plan->step[product[1]]), 2 * sizeof *in);
        inputs = 4;
    } else if (last_stride(&in[2], &o[2]) != 1 || is_accumulated(e, &in[2])) {
        return true;
    }
    for (int i = 2; i < inputs; i++)
        if (!rn__plan_add_input(e->planner, c, &in[i])) return false;
    memcpy(rn__step_operands(plan, &plan->step[c]), in, (size_t)inputs * sizeof *in);
    plan->step[c].packs = first;
    e->gone[product[first]] = true;
    if (inputs == 4) e->gone[product[1]] = true;
    return true;
}

bool rn__contract(rn__planner *p)
{
    rn__eliding e;

    if (!rn__eliding_begin(&e, p)) return false;
    for (int32_t c = 0; c < p->plan->steps; c++)
        if (!contract_sum(&e, c) || !contract_addition(&e, c)) return false;
    return rn__eliding_end(&e);
}
