/* SPDX-License-Identifier: MIT */
/* polynomial -- (1 - min(s, T) / T)^power. */
#include <math.h>

#include "rondo/ops.h"
#include "train/schedules/schedule.h"

static double at(const rn_schedule *o, double s)
{
    return pow(1 - rn__progress_at(o, s), o->power);
}

static rn_tensor build(const rn_schedule *o, rn_tensor s)
{
    const rn_tensor rest = rn_one_minus(rn__progress(o, s));

    return rn_pow(rest, rn_constant_like(s, o->power));
}

const rn__schedule_rule rn__schedule_polynomial = {"polynomial", true, at, build};
