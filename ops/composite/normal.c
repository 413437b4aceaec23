/* SPDX-License-Identifier: MIT */
/*
 * normal -- standard normal random numbers by the method of Box and Muller (1958):
 *
 *   y = sqrt(-2 log u) cos(2 pi v),   u uniform in (0, 1], v uniform in [0, 1)
 *
 * u and v are drawn under two keys derived from the given one and different from it.
 */
#include "graph/frame.h"
#include "rondo/ops.h"

/* The output function of SplitMix64: a bijection that changes half of the bits. */
static uint64_t mix(uint64_t key)
{
    key += 0x9e3779b97f4a7c15u;
    key = (key ^ key >> 30) * 0xbf58476d1ce4e5b9u;
    key = (key ^ key >> 27) * 0x94d049bb133111ebu;
    return key ^ key >> 31;
}

rn_tensor rn_normal(rn_tensor ticks, uint64_t key, rn_type type, rn_shape shape)
{
    const double two_pi = 6.2831853071795865;
    rn__frame f;

    if (rn_is_null(ticks)) return rn__null_from("normal", RN__NULL_TICKS, &ticks, 1);
    rn__frame_enter(&f, "normal", NULL, ticks, rn_null());
    const rn_tensor u = rn_one_minus(rn_uniform(ticks, mix(key), type, shape));
    const rn_tensor v = rn_uniform(ticks, mix(mix(key)), type, shape);

    return rn__frame_leave(
        &f, rn_mul(rn_sqrt(rn_scale(rn_log(u), -2)), rn_cos(rn_scale(v, two_pi))));
}
