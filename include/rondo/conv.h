/* SPDX-License-Identifier: MIT */
/*
 * Convolution and pooling, over the steps of sequences and over images.
 *
 * Channels are the last axis: sequences are [T, B, C], images [.., H, W, C], so that a
 * pixel is a row like any other, and a convolution one product of rows.
 *
 * All of it is made of windows, and of padding, products, sums and maxima (ops.h), so it
 * works in loops and has gradients of any order. The layers with weights are in layers.h.
 *
 * Letters: C channels, O output channels, G groups, n steps of an axis, k steps of a window
 * or kernel, whose reach is (k - 1) dilation + 1.
 */
#ifndef RONDO_CONV_H
#define RONDO_CONV_H

#include "graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- windows ---- */

/* All windows of `size` elements of an axis, without a copy: y[.., i, j, ..] = x[.., i
 * stride + j dilation, ..], so x [.., n, ..] -> [.., m, size, ..]. A window that would end
 * past the axis does not exist. */
RN_API rn_tensor rn_windows(rn_tensor x, int axis, int64_t size, int64_t stride,
                            int64_t dilation);

/* The adjoint: windows, x [.., m, size, ..], are added to where they came from, an axis of
 * n elements, in order of j -> [.., n, ..]. Real types and i32. Errors: n elements do not
 * have m windows. */
RN_API rn_tensor rn_fold(rn_tensor x, int axis, int64_t n, int64_t stride,
                         int64_t dilation);

/* ---- convolution ---- */

/* How many steps come out: m = 1 + floor((before + n + after - reach) / stride). An axis
 * without elements and without padding gives none. */
typedef struct rn_conv1d_options {
    int axis;                 /* the axis of the steps: 0 in [T, B, C], 1 in [B, T, C] */
    int64_t stride, dilation; /* 0 means 1 */
    int64_t before, after;    /* zeros added to the axis */
    bool same;                /* instead of these as many zeros as m = ceil(n / stride)
                                 needs; if their number is odd, one more after than before,
                                 as in PyTorch and Keras */
    int64_t groups;           /* G; 0 means 1 */
} rn_conv1d_options;

/* By axis: that of H, that of W. */
typedef struct rn_conv2d_options {
    int64_t stride[2], dilation[2];
    int64_t before[2], after[2];
    bool same;
    int64_t groups;
} rn_conv2d_options;

/* y[t, .., o] = sum over j, c of x[t stride + j dilation - before, .., c] w[j, c, o]
 *
 * x [.., n, .., C] and w [k, C / G, O], real and of one type -> [.., m, .., O]. As in all
 * systems for learning, the kernel is not reversed. With groups, the channels of x and y
 * are divided into G ranges, and range g of y is computed from range g of x; with G = C
 * this is a depthwise convolution. Errors: shapes that do not fit; a kernel that reaches
 * further than the padded axis. */
RN_API rn_tensor rn_conv1d(rn_tensor x, rn_tensor w, rn_conv1d_options options);

/* The same over two axes: x [.., H, W, C] and w [kH, kW, C / G, O] -> [.., mH, mW, O]. */
RN_API rn_tensor rn_conv2d(rn_tensor x, rn_tensor w, rn_conv2d_options options);

/* A convolution in which no step depends on later ones: x [T, B, C], or [T, .., C], and w
 * [k, C, O] -> [T, B, O], by (k - 1) dilation zeros before the first step. w[k - 1] belongs
 * to the current step. A dilation of 0 means 1. */
RN_API rn_tensor rn_causal_conv(rn_tensor x, rn_tensor w, int64_t dilation);

/* One step of it: x [B, C] is the current step, and *past [B, reach - 1, C] has the steps
 * before it, zeros at first, and is replaced by those before the next one, as a state of a
 * cell. Returns [B, O], with the bits of that step of the whole. */
RN_API rn_tensor rn_causal_conv_step(rn_tensor x, rn_tensor w, int64_t dilation,
                                     rn_tensor *past);

#ifdef __cplusplus
}
#endif
#endif
