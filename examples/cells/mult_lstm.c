/* SPDX-License-Identifier: MIT */
/*
 * mult_lstm -- the multiplicative LSTM; Krause, Lu, Murray and Renals 2016,
 * arXiv:1609.07959. Each input has a recurrent matrix of its own, in factors.
 *
 *   x  [B, I]    h, c  [B, H]
 *
 *   m  = (Wm x) .* (Um h)
 *   f  = s(Wf x + Uf m + bf)      i and o likewise      bf initially 1
 *   g  = tanh(Wg x + Ug m + bg)
 *   c' = f .* c + i .* g          h' = o .* tanh(c')
 */
#include "cells.h"

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor h = state[0], c = state[1];
    const int64_t H = rn_size(h, -1);
    rn_tensor wx = rn_gate_input(s, "m", x, H), uh = rn_gate_state(s, "m", h, H);
    rn_tensor m = rn_mul(wx, uh);
    rn_tensor f = rn_sigmoid(rn_gate_biased(s, "f", x, m, 1));
    rn_tensor i = rn_sigmoid(rn_gate(s, "i", x, m));
    rn_tensor o = rn_sigmoid(rn_gate(s, "o", x, m));
    rn_tensor g = rn_tanh(rn_gate(s, "g", x, m));

    state[1] = rn_add(rn_mul(f, c), rn_mul(i, g));
    return state[0] = rn_mul(o, rn_tanh(state[1]));
}

const rn_cell cell_mult_lstm = {.name = "mult_lstm", .states = 2, .step = step};
