/* SPDX-License-Identifier: MIT */
/* Records of convolutions. */
#include "record_move.h"

#include <rondo/conv.h>

/* One axis of a convolution: element t of the result reads element t stride + j dilation -
 * before of x with tap j. */
typedef struct taps {
    int64_t n, k, stride, dilation, before, after;
} taps;

static int64_t or_one(int64_t n)
{
    return n ? n : 1;
}

/* Zeros on both sides until every stride-th element has a window round it. */
static void pad_same(taps *t)
{
    const int64_t wanted = (t->n + t->stride - 1) / t->stride;

    t->before = t->after = 0;
    while (t->n > 0 &&
           (t->before + t->n + t->after - (t->k - 1) * t->dilation - 1 < 0 ||
            (t->before + t->n + t->after - (t->k - 1) * t->dilation - 1) / t->stride + 1 <
                wanted))
        *(t->after > t->before ? &t->before : &t->after) += 1;
}

static taps taps_of(int64_t n, int64_t k, int64_t stride, int64_t dilation, int64_t before,
                    int64_t after, bool same)
{
    taps t = {n, k, or_one(stride), or_one(dilation), before, after};

    if (same) pad_same(&t);
    return t;
}

/* Counted: windows that end within the padded axis. */
static int64_t count_of(const taps *t)
{
    int64_t count = 0;

    for (int64_t p = 0; p + (t->k - 1) * t->dilation < t->before + t->n + t->after;
         p += t->stride)
        count++;
    return count;
}

/* The element of x that tap j of result i reads; -1: a zero. */
static int64_t source(const taps *t, int64_t i, int64_t j)
{
    const int64_t p = i * t->stride + j * t->dilation - t->before;

    return p >= 0 && p < t->n ? p : -1;
}

/* x with axes `axis` and, if there are two, the next one. */
static void convolve(const rn_test_array *x, const rn_test_array *w, int axis, int axes,
                     const taps *t, int64_t groups, rn_test_array *y)
{
    const int last = x->shape.rank - 1;
    const int64_t G = or_one(groups), O = w->shape.size[axes + 1], I = w->shape.size[axes];
    int64_t to[RN_RANK_MAX] = {0}, tap[RN_RANK_MAX] = {0};
    rn_shape shape = x->shape, kernel = w->shape;

    for (int i = 0; i < axes; i++) shape.size[axis + i] = count_of(&t[i]);
    shape.size[last] = O;
    kernel.rank--;
    *y = rn_test_array_new(x->type, shape);
    if (rn_test_array_count(y) == 0 || rn_shape_count(kernel) == 0) return;
    do do {
            int64_t from[RN_RANK_MAX];
            bool inside = true;
            for (int i = 0; i < RN_RANK_MAX; i++) from[i] = to[i];
            for (int i = 0; i < axes; i++) {
                from[axis + i] = source(&t[i], to[axis + i], tap[i]);
                inside = inside && from[axis + i] >= 0;
            }
            from[last] = to[last] / (O / G) * I + tap[axes];
            tap[axes + 1] = to[last];
            if (inside) *at(y, to) += *at(x, from) * *at(w, tap);
            tap[axes + 1] = 0;
        } while (next_index(kernel, tap));
    while (next_index(shape, to));
}

/* ---- conv1d ---- */

BUILD(conv1d)
{
    return rn_conv1d(x[0], x[1], *(const rn_conv1d_options *)with);
}
REFERENCE(conv1d)
{
    const rn_conv1d_options *o = (const rn_conv1d_options *)with;
    const int axis = o->axis < 0 ? o->axis + x->shape.rank : o->axis;
    const taps t = taps_of(x->shape.size[axis], x[1].shape.size[0], o->stride, o->dilation,
                           o->before, o->after, o->same);

    convolve(&x[0], &x[1], axis, 1, &t, o->groups, y);
}

#define ONE(...)                                                                           \
    .with = &(const rn_conv1d_options)                                                     \
    {                                                                                      \
        __VA_ARGS__                                                                        \
    }
#define MANY(...) ONE(__VA_ARGS__), .values_only = true

