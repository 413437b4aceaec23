/* SPDX-License-Identifier: MIT */
/* Records of the operators that move elements, and of those that insert and remove axes. */
#include "record_move.h"

#include <criterion/criterion.h>
#include <string.h>

#define NUMBERS(...)                                                                       \
    .with = (const int64_t[])                                                              \
    {                                                                                      \
        __VA_ARGS__                                                                        \
    }

static int64_t number(const void *with, int i)
{
    return ((const int64_t *)with)[i];
}

/* ---- pad ---- */

BUILD(pad)
{
    return rn_pad(x[0], (int)number(with, 0), number(with, 1), number(with, 2),
                  number(with, 3));
}
REFERENCE(pad)
{
    const int axis = (int)(number(with, 0) + x->shape.rank) % x->shape.rank;
    const int64_t n = x->shape.size[axis], step = number(with, 3) + 1;
    rn_shape shape = x->shape;
    int64_t index[RN_RANK_MAX] = {0};

    shape.size[axis] = number(with, 1) + number(with, 2) + (n > 0 ? (n - 1) * step + 1 : 0);
    *y = rn_test_array_new(x->type, shape);
    if (rn_test_array_count(x) > 0) do {
            int64_t to[RN_RANK_MAX];
            memcpy(to, index, sizeof to);
            to[axis] = number(with, 1) + index[axis] * step;
            *at(y, to) = *at(x, index);
        } while (next_index(x->shape, index));
}
static const sample pads[] = {
    {.x = {REAL(odd, 3)}, NUMBERS(0, 2, 1, 0)},
    {.x = {REAL(odd, 3)}, NUMBERS(0, 0, 0, 2)},
    {.x = {REAL(odd, 2, 3)}, NUMBERS(-1, 1, 2, 1)},
    {.x = {REAL(odd, 2, 3)}, NUMBERS(0, 1, 0, 3)},
    {.x = {REAL(odd, 0)}, NUMBERS(0, 2, 1, 5)},
    {.x = {REAL(odd, 0, 3)}, NUMBERS(1, 1, 1, 0)},
    {.x = {REAL(odd, 2, 3)}, NUMBERS(0, 0, 0, 0)},
};
REFUSES(pad_negative, rn_pad(x_of(g, RN_F32), 0, 1, -2, 0))
REFUSES(pad_axis, rn_pad(x_of(g, RN_F32), 5, 1, 2, 0))
REFUSES(pad_large, rn_pad(x_of(g, RN_F32), 0, INT64_MAX, 1, 0))
REFUSES(pad_between, rn_pad(x_of(g, RN_F32), 1, 0, 0, INT64_MAX))
static const refusal refusals_pad[] = {
    {pad_negative, "pad: negative: 1 before, -2 after, 0 between: x [2,3]"},
    {pad_axis, "pad: no axis 5: x [2,3]"},
    {pad_large, "pad: the result is too large: x [2,3]"},
    {pad_between, "pad: the result is too large: x [2,3]"},
};
MOVE(pad, 1, pads, refusals_pad, NULL);

/* ---- concat, stack ---- */

static void join(const rn_test_array *x, int count, int axis, rn_test_array *y)
{
    rn_shape shape = x[0].shape;
    int64_t start = 0;

    for (int i = 1; i < count; i++) shape.size[axis] += x[i].shape.size[axis];
    *y = rn_test_array_new(x[0].type, shape);
    for (int i = 0; i < count; i++) {
        int64_t index[RN_RANK_MAX] = {0};
        if (rn_test_array_count(&x[i]) > 0) do {
                int64_t to[RN_RANK_MAX];
                memcpy(to, index, sizeof to);
                to[axis] += start;
                *at(y, to) = *at(&x[i], index);
            } while (next_index(x[i].shape, index));
        start += x[i].shape.size[axis];
    }
}

