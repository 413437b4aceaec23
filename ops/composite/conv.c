/* SPDX-License-Identifier: MIT */
/*
 * conv1d, conv2d and causal_conv, of windows X [L, m1, m2, k1, k2, C] of the padded x:
 *
 *   y = X W                              over k1, k2 and C: one product of rows
 *   y = X[k1 = 0] W[0] + X[k1 = 1] W[1] + ..   the same without a copy of the windows
 *
 * The first copies each element of x into k1 k2 rows, the second reads and writes y k1
 * times. Which one is used depends on the kernel's shape alone, so a step has the bits of
 * the whole. With groups, the products of all groups are one of matrices; kernels of one
 * channel, as in depthwise convolutions, are sums of element-wise products.
 */
#include "ops/composite/conv.h"

/* From so many terms on a product is worth reading and writing its result once more; up to
 * so many products. */
enum { TERMS = 24, TAPS = 16 };

/* ---- the forms of a convolution, of windows X and w [k1, k2, C / G, O] ---- */

static rn_shape rows_of(rn_tensor x, int last)
{
    const rn_shape s = rn_shape_get(x);
    rn_shape rows = {.rank = last};

    for (int i = 0; i < last; i++) rows.size[i] = s.size[i];
    return rows;
}

/* As one product: [L, m1, m2, O]. */
static rn_tensor as_product(rn_tensor X, rn_tensor w)
{
    const rn_shape s = rn_shape_get(X);
    const int64_t terms = s.size[3] * s.size[4] * s.size[5], O = rn_size(w, -1);
    rn_shape y = rows_of(X, 3);

    X = rn_reshape(X, (rn_shape){2, {s.size[0] * s.size[1] * s.size[2], terms}});
    y.size[y.rank++] = O;
    return rn_reshape(rn_matmul(X, rn_reshape(w, (rn_shape){2, {terms, O}})), y);
}

/* As one product for each k1. With k1 as the first axis, gradients of the products lie one
 * after the other, without gaps. */
static rn_tensor as_sum(rn_tensor X, rn_tensor w)
{
    static const int taps_first[6] = {3, 0, 1, 2, 4, 5};
    const rn_shape s = rn_shape_get(X);
    const int64_t taps = s.size[3], terms = s.size[4] * s.size[5], O = rn_size(w, -1);
    rn_tensor y = rn_null();

    X = rn_reshape(rn_permute(X, taps_first),
                   (rn_shape){5, {taps, s.size[0], s.size[1], s.size[2], terms}});
    w = rn_reshape(w, (rn_shape){3, {taps, terms, O}});
    for (int64_t j = 0; j < taps; j++) {
        const rn_tensor z = rn_matmul(rn_index(X, 0, j), rn_index(w, 0, j));
        y = j ? rn_add(y, z) : z;
    }
    return y;
}

/* With groups: [rows, k1 k2, G, C / G] as [G, rows, terms], times [G, terms, O / G]. */
static rn_tensor as_groups(rn_tensor X, rn_tensor w, int64_t G)
{
    static const int to_groups[4] = {2, 0, 1, 3}, of_w[3] = {1, 0, 2};
    const rn_shape s = rn_shape_get(X);
    const int64_t rows = s.size[0] * s.size[1] * s.size[2], taps = s.size[3] * s.size[4];
    const int64_t C = s.size[5] / G, O = rn_size(w, -1);
    rn_shape y = rows_of(X, 3);

    X = rn_permute(rn_reshape(X, (rn_shape){4, {rows, taps, G, C}}), to_groups);
    X = rn_reshape(X, (rn_shape){3, {G, rows, taps * C}});
    w = rn_permute(rn_reshape(w, (rn_shape){3, {taps * C, G, O / G}}), of_w);
    y.size[y.rank++] = O;
    return rn_reshape(rn_permute(rn_matmul(X, w), of_w), y);
}