static const sample conv1ds[] = {
    {.x = {REAL(odd, 5, 2, 3), REAL(odd, 3, 3, 2)}, ONE(.axis = 0)},
    {.x = {REAL(odd, 5, 2, 3), REAL(odd, 2, 3, 4)}, ONE(.before = 1)},
    {.x = {REAL(odd, 5, 2, 3), REAL(odd, 3, 3, 2)}, ONE(.before = 1, .after = 3)},
    {.x = {REAL(odd, 9, 1, 2), REAL(odd, 3, 2, 2)}, ONE(.stride = 2, .dilation = 3)},
    {.x = {REAL(odd, 7, 1, 2), REAL(odd, 2, 2, 3)}, ONE(.same = true)},
    {.x = {REAL(odd, 7, 1, 2), REAL(odd, 4, 2, 1)}, ONE(.same = true, .stride = 3)},
    {.x = {REAL(odd, 8, 1, 2), REAL(odd, 2, 2, 1)}, ONE(.same = true, .stride = 5)},
    {.x = {REAL(odd, 6, 1, 2), REAL(odd, 3, 2, 1)}, ONE(.same = true, .dilation = 2)},
    {.x = {REAL(odd, 2, 6, 3), REAL(odd, 2, 3, 2)}, ONE(.axis = 1, .dilation = 2)},
    {.x = {REAL(odd, 2, 5, 3, 2), REAL(odd, 2, 2, 2)}, ONE(.axis = -3, .before = 1)},
    {.x = {REAL(odd, 6, 3), REAL(odd, 3, 3, 2)}, ONE(.stride = 2)},
    {.x = {REAL(odd, 5, 2, 4), REAL(odd, 3, 2, 6)}, ONE(.groups = 2, .before = 2)},
    {.x = {REAL(odd, 5, 2, 3), REAL(odd, 3, 1, 3)}, ONE(.groups = 3, .before = 2)},
    {.x = {REAL(odd, 7, 2, 2), REAL(odd, 3, 1, 6)}, ONE(.groups = 2, .stride = 2)},
    {.x = {REAL(odd, 3, 2, 1), REAL(odd, 1, 1, 1)}, ONE(.axis = 0)},
    {.x = {REAL(odd, 1, 1, 1), REAL(odd, 4, 1, 2)}, ONE(.before = 3)},
    {.x = {REAL(odd, 0, 2, 3), REAL(odd, 3, 3, 2)}, ONE(.before = 2)},
    {.x = {REAL(odd, 0, 2, 3), REAL(odd, 3, 3, 2)}, ONE(.same = true)},
    {.x = {REAL(odd, 4, 0, 3), REAL(odd, 3, 3, 2)}, ONE(.axis = 0)},
    {.x = {REAL(odd, 4, 2, 0), REAL(odd, 3, 0, 2)}, ONE(.axis = 0)},
    {.x = {REAL(odd, 4, 2, 3), REAL(odd, 3, 3, 0)}, ONE(.axis = 0)},
    {.x = {REAL(odd, 9, 2, 24), REAL(odd, 3, 24, 5)}, MANY(.before = 2)},
    {.x = {REAL(odd, 9, 3, 26), REAL(odd, 4, 26, 33)}, MANY(.stride = 2, .dilation = 2)},
    {.x = {REAL(odd, 40, 2, 25), REAL(odd, 17, 25, 3)}, MANY(.same = true)},
};
REFUSES(conv1d_long, rn_conv1d(rn_input(g, "x", RN_F32, (rn_shape)SHAPE(2, 1, 3)),
                               rn_input(g, "w", RN_F32, (rn_shape)SHAPE(3, 3, 1)),
                               (rn_conv1d_options){.dilation = 2, .after = 1}))
REFUSES(conv1d_channels, rn_conv1d(rn_input(g, "x", RN_F32, (rn_shape)SHAPE(4, 1, 3)),
                                   rn_input(g, "w", RN_F32, (rn_shape)SHAPE(3, 2, 1)),
                                   (rn_conv1d_options){0}))
REFUSES(conv1d_groups, rn_conv1d(rn_input(g, "x", RN_F32, (rn_shape)SHAPE(4, 1, 3)),
                                 rn_input(g, "w", RN_F32, (rn_shape)SHAPE(3, 1, 2)),
                                 (rn_conv1d_options){.groups = 2}))
REFUSES(conv1d_outputs, rn_conv1d(rn_input(g, "x", RN_F32, (rn_shape)SHAPE(4, 1, 4)),
                                  rn_input(g, "w", RN_F32, (rn_shape)SHAPE(3, 2, 3)),
                                  (rn_conv1d_options){.groups = 2}))
REFUSES(conv1d_group_count,
        rn_conv1d(x_of(g, RN_F32), rn_input(g, "w", RN_F32, (rn_shape)SHAPE(1, 3, 1)),
                  (rn_conv1d_options){.groups = -1}))
REFUSES(conv1d_rank, rn_conv1d(x_of(g, RN_F32), x_of(g, RN_F32), (rn_conv1d_options){0}))
REFUSES(conv1d_axis,
        rn_conv1d(x_of(g, RN_F32), rn_input(g, "w", RN_F32, (rn_shape)SHAPE(1, 3, 1)),
                  (rn_conv1d_options){.axis = 1}))
