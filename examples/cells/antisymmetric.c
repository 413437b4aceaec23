/* SPDX-License-Identifier: MIT */
/*
 * AntisymmetricRNN -- Chang, Chen, Haber and Chi 2019, arXiv:1902.09689. Euler steps of
 * size e of a stable differential equation, with diffusion d.
 *
 *   x  [B, I]    h  [B, H]
 *
 *   h' = h + e tanh(W x + (U - U^T - d 1) h + b)       e = 0.1, d = 0.01
 */
#include "cells.h"

#include <math.h>

static const double size = 0.1, diffusion = 0.01;

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor h = state[0];
    const int64_t H = rn_size(h, -1);
    rn_tensor u = rn_weight(rn_scope_in(s, "h"), "u", rn_shape(H, H),
                            (rn_init){RN_INIT_NORMAL, 1 / sqrt((double)H)});
    rn_tensor uh = rn_matmul(h, rn_sub(u, rn_transpose(u)));
    rn_tensor sum = rn_add(rn_linear(s, "h", x, H), rn_sub(uh, rn_scale(h, diffusion)));

    return state[0] = rn_add(h, rn_scale(rn_tanh(sum), size));
}

const rn_cell cell_antisymmetric = {.name = "antisymmetric", .states = 1, .step = step};
