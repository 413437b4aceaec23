/* SPDX-License-Identifier: MIT */
/*
 * Index tables between the elements of operands and results, built once, so that the loops
 * over elements are simple.
 *
 * Attributes of these operators are 64-bit integers, in the order that their files in ops/
 * have them.
 */
#include "quad_operators.h"

#include <criterion/criterion.h>
#include <string.h>

/* The offset in operand k of result element `index`, or of an element of operand k in the
 * result. */
typedef int64_t offset_rule(const rn_test_quad_value *v, int k, const int64_t *index);

static const int64_t *attributes(const rn_test_quad_value *v)
{
    return (const int64_t *)v->node->attributes;
}

static int64_t flat(rn_shape shape, const int64_t *index)
{
    int64_t offset = 0;

    for (int i = 0; i < shape.rank; i++) offset = offset * shape.size[i] + index[i];
    return offset;
}

/* ---- from the result to the operand ---- */

static int64_t from_broadcast(const rn_test_quad_value *v, int k, const int64_t *index)
{
    const rn_shape x = v->x[k].node->shape;
    const int64_t *last = index + (v->node->shape.rank - x.rank);
    int64_t offset = 0;

    for (int i = 0; i < x.rank; i++)
        offset = offset * x.size[i] + (x.size[i] == 1 ? 0 : last[i]);
    return offset;
}

static int64_t from_same(const rn_test_quad_value *v, int k, const int64_t *index)
{
    return flat(v->node->shape, index);
}

static int64_t from_permute(const rn_test_quad_value *v, int k, const int64_t *index)
{
    const rn_shape x = v->x[k].node->shape;
    int64_t from[RN_RANK_MAX] = {0};

    for (int i = 0; i < x.rank; i++) from[attributes(v)[i]] = index[i];
    return flat(x, from);
}

static int64_t from_reverse(const rn_test_quad_value *v, int k, const int64_t *index)
{
    const int64_t axis = attributes(v)[0];
    const rn_shape x = v->x[k].node->shape;
    int64_t from[RN_RANK_MAX];

    memcpy(from, index, sizeof from);
    from[axis] = x.size[axis] - 1 - index[axis];
    return flat(x, from);
}

static int64_t from_slice(const rn_test_quad_value *v, int k, const int64_t *index)
{
    const int64_t axis = attributes(v)[0], start = attributes(v)[1],
                  step = attributes(v)[3];
    int64_t from[RN_RANK_MAX];

    memcpy(from, index, sizeof from);
    from[axis] = start + index[axis] * step;
    return flat(v->x[k].node->shape, from);
}

static int64_t from_windows(const rn_test_quad_value *v, int k, const int64_t *index)
{
    const int64_t axis = attributes(v)[0], stride = attributes(v)[2],
                  dilation = attributes(v)[3];
    const rn_shape x = v->x[k].node->shape;
    int64_t from[RN_RANK_MAX] = {0};

    for (int i = 0; i < x.rank; i++) from[i] = index[i <= axis ? i : i + 1];
    from[axis] = index[axis] * stride + index[axis + 1] * dilation;
    return flat(x, from);
}

/* Where the row of x, or the column of y, begins. */
static int64_t from_matmul(const rn_test_quad_value *v, int k, const int64_t *index)
{
    const rn_shape x = v->x[k].node->shape;
    const bool transposed = (attributes(v)[0] >> k & 1) != 0;
    const int64_t *last = index + (v->node->shape.rank - x.rank);
    int64_t offset = 0;

    for (int i = 0; i < x.rank; i++) {
        const int side = i - (x.rank - 2); /* -: a leading axis; 0 rows, 1 columns */
        int64_t at = x.size[i] == 1 ? 0 : last[i];
        if (side >= 0) at = side == (k ^ (int)transposed) ? last[x.rank - 2 + k] : 0;
        offset = offset * x.size[i] + at;
    }
    return offset;
}

/* ---- from the operand to the result ---- */

