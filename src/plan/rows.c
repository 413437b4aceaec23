/* SPDX-License-Identifier: MIT */
/* Which steps can run row by row, and how the rows of their operands lie. */
#include "plan/chains.h"

/* A reduction has two inputs if it sums products (contract.c). A row of an operand is no
 * longer than so many tiles. */
enum { FEWEST_ROWS = 2, INPUTS = 2, ROW_TILES = 8 };

/* The axis at which the leading axes have so many elements together; -1: none. */
static int row_axis(const rn__operand *o, int64_t rows)
{
    int64_t n = 1;

    for (int axis = 0; axis < o->rank; axis++) {
        n *= o->size[axis];
        if (n == rows) return axis;
        if (n == 0 || n > rows) return -1;
    }
    return -1;
}

/* The distance of rows, in elements: that of the leading axes of `of`, with which axis a of
 * the operand is axis a + shift. */
static bool find_stride(const rn__operand *o, const rn__operand *of, int last, int shift,
                        int64_t *stride)
{
    int64_t next = -1;

    *stride = 0;
    for (int axis = last; axis >= 0; axis--) {
        const int own = axis - shift;
        const int64_t by = own < 0 || o->size[own] == 1 ? 0 : o->stride[own];
        if (of->size[axis] == 1) continue;
        if (next >= 0 && by != next) return false;
        if (by < 0) return false;
        if (next < 0) *stride = by;
        next = by * of->size[axis];
    }
    return true;
}

bool rn__find_row_form(const rn__plan *plan, const rn__step *step, int i, int64_t rows,
                       rn__row_form *found)
{
    const rn__operand *o = rn__step_operands(plan, step) + i;
    const rn__operand *of = step->kind == RN__STEP_MAP ? rn__step_output(plan, step) : o;
    const int64_t bytes = (int64_t)rn_type_size(o->type);
    const int last = row_axis(of, rows), shift = of->rank - o->rank;

    if (last < 0 || o->at.buffer < 0 || !find_stride(o, of, last, shift, &found->stride))
        return false;
    found->stride *= bytes;
    found->axis = last >= shift && o->size[last - shift] > 1 ? last - shift : -1;
    found->low = found->high = o->at.offset;
    for (int axis = last - shift + 1; axis < o->rank; axis++) {
        const int64_t reach = axis < 0 ? 0 : (o->size[axis] - 1) * o->stride[axis] * bytes;
        if (axis >= 0 && o->size[axis] == 0) return false;
        *(reach < 0 ? &found->low : &found->high) += reach;
    }
    found->high += bytes;
    return true;
}

/* Whether a kernel may be called for some rows only: as its divide rule says of an output
 * whose leading axes are one. */
static bool divides(const rn__plan *plan, const rn__step *step, int64_t rows)
{
    const rn__node *node = rn__step_node(plan, step);
    const rn__operand *o = rn__step_operands(plan, step);
    const int out = step->inputs;
    int axis[INPUTS + 1], cut[INPUTS] = {-1, -1};
    rn_array array[INPUTS + 1];

    for (int i = 0; i <= out; i++) {
        axis[i] = row_axis(&o[i], rows);
        if (axis[i] < 0) return false;
        array[i] = (rn_array){.type = o[i].type, .rank = o[i].rank};
        for (int a = 0; a < o[i].rank; a++) {
            array[i].size[a] = a < axis[i] ? 1 : a == axis[i] ? rows : o[i].size[a];
            array[i].stride[a] = o[i].stride[a];
        }
    }
    const rn_call call = {
        .in = array, .out = &array[out], .attributes = node->attributes, .inputs = out};
    return rn__op_divides(node->op, &call, axis[out], cut) && cut[0] == axis[0] &&
           cut[out - 1] == axis[out - 1];
}

/* Whether the limit cuts all operands that have rows along them. */
static bool limited_by_rows(const rn__plan *plan, const rn__step *step, int64_t rows)
{
    const rn__operand *o = rn__step_operands(plan, step);

    for (int i = 0; i <= step->inputs && step->limit.buffer >= 0; i++) {
        const bool out = i == step->inputs, has = o[i].limit_rows > 0;
        if ((has && o[i].limit_axis != 0) || (out && !has)) return false;
        if (step->kind == RN__STEP_KERNEL && !has) return false;
    }
    return step->limit.buffer < 0 || (step->limit_of > 0 && rows % step->limit_of == 0);
}

bool rn__runs_by_rows(const rn__plan *plan, const rn__step *step, int64_t rows)
{
    const rn__operand *o = rn__step_operands(plan, step);
    rn__row_form at = {0};

    if (step->kind == RN__STEP_KERNEL) {
        if (step->inputs < 1 || step->inputs > INPUTS || step->added >= 0 ||
            step->packed.buffer >= 0)
            return false;
        const rn_op *op = rn__step_node(plan, step)->op;
        if (rn__op_kind(op) != RN_KIND_REDUCTION || !divides(plan, step, rows))
            return false;
        if (step->inputs > 1 && !(op->flags & RN_OP_PRODUCTS)) return false;
        if (!(op->flags & RN_OP_STRIDED) && !rn__operand_is_dense(&o[0])) return false;
    } else if (step->kind != RN__STEP_MAP) {
        return false;
    }
    for (int i = 0; i <= step->inputs; i++)
        if (!rn__find_row_form(plan, step, i, rows, &at)) return false;
    return at.stride > 0 && limited_by_rows(plan, step, rows);
}

int64_t rn__row_bytes(const rn__plan *plan, const rn__step *step, int64_t rows)
{
    const rn__operand *o = rn__step_operands(plan, step);
    int64_t most = 1;

    for (int i = 0; i <= step->inputs; i++) {
        rn__row_form at;
        const int64_t bytes = rn__operand_count(&o[i]) * (int64_t)rn_type_size(o[i].type);
        const bool own = rn__find_row_form(plan, step, i, rows, &at) && at.stride > 0;
        if (own && bytes / rows > most) most = bytes / rows;
    }
    return most;
}

bool rn__fits_rows(const rn__planner *p, const rn__step *step, int64_t rows)
{
    return rn__runs_by_rows(p->plan, step, rows) &&
           rn__row_bytes(p->plan, step, rows) <= ROW_TILES * (int64_t)p->options.tile_bytes;
}

int64_t rn__reduction_rows(const rn__plan *plan, const rn__step *step, int64_t below)
{
    if (step->kind != RN__STEP_KERNEL || step->inputs < 1) return 0;
    const rn__operand *in = rn__step_operands(plan, step);
    int64_t rows = rn__operand_count(in);

    for (int axis = in->rank - 1; axis > 0 && rows >= FEWEST_ROWS; axis--) {
        rows /= in->size[axis];
        if (rows >= FEWEST_ROWS && rows < below && rn__runs_by_rows(plan, step, rows))
            return rows;
    }
    return 0;
}
