/* SPDX-License-Identifier: MIT */
/* Records of windows and of their adjoint. */
#include "record_move.h"

#include <rondo/conv.h>

/* Of windows: the size of one; of fold: the axis. */
typedef struct cut {
    int axis;
    int64_t size, stride, dilation;
} cut;

#define CUT(...)                                                                           \
    .with = &(const cut)                                                                   \
    {                                                                                      \
        __VA_ARGS__                                                                        \
    }

static int axis_of(const cut *c, int axes)
{
    return c->axis < 0 ? c->axis + axes : c->axis;
}

/* ---- windows ---- */

BUILD(windows)
{
    const cut *c = (const cut *)with;

    return rn_windows(x[0], c->axis, c->size, c->stride, c->dilation);
}

/* Windows begin every `stride` elements as long as their last element exists. */
REFERENCE(windows)
{
    const cut *c = (const cut *)with;
    const int axis = axis_of(c, x->shape.rank), rank = x->shape.rank;
    rn_shape shape = {.rank = rank + 1};
    int64_t m = 0, last = 0;

    for (int64_t j = 1; j < c->size && last < 1000; j++)
        last += c->dilation < 1000 ? c->dilation : 1000;
    for (int64_t p = 0; p + last < x->shape.size[axis]; p++) m += p % c->stride == 0;
    for (int i = 0; i < rank; i++) shape.size[i < axis ? i : i + 1] = x->shape.size[i];
    shape.size[axis] = m;
    shape.size[axis + 1] = c->size;
    *y = rn_test_array_new(x->type, shape);
    EACH_INDEX(x, y, {
        for (int i = 0; i < rank; i++) from[i] = to[i < axis ? i : i + 1];
        from[axis] = to[axis] * c->stride;
        for (int64_t j = 0; j < to[axis + 1]; j++) from[axis] += c->dilation;
    });
}
static const sample windowss[] = {
    {.x = {REAL(odd, 7)}, CUT(0, 3, 1, 1)},
    {.x = {REAL(odd, 7)}, CUT(0, 3, 2, 1)},
    {.x = {REAL(odd, 8)}, CUT(-1, 3, 2, 2)},
    {.x = {REAL(odd, 8)}, CUT(0, 2, 3, 5)},
    {.x = {REAL(odd, 7)}, CUT(0, 7, 1, 1)},
    {.x = {REAL(odd, 7)}, CUT(0, 8, 1, 1)},
    {.x = {REAL(odd, 7)}, CUT(0, 1, 1, 1)},
    {.x = {REAL(odd, 7)}, CUT(0, 1, 3, 9)},
    {.x = {REAL(odd, 7)}, CUT(0, 2, INT64_MAX, 4)},
    {.x = {REAL(odd, 7)}, CUT(0, 2, 1, INT64_MAX)},
    {.x = {REAL(odd, 5, 2, 3)}, CUT(0, 3, 1, 1)},
    {.x = {REAL(odd, 2, 5, 3)}, CUT(1, 2, 2, 1)},
    {.x = {REAL(odd, 2, 3, 6)}, CUT(-1, 2, 1, 3)},
    {.x = {REAL(odd, 0, 3)}, CUT(0, 1, 1, 1)},
    {.x = {REAL(odd, 4, 0)}, CUT(0, 2, 1, 1)},
    {.x = {REAL(odd, 1)}, CUT(0, 1, 1, 1)},
};
REFUSES(windows_axis, rn_windows(x_of(g, RN_F32), 2, 1, 1, 1))
REFUSES(windows_scalar, rn_windows(rn_input(g, "s", RN_F32, (rn_shape)SCALAR), 0, 1, 1, 1))
REFUSES(windows_size, rn_windows(x_of(g, RN_F32), 0, 0, 1, 1))
REFUSES(windows_stride, rn_windows(x_of(g, RN_F32), 0, 1, 0, 1))
REFUSES(windows_dilation, rn_windows(x_of(g, RN_F32), 0, 1, 1, -1))
REFUSES(windows_rank,
        rn_windows(rn_input(g, "x", RN_F32, (rn_shape)SHAPE(1, 1, 1, 1, 1, 1, 1, 1)), 0, 1,
                   1, 1))
