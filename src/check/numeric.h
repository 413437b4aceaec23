/* SPDX-License-Identifier: MIT */
/* The numerical derivative of a function of one number, with a bound on its error. */
#ifndef RN_CHECK_NUMERIC_H
#define RN_CHECK_NUMERIC_H

#include "kernel/ieee.h"

#include <stdbool.h>

/* Sets *y to f(t), false if it cannot be computed. */
typedef bool (*rn__function)(void *data, double t, double *y);

typedef struct rn__derivative {
    double value; /* NaN when no step gives a number */
    double error; /* value is all but surely no further from f'(0) */
    double h;     /* the shortest step that it is made from, or that was tried */
    double noise; /* of one value, as it was measured */
    bool settled; /* the error is that of the noise, not of the steps */
    bool bent;    /* curvature hides the slope at this scale: try another */
} rn__derivative;

/* Steps are at most scale / 8, and at least `shortest`. */
typedef struct rn__steps {
    double scale, shortest;
    double noise; /* of one value at least; more is measured */
} rn__steps;

/* f'(0) from differences over such steps. */
bool rn__differentiate(rn__function f, void *data, rn__steps steps, rn__derivative *out);

/* Conclusive; so good that nothing better is needed. */
bool rn__clear(const rn__derivative *d);
bool rn__sharp(const rn__derivative *d);

/* Of two at different scales the better one; where they contradict each other the finer, if
 * it is clear by itself, else one whose bound covers both. */
rn__derivative rn__better(rn__derivative fine, rn__derivative coarse);

/* The noise of f about t, as the standard deviation of one value from a smooth curve; at
 * least that of rounding the value itself. Infinite when f gives no numbers. (noise.c) */
bool rn__noise(rn__function f, void *data, double t, double spacing, double *noise);

#endif
