/* SPDX-License-Identifier: MIT */
/*
 * norm_lstm -- the LSTM with layer normalisation; Ba, Kiros and Hinton 2016,
 * arXiv:1607.06450. N normalises a vector, and has a gain and a bias.
 *
 *   x  [B, I]    h, c  [B, H]
 *
 *   (f i o g) = Nx(W x) + Nh(U h) + b             all four normalised as one vector [4 H]
 *   c'        = s(f) .* c + s(i) .* tanh(g)
 *   h'        = s(o) .* tanh(Nc(c'))
 */
#include "cells.h"

static rn_tensor part(rn_tensor gates, int64_t H, int k)
{
    return rn_slice(gates, -1, k * H, (k + 1) * H, 1);
}

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor h = state[0], c = state[1];
    const int64_t H = rn_size(h, -1);
    rn_tensor wx = rn_layer_norm(s, "norm_x", rn_gate_input(s, "gates", x, 4 * H));
    rn_tensor uh = rn_layer_norm(s, "norm_h", rn_gate_state(s, "gates", h, 4 * H));
    rn_tensor gates = rn_bias(s, "gates/b", rn_add(wx, uh), 0);
    rn_tensor f = rn_sigmoid(part(gates, H, 0)), i = rn_sigmoid(part(gates, H, 1));
    rn_tensor o = rn_sigmoid(part(gates, H, 2)), g = rn_tanh(part(gates, H, 3));

    state[1] = rn_add(rn_mul(f, c), rn_mul(i, g));
    return state[0] = rn_mul(o, rn_tanh(rn_layer_norm(s, "norm_c", state[1])));
}

const rn_cell cell_norm_lstm = {.name = "norm_lstm", .states = 2, .step = step};
