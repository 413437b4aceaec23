/* SPDX-License-Identifier: MIT */
/*
 * From a direction along which a gradient is wrong to an element that is: the direction is
 * halved, and of the halves the one is followed that is off by more, against its bar. Takes
 * two comparisons for each binary digit of the tensor's size.
 */
#include "gradcheck.h"

#include <math.h>

/* How far off the part [first, last) of the direction is; 0 at a kink, infinite for NaN. */
static bool measure(rn__checking *c, const rn__leaf_value *l, const double *direction,
                    int64_t first, int64_t last, double *excess)
{
    rn__comparison comparison;

    for (int64_t i = 0; i < l->count; i++)
        l->direction[i] = first <= i && i < last ? direction[i] : 0;
    if (!rn__compare_line(c, -1, &comparison)) return false;
    const double found = comparison.entry.excess;
    *excess = comparison.kinked ? 0 : isnan(found) ? (double)INFINITY : found;
    return true;
}

/* Narrows [*first, *last) down; it stops early when no half is wrong by itself. */
static bool narrow(rn__checking *c, const rn__leaf_value *l, const double *direction,
                   int64_t *first, int64_t *last)
{
    while (*last - *first > 1) {
        const int64_t middle = *first + (*last - *first) / 2;
        double lower, upper;
        if (!measure(c, l, direction, *first, middle, &lower) ||
            !measure(c, l, direction, middle, *last, &upper))
            return false;
        if (!(lower > 1) && !(upper > 1)) break;
        if (lower >= upper)
            *last = middle;
        else
            *first = middle;
    }
    return true;
}

bool rn__locate(rn__checking *c, rn__leaf_value *l, const double *direction)
{
    const int tensor = (int)(l - c->leaf);
    int64_t first = 0, last = l->count;

    l->direction = (double *)rn__arena_new(&c->arena, (size_t)l->count * sizeof(double));
    if (!l->direction) return rn__check_no_memory(c);
    bool ok = narrow(c, l, direction, &first, &last);
    if (ok && last - first == 1) {
        rn__comparison comparison;
        for (int64_t i = 0; i < l->count; i++) l->direction[i] = i == first;
        ok = rn__compare_line(c, first, &comparison);
        if (ok && !comparison.kinked) rn__report_add(c->report, tensor, comparison.entry);
    }
    l->direction = NULL;
    return ok;
}
