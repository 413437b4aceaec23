/* SPDX-License-Identifier: MIT */
/* multi_step -- gamma^n, n being the number of milestones that are at most s. */
#include <math.h>

#include "rondo/ops.h"
#include "train/schedules/schedule.h"

static int count(const rn_schedule *o)
{
    int n = 0;

    while (n < RN_MILESTONES_MAX && o->milestone[n]) n++;
    return n;
}

static double at(const rn_schedule *o, double s)
{
    int n = 0;

    for (int i = 0; i < count(o); i++) n += (double)o->milestone[i] <= s;
    return pow(o->gamma, n);
}

static rn_tensor build(const rn_schedule *o, rn_tensor s)
{
    double milestone[RN_MILESTONES_MAX];

    for (int i = 0; i < count(o); i++) milestone[i] = (double)o->milestone[i];
    rn_tensor m = rn_constant(s.graph, RN_F64, (rn_shape){1, {count(o)}}, milestone);
    return rn__power(o->gamma, rn_sum_all(rn_cast(rn_less_equal(m, s), RN_F64)));
}

const rn__schedule_rule rn__schedule_multi_step = {"multi_step", false, at, build};