REFUSES(conv1d_type,
        rn_conv1d(x_of(g, RN_F32), rn_input(g, "w", RN_F64, (rn_shape)SHAPE(1, 3, 1)),
                  (rn_conv1d_options){0}))
REFUSES(conv1d_integer,
        rn_conv1d(x_of(g, RN_I32), rn_input(g, "w", RN_I32, (rn_shape)SHAPE(1, 3, 1)),
                  (rn_conv1d_options){0}))
REFUSES(conv1d_stride,
        rn_conv1d(x_of(g, RN_F32), rn_input(g, "w", RN_F32, (rn_shape)SHAPE(1, 3, 1)),
                  (rn_conv1d_options){.stride = -1}))
REFUSES(conv1d_empty,
        rn_conv1d(x_of(g, RN_F32), rn_input(g, "w", RN_F32, (rn_shape)SHAPE(0, 3, 1)),
                  (rn_conv1d_options){0}))
REFUSES(conv1d_both,
        rn_conv1d(x_of(g, RN_F32), rn_input(g, "w", RN_F32, (rn_shape)SHAPE(1, 3, 1)),
                  (rn_conv1d_options){.same = true, .after = 1}))
static const refusal refusals_conv1d[] = {
    {conv1d_long, "conv1d: a kernel of 5 steps reaches past an axis of 3: x [2,1,3], w "
                  "[3,3,1]"},
    {conv1d_channels, "conv1d: w must have 3 channels, not 2: x [4,1,3], w [3,2,1]"},
    {conv1d_groups, "conv1d: channels are not divisible by 2 groups: x [4,1,3], w [3,1,2]"},
    {conv1d_outputs,
     "conv1d: channels are not divisible by 2 groups: x [4,1,4], w [3,2,3]"},
    {conv1d_group_count, "conv1d: invalid: -1 groups: x [2,3], w [1,3,1]"},
    {conv1d_rank, "conv1d: w must be [k, C, O]: x [2,3], x [2,3]"},
    {conv1d_axis, "conv1d: axis 1 is no axis before the channels: x [2,3], w [1,3,1]"},
    {conv1d_type, "conv1d: x and w must be real and of one type: x [2,3], w [1,3,1]"},
    {conv1d_integer, "conv1d: x and w must be real and of one type: x [2,3], w [1,3,1]"},
    {conv1d_stride, "conv1d: invalid: size 1, stride -1, dilation 1, padding 0 and 0: x "
                    "[2,3], w [1,3,1]"},
    {conv1d_empty, "conv1d: invalid: size 0, stride 1, dilation 1, padding 0 and 0: x "
                   "[2,3], w [0,3,1]"},
    {conv1d_both, "conv1d: padding both explicit and of the same size: x [2,3], w [1,3,1]"},
};

#define PRODUCT(name_, samples_, refusals_)                                                \
    const record record_##name_ = {.name = #name_,                                         \
                                   .inputs = 2,                                            \
                                   .build = build_##name_,                                 \
                                   .reference = reference_##name_,                         \
                                   SAMPLES(samples_),                                      \
                                   .flags = EXACT,                                         \
                                   REFUSALS(refusals_)}
PRODUCT(conv1d, conv1ds, refusals_conv1d);

/* ---- conv2d ---- */

BUILD(conv2d)
{
    return rn_conv2d(x[0], x[1], *(const rn_conv2d_options *)with);
}
REFERENCE(conv2d)
{
    const rn_conv2d_options *o = (const rn_conv2d_options *)with;
    const int axis = x->shape.rank - 3;
    taps t[2];

    for (int i = 0; i < 2; i++)
        t[i] = taps_of(x->shape.size[axis + i], x[1].shape.size[i], o->stride[i],
                       o->dilation[i], o->before[i], o->after[i], o->same);
    convolve(&x[0], &x[1], axis, 2, t, o->groups, y);
}

#define TWO(...)                                                                           \
    .with = &(const rn_conv2d_options)                                                     \
    {                                                                                      \
        __VA_ARGS__                                                                        \
    }
#define MANY_TWO(...) TWO(__VA_ARGS__), .values_only = true