BUILD(concat)
{
    return rn_concat(x, 3, (int)number(with, 0));
}
REFERENCE(concat)
{
    join(x, 3, (int)(number(with, 0) + x->shape.rank) % x->shape.rank, y);
}
static const sample concats[] = {
    {.x = {REAL(odd, 3), REAL(odd, 1), REAL(odd, 2)}, NUMBERS(0)},
    {.x = {REAL(odd, 3), REAL(odd, 0), REAL(odd, 2)}, NUMBERS(0)},
    {.x = {REAL(odd, 2, 3), REAL(odd, 2, 1), REAL(odd, 2, 5)}, NUMBERS(-1)},
    {.x = {REAL(odd, 2, 3), REAL(odd, 1, 3), REAL(odd, 2, 3)}, NUMBERS(0)},
    {.x = {REAL(odd, 2, 1, 3), REAL(odd, 2, 4, 3), REAL(odd, 2, 2, 3)}, NUMBERS(1)},
};
REFUSES(concat_sizes,
        rn_concat((const rn_tensor[]){x_of(g, RN_F32),
                                      rn_input(g, "y", RN_F32, (rn_shape)SHAPE(2, 4))},
                  2, 0))
REFUSES(concat_ranks,
        rn_concat((const rn_tensor[]){x_of(g, RN_F32),
                                      rn_input(g, "y", RN_F32, (rn_shape)SHAPE(3))},
                  2, 0))
REFUSES(concat_types,
        rn_concat((const rn_tensor[]){x_of(g, RN_F32), x_of(g, RN_BOOL)}, 2, 0))
REFUSES(concat_axis, rn_concat((const rn_tensor[]){x_of(g, RN_F32)}, 1, 2))
REFUSES(concat_scalar,
        rn_concat((const rn_tensor[]){rn_input(g, "x", RN_F32, (rn_shape)SCALAR)}, 1, 0))
static const refusal refusals_concat[] = {
    {concat_sizes, "concat: sizes of other axes differ: x [2,3], y [2,4]"},
    {concat_ranks, "concat: ranks differ: x [2,3], y [3]"},
    {concat_types, "concat: types differ (f32, bool): x [2,3], x [2,3]"},
    {concat_axis, "concat: no axis 2: x [2,3]"},
    {concat_scalar, "concat: no axis 0: x []"},
};
MOVE(concat, 3, concats, refusals_concat, NULL);

BUILD(stack)
{
    return rn_stack(x, 3, (int)number(with, 0));
}
REFERENCE(stack)
{
    const int rank = x->shape.rank;
    const int axis =
        (int)(number(with, 0) < 0 ? number(with, 0) + rank + 1 : number(with, 0));
    rn_test_array parts[3];

    for (int i = 0; i < 3; i++) {
        parts[i] = x[i];
        for (int a = parts[i].shape.rank++; a > axis; a--)
            parts[i].shape.size[a] = parts[i].shape.size[a - 1];
        parts[i].shape.size[axis] = 1;
    }
    join(parts, 3, axis, y);
}

/* More than are put together at once. */
static void more_stack(void)
{
    enum { MANY = 150 };
    rn_graph *g = rn_graph_new();
    rn_test_array value = rn_test_array_new(RN_F32, (rn_shape)SCALAR);
    const rn_tensor x = rn_input(g, "x", RN_F32, value.shape);
    rn_tensor parts[MANY];

    value.at[0] = 2;
    for (int i = 0; i < MANY; i++) parts[i] = rn_scale(x, i);
    rn_test_array y = rn_test_eval(rn_stack(parts, MANY, 0), &(rn_test_feed){x, &value}, 1);
    cr_assert(y.shape.rank == 1 && y.shape.size[0] == MANY);
    for (int i = 0; i < MANY; i++) cr_assert(y.at[i] == 2.0 * i, "element %d", i);
    rn_test_array_free(&y);
    rn_test_array_free(&value);
    rn_graph_free(g);
}
static const sample stacks[] = {
    {.x = {REAL_SCALAR(odd), REAL_SCALAR(odd), REAL_SCALAR(odd)}, NUMBERS(0)},
    {.x = {REAL(odd, 2), REAL(odd, 2), REAL(odd, 2)}, NUMBERS(0)},
    {.x = {REAL(odd, 2), REAL(odd, 2), REAL(odd, 2)}, NUMBERS(-1)},
    {.x = {REAL(odd, 2, 3), REAL(odd, 2, 3), REAL(odd, 2, 3)}, NUMBERS(1)},
};
static rn_tensor stack_sizes(rn_graph *g)
{
    const rn_tensor x = x_of(g, RN_F32),
                    y = rn_input(g, "y", RN_F32, (rn_shape)SHAPE(2, 4));

    return rn_stack((const rn_tensor[]){x, y}, 2, 0);
}
REFUSES(stack_axis, rn_stack((const rn_tensor[]){x_of(g, RN_F32)}, 1, 3))
static const refusal refusals_stack[] = {
    {stack_sizes, "stack: sizes of other axes differ, in concat: x [2,3], y [2,4]"},
    {stack_axis, "stack: no axis can be inserted at 3, in expand: x [2,3]"},
};
MOVE(stack, 3, stacks, refusals_stack, more_stack);

