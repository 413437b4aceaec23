/* SPDX-License-Identifier: MIT */
/*
 * LEM -- long expressive memory; Rusch, Mishra, Erichson and Mahoney 2022,
 * arXiv:2110.04744. Two coupled differential equations with learned sizes of their steps.
 *
 *   x  [B, I]    y, z  [B, H]
 *
 *   d  = s(Wd x + Ud y + bd)      e = s(We x + Ue y + be)      the paper's dt is 1
 *   z' = (1 - d) .* z + d .* tanh(Wz x + Uz y + bz)
 *   y' = (1 - e) .* y + e .* tanh(Wy x + Uy z' + by)
 */
#include "cells.h"

static rn_tensor mix(rn_tensor share, rn_tensor from, rn_tensor to)
{
    return rn_add(rn_mul(rn_one_minus(share), from), rn_mul(share, to));
}

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor y = state[0], z = state[1];
    rn_tensor d = rn_sigmoid(rn_gate(s, "d", x, y));
    rn_tensor e = rn_sigmoid(rn_gate(s, "e", x, y));

    state[1] = z = mix(d, z, rn_tanh(rn_gate(s, "z", x, y)));
    return state[0] = mix(e, y, rn_tanh(rn_gate(s, "y", x, z)));
}

const rn_cell cell_lem = {.name = "lem", .states = 2, .step = step};