static const sample conv2ds[] = {
    {.x = {REAL(odd, 2, 4, 3, 2), REAL(odd, 2, 2, 2, 3)}, TWO(.same = false)},
    {.x = {REAL(odd, 4, 3, 2), REAL(odd, 3, 1, 2, 2)}, TWO(.same = true)},
    {.x = {REAL(odd, 4, 5, 1), REAL(odd, 2, 3, 1, 2)}, TWO(.stride = {2, 1})},
    {.x = {REAL(odd, 5, 4, 1), REAL(odd, 2, 2, 1, 2)}, TWO(.dilation = {3, 2})},
    {.x = {REAL(odd, 3, 2, 2), REAL(odd, 2, 3, 2, 1)},
     TWO(.before = {1, 0}, .after = {0, 2})},
    {.x = {REAL(odd, 3, 2, 2), REAL(odd, 3, 2, 2, 1)},
     TWO(.before = {0, 3}, .after = {1, 0}, .stride = {1, 2})},
    {.x = {REAL(odd, 2, 3, 3, 2), REAL(odd, 2, 2, 1, 4)}, TWO(.groups = 2, .same = true)},
    {.x = {REAL(odd, 3, 2, 4), REAL(odd, 2, 2, 2, 2)}, TWO(.groups = 2, .before = {1, 1})},
    {.x = {REAL(odd, 1, 1, 1), REAL(odd, 3, 3, 1, 1)}, TWO(.same = true)},
    {.x = {REAL(odd, 0, 2, 2, 1), REAL(odd, 2, 1, 1, 1)}, TWO(.same = false)},
    {.x = {REAL(odd, 2, 0, 2, 1), REAL(odd, 2, 1, 1, 1)}, TWO(.same = false)},
    {.x = {REAL(odd, 2, 2, 0, 1), REAL(odd, 2, 3, 1, 1)}, TWO(.same = true)},
    {.x = {REAL(odd, 2, 7, 6, 12), REAL(odd, 3, 3, 12, 9)}, MANY_TWO(.same = true)},
    {.x = {REAL(odd, 7, 9, 13), REAL(odd, 3, 2, 13, 9)},
     MANY_TWO(.same = true, .stride = {2, 2}, .dilation = {1, 3})},
};
REFUSES(conv2d_rank,
        rn_conv2d(x_of(g, RN_F32), rn_input(g, "w", RN_F32, (rn_shape)SHAPE(1, 1, 3, 1)),
                  (rn_conv2d_options){0}))
REFUSES(conv2d_kernel, rn_conv2d(x_of(g, RN_F32), x_of(g, RN_F32), (rn_conv2d_options){0}))
REFUSES(conv2d_long, rn_conv2d(rn_input(g, "x", RN_F32, (rn_shape)SHAPE(3, 2, 1)),
                               rn_input(g, "w", RN_F32, (rn_shape)SHAPE(1, 3, 1, 1)),
                               (rn_conv2d_options){0}))
static const refusal refusals_conv2d[] = {
    {conv2d_rank, "conv2d: x must be [.., H, W, C]: x [2,3], w [1,1,3,1]"},
    {conv2d_kernel, "conv2d: w must be [kH, kW, C, O]: x [2,3], x [2,3]"},
    {conv2d_long,
     "conv2d: a kernel of 3 steps reaches past an axis of 2: x [3,2,1], w [1,3,1,1]"},
};
PRODUCT(conv2d, conv2ds, refusals_conv2d);

/* ---- causal_conv ---- */

BUILD(causal_conv)
{
    return rn_causal_conv(x[0], x[1], *(const int64_t *)with);
}
REFERENCE(causal_conv)
{
    const int64_t d = or_one(*(const int64_t *)with);
    taps t = {x->shape.size[0], x[1].shape.size[0], 1, d, 0, 0};

    /* The last tap of step t is step t. */
    t.before = (t.k - 1) * d;
    convolve(&x[0], &x[1], 0, 1, &t, 1, y);
}
#define DILATION(d)                                                                        \
    .with = &(const int64_t)                                                               \
    {                                                                                      \
        d                                                                                  \
    }
static const sample causal_convs[] = {
    {.x = {REAL(odd, 5, 2, 3), REAL(odd, 3, 3, 2)}, DILATION(0)},
    {.x = {REAL(odd, 6, 1, 2), REAL(odd, 3, 2, 2)}, DILATION(2)},
    {.x = {REAL(odd, 2, 3), REAL(odd, 4, 3, 1)}, DILATION(1)},
    {.x = {REAL(odd, 0, 2, 3), REAL(odd, 3, 3, 2)}, DILATION(1)},
};
REFUSES(causal_dilation,
        rn_causal_conv(rn_input(g, "x", RN_F32, (rn_shape)SHAPE(3, 2, 1)),
                       rn_input(g, "w", RN_F32, (rn_shape)SHAPE(2, 1, 1)), -1))
static const refusal refusals_causal_conv[] = {
    {causal_dilation, "causal_conv: invalid: size 2, stride 1, dilation -1, padding 0 and "
                      "0: x [3,2,1], w [2,1,1]"},
};
PRODUCT(causal_conv, causal_convs, refusals_causal_conv);
