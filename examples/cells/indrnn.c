/* SPDX-License-Identifier: MIT */
/*
 * IndRNN -- the independently recurrent network; Li, Li, Cook, Zhu and Gao 2018,
 * arXiv:1803.04831.
 *
 *   x  [B, I]    h  [B, H]    u  [H], initially uniform in -1 .. 1
 *
 *   h' = relu(W x + u .* h + b)
 *
 * Each unit reads only itself. The paper keeps |u| <= g^(1/T), so that a unit grows by at
 * most g in T steps; limit u after each update if you train with long sequences.
 */
#include "cells.h"

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor h = state[0];
    const int64_t H = rn_size(h, -1);
    rn_tensor u = rn_weight(s, "u", rn_shape(H), (rn_init){RN_INIT_UNIFORM, 1});

    return state[0] = rn_relu(rn_add(rn_linear(s, "h", x, H), rn_mul(u, h)));
}

const rn_cell cell_indrnn = {.name = "indrnn", .states = 1, .step = step};
