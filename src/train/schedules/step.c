/* SPDX-License-Identifier: MIT */
/* step -- gamma^floor(s / T). */
#include <math.h>

#include "rondo/ops.h"
#include "train/schedules/schedule.h"

static double at(const rn_schedule *o, double s)
{
    return pow(o->gamma, floor(s / (double)o->steps));
}

static rn_tensor build(const rn_schedule *o, rn_tensor s)
{
    const rn_tensor T = rn_constant_like(s, (double)o->steps);

    return rn__power(o->gamma, rn_floor(rn_div(s, T)));
}

const rn__schedule_rule rn__schedule_step = {"step", true, at, build};
