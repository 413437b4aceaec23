/* SPDX-License-Identifier: MIT */
/* exponential -- gamma^s. */
#include <math.h>

#include "train/schedules/schedule.h"

static double at(const rn_schedule *o, double s)
{
    return pow(o->gamma, s);
}

static rn_tensor build(const rn_schedule *o, rn_tensor s)
{
    return rn__power(o->gamma, s);
}

const rn__schedule_rule rn__schedule_exponential = {"exponential", false, at, build};
