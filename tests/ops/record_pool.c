/* SPDX-License-Identifier: MIT */
/* Records of pooling. */
#include "record_move.h"

#include <criterion/criterion.h>
#include <math.h>
#include <rondo/conv.h>

/* Arguments of either, with one axis or two. */
typedef struct pool {
    int axis;
    int64_t size[2], stride[2], dilation[2], before[2], after[2];
    bool same, count_padding;
} pool;

typedef enum way { LARGEST, MEAN, MEAN_COUNTED } way;

/* All windows of x one by one, each position of the padded axes in turn. */
static void pool_all(const rn_test_array *x, const pool *p, int axis, int axes, way how,
                     rn_test_array *y)
{
    rn_shape shape = x->shape, window = {.rank = axes};
    int64_t to[RN_RANK_MAX] = {0}, stride[2], dilation[2], before[2];

    for (int i = 0; i < axes; i++) {
        const int64_t n = x->shape.size[axis + i];
        stride[i] = p->stride[i] ? p->stride[i] : p->size[i];
        dilation[i] = p->dilation[i] ? p->dilation[i] : 1;
        before[i] = p->before[i];
        const int64_t reach = (p->size[i] - 1) * dilation[i] + 1;
        int64_t padded = n + before[i] + p->after[i], count = 0;
        if (p->same) {
            while (count * stride[i] < n) count++;
            padded = count ? (count - 1) * stride[i] + reach : 0;
            if (padded < n) padded = n;
            before[i] = (padded - n) / 2;
        } else {
            while (count * stride[i] + reach <= padded) count++;
        }
        shape.size[axis + i] = count;
        window.size[i] = p->size[i];
    }
    *y = rn_test_array_new(x->type, shape);
    if (rn_test_array_count(y) == 0) return;
    do {
        int64_t tap[RN_RANK_MAX] = {0}, inside = 0, all = 0;
        double largest = x->type == RN_I32 ? INT32_MIN : -(double)INFINITY, sum = 0;
        do {
            int64_t from[RN_RANK_MAX];
            bool is_inside = true;
            for (int i = 0; i < RN_RANK_MAX; i++) from[i] = to[i];
            for (int i = 0; i < axes; i++) {
                int64_t *at_axis = &from[axis + i];
                *at_axis = *at_axis * stride[i] + tap[i] * dilation[i] - before[i];
                is_inside &= *at_axis >= 0 && *at_axis < x->shape.size[axis + i];
            }
            all++;
            if (!is_inside) continue;
            inside++;
            sum += *at(x, from);
            if (!(*at(x, from) <= largest)) largest = *at(x, from);
        } while (next_index(window, tap));
        *at(y, to) = how == LARGEST ? largest
                     : inside == 0  ? 0
                                    : sum / (double)(how == MEAN ? inside : all);
    } while (next_index(shape, to));
}

static rn_pool1d_options one_axis(const pool *p)
{
    return (rn_pool1d_options){.axis = p->axis,
                               .stride = p->stride[0],
                               .dilation = p->dilation[0],
                               .before = p->before[0],
                               .after = p->after[0],
                               .same = p->same,
                               .count_padding = p->count_padding};
}

static rn_pool2d_options two_axes(const pool *p)
{
    return (rn_pool2d_options){.stride = {p->stride[0], p->stride[1]},
                               .dilation = {p->dilation[0], p->dilation[1]},
                               .before = {p->before[0], p->before[1]},
                               .after = {p->after[0], p->after[1]},
                               .same = p->same,
                               .count_padding = p->count_padding};
}

#define POOL(...)                                                                          \
    .with = &(const pool)                                                                  \
    {                                                                                      \
        __VA_ARGS__                                                                        \
    }

/* ---- one axis ---- */

BUILD(max_pool1d)
{
    const pool *p = (const pool *)with;

    return rn_max_pool1d(x[0], p->size[0], one_axis(p));
}
REFERENCE(max_pool1d)
{
    pool_all(x, (const pool *)with, ((const pool *)with)->axis, 1, LARGEST, y);
}
BUILD(mean_pool1d)
{
    const pool *p = (const pool *)with;

    return rn_mean_pool1d(x[0], p->size[0], one_axis(p));
}
REFERENCE(mean_pool1d)
{
    const pool *p = (const pool *)with;

    pool_all(x, p, p->axis, 1, p->count_padding ? MEAN_COUNTED : MEAN, y);
}

