/* SPDX-License-Identifier: MIT */
/* Records of the operators that are views of their operand. */
#include "record_move.h"

#include <string.h>

#define TO_SHAPE(...) .with = &(const rn_shape)SHAPE(__VA_ARGS__)
#define TO_SCALAR     .with = &(const rn_shape)SCALAR
#define NUMBERS(...)                                                                       \
    .with = (const int64_t[])                                                              \
    {                                                                                      \
        __VA_ARGS__                                                                        \
    }

static int64_t number(const void *with, int i)
{
    return ((const int64_t *)with)[i];
}

static void same_elements(const rn_test_array *x, rn_shape shape, rn_test_array *y)
{
    *y = rn_test_array_new(x->type, shape);
    memcpy(y->at, x->at, (size_t)rn_test_array_count(x) * sizeof *x->at);
}

/* ---- reshape ---- */

BUILD(reshape)
{
    return rn_reshape(x[0], *(const rn_shape *)with);
}
REFERENCE(reshape)
{
    rn_shape shape = *(const rn_shape *)with;
    int64_t others = 1;

    for (int i = 0; i < shape.rank; i++) others *= shape.size[i] < 0 ? 1 : shape.size[i];
    for (int i = 0; i < shape.rank; i++)
        if (shape.size[i] < 0) shape.size[i] = rn_test_array_count(x) / others;
    same_elements(x, shape, y);
}
static const sample reshapes[] = {
    {.x = {REAL(odd, 6)}, TO_SHAPE(2, 3)},
    {.x = {REAL(odd, 2, 3)}, TO_SHAPE(6)},
    {.x = {REAL(odd, 4, 6)}, TO_SHAPE(2, 2, 3, 2)},
    {.x = {REAL(odd, 4, 6)}, TO_SHAPE(3, 8)},
    {.x = {REAL(odd, 2, 3, 4)}, TO_SHAPE(-1, 4)},
    {.x = {REAL(odd, 2, 1, 3)}, TO_SHAPE(1, 2, 3, 1)},
    {.x = {REAL(odd, 1)}, TO_SCALAR},
    {.x = {REAL_SCALAR(odd)}, TO_SHAPE(1, 1)},
    {.x = {REAL(odd, 0, 3)}, TO_SHAPE(5, 0)},
    {.x = {REAL(odd, 0, 3)}, TO_SHAPE(3, -1)},
};
REFUSES(reshape_count, rn_reshape(x_of(g, RN_F32), (rn_shape)SHAPE(2, 4)))
REFUSES(reshape_open, rn_reshape(x_of(g, RN_F32), (rn_shape)SHAPE(4, -1)))
REFUSES(reshape_two, rn_reshape(x_of(g, RN_F32), (rn_shape)SHAPE(-1, -1)))
REFUSES(reshape_any,
        rn_reshape(rn_input(g, "x", RN_F32, (rn_shape)SHAPE(0)), (rn_shape)SHAPE(0, -1)))
static const refusal refusals_reshape[] = {
    {reshape_count, "reshape: 6 elements cannot have the shape [2,4]: x [2,3]"},
    {reshape_open, "reshape: 6 elements cannot have the shape [4,-1]: x [2,3]"},
    {reshape_two, "reshape: 6 elements cannot have the shape [-1,-1]: x [2,3]"},
    {reshape_any, "reshape: 0 elements cannot have the shape [0,-1]: x [0]"},
};
MOVE(reshape, 1, reshapes, refusals_reshape, NULL);

/* ---- broadcast ---- */

BUILD(broadcast)
{
    return rn_broadcast(x[0], *(const rn_shape *)with);
}
REFERENCE(broadcast)
{
    const rn_shape shape = *(const rn_shape *)with;
    int64_t index[RN_RANK_MAX] = {0};

    *y = rn_test_array_new(x->type, shape);
    if (rn_test_array_count(y) > 0) do
            *at(y, index) = at_broadcast(x, shape, index);
        while (next_index(shape, index));
}
static const sample broadcasts[] = {
    {.x = {REAL_SCALAR(odd)}, TO_SHAPE(2, 3)},
    {.x = {REAL(odd, 3)}, TO_SHAPE(2, 3)},
    {.x = {REAL(odd, 2, 1)}, TO_SHAPE(2, 3)},
    {.x = {REAL(odd, 2, 1, 3)}, TO_SHAPE(4, 2, 5, 3)},
    {.x = {REAL(odd, 1)}, TO_SHAPE(0)},
    {.x = {REAL(odd, 2, 3)}, TO_SHAPE(2, 3)},
};
REFUSES(broadcast_size, rn_broadcast(x_of(g, RN_F32), (rn_shape)SHAPE(2, 4)))
REFUSES(broadcast_rank, rn_broadcast(x_of(g, RN_F32), (rn_shape)SHAPE(3)))
static const refusal refusals_broadcast[] = {
    {broadcast_size, "broadcast: cannot be broadcast to [2,4]: x [2,3]"},
    {broadcast_rank, "broadcast: cannot be broadcast to [3]: x [2,3]"},
};
MOVE(broadcast, 1, broadcasts, refusals_broadcast, NULL);

