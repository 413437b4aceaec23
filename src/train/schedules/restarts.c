/* SPDX-License-Identifier: MIT */
/*
 * restarts -- cosines of periods T, m T, m m T ..; arXiv:1608.03983.
 *
 *   (1 + cos(pi (s - start) / length)) / 2, start being the last start that is at most s
 *
 * Counts of updates are i32, so there are at most 32 periods unless m is 1.
 */
#include <math.h>

#include "rondo/ops.h"
#include "train/schedules/schedule.h"

enum { PERIODS = 32 };

static double at(const rn_schedule *o, double s)
{
    double start = 0, length = (double)o->steps;

    if (o->t_mult == 1) return rn__cosine_at(fmod(s, length), length);
    while (s >= start + length) start += length, length *= (double)o->t_mult;
    return rn__cosine_at(s - start, length);
}

static rn_tensor build(const rn_schedule *o, rn_tensor s)
{
    const rn_tensor T = rn_constant_like(s, (double)o->steps);
    double start[PERIODS] = {0}, length[PERIODS] = {(double)o->steps};

    if (o->t_mult == 1) return rn__cosine(rn_sub(s, rn_mul(rn_floor(rn_div(s, T)), T)), T);
    for (int i = 1; i < PERIODS; i++) {
        start[i] = start[i - 1] + length[i - 1];
        length[i] = length[i - 1] * (double)o->t_mult;
    }
    rn_tensor starts = rn_constant(s.graph, RN_F64, (rn_shape){1, {PERIODS}}, start);
    rn_tensor lengths = rn_constant(s.graph, RN_F64, (rn_shape){1, {PERIODS}}, length);
    const rn_tensor reached = rn_less_equal(starts, s), none = rn_constant_like(s, 0);
    starts = rn_max(rn_where(reached, starts, none), NULL, 0, false);
    lengths = rn_max(rn_where(reached, lengths, none), NULL, 0, false);
    return rn__cosine(rn_sub(s, starts), lengths);
}

const rn__schedule_rule rn__schedule_restarts = {"restarts", true, at, build};
