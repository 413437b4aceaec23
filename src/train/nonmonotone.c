/* SPDX-License-Identifier: MIT */
/* nonmonotone -- when averaging begins; Merity et al. 2017, arXiv:1708.02182, algorithm 1.
 */
#include <math.h>

#include "kernel/ieee.h"
#include "rondo/averages.h"

bool rn_nonmonotone_add(rn_nonmonotone *trigger, double loss)
{
    rn_nonmonotone *t = trigger;

    if (!t || t->interval < 0 || t->interval > RN_NONMONOTONE_MAX || t->count < 0 ||
        t->count == INT64_MAX)
        return false;
    const int n = t->interval ? t->interval : 5;
    double *oldest = &t->recent[t->count % n];
    const bool begins = !t->begun && t->count > n && loss > t->lowest;

    if (t->count >= n) t->lowest = t->count > n ? fmin(t->lowest, *oldest) : *oldest;
    *oldest = loss;
    t->count++;
    t->begun = t->begun || begins;
    return begins;
}
