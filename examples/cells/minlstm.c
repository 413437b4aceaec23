/* SPDX-License-Identifier: MIT */
/*
 * minLSTM -- Feng, Tung, Ahmed, Bengio and Hajimirsadeghi 2024, "Were RNNs All We Needed?",
 * arXiv:2410.01201.
 *
 *   x  [B, I]    h  [B, H]
 *
 *   f  = s(Wf x + bf)    i = s(Wi x + bi)    bf initially 1
 *   g  = W x + b
 *   h' = f / (f + i) .* h + i / (f + i) .* g
 *
 * As in the minGRU no gate reads h. This is the plain form, not that in log space.
 */
#include "cells.h"

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor h = state[0];
    const int64_t H = rn_size(h, -1);
    rn_tensor f = rn_sigmoid(rn_bias(s, "f/b", rn_gate_input(s, "f", x, H), 1));
    rn_tensor i = rn_sigmoid(rn_linear(s, "i", x, H));
    rn_tensor g = rn_linear(s, "g", x, H);

    return state[0] = rn_div(rn_add(rn_mul(f, h), rn_mul(i, g)), rn_add(f, i));
}

const rn_cell cell_minlstm = {.name = "minlstm", .states = 1, .step = step};
