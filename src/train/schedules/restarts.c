/* SPDX-License-Identifier: MIT */
/*
 * restarts -- cosines of periods T, m T, m m T ..; arXiv:1608.03983.
 *
 *   (1 + cos(pi (s - start) / length)) / 2,  length = start (m - 1) + T
 *
 * where start is the last one of 0, T, T + m T, .. that is at most s.
 *
 * Counts of updates are i32, so there are at most 32 periods unless m is 1.
 */
#include <math.h>

#include "rondo/ops.h"
#include "train/schedules/schedule.h"

enum { PERIODS = 32 };

static double at(const rn_schedule *o, double s)
{
    const double T = (double)o->steps, m = (double)o->t_mult;
    double start = m == 1 ? floor(s / T) * T : 0;

    while (m > 1 && s >= start * m + T) start = start * m + T;
    return rn__cosine_at(s - start, start * (m - 1) + T);
}

/* The last start that is at most s. */
static rn_tensor start_of(const rn_schedule *o, rn_tensor s)
{
    const double T = (double)o->steps, m = (double)o->t_mult;
    double start[PERIODS] = {0};

    if (m == 1) return rn_scale(rn_floor(rn_div(s, rn_constant_like(s, T))), T);
    for (int i = 1; i < PERIODS; i++) start[i] = start[i - 1] * m + T;
    const rn_tensor all = rn_constant(s.graph, RN_F64, (rn_shape){1, {PERIODS}}, start);
    const rn_tensor reached = rn_where(rn_less_equal(all, s), all, rn_constant_like(s, 0));
    return rn_max(reached, NULL, 0, false);
}

static rn_tensor build(const rn_schedule *o, rn_tensor s)
{
    const rn_tensor start = start_of(o, s);
    const rn_tensor longer = rn_scale(start, (double)o->t_mult - 1);

    return rn__cosine(rn_sub(s, start), rn_offset(longer, (double)o->steps));
}

const rn__schedule_rule rn__schedule_restarts = {"restarts", true, at, build};