/* Different elements, so that no two are equally large. */
static const sample pools1d[] = {
    {.x = {REAL(distinct, 6, 2, 2)}, POOL(.size = {2})},
    {.x = {REAL(distinct, 7, 2, 2)}, POOL(.size = {3})},
    {.x = {REAL(distinct, 7, 1, 2)}, POOL(.size = {3}, .stride = {1})},
    {.x = {REAL(distinct, 8, 1, 2)}, POOL(.size = {2}, .stride = {3}, .dilation = {3})},
    {.x = {REAL(distinct, 5, 1, 2)}, POOL(.size = {3}, .before = {1}, .after = {2})},
    {.x = {REAL(distinct, 5, 1, 2)}, POOL(.size = {3}, .stride = {1}, .same = true)},
    {.x = {REAL(distinct, 5, 2, 1)}, POOL(.size = {2}, .same = true)},
    {.x = {REAL(distinct, 5, 1, 2)},
     POOL(.size = {3}, .before = {2}, .after = {1}, .count_padding = true)},
    {.x = {REAL(distinct, 2, 6, 2)}, POOL(.size = {2}, .axis = 1)},
    {.x = {REAL(distinct, 2, 4, 3, 2)}, POOL(.size = {2}, .axis = 1)},
    {.x = {REAL(distinct, 1, 1)}, POOL(.size = {1})},
    {.x = {REAL(distinct, 0, 2, 1)}, POOL(.size = {2})},
    {.x = {REAL(distinct, 4, 0, 1)}, POOL(.size = {2})},
};
REFUSES(max1d_axis, rn_max_pool1d(x_of(g, RN_F32), 2, (rn_pool1d_options){.axis = -1}))
REFUSES(max1d_size, rn_max_pool1d(x_of(g, RN_F32), 0, (rn_pool1d_options){0}))
REFUSES(max1d_long, rn_max_pool1d(x_of(g, RN_F32), 3, (rn_pool1d_options){0}))
REFUSES(max1d_type, rn_max_pool1d(x_of(g, RN_BOOL), 2, (rn_pool1d_options){0}))
static const refusal refusals_max1d[] = {
    {max1d_axis, "max_pool1d: axis -1 is no axis before the channels: x [2,3]"},
    {max1d_size, "max_pool1d: invalid: size 0, stride 1, dilation 1, padding 0 and 0: x "
                 "[2,3]"},
    {max1d_long, "max_pool1d: a window of 3 steps reaches past an axis of 2: x [2,3]"},
    {max1d_type, "max_pool1d: not defined for this type (bool), in max: x [2,3]"},
};
REFUSES(mean1d_type, rn_mean_pool1d(x_of(g, RN_I32), 2, (rn_pool1d_options){0}))
static const refusal refusals_mean1d[] = {
    {mean1d_type, "mean_pool1d: not defined for this type (i32), in mean: x [2,3]"},
};

#define LARGEST_RECORD(name_, samples_, refusals_)                                         \
    const record record_##name_ = {.name = #name_,                                         \
                                   .inputs = 1,                                            \
                                   .build = build_##name_,                                 \
                                   .reference = reference_##name_,                         \
                                   SAMPLES(samples_),                                      \
                                   .flags = EXACT | INTEGERS_TOO | PIECEWISE,              \
                                   REFUSALS(refusals_)}
#define MEAN_RECORD(name_, samples_, refusals_)                                            \
    const record record_##name_ = {.name = #name_,                                         \
                                   .inputs = 1,                                            \
                                   .build = build_##name_,                                 \
                                   .reference = reference_##name_,                         \
                                   SAMPLES(samples_),                                      \
                                   .ulps = 3,                                              \
                                   .floor = 1,                                             \
                                   REFUSALS(refusals_)}
LARGEST_RECORD(max_pool1d, pools1d, refusals_max1d);
MEAN_RECORD(mean_pool1d, pools1d, refusals_mean1d);

/* ---- two axes ---- */

BUILD(max_pool2d)
{
    const pool *p = (const pool *)with;

    return rn_max_pool2d(x[0], p->size[0], p->size[1], two_axes(p));
}
REFERENCE(max_pool2d)
{
    pool_all(x, (const pool *)with, x->shape.rank - 3, 2, LARGEST, y);
}
BUILD(mean_pool2d)
{
    const pool *p = (const pool *)with;

    return rn_mean_pool2d(x[0], p->size[0], p->size[1], two_axes(p));
}
REFERENCE(mean_pool2d)
{
    const pool *p = (const pool *)with;

    pool_all(x, p, x->shape.rank - 3, 2, p->count_padding ? MEAN_COUNTED : MEAN, y);
}
static const sample pools2d[] = {
    {.x = {REAL(distinct, 2, 4, 4, 1)}, POOL(.size = {2, 2})},
    {.x = {REAL(distinct, 5, 4, 2)}, POOL(.size = {3, 2}, .stride = {1, 2})},
    {.x = {REAL(distinct, 3, 5, 1)}, POOL(.size = {2, 3}, .dilation = {2, 2})},
    {.x = {REAL(distinct, 3, 4, 2)},
     POOL(.size = {2, 3}, .before = {1, 0}, .after = {0, 2})},
    {.x = {REAL(distinct, 3, 4, 1)}, POOL(.size = {2, 3}, .stride = {2, 1}, .same = true)},
    {.x = {REAL(distinct, 3, 4, 1)},
     POOL(.size = {2, 2}, .before = {1, 1}, .count_padding = true)},
    {.x = {REAL(distinct, 2, 0, 4, 1)}, POOL(.size = {2, 2})},
    {.x = {REAL(distinct, 1, 1, 1)}, POOL(.size = {1, 1})},
};
REFUSES(max2d_rank, rn_max_pool2d(x_of(g, RN_F32), 1, 1, (rn_pool2d_options){.same = true}))
static const refusal refusals_max2d[] = {
    {max2d_rank, "max_pool2d: x must be [.., H, W, C]: x [2,3]"}};
REFUSES(mean2d_rank,
        rn_mean_pool2d(x_of(g, RN_F32), 1, 1, (rn_pool2d_options){.same = true}))
static const refusal refusals_mean2d[] = {
    {mean2d_rank, "mean_pool2d: x must be [.., H, W, C]: x [2,3]"}};
LARGEST_RECORD(max_pool2d, pools2d, refusals_max2d);
MEAN_RECORD(mean_pool2d, pools2d, refusals_mean2d);
