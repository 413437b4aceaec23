/* SPDX-License-Identifier: MIT */
/*
 * RG-LRU -- the real-gated linear recurrent unit of Griffin; De, Smith, Fernando, Botev
 * et al. 2024, arXiv:2402.19427. The linear layer before it is part of this cell.
 *
 *   x  [B, I]    h  [B, H]    L  [H]
 *
 *   v  = W x
 *   r  = s(Wr v + br)    i = s(Wi v + bi)
 *   a  = s(L)^(8 r)
 *   h' = a .* h + sqrt(1 - a^2) .* (i .* v)
 *
 * L is initially such that s(L)^8 is between 0.9 and 0.999. a is computed by its logarithm,
 * and 1 - a^2 by expm1, which is accurate near a = 1. Where r is so small that a is 1, the
 * root has no infinite derivative.
 */
#include "cells.h"

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor h = state[0];
    const int64_t H = rn_size(h, -1);
    rn_tensor L = rn_weight(s, "decay", rn_shape(H), (rn_init){RN_INIT_UNIFORM, 2.33});
    rn_tensor v = rn_gate_input(s, "v", x, H);
    rn_tensor r = rn_sigmoid(rn_linear(s, "r", v, H));
    rn_tensor i = rn_sigmoid(rn_linear(s, "i", v, H));
    rn_tensor rate = rn_scale(rn_softplus(rn_neg(rn_offset(L, 6.65))), -8);
    rn_tensor log_a = rn_mul(rate, r);
    rn_tensor square = rn_neg(rn_expm1(rn_scale(log_a, 2)));
    rn_tensor positive = rn_greater(square, rn_constant_like(square, 0));
    rn_tensor rest = rn_where(positive, rn_sqrt(square), square);

    return state[0] = rn_add(rn_mul(rn_exp(log_a), h), rn_mul(rest, rn_mul(i, v)));
}

const rn_cell cell_rglru = {.name = "rglru", .states = 1, .step = step};