static int64_t to_pad(const rn_test_quad_value *v, int k, const int64_t *index)
{
    const int64_t axis = attributes(v)[0], before = attributes(v)[1],
                  between = attributes(v)[3];
    int64_t to[RN_RANK_MAX];

    memcpy(to, index, sizeof to);
    to[axis] = before + index[axis] * (between + 1);
    return flat(v->node->shape, to);
}

static int64_t to_fold(const rn_test_quad_value *v, int k, const int64_t *index)
{
    const int64_t axis = attributes(v)[0], stride = attributes(v)[2],
                  dilation = attributes(v)[3];
    const rn_shape y = v->node->shape;
    int64_t to[RN_RANK_MAX] = {0};

    for (int i = 0; i < y.rank; i++) to[i] = index[i <= axis ? i : i + 1];
    to[axis] = index[axis] * stride + index[axis + 1] * dilation;
    return flat(y, to);
}

static int64_t to_concat(const rn_test_quad_value *v, int k, const int64_t *index)
{
    const int64_t axis = attributes(v)[0];
    int64_t to[RN_RANK_MAX];

    memcpy(to, index, sizeof to);
    for (int i = 0; i < k; i++) to[axis] += v->x[i].node->shape.size[axis];
    return flat(v->node->shape, to);
}

static int64_t to_reduce(const rn_test_quad_value *v, int k, const int64_t *index)
{
    const rn_shape x = v->x[k].node->shape;
    int64_t offset = 0;

    for (int i = 0; i < x.rank; i++)
        if (!(attributes(v)[0] >> i & 1)) offset = offset * x.size[i] + index[i];
    return offset;
}

/* ---- codes ---- */

void rn_test_quad_windows(const rn_test_quad_value *v)
{
    for (int64_t i = 0; i < v->count; i++) v->y[i] = v->x[0].at[v->x[0].offset[i]];
}

void rn_test_quad_fold(const rn_test_quad_value *v)
{
    rn_test_quad_sum(v);
}

/* ---- tables ---- */

static const struct {
    const rn_op *op;
    offset_rule *rule;
    bool outward; /* from the operand to the result */
} rules[] = {
    {&rn__op_broadcast, from_broadcast, false},
    {&rn__op_concat, to_concat, true},
    {&rn__op_matmul, from_matmul, false},
    {&rn__op_max, to_reduce, true},
    {&rn__op_pad, to_pad, true},
    {&rn__op_permute, from_permute, false},
    {&rn__op_reshape, from_same, false},
    {&rn__op_reverse, from_reverse, false},
    {&rn__op_slice, from_slice, false},
    {&rn__op_clip_gradient, from_same, false},
    {&rn__op_windows, from_windows, false},
    {&rn__op_fold, to_fold, true},
    {&rn__op_stop_gradient, from_same, false},
    {&rn__op_mean, to_reduce, true},
    {&rn__op_mean_square, to_reduce, true},
    {&rn__op_rescale, to_reduce, true},
    {&rn__op_sum, to_reduce, true},
    {&rn__op_sum_square, to_reduce, true},
};

static void fill(rn_test_quad_value *v, int k, offset_rule *rule, bool outward)
{
    const rn_shape shape = outward ? v->x[k].node->shape : v->node->shape;
    const int64_t count = rn_shape_count(shape);
    int64_t index[RN_RANK_MAX] = {0};

    v->x[k].offset = (int32_t *)rn_test_quad_room(count, sizeof(int32_t));
    for (int64_t i = 0; i < count; i++) {
        v->x[k].offset[i] = (int32_t)rule(v, k, index);
        for (int axis = shape.rank - 1; axis >= 0; axis--) {
            if (++index[axis] < shape.size[axis]) break;
            index[axis] = 0;
        }
    }
}

void rn_test_quad_offset(rn_test_quad_value *v, int k)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (rules[i].op == v->node->op) {
            fill(v, k, rules[i].rule, rules[i].outward);
            return;
        }
    if (rn_test_quad_is_map(v->node->op)) fill(v, k, from_broadcast, false);
}
