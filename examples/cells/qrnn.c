/* SPDX-License-Identifier: MIT */
/*
 * QRNN -- the quasi-recurrent network with a convolution of width 2 and fo-pooling;
 * Bradbury, Merity, Xiong and Socher 2017, arXiv:1611.01576.
 *
 *   x  [B, I]    c  [B, H]    p  [B, 3 H]    y  [B, H]
 *
 *   (z f o) = W x + p + b                  all three as one vector [3 H]
 *   p' = V x
 *   c' = s(f) .* c + (1 - s(f)) .* tanh(z)
 *   y  = s(o) .* c'
 *
 * p is what the convolution adds for the step before, V x of that step. Keeping this
 * product and not x itself as the state lets both products be done for all steps at once.
 */
#include "cells.h"

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor c = state[0], p = state[1];
    const int64_t H = rn_size(c, -1);
    rn_tensor gates = rn_add(rn_linear(s, "now", x, 3 * H), p);
    rn_tensor z = rn_tanh(rn_slice(gates, -1, 0, H, 1));
    rn_tensor f = rn_sigmoid(rn_slice(gates, -1, H, 2 * H, 1));
    rn_tensor o = rn_sigmoid(rn_slice(gates, -1, 2 * H, 3 * H, 1));

    state[0] = rn_add(rn_mul(f, c), rn_mul(rn_one_minus(f), z));
    state[1] = rn_gate_input(s, "before", x, 3 * H);
    return rn_mul(o, state[0]);
}

const rn_cell cell_qrnn = {
    .name = "qrnn",
    .states = 2,
    .step = step,
    .state = {[1] = {.shape = {1, {3 * RN_UNITS}}}},
};
