/* SPDX-License-Identifier: MIT */
/*
 * From a direction along which a gradient is wrong to an element that is: the direction is
 * halved, and of the halves the one is followed that is off by more, against its error
 * bound. Takes two comparisons for each binary digit of the tensor's size.
 */
#include <math.h>

#include "check/probe.h"

/* How far off the part [first, last) of the direction is; 0 at a kink, infinite for NaN. */
static bool measure(rn__probe *p, const double *direction, double *part, int i,
                    int64_t first, int64_t last, double *excess)
{
    rn__comparison comparison;

    for (int64_t k = 0; k < p->input[i].count; k++)
        part[k] = first <= k && k < last ? direction[k] : 0;
    p->input[i].direction = part;
    const bool ok = rn__compare_line(p, -1, &comparison);
    p->input[i].direction = NULL;
    if (!ok) return false;
    const double found = comparison.entry.excess;
    *excess = comparison.kinked ? 0 : isnan(found) ? (double)INFINITY : found;
    return true;
}

bool rn__narrow(rn__probe *p, int i, const double *direction, int64_t *first, int64_t *last)
{
    double *part =
        (double *)rn__arena_new(&p->arena, (size_t)p->input[i].count * sizeof *part);

    if (!part) return rn__probe_no_memory(p);
    *first = 0, *last = p->input[i].count;
    while (*last - *first > 1) {
        const int64_t middle = *first + (*last - *first) / 2;
        double lower, upper;
        if (!measure(p, direction, part, i, *first, middle, &lower) ||
            !measure(p, direction, part, i, middle, *last, &upper))
            return false;
        if (!(lower > 1) && !(upper > 1)) break;
        if (lower >= upper)
            *last = middle;
        else
            *first = middle;
    }
    return true;
}
