/* SPDX-License-Identifier: MIT */
/*
 * sLSTM -- the scalar memory of the xLSTM with one head; Beck, Poppel, Spanring, Auer,
 * Prudnikova, Kopp, Klambauer, Brandstetter and Hochreiter 2024, arXiv:2405.04517.
 *
 *   x  [B, I]    h, c, n, m  [B, H]
 *
 *   z  = tanh(Wz x + Uz h + bz)       o = s(Wo x + Uo h + bo)
 *   i  = Wi x + Ui h + bi             f = log s(Wf x + Uf h + bf)    bf initially 1
 *   m' = max(f + m, i)
 *   c' = e^(f + m - m') .* c + e^(i - m') .* z
 *   n' = e^(f + m - m') .* n + e^(i - m')
 *   h' = o .* c' / n'
 *
 * i and f are logarithms of gates. m only keeps the exponentials in range: c and n are the
 * paper's divided by e^m, so no output depends on the choice of m', and its gradient is 0.
 * m begins as -1e30, the logarithm of nearly nothing, so m' = i in the first step.
 */
#include "cells.h"

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor h = state[0], c = state[1], n = state[2], m = state[3];
    rn_tensor z = rn_tanh(rn_gate(s, "z", x, h));
    rn_tensor i = rn_gate(s, "i", x, h);
    rn_tensor f = rn_neg(rn_softplus(rn_neg(rn_gate_biased(s, "f", x, h, 1))));
    rn_tensor o = rn_sigmoid(rn_gate(s, "o", x, h)), fm = rn_add(f, m);

    state[3] = rn_stop_gradient(rn_maximum(fm, i));
    rn_tensor keep = rn_exp(rn_sub(fm, state[3])), add = rn_exp(rn_sub(i, state[3]));
    state[1] = rn_add(rn_mul(keep, c), rn_mul(add, z));
    state[2] = rn_add(rn_mul(keep, n), add);
    return state[0] = rn_mul(o, rn_div(state[1], state[2]));
}

const rn_cell cell_slstm = {
    .name = "slstm",
    .states = 4,
    .step = step,
    .state = {[3] = {.value = -1e30}},
};
