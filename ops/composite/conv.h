/* SPDX-License-Identifier: MIT */
/*
 * What convolution and pooling share: windows of one axis or of two neighbouring ones.
 *
 * x [.., n, .., C] is seen as [L, n, M, C], with all axes before and between as one, and x
 * [.., H, W, C] as [L, H, W, C]: windows of one axis are windows of two, of 1 element along
 * the second one.
 */
#ifndef RN_OPS_COMPOSITE_CONV_H
#define RN_OPS_COMPOSITE_CONV_H

#include "graph/frame.h"
#include "rondo/conv.h"
#include "rondo/ops.h"

typedef struct rn__window_axis {
    int64_t size, stride, dilation, before, after;
    int64_t n, count; /* steps of the axis, windows */
} rn__window_axis;

typedef struct rn__windowing {
    const char *what;
    rn_tensor x, w; /* as the user gave them; w null: pooling */
    int axis;       /* the first one with windows, counted from the front */
    int axes;       /* 1 or 2 */
    rn__window_axis at[2];
} rn__windowing;

/* Records "<what>: <why>: x [..], w [..]". Returns false. */
bool rn__windowing_refuse(const rn__windowing *v, const char *format, ...) RN_PRINTF(2, 3);

/* Finds the axes and counts the windows; sizes, strides, dilations and padding are set, 0
 * for the strides and dilations standing for 1. False after an error. */
bool rn__windowing_begin(rn__windowing *v, int axis, bool same);

/* x as [L, n, M, C]. */
rn_tensor rn__windowing_four(const rn__windowing *v, rn_tensor x);

/* The windows of four-axis x, padded already: [L, m1, m2, size1, size2, C]. */
rn_tensor rn__windowing_windows(const rn__windowing *v, rn_tensor x);

/* y [.., O], as many rows as windows, in the shape of x with windows instead of steps. */
rn_tensor rn__windowing_result(const rn__windowing *v, rn_tensor y);

#endif
