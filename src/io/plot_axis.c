/* SPDX-License-Identifier: MIT */
/* Axes of a plot: round numbers and their text. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "io/plot.h"

/* The smallest of 1, 2, 5 times a power of ten that is at least `least`. */
static void round_step(double least, int *digit, int *exponent)
{
    static const int digits[] = {1, 2, 5};

    *exponent = (int)floor(log10(least));
    for (int i = 0; i < 3; i++) {
        *digit = digits[i];
        if (*digit * pow(10, *exponent) >= least * (1 - 1e-9)) return;
    }
    *digit = 1;
    *exponent += 1;
}

/* The digit and the exponent of a tick of a logarithmic axis. */
static int digit_of(const rn__axis *axis, int64_t tick, int *exponent)
{
    static const int digits[] = {1, 2, 5};
    const int64_t third = tick < 0 ? (tick - 2) / 3 : tick / 3;

    *exponent = (int)(axis->exponent ? axis->exponent * tick : third);
    return axis->exponent ? 1 : digits[tick - 3 * third];
}

/* Dividing by a power of ten is exact more often than multiplying by its reciprocal. */
double rn__axis_value(const rn__axis *axis, int64_t tick)
{
    double n = (double)tick * axis->digit;
    int exponent;

    if (axis->logarithmic) {
        n = digit_of(axis, tick, &exponent);
        return n * pow(10, exponent);
    }
    return axis->exponent < 0 ? n / pow(10, -axis->exponent) : n * pow(10, axis->exponent);
}

rn__axis rn__axis_over(double low, double high, int wanted)
{
    rn__axis axis = {.logarithmic = false};
    double size = fmax(fabs(low), fabs(high));

    /* Values that are equal, or differ by rounding only, get a range around them; values
     * near the smallest numbers count as 0. */
    if (size < 1e-290) size = low = high = 0;
    if (!(high - low > size * 1e-9)) {
        const double room = size > 0 ? size * 0.1 : 1;
        low -= room;
        high += room;
    }
    round_step((high - low) / wanted, &axis.digit, &axis.exponent);

    const double step = rn__axis_value(&axis, 1);
    axis.first = (int64_t)floor(low / step + 1e-9);
    axis.last = (int64_t)ceil(high / step - 1e-9);
    axis.low = rn__axis_value(&axis, axis.first);
    axis.high = rn__axis_value(&axis, axis.last);
    return axis;
}

/* The logarithm of a tick. */
static double log_tick(const rn__axis *axis, int64_t tick)
{
    int exponent;
    const int digit = digit_of(axis, tick, &exponent);

    return exponent + log10(digit);
}

rn__axis rn__axis_log(double low, double high, int wanted)
{
    const double from = log10(low), to = log10(high), decades = to - from;
    rn__axis axis = {.logarithmic = true};

    if (decades > 2) axis.exponent = (int)ceil(decades / wanted);
    const double each = axis.exponent ? axis.exponent : 1.0 / 3;
    axis.first = (int64_t)floor(from / each);
    axis.last = (int64_t)ceil(to / each);
    while (log_tick(&axis, axis.first) > from + 1e-9) axis.first--;
    while (log_tick(&axis, axis.first + 1) <= from + 1e-9) axis.first++;
    while (log_tick(&axis, axis.last) < to - 1e-9) axis.last++;
    while (axis.last - 1 > axis.first && log_tick(&axis, axis.last - 1) >= to - 1e-9)
        axis.last--;
    if (axis.last == axis.first) axis.last++;
    axis.low = log_tick(&axis, axis.first);
    axis.high = log_tick(&axis, axis.last);
    return axis;
}

double rn__axis_place(const rn__axis *axis, double value)
{
    const double at = axis->logarithmic ? log10(value) : value;

    return (at - axis->low) / (axis->high - axis->low);
}

double rn__axis_tick(const rn__axis *axis, int64_t tick)
{
    const double at = axis->logarithmic ? log_tick(axis, tick) : rn__axis_value(axis, tick);

    return (at - axis->low) / (axis->high - axis->low);
}

/* |n| 10^exponent as a decimal fraction: 25, -2 -> 0.25 */
static void fixed(uint64_t n, int exponent, char *text, size_t capacity)
{
    char digits[48];
    int length =
        snprintf(digits, sizeof digits, "%0*" PRIu64, exponent < 0 ? 1 - exponent : 1, n);

    if (exponent >= 0) {
        snprintf(text, capacity, "%s%.*s", digits, n ? exponent : 0, "000000000");
        return;
    }
    length += exponent;
    snprintf(text, capacity, "%.*s.%s", length, digits, digits + length);
}

/* 25, -8 -> 2.5e-7 */
static void scientific(uint64_t n, int exponent, char *text, size_t capacity)
{
    char digits[32];

    for (; n % 10 == 0; n /= 10) exponent++;
    const int length = snprintf(digits, sizeof digits, "%" PRIu64, n);
    snprintf(text, capacity, "%c%s%se%d", digits[0], length > 1 ? "." : "", digits + 1,
             exponent + length - 1);
}

void rn__axis_label(const rn__axis *axis, int64_t tick, char *text, size_t capacity)
{
    int exponent = axis->exponent;
    const int64_t n =
        axis->logarithmic ? digit_of(axis, tick, &exponent) : tick * axis->digit;
    const uint64_t size = n < 0 ? (uint64_t)-n : (uint64_t)n;
    char number[64];

    if (n == 0)
        snprintf(number, sizeof number, "0");
    else if (exponent >= -5 && exponent <= 5)
        fixed(size, exponent, number, sizeof number);
    else
        scientific(size, exponent, number, sizeof number);
    snprintf(text, capacity, "%s%s", n < 0 ? "-" : "", number);
}
