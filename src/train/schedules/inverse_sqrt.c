/* SPDX-License-Identifier: MIT */
/* inverse_sqrt -- min(n / T, sqrt(T / n)) with n = s + 1; arXiv:1706.03762. */
#include <math.h>

#include "rondo/ops.h"
#include "train/schedules/schedule.h"

static double at(const rn_schedule *o, double s)
{
    const double T = (double)o->steps, n = s + 1;

    return n < T ? n / T : sqrt(T / n);
}

static rn_tensor build(const rn_schedule *o, rn_tensor s)
{
    const rn_tensor T = rn_constant_like(s, (double)o->steps), n = rn_offset(s, 1);

    return rn_minimum(rn_div(n, T), rn_sqrt(rn_div(T, n)));
}

const rn__schedule_rule rn__schedule_inverse_sqrt = {"inverse_sqrt", true, at, build};
