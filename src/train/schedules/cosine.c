/* SPDX-License-Identifier: MIT */
/* cosine -- (1 + cos(pi s / T)) / 2; arXiv:1608.03983. */
#include <math.h>

#include "rondo/ops.h"
#include "train/schedules/schedule.h"

double rn__cosine_at(double s, double length)
{
    return (1 + cos(rn__pi * s / length)) / 2;
}

rn_tensor rn__cosine(rn_tensor s, rn_tensor length)
{
    return rn_scale(rn_offset(rn_cos(rn_div(rn_scale(s, rn__pi), length)), 1), 0.5);
}

static double at(const rn_schedule *o, double s)
{
    return rn__cosine_at(s, (double)o->steps);
}

static rn_tensor build(const rn_schedule *o, rn_tensor s)
{
    return rn__cosine(s, rn_constant_like(s, (double)o->steps));
}

const rn__schedule_rule rn__schedule_cosine = {"cosine", true, at, build};
