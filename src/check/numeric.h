/* SPDX-License-Identifier: MIT */
/* The numerical derivative of a function of one number. */
#ifndef RN_CHECK_NUMERIC_H
#define RN_CHECK_NUMERIC_H

#include <stdbool.h>

/* Sets *y to f(t), false if it cannot be computed. */
typedef bool (*rn__function)(void *data, double t, double *y);

typedef struct rn__derivative {
    double value;
    double noise; /* what rounding in f alone may move the value by */
} rn__derivative;

/* f'(0) for steps of the order of `scale`. */
bool rn__differentiate(rn__function f, void *data, double scale, rn__derivative *out);

#endif
