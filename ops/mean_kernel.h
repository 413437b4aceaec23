/* SPDX-License-Identifier: MIT */
/*
 * The kernel of a mean: a sum divided by the number of its terms. The including file
 * defines TERM as for reduce_kernel.h, and
 *
 *   SMALL_TERM(x)      the same, a double and so small that no sum of it overflows
 *   UNSMALL(y)         what a mean of small terms stands for
 *
 * If a sum is not finite, it is computed again from small terms: a mean of finite terms is
 * finite.
 */
#ifndef RN_OPS_MEAN_KERNEL_H
#define RN_OPS_MEAN_KERNEL_H

#define START 0
static inline element combine(element a, element b)
{
    return a + b;
}
#include "ops/reduce_kernel.h"

static inline double size_of(double x)
{
    return x < 0 ? -x : x;
}

/* A compensated sum (Neumaier), except for infinities and NaN. */
static double mean_of_small(const rn__reduction *r, const element *x)
{
    double sum = 0, lost = 0;

    for (int64_t i = 0; i < r->terms; i++) {
        int64_t offset;
        rn__reduction_offsets(r, i, 1, &offset);
        const double term = SMALL_TERM((double)x[offset]), both = sum + term;
        lost += size_of(sum) >= size_of(term) ? (sum - both) + term : (term - both) + sum;
        sum = both;
    }
    sum = lost - lost == 0 ? sum + lost : sum;
    return sum / (double)r->terms;
}

static void reduce_to_mean(const rn_call *call)
{
    const element *x = (const element *)call->in[0].data;
    element *y = (element *)call->out->data;
    rn__reduction r;

    reduce(call);
    rn__reduction_init(&r, call);
    for (int64_t i = 0; i < r.outputs; i++, rn__walk_next(&r.kept))
        y[i] = y[i] - y[i] == 0 ? y[i] / (element)r.terms
                                : (element)UNSMALL(mean_of_small(&r, x + r.kept.at[0]));
}

#endif