/* ---- expand, squeeze ---- */

BUILD(expand)
{
    return rn_expand(x[0], (int)number(with, 0));
}
REFERENCE(expand)
{
    const int rank = x->shape.rank;
    const int axis =
        (int)(number(with, 0) < 0 ? number(with, 0) + rank + 1 : number(with, 0));
    rn_shape shape = {.rank = rank + 1};

    for (int i = 0; i <= rank; i++)
        shape.size[i] = i == axis ? 1 : x->shape.size[i < axis ? i : i - 1];
    *y = rn_test_array_copy(x);
    y->shape = shape;
}
static const sample expands[] = {
    {.x = {REAL(odd, 2, 3)}, NUMBERS(0)},  {.x = {REAL(odd, 2, 3)}, NUMBERS(1)},
    {.x = {REAL(odd, 2, 3)}, NUMBERS(2)},  {.x = {REAL(odd, 2, 3)}, NUMBERS(-1)},
    {.x = {REAL(odd, 2, 3)}, NUMBERS(-3)}, {.x = {REAL_SCALAR(odd)}, NUMBERS(0)},
};
REFUSES(expand_axis, rn_expand(x_of(g, RN_F32), -4))
REFUSES(expand_rank,
        rn_expand(rn_input(g, "x", RN_F32, (rn_shape)SHAPE(1, 1, 1, 1, 1, 1, 1, 1)), 0))
static const refusal refusals_expand[] = {
    {expand_axis, "expand: no axis can be inserted at -4: x [2,3]"},
    {expand_rank, "expand: the result has too many axes: x [1,1,1,1,1,1,1,1]"},
};
MOVE(expand, 1, expands, refusals_expand, NULL);

BUILD(squeeze)
{
    return rn_squeeze(x[0], (int)number(with, 0));
}
REFERENCE(squeeze)
{
    const int axis = (int)(number(with, 0) + x->shape.rank) % x->shape.rank;
    rn_shape shape = {.rank = x->shape.rank - 1};

    for (int i = 0; i < shape.rank; i++)
        shape.size[i] = x->shape.size[i < axis ? i : i + 1];
    *y = rn_test_array_copy(x);
    y->shape = shape;
}
static const sample squeezes[] = {{.x = {REAL(odd, 1, 3)}, NUMBERS(0)},
                                  {.x = {REAL(odd, 2, 1, 3)}, NUMBERS(-2)},
                                  {.x = {REAL(odd, 1)}, NUMBERS(0)}};
REFUSES(squeeze_size, rn_squeeze(x_of(g, RN_F32), -1))
REFUSES(squeeze_axis, rn_squeeze(x_of(g, RN_F32), 2))
static const refusal refusals_squeeze[] = {
    {squeeze_size, "squeeze: the size of axis -1 is not 1: x [2,3]"},
    {squeeze_axis, "squeeze: no axis 2: x [2,3]"},
};
MOVE(squeeze, 1, squeezes, refusals_squeeze, NULL);
