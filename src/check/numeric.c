/* SPDX-License-Identifier: MIT */
/*
 * Central differences over a ladder of steps h, 2h, 4h, ..., each window of four
 * extrapolated to step 0 (Romberg): the error is then of order h^8. Small steps lose to
 * rounding, large ones to curvature; the window is taken whose estimate moves least by its
 * last extrapolation and by rounding together. A ladder of smaller steps follows while
 * curvature is what moves it.
 */
#include "numeric.h"

#include <float.h>
#include <math.h>

enum { STEPS = 7, WINDOW = 4, LADDERS = 3 };

/* Rounding of one evaluation in units of the largest value's last place. */
static const double evaluation_noise = 16 * DBL_EPSILON;

/* An estimate that moves relatively less is good enough. */
static const double enough = 1e-10;

static bool ladder(rn__function f, void *data, double scale, double *h, double *d,
                   double *largest)
{
    *largest = 0;
    for (int i = 0; i < STEPS; i++) {
        double up, down;
        h[i] = ldexp(scale, i - 9);
        if (!f(data, h[i], &up) || !f(data, -h[i], &down)) return false;
        d[i] = (up - down) / (2 * h[i]);
        *largest = fmax(*largest, fmax(fabs(up), fabs(down)));
    }
    return true;
}

/* The extrapolation of d[0..3]; *moved is by how much its last stage changed it. */
static double extrapolate(const double *d, double *moved)
{
    double r[WINDOW], before = 0;

    for (int i = 0; i < WINDOW; i++) r[i] = d[i];
    for (int stage = 1; stage < WINDOW; stage++) {
        const double power = ldexp(1, 2 * stage);
        before = r[0];
        for (int i = 0; i + stage < WINDOW; i++)
            r[i] = (power * r[i] - r[i + 1]) / (power - 1);
    }
    *moved = fabs(r[0] - before);
    return r[0];
}

/* Takes the best window of one ladder if it is better than what there is. */
static bool improve(rn__function f, void *data, double scale, double *best,
                    rn__derivative *out)
{
    double h[STEPS], d[STEPS], largest;

    if (!ladder(f, data, scale, h, d, &largest)) return false;
    for (int i = 0; i + WINDOW <= STEPS; i++) {
        double moved;
        const double value = extrapolate(d + i, &moved);
        const double noise = evaluation_noise * largest / h[i];
        if (!(moved + noise < *best)) continue;
        *best = moved + noise;
        *out = (rn__derivative){value, noise};
    }
    return true;
}

bool rn__differentiate(rn__function f, void *data, double scale, rn__derivative *out)
{
    double best = INFINITY;

    *out = (rn__derivative){NAN, 0};
    for (int k = 0; k < LADDERS; k++) {
        if (!improve(f, data, ldexp(scale, -4 * k), &best, out)) return false;
        if (best <= enough * fabs(out->value) || best <= 2 * out->noise) break;
    }
    return true;
}
