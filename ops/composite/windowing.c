/* SPDX-License-Identifier: MIT */
/* Windows for convolution and pooling: arguments, padding, shapes. */
#include "ops/composite/conv.h"

#include <stdarg.h>
#include <stdio.h>

bool rn__windowing_refuse(const rn__windowing *v, const char *format, ...)
{
    char why[200], x[160], w[160];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    rn__describe(v->x, x, sizeof x);
    if (rn_is_null(v->w))
        rn_fail(v->x.graph, "%s: %s: %s", v->what, why, x);
    else
        rn_fail(v->x.graph, "%s: %s: %s, %s", v->what, why, x,
                rn__describe(v->w, w, sizeof w));
    return false;
}

static bool in_range(int64_t least, int64_t value)
{
    return value >= least && value <= INT32_MAX;
}

/* So many zeros that ceil(n / stride) windows fit. */
static void pad_same(rn__window_axis *a, int64_t reach)
{
    const int64_t last = a->n > 0 ? (a->n - 1) / a->stride * a->stride : 0;
    const int64_t zeros = last + reach > a->n ? last + reach - a->n : 0;

    a->before = a->n > 0 ? zeros / 2 : 0;
    a->after = a->n > 0 ? zeros - a->before : 0;
}

static bool count_windows(const rn__windowing *v, rn__window_axis *a, bool same)
{
    if (a->stride == 0) a->stride = 1;
    if (a->dilation == 0) a->dilation = 1;
    if (!in_range(1, a->size) || !in_range(1, a->stride) || !in_range(1, a->dilation) ||
        !in_range(0, a->before) || !in_range(0, a->after) || a->n > INT64_MAX / 2)
        return rn__windowing_refuse(
            v, "invalid: size %lld, stride %lld, dilation %lld, padding %lld and %lld",
            (long long)a->size, (long long)a->stride, (long long)a->dilation,
            (long long)a->before, (long long)a->after);
    const int64_t reach = (a->size - 1) * a->dilation + 1;

    if (same && (a->before || a->after))
        return rn__windowing_refuse(v, "padding both explicit and of the same size");
    if (same) pad_same(a, reach);
    const int64_t n = a->before + a->n + a->after;
    a->count = n < reach ? 0 : (n - reach) / a->stride + 1;
    if (a->count > 0 || a->n == 0) return true;
    return rn__windowing_refuse(v, "%s of %lld steps reaches past an axis of %lld",
                                rn_is_null(v->w) ? "a window" : "a kernel",
                                (long long)reach, (long long)n);
}

bool rn__windowing_begin(rn__windowing *v, int axis, bool same)
{
    const int rank = rn_rank(v->x);

    v->axis = axis < 0 && axis >= -rank ? axis + rank : axis;
    if (v->axis < 0 || v->axis >= rank - v->axes)
        return v->axes == 2 ? rn__windowing_refuse(v, "x must be [.., H, W, C]")
                            : rn__windowing_refuse(
                                  v, "axis %d is no axis before the channels", axis);
    for (int i = 0; i < v->axes; i++) {
        v->at[i].n = rn_size(v->x, v->axis + i);
        if (!count_windows(v, &v->at[i], same)) return false;
    }
    return true;
}

rn_tensor rn__windowing_four(const rn__windowing *v, rn_tensor x)
{
    rn_shape s = rn_shape_get(x), four = {4, {1, 1, 1, 1}};

    four.size[1] = s.size[v->axis];
    for (int i = 0; i < v->axis; i++) four.size[0] *= s.size[i];
    for (int i = v->axis + 1; i < s.rank - 1; i++) four.size[2] *= s.size[i];
    four.size[3] = s.size[s.rank - 1];
    return rn_reshape(x, four);
}

rn_tensor rn__windowing_windows(const rn__windowing *v, rn_tensor x)
{
    static const int order[6] = {0, 1, 3, 2, 4, 5};
    const rn__window_axis *a = &v->at[0], one = {.size = 1, .stride = 1, .dilation = 1},
                          *b = v->axes == 2 ? &v->at[1] : &one;

    x = rn_windows(x, 2, b->size, b->stride, b->dilation);
    return rn_permute(rn_windows(x, 1, a->size, a->stride, a->dilation), order);
}

rn_tensor rn__windowing_result(const rn__windowing *v, rn_tensor y)
{
    rn_shape s = rn_shape_get(v->x);

    for (int i = 0; i < v->axes; i++) s.size[v->axis + i] = v->at[i].count;
    s.size[s.rank - 1] = rn_size(y, -1);
    return rn_reshape(y, s);
}
