/* SPDX-License-Identifier: MIT */
/* The numerical derivative of a function of one number, with a bar on its error. */
#ifndef RN_CHECK_NUMERIC_H
#define RN_CHECK_NUMERIC_H

#include <stdbool.h>

/* Sets *y to f(t), false if it cannot be computed. */
typedef bool (*rn__function)(void *data, double t, double *y);

typedef struct rn__derivative {
    double value; /* NaN when no step gives a number */
    double error; /* value is all but surely no further from f'(0) */
} rn__derivative;

/* f'(0) from differences over steps of at most scale / 8. */
bool rn__differentiate(rn__function f, void *data, double scale, rn__derivative *out);

/* The noise of f about t, as the standard deviation of one value from a smooth curve; at
 * least that of rounding the value itself. Infinite when f gives no numbers. (noise.c) */
bool rn__noise(rn__function f, void *data, double t, double spacing, double *noise);

#endif
