/* SPDX-License-Identifier: MIT */
/*
 * How noisy a computed function is: from the table of differences of a few values close
 * together (Hamming; More and Wild, "Estimating computational noise", SIAM J. Sci. Comput.
 * 33, 2011). The k-th differences of a smooth curve vanish, of independent noise of
 * standard deviation s they have the mean square s^2 (2k)! / (k!)^2.
 */
#include "check/numeric.h"

#include <float.h>
#include <math.h>

enum { POINTS = 7, FIRST = 3, LAST = 5 };

/* The largest estimate of those by the third to fifth differences of y, whose size is used
 * so that no square of them is too small or too large. */
static double from_differences(const double *y, double size)
{
    double d[POINTS], norm = 1, largest = 0;

    for (int i = 0; i < POINTS; i++) d[i] = y[i] / size;
    for (int k = 1; k <= LAST; k++) {
        double sum = 0;
        norm *= 4.0 - 2.0 / k; /* (2k)! / (k!)^2 */
        for (int i = 0; i + k < POINTS; i++) {
            d[i] = d[i + 1] - d[i];
            sum += d[i] * d[i];
        }
        if (k >= FIRST) largest = fmax(largest, sqrt(sum / (POINTS - k) / norm));
    }
    return largest * size;
}

bool rn__noise(rn__function f, void *data, double t, double spacing, double *noise)
{
    double y[POINTS], size = 0;

    for (int i = 0; i < POINTS; i++) {
        if (!f(data, t + (i - POINTS / 2) * spacing, &y[i])) return false;
        size = fmax(size, fabs(y[i]));
    }
    const double least = fmax(size * (DBL_EPSILON / 2), DBL_TRUE_MIN);
    const double found = size > 0 ? from_differences(y, size) : 0;
    *noise = isfinite(found) ? fmax(found, least) : (double)INFINITY;
    return true;
}