/* With a channel a group: the sum over the taps of X[.., c] w[c, q], O = C Q. */
static rn_tensor as_depthwise(rn_tensor X, rn_tensor w)
{
    static const int both_first[6] = {3, 4, 0, 1, 2, 5};
    const rn_shape s = rn_shape_get(X);
    const int64_t k2 = s.size[4], taps = s.size[3] * k2, C = s.size[5];
    const int64_t O = rn_size(w, -1);
    rn_shape y = rows_of(X, 3);
    rn_tensor sum = rn_null(), row = rn_null();

    X = rn_expand(rn_permute(X, both_first), -1);
    w = rn_reshape(w, (rn_shape){3, {taps, C, O / C}});
    for (int64_t j = 0; j < taps; j++) {
        if (j % k2 == 0) row = rn_index(X, 0, j / k2);
        const rn_tensor z = rn_mul(rn_index(row, 0, j % k2), rn_index(w, 0, j));
        sum = j ? rn_add(sum, z) : z;
    }
    y.size[y.rank++] = O;
    return rn_reshape(sum, y);
}

static rn_tensor convolve(const rn__windowing *v, int64_t G)
{
    rn_tensor x = rn__windowing_four(v, v->x);

    for (int i = 0; i < v->axes; i++)
        x = rn_pad(x, 1 + i, v->at[i].before, v->at[i].after, 0);
    const rn_tensor X = rn__windowing_windows(v, x);
    const rn_shape s = rn_shape_get(X);
    const rn_tensor w = rn_reshape(
        v->w, (rn_shape){4, {s.size[3], s.size[4], s.size[5] / G, rn_size(v->w, -1)}});

    if (G > 1 && G == s.size[5]) return as_depthwise(X, w);
    if (G > 1) return as_groups(X, w, G);
    if (s.size[3] <= TAPS && s.size[4] * s.size[5] >= TERMS) return as_sum(X, w);
    return as_product(X, w);
}

/* ---- public functions ---- */

static bool fits(const rn__windowing *v, int64_t G)
{
    const int64_t C = rn_size(v->x, -1), I = rn_size(v->w, -2), O = rn_size(v->w, -1);

    if (G < 1) return rn__windowing_refuse(v, "invalid: %lld groups", (long long)G);
    if (C % G || O % G)
        return rn__windowing_refuse(v, "channels are not divisible by %lld groups",
                                    (long long)G);
    if (C / G == I) return true;
    return rn__windowing_refuse(v, "w must have %lld channels, not %lld",
                                (long long)(C / G), (long long)I);
}

/* x and w exist, are real and of one type, and w has an axis for each of the windows', C /
 * G and O. */
static bool begin(rn__windowing *v)
{
    if (!rn__is_real(rn_type_get(v->x)) || rn_type_get(v->x) != rn_type_get(v->w))
        return rn__windowing_refuse(v, "x and w must be real and of one type");
    if (rn_rank(v->w) != v->axes + 2)
        return rn__windowing_refuse(v, v->axes == 2 ? "w must be [kH, kW, C, O]"
                                                    : "w must be [k, C, O]");
    for (int i = 0; i < v->axes; i++) v->at[i].size = rn_size(v->w, i);
    return true;
}

/* Whether x or w is the null tensor; then with an error, if there is a graph. */
static bool lacks(const rn__windowing *v, rn_tensor *null)
{
    const rn_tensor in[2] = {v->x, v->w}, lost = rn_is_null(v->x) ? v->x : v->w;
    rn_graph *g = rn_is_null(v->x) ? v->w.graph : v->x.graph;
    char text[128];

    if (!rn_is_null(lost)) return false;
    *null =
        g ? rn_fail(g, "%s: %s is the null tensor%s", v->what, rn_is_null(v->x) ? "x" : "w",
                    rn__null_text(lost, text, sizeof text))
          : rn__null_from(v->what, RN__NULL_X, in, 2);
    return true;
}

