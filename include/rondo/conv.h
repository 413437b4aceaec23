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

/* ---- pooling ---- */

/* As for convolutions, but that a stride of 0 means the size of the window. */
typedef struct rn_pool1d_options {
    int axis;
    int64_t stride, dilation;
    int64_t before, after;
    bool same;
    bool count_padding; /* a mean divides by the size of the window even where that is
                           partly padding: PyTorch's count_include_pad */
} rn_pool1d_options;

typedef struct rn_pool2d_options {
    int64_t stride[2], dilation[2];
    int64_t before[2], after[2];
    bool same;
    bool count_padding;
} rn_pool2d_options;

/* The largest element, or the mean, of each window and channel: x [.., n, .., C] -> [.., m,
 * .., C], and x [.., H, W, C] -> [.., mH, mW, C]. Padding is never the largest, and does
 * not belong to a mean unless it is counted. Equal largest elements share the gradient; in
 * PyTorch the first gets all of it. The maximum of real types and i32, the mean of real
 * types. Errors: as for convolutions. */
RN_API rn_tensor rn_max_pool1d(rn_tensor x, int64_t size, rn_pool1d_options options);
RN_API rn_tensor rn_mean_pool1d(rn_tensor x, int64_t size, rn_pool1d_options options);
RN_API rn_tensor rn_max_pool2d(rn_tensor x, int64_t height, int64_t width,
                               rn_pool2d_options options);
RN_API rn_tensor rn_mean_pool2d(rn_tensor x, int64_t height, int64_t width,
                                rn_pool2d_options options);

typedef enum rn_pooling {
    RN_POOL_MEAN,  /* real types */
    RN_POOL_SUM,   /* real types and i32 */
    RN_POOL_MAX,   /* real types and i32 */
    RN_POOL_FIRST, /* the first valid step; any type */
    RN_POOL_LAST   /* the last valid step; any type */
} rn_pooling;

/* All valid steps of each sequence as one: x [T, B, ..] -> [B, ..]. `valid` is lengths, i32
 * [B], or a mask, bool [T, B]; null: all steps. Other steps affect neither the result nor
 * gradients, not even if they are NaN. Without a valid step the result is 0. Errors: other
 * shapes and types. A length outside 0..T makes the run fail with a message. */
RN_API rn_tensor rn_pool_time(rn_tensor x, rn_tensor valid, rn_pooling how);

#ifdef __cplusplus
}
#endif
#endif