/* ---- permute, transpose ---- */

BUILD(permute)
{
    int order[RN_RANK_MAX];

    for (int i = 0; i < rn_rank(x[0]); i++) order[i] = (int)number(with, i);
    return rn_permute(x[0], order);
}
REFERENCE(permute)
{
    const int rank = x->shape.rank;
    rn_shape shape = x->shape;

    for (int i = 0; i < rank; i++)
        shape.size[i] = x->shape.size[(number(with, i) + rank) % rank];
    *y = rn_test_array_new(x->type, shape);
    EACH_INDEX(
        x, y, for (int i = 0; i < rank; i++) from[(number(with, i) + rank) % rank] = to[i]);
}
static const sample permutes[] = {
    {.x = {REAL(odd, 2, 3)}, NUMBERS(1, 0)},
    {.x = {REAL(odd, 3, 3)}, NUMBERS(1, 0)},
    {.x = {REAL(odd, 3, 3, 3)}, NUMBERS(2, 0, 1)},
    {.x = {REAL(odd, 2, 3, 5)}, NUMBERS(2, 0, 1)},
    {.x = {REAL(odd, 2, 3, 5)}, NUMBERS(0, -1, 1)},
    {.x = {REAL(odd, 4)}, NUMBERS(0)},
    {.x = {REAL_SCALAR(odd)}, NUMBERS(0)},
    {.x = {REAL(odd, 2, 0, 3)}, NUMBERS(2, 1, 0)},
    {.x = {REAL(odd, 19, 37)}, NUMBERS(1, 0), .values_only = true},
};
REFUSES(permute_axis, rn_permute(x_of(g, RN_F32), (const int[]){0, 2}))
REFUSES(permute_twice, rn_permute(x_of(g, RN_F32), (const int[]){1, 1}))
REFUSES(permute_none, rn_permute(x_of(g, RN_F32), NULL))
static const refusal refusals_permute[] = {
    {permute_none, "permute: no list of axes: x [2,3]"},
    {permute_axis, "permute: no axis 2: x [2,3]"},
    {permute_twice, "permute: axis 1 is listed twice: x [2,3]"},
};
MOVE(permute, 1, permutes, refusals_permute, NULL);

BUILD(transpose)
{
    return rn_transpose(x[0]);
}
REFERENCE(transpose)
{
    const int rank = x->shape.rank;
    rn_shape shape = x->shape;

    shape.size[rank - 1] = x->shape.size[rank - 2];
    shape.size[rank - 2] = x->shape.size[rank - 1];
    *y = rn_test_array_new(x->type, shape);
    EACH_INDEX(x, y, {
        memcpy(from, to, sizeof from);
        from[rank - 1] = to[rank - 2];
        from[rank - 2] = to[rank - 1];
    });
}
static const sample transposes[] = {{.x = {REAL(odd, 2, 3)}}, {.x = {REAL(odd, 4, 1, 3)}}};
REFUSES(transpose_rank, rn_transpose(rn_input(g, "x", RN_F32, (rn_shape)SHAPE(3))))
static const refusal refusals_transpose[] = {
    {transpose_rank, "permute: rank below 2: x [3]"}};
MOVE(transpose, 1, transposes, refusals_transpose, NULL);

/* ---- reverse ---- */

BUILD(reverse)
{
    return rn_reverse(x[0], (int)number(with, 0));
}
REFERENCE(reverse)
{
    const int axis = (int)(number(with, 0) + x->shape.rank) % x->shape.rank;

    *y = array_like(x, x->type);
    EACH_INDEX(x, y, {
        memcpy(from, to, sizeof from);
        from[axis] = x->shape.size[axis] - 1 - to[axis];
    });
}
static const sample reverses[] = {
    {.x = {REAL(odd, 5)}, NUMBERS(0)},       {.x = {REAL(odd, 2, 3)}, NUMBERS(-1)},
    {.x = {REAL(odd, 2, 3, 4)}, NUMBERS(1)}, {.x = {REAL(odd, 0, 3)}, NUMBERS(0)},
    {.x = {REAL(odd, 1)}, NUMBERS(0)},
};
REFUSES(reverse_axis, rn_reverse(x_of(g, RN_F32), 2))
static const refusal refusals_reverse[] = {{reverse_axis, "reverse: no axis 2: x [2,3]"}};
MOVE(reverse, 1, reverses, refusals_reverse, NULL);