static rn_tensor conv(rn__windowing *v, int axis, bool same, int64_t G)
{
    rn__frame f;
    rn_tensor null;

    if (lacks(v, &null)) return null;
    if (!begin(v) || !rn__windowing_begin(v, axis, same) || !fits(v, G ? G : 1))
        return rn_null();
    rn__frame_enter(&f, v->what, NULL, v->x, v->w);
    return rn__frame_leave(&f, rn__windowing_result(v, convolve(v, G ? G : 1)));
}

rn_tensor rn_conv1d(rn_tensor x, rn_tensor w, rn_conv1d_options o)
{
    rn__windowing v = {.what = "conv1d", .x = x, .w = w, .axes = 1};

    v.at[0] = (rn__window_axis){
        .stride = o.stride, .dilation = o.dilation, .before = o.before, .after = o.after};
    return conv(&v, o.axis, o.same, o.groups);
}

rn_tensor rn_conv2d(rn_tensor x, rn_tensor w, rn_conv2d_options o)
{
    rn__windowing v = {.what = "conv2d", .x = x, .w = w, .axes = 2};

    for (int i = 0; i < 2; i++)
        v.at[i] = (rn__window_axis){.stride = o.stride[i],
                                    .dilation = o.dilation[i],
                                    .before = o.before[i],
                                    .after = o.after[i]};
    return conv(&v, -3, o.same, o.groups);
}

/* The zeros before the first step; -1 if the arguments are not valid. */
static int64_t past_of(rn_tensor w, int64_t dilation)
{
    const int64_t k = rn_is_null(w) || rn_rank(w) != 3 ? 0 : rn_size(w, 0);

    return k < 1 || k > INT32_MAX || dilation < 0 || dilation > INT32_MAX
               ? -1
               : (k - 1) * (dilation ? dilation : 1);
}

rn_tensor rn_causal_conv(rn_tensor x, rn_tensor w, int64_t dilation)
{
    const int64_t past = past_of(w, dilation);
    rn__windowing v = {.what = "causal_conv", .x = x, .w = w, .axes = 1};

    v.at[0] = (rn__window_axis){.dilation = dilation, .before = past < 0 ? 0 : past};
    return conv(&v, 0, false, 1);
}

/* The past [.., steps, C] of x [.., C]. */
static bool has_past(const rn__windowing *v, int64_t steps, const rn_tensor *past)
{
    const int rank = rn_rank(v->x);
    char text[128] = "none";

    if (steps < 0 || rank < 1)
        return rn__windowing_refuse(v, "x must be [.., C] and w [k, C, O]");
    if (past && rn_rank(*past) == rank + 1 && rn_size(*past, rank - 1) == steps)
        return true;
    if (past) rn__shape_text(rn_shape_get(*past), text, sizeof text);
    return rn__windowing_refuse(v, "the past must have %lld steps, and is %s",
                                (long long)steps, text);
}

rn_tensor rn_causal_conv_step(rn_tensor x, rn_tensor w, int64_t dilation, rn_tensor *past)
{
    const rn__windowing v = {.what = "causal_conv_step", .x = x, .w = w};
    const int64_t steps = past_of(w, dilation);
    const int axis = rn_rank(x) - 1;
    rn_tensor null;
    rn__frame f;

    if (lacks(&v, &null)) return null;
    if (!has_past(&v, steps, past)) return rn_null();
    rn__frame_enter(&f, v.what, NULL, x, w);
    const rn_tensor parts[2] = {*past, rn_expand(x, axis)};
    const rn_tensor all = rn_concat(parts, 2, axis);
    const rn_tensor y =
        rn_conv1d(all, w, (rn_conv1d_options){.axis = axis, .dilation = dilation});

    *past = rn_slice(all, axis, 1, INT64_MAX, 1);
    return rn__frame_leave(&f, rn_squeeze(y, axis));
}
