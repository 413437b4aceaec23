/* SPDX-License-Identifier: MIT */
/* Axes of a plot: the ticks and their labels. */
#ifndef RN_IO_PLOT_H
#define RN_IO_PLOT_H

#include "kernel/ieee.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Ticks are the multiples first .. last of digit * 10^exponent, digit being 1, 2 or 5. On a
 * logarithmic axis they are the powers 10^(exponent tick), or with exponent 0 the numbers 1,
 * 2, 5, 10, 20 .., of which number 0 is 1. */
typedef struct rn__axis {
    double low, high; /* the range of the axis; of logarithms on a logarithmic axis */
    int digit, exponent;
    int64_t first, last;
    bool logarithmic;
} rn__axis;

/* An axis over low .. high, both finite, with about `wanted` ticks. It starts and ends at a
 * tick. For a logarithmic one both are positive. */
rn__axis rn__axis_over(double low, double high, int wanted);
rn__axis rn__axis_log(double low, double high, int wanted);

/* The place of a value or of a tick between the axis's ends, 0 .. 1. */
double rn__axis_place(const rn__axis *axis, double value);
double rn__axis_tick(const rn__axis *axis, int64_t tick);

/* The value of a tick, and its text: a decimal number with a point in every locale. */
double rn__axis_value(const rn__axis *axis, int64_t tick);
void rn__axis_label(const rn__axis *axis, int64_t tick, char *text, size_t capacity);

#endif
