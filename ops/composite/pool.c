/* SPDX-License-Identifier: MIT */
/*
 * Pooling over windows X [L, m1, m2, k1, k2, C] of the padded x:
 *
 *   max_pool    the largest of k1 k2; padding is -inf, or the least i32
 *   mean_pool   the mean of k1 k2, divided by the share of them that is no padding, which
 *               is the mean over the windows of ones, padded likewise
 */
#include "ops/composite/conv.h"

#include <math.h>

static const int taps[2] = {3, 4};

static rn_tensor lowest_like(rn_tensor x, rn_shape shape)
{
    const bool real = rn__is_real(rn_type_get(x));

    return rn_fill(x.graph, rn_type_get(x), shape, real ? -(double)INFINITY : INT32_MIN);
}

/* x with the least value at both ends of an axis. */
static rn_tensor pad_lowest(rn_tensor x, int axis, const rn__window_axis *a)
{
    rn_shape before = rn_shape_get(x), after = before;

    if (a->before == 0 && a->after == 0) return x;
    before.size[axis] = a->before, after.size[axis] = a->after;
    const rn_tensor parts[3] = {lowest_like(x, before), x, lowest_like(x, after)};
    return rn_concat(parts, 3, axis);
}

static rn_tensor windows_of(const rn__windowing *v, rn_tensor x)
{
    for (int i = 0; i < v->axes; i++)
        x = rn_pad(x, 1 + i, v->at[i].before, v->at[i].after, 0);
    return rn__windowing_windows(v, x);
}

static rn_tensor largest(const rn__windowing *v)
{
    rn_tensor x = rn__windowing_four(v, v->x);

    for (int i = 0; i < v->axes; i++) x = pad_lowest(x, 1 + i, &v->at[i]);
    return rn_max(rn__windowing_windows(v, x), taps, 2, false);
}

static rn_tensor mean(const rn__windowing *v, bool count_padding)
{
    const rn_tensor x = rn__windowing_four(v, v->x);
    const rn_tensor y = rn_mean(windows_of(v, x), taps, 2, false);
    bool padded = false;

    for (int i = 0; i < v->axes; i++) padded |= v->at[i].before > 0 || v->at[i].after > 0;
    if (!padded || count_padding) return y;
    rn_shape one = rn_shape_get(x);
    double least = 1;
    one.size[0] = one.size[3] = 1;
    if (v->axes == 1) one.size[2] = 1;
    for (int i = 0; i < v->axes; i++) least /= (double)v->at[i].size;
    const rn_tensor ones = rn_fill(x.graph, rn_type_get(x), one, 1);
    const rn_tensor share = rn_mean(windows_of(v, ones), taps, 2, false);
    /* A window of nothing but padding has the mean 0. */
    return rn_div(y, rn_maximum(share, rn_constant_like(x, least / 2)));
}

static rn_tensor pool(rn__windowing *v, int axis, bool same, bool is_mean, bool counted)
{
    rn__frame f;

    if (rn_is_null(v->x)) return rn__null_from(v->what, RN__NULL_X, &v->x, 1);
    for (int i = 0; i < v->axes; i++)
        if (v->at[i].stride == 0) v->at[i].stride = v->at[i].size;
    if (!rn__windowing_begin(v, axis, same)) return rn_null();
    rn__frame_enter(&f, v->what, NULL, v->x, rn_null());
    const rn_tensor y = is_mean ? mean(v, counted) : largest(v);
    return rn__frame_leave(&f, rn_is_null(y) ? y : rn__windowing_result(v, y));
}

static rn_tensor pool1d(const char *what, rn_tensor x, int64_t size, rn_pool1d_options o,
                        bool is_mean)
{
    rn__windowing v = {.what = what, .x = x, .axes = 1};

    v.at[0] = (rn__window_axis){.size = size,
                                .stride = o.stride,
                                .dilation = o.dilation,
                                .before = o.before,
                                .after = o.after};
    return pool(&v, o.axis, o.same, is_mean, o.count_padding);
}

static rn_tensor pool2d(const char *what, rn_tensor x, int64_t height, int64_t width,
                        rn_pool2d_options o, bool is_mean)
{
    rn__windowing v = {.what = what, .x = x, .axes = 2};

    for (int i = 0; i < 2; i++)
        v.at[i] = (rn__window_axis){.size = i ? width : height,
                                    .stride = o.stride[i],
                                    .dilation = o.dilation[i],
                                    .before = o.before[i],
                                    .after = o.after[i]};
    return pool(&v, -3, o.same, is_mean, o.count_padding);
}

rn_tensor rn_max_pool1d(rn_tensor x, int64_t size, rn_pool1d_options options)
{
    return pool1d("max_pool1d", x, size, options, false);
}

rn_tensor rn_mean_pool1d(rn_tensor x, int64_t size, rn_pool1d_options options)
{
    return pool1d("mean_pool1d", x, size, options, true);
}

rn_tensor rn_max_pool2d(rn_tensor x, int64_t height, int64_t width,
                        rn_pool2d_options options)
{
    return pool2d("max_pool2d", x, height, width, options, false);
}

rn_tensor rn_mean_pool2d(rn_tensor x, int64_t height, int64_t width,
                         rn_pool2d_options options)
{
    return pool2d("mean_pool2d", x, height, width, options, true);
}