static const refusal refusals_windows[] = {
    {windows_axis, "windows: no axis 2: x [2,3]"},
    {windows_scalar, "windows: no axis 0: s []"},
    {windows_size, "windows: not positive: size 0, stride 1, dilation 1: x [2,3]"},
    {windows_stride, "windows: not positive: size 1, stride 0, dilation 1: x [2,3]"},
    {windows_dilation, "windows: not positive: size 1, stride 1, dilation -1: x [2,3]"},
    {windows_rank, "windows: the result has too many axes: x [1,1,1,1,1,1,1,1]"},
};
MOVE(windows, 1, windowss, refusals_windows, NULL);

/* ---- fold ---- */

BUILD(fold)
{
    const cut *c = (const cut *)with;

    return rn_fold(x[0], c->axis, c->size, c->stride, c->dilation);
}

REFERENCE(fold)
{
    const cut *c = (const cut *)with;
    const int axis = axis_of(c, x->shape.rank), rank = x->shape.rank - 1;
    rn_shape shape = {.rank = rank};
    int64_t from[RN_RANK_MAX] = {0}, to[RN_RANK_MAX] = {0};

    for (int i = 0; i < rank; i++) shape.size[i] = x->shape.size[i <= axis ? i : i + 1];
    shape.size[axis] = c->size;
    *y = rn_test_array_new(x->type, shape);
    if (rn_test_array_count(x) > 0) do {
            for (int i = 0; i < rank; i++) to[i] = from[i <= axis ? i : i + 1];
            to[axis] = from[axis] * c->stride + from[axis + 1] * c->dilation;
            *at(y, to) += *at(x, from);
        } while (next_index(x->shape, from));
}
static const sample folds[] = {
    {.x = {REAL(odd, 5, 3)}, CUT(0, 7, 1, 1)},
    {.x = {REAL(odd, 3, 3)}, CUT(0, 7, 2, 1)},
    {.x = {REAL(odd, 3, 3)}, CUT(0, 8, 2, 1)},
    {.x = {REAL(odd, 2, 3)}, CUT(-2, 8, 2, 2)},
    {.x = {REAL(odd, 1, 2)}, CUT(0, 8, 3, 5)},
    {.x = {REAL(odd, 0, 2)}, CUT(0, 3, 1, 3)},
    {.x = {REAL(odd, 0, 2)}, CUT(0, 0, 1, 1)},
    {.x = {REAL(odd, 3, 1)}, CUT(0, 7, 3, 2)},
    {.x = {REAL(odd, 1, 1)}, CUT(0, 1, 1, 1)},
    {.x = {REAL(odd, 1, 1, 5)}, CUT(0, 1, 1, 1)},
    {.x = {REAL(odd, 3, 3, 2, 3)}, CUT(0, 5, 1, 1)},
    {.x = {REAL(odd, 2, 2, 2, 3)}, CUT(1, 5, 2, 1)},
    {.x = {REAL(odd, 2, 3, 4, 2)}, CUT(2, 5, 1, 1)},
    {.x = {REAL(odd, 3, 2, 0)}, CUT(0, 4, 1, 1)},
    {.x = {REAL(odd, 3, 3, 71)}, CUT(0, 5, 1, 1), .values_only = true},
    {.x = {REAL(odd, 2, 9, 3, 5, 9)}, CUT(1, 19, 2, 1), .values_only = true},
};
REFUSES(fold_axis, rn_fold(x_of(g, RN_F32), 2, 4, 1, 1))
REFUSES(fold_last, rn_fold(x_of(g, RN_F32), 1, 4, 1, 1))
REFUSES(fold_count, rn_fold(x_of(g, RN_F32), 0, 5, 1, 1))
REFUSES(fold_type, rn_fold(x_of(g, RN_BOOL), 0, 4, 1, 1))
REFUSES(fold_size, rn_fold(x_of(g, RN_F32), 0, -1, 1, 1))
REFUSES(fold_stride, rn_fold(x_of(g, RN_F32), 0, 4, 0, 1))
static const refusal refusals_fold[] = {
    {fold_axis, "fold: no axis 2: x [2,3]"},
    {fold_last, "fold: no axis of windows and one of their elements: x [2,3]"},
    {fold_count, "fold: another number of windows: x [2,3]"},
    {fold_type, "fold: not defined for this type (bool): x [2,3]"},
    {fold_size, "fold: invalid: size -1, stride 1, dilation 1: x [2,3]"},
    {fold_stride, "fold: invalid: size 4, stride 0, dilation 1: x [2,3]"},
};
MOVE(fold, 1, folds, refusals_fold, NULL);
