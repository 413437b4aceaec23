/* SPDX-License-Identifier: MIT */
/* linear -- start_factor + (end_factor - start_factor) min(s, T) / T. */
#include "rondo/ops.h"
#include "train/schedules/schedule.h"

static double at(const rn_schedule *o, double s)
{
    return o->start_factor + (o->end_factor - o->start_factor) * rn__progress_at(o, s);
}

static rn_tensor build(const rn_schedule *o, rn_tensor s)
{
    const rn_tensor change = rn_scale(rn__progress(o, s), o->end_factor - o->start_factor);

    return rn_offset(change, o->start_factor);
}

const rn__schedule_rule rn__schedule_linear = {"linear", true, at, build};
