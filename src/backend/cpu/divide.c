/* SPDX-License-Identifier: MIT */
/* What calls cost, and how each of them can be divided. */
#include <math.h>

#include "backend/cpu/share.h"

/* A test compiles this file with 1. Of a call that is no product. */
#ifndef RN_COLUMNS
#define RN_COLUMNS 64
#endif

/* What things cost, in multiply-adds of a product: an element of an element-wise operator;
 * one that is copied or reduced; one of an operand of a product, which is read. Rather too
 * little: then less is shared. */
enum { MAP_COST = 8, MOVE_COST = 4, OPERAND_COST = 1 };

/* ---- costs ---- */

static double count_of(const rn__operand *operand)
{
    double n = 1;

    for (int i = 0; i < operand->rank; i++) n *= (double)operand->size[i];
    return n;
}

static bool is_product(const rn__plan *plan, const rn__step *step)
{
    return step->kind == RN__STEP_KERNEL &&
           rn__op_kind(rn__step_node(plan, step)->op) == RN_KIND_PRODUCT;
}

/* A product of x [M, K] and y [K, N] has M K N = sqrt(|x| |y| |z|) multiply-adds. */
static double work_of(const rn__plan *plan, const rn__step *step)
{
    const rn__operand *operand = rn__step_operands(plan, step);
    double most = 0, all = 1;

    for (int i = 0; i <= step->inputs; i++) {
        const double n = count_of(&operand[i]);
        if (n > most) most = n;
        if (step->added < 0 || i != step->inputs - 1) all *= n;
    }
    if (is_product(plan, step)) return sqrt(all);
    return most * (step->kind == RN__STEP_MAP ? MAP_COST : MOVE_COST);
}

/* The time of a call of which a thread has a part `of` of the units. */
double rn__cpu_cost(const rn__plan *plan, const rn__cpu_call *call, double of)
{
    const rn__operand *operand = rn__step_operands(plan, call->step);
    double time = work_of(plan, call->step) * of;

    for (int i = 0; i < call->inputs && is_product(plan, call->step); i++) {
        const bool cut = call->share.cut && call->share.cut[i] >= 0;
        time += OPERAND_COST * count_of(&operand[i]) * (cut ? of : 1);
    }
    return time;
}

/* ---- how a call can be divided ---- */

/* With one row its columns are divided, in pieces that suit the kernels of products. Few
 * rows are divided evenly, many in pieces that suit those too. */
static int64_t granule_of(const rn__plan *plan, const rn__step *step, int axis, int64_t n)
{
    const bool columns = axis > 0 && axis == rn__step_output(plan, step)->rank - 1;

    if (columns) return is_product(plan, step) ? 64 : RN_COLUMNS;
    return n >= 256 ? 16 : n >= 64 ? 4 : 1;
}

/* Whether a step's output can be cut along an axis; sets the axes of its inputs. Of a tail
 * the rows of every slot are cut. */
static bool can_cut(const rn__plan *plan, const rn__step *step, int axis, int *cut)
{
    const rn__node *node = rn__step_node(plan, step);
    rn_call call;

    for (int i = 0; i < step->inputs; i++) cut[i] = step->kind == RN__STEP_COPY ? axis : -1;
    if (step->kind == RN__STEP_COPY) return step->limit.buffer < 0;
    if (step->kind == RN__STEP_TAIL) return axis == 1 && step->tail <= RN__TAIL_BEGIN;
    if (step->kind != RN__STEP_MAP && step->kind != RN__STEP_KERNEL) return false;
    rn_array *array = rn__step_form(plan, step, &call);
    if (!array) return false; /* it is not divided */
    const bool divides = rn__op_divides(node->op, &call, axis, cut);
    if (step->added >= 0)
        cut[step->inputs - 1] =
            rn__axis_under(&array[step->inputs - 1], &array[step->inputs], axis);
    rn__free(plan->allocator, array);
    return divides;
}

/* The first axis that is longer than 1; the number of axes where there is none. */
static int first_axis(const rn__plan *plan, const rn__step *step, const rn__operand *out)
{
    const bool apart = step->kind == RN__STEP_KERNEL &&
                       (rn__step_node(plan, step)->op->flags & RN_OP_APART);
    int axis = apart || step->kind == RN__STEP_TAIL;

    while (axis < out->rank && out->size[axis] == 1) axis++;
    return axis;
}

/* False without memory. */
static bool find_division(rn__cpu_program *p, rn__cpu_call *call)
{
    const rn__step *step = call->step;
    const rn__operand *operand = rn__step_operands(p->plan, step);
    const rn__operand *out = operand + step->inputs;
    const size_t n = (size_t)step->inputs + 1;
    const bool block = step->kind == RN__STEP_LOOP || step->kind == RN__STEP_CHAIN;
    const int axis = block ? 0 : first_axis(p->plan, step, out);

    if (block || axis >= out->rank || count_of(out) == 0) return true;
    if (step->limit.buffer >= 0 && axis > 0) return true;
    if (out->limit_rows > 0 && out->limit_axis != axis) return true;
    int *cut = (int *)rn__arena_new(&p->arena, n * sizeof *cut);
    call->unit = (int64_t *)rn__arena_new(&p->arena, n * sizeof *call->unit);
    if (!cut || !call->unit) return false;
    if (!can_cut(p->plan, step, axis, cut)) return true;
    cut[step->inputs] = axis;
    for (int i = 0; i <= step->inputs; i++)
        if (cut[i] >= 0)
            call->unit[i] =
                operand[i].stride[cut[i]] * (int64_t)rn_type_size(operand[i].type);
    call->share.cut = cut;
    call->share.axis = axis;
    call->share.n = out->size[axis];
    call->share.granule = granule_of(p->plan, step, axis, call->share.n);
    call->share.by_limit =
        step->limit.buffer >= 0 && (step->kind == RN__STEP_MAP || out->limit_rows > 0);
    return true;
}

/* The maps of a chain are divided alike, which they can be where all have as many units;
 * the shapes of their outputs may differ by axes of size 1. */
static void divide_chain(rn__cpu_program *p, int32_t index)
{
    rn__cpu_call *chain = &p->call[index];
    const rn__share first = chain[1].share;
    bool alike = first.cut && chain->rows % first.n == 0;

    for (int32_t i = index + 1; i < chain->end; i++) {
        rn__share *share = &p->call[i].share;
        alike &= share->cut && share->n == first.n && share->by_limit == first.by_limit;
        share->granule = first.granule;
    }
    chain->share = first;
    if (!alike) chain->share.cut = NULL;
}

bool rn__cpu_divide(rn__cpu_program *p)
{
    for (int32_t i = 0; i < p->plan->steps; i++)
        if (!find_division(p, &p->call[i])) return false;
    for (int32_t i = 0; i < p->plan->steps; i++)
        if (p->call[i].kind == RN__STEP_CHAIN) divide_chain(p, i);
    return true;
}

/* The largest part that a thread has. */
double rn__cpu_largest_part(const rn__share *share, int threads)
{
    int64_t most = 0;

    for (int i = 0; i < threads; i++) {
        const rn__range r = rn__share_range(share->n, share->granule, i, threads);
        if (r.to - r.from > most) most = r.to - r.from;
    }
    return (double)most / (double)share->n;
}