/* ---- slice, index ---- */

BUILD(slice)
{
    return rn_slice(x[0], (int)number(with, 0), number(with, 1), number(with, 2),
                    number(with, 3));
}

/* Whether element i is in the slice: counted one by one. */
REFERENCE(slice)
{
    const int axis = (int)(number(with, 0) + x->shape.rank) % x->shape.rank;
    const int64_t n = x->shape.size[axis];
    int64_t start = number(with, 1), stop = number(with, 2), chosen[64], count = 0;
    rn_shape shape = x->shape;

    start += start < 0 ? n : 0;
    stop += stop < 0 ? n : 0;
    for (int64_t i = start < 0 ? 0 : start; i < n && i < stop; i++)
        if ((i - (start < 0 ? 0 : start)) % number(with, 3) == 0) chosen[count++] = i;
    shape.size[axis] = count;
    *y = rn_test_array_new(x->type, shape);
    EACH_INDEX(x, y, {
        memcpy(from, to, sizeof from);
        from[axis] = chosen[to[axis]];
    });
}
static const sample slices[] = {
    {.x = {REAL(odd, 7)}, NUMBERS(0, 2, 5, 1)},
    {.x = {REAL(odd, 7)}, NUMBERS(0, 1, INT64_MAX, 2)},
    {.x = {REAL(odd, 7)}, NUMBERS(0, -3, -1, 1)},
    {.x = {REAL(odd, 7)}, NUMBERS(-1, 0, 7, 3)},
    {.x = {REAL(odd, 7)}, NUMBERS(0, 5, 2, 1)},
    {.x = {REAL(odd, 7)}, NUMBERS(0, -99, 99, 1)},
    {.x = {REAL(odd, 7)}, NUMBERS(0, 4, 7, INT64_MAX)},
    {.x = {REAL(odd, 3, 5)}, NUMBERS(1, 1, 4, 2)},
    {.x = {REAL(odd, 3, 5)}, NUMBERS(0, 1, 2, 1)},
    {.x = {REAL(odd, 2, 6, 3)}, NUMBERS(1, 0, 6, 2)},
    {.x = {REAL(odd, 0, 3)}, NUMBERS(0, 0, 1, 1)},
};
REFUSES(slice_axis, rn_slice(x_of(g, RN_F32), -3, 0, 1, 1))
REFUSES(slice_step, rn_slice(x_of(g, RN_F32), 0, 0, 1, 0))
static const refusal refusals_slice[] = {
    {slice_axis, "slice: no axis -3: x [2,3]"},
    {slice_step, "slice: step must be at least 1: 0: x [2,3]"},
};
MOVE(slice, 1, slices, refusals_slice, NULL);

BUILD(index)
{
    return rn_index(x[0], (int)number(with, 0), number(with, 1));
}
REFERENCE(index)
{
    const int axis = (int)number(with, 0);
    const int64_t n = x->shape.size[axis], i = (number(with, 1) + n) % n;
    rn_shape shape = x->shape, without = {.rank = shape.rank - 1};

    shape.size[axis] = 1;
    for (int a = 0; a < without.rank; a++)
        without.size[a] = x->shape.size[a < axis ? a : a + 1];
    *y = rn_test_array_new(x->type, shape);
    EACH_INDEX(x, y, {
        memcpy(from, to, sizeof from);
        from[axis] = i;
    });
    y->shape = without;
}
static const sample indexes[] = {
    {.x = {REAL(odd, 5)}, NUMBERS(0, 3)},
    {.x = {REAL(odd, 2, 3)}, NUMBERS(1, -1)},
    {.x = {REAL(odd, 2, 3, 4)}, NUMBERS(1, 0)},
};
REFUSES(index_outside, rn_index(x_of(g, RN_F32), -1, 3))
static const refusal refusals_index[] = {
    {index_outside, "index: axis -1 has no element 3: x [2,3]"}};
MOVE(index, 1, indexes, refusals_index, NULL);
