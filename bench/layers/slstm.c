/* SPDX-License-Identifier: MIT */
/*
 * slstm -- the scalar cell of the xLSTM with one head; arXiv:2405.04517. The input gate is
 * exponential, the forget gate a sigmoid, both kept as logarithms i and f. n normalises c,
 * and m keeps the exponentials in range.
 *
 *   z  = tanh(Wz x + Uz h + bz)
 *   i  = Wi x + Ui h + bi
 *   f  = log s(Wf x + Uf h + bf)
 *   o  = s(Wo x + Uo h + bo)
 *   m' = max(f + m, i)
 *   c' = e^(f + m - m') .* c + e^(i - m') .* z
 *   n' = e^(f + m - m') .* n + e^(i - m')
 *   h' = o .* c' / n'
 */
#include "cells.h"

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor h = state[0], c = state[1], n = state[2], m = state[3];
    rn_tensor z = rn_tanh(rn_gate(s, "z", x, h));
    rn_tensor i = rn_gate(s, "i", x, h);
    rn_tensor f = rn_neg(rn_softplus(rn_neg(rn_gate(s, "f", x, h))));
    rn_tensor o = rn_sigmoid(rn_gate(s, "o", x, h)), fm = rn_add(f, m);

    state[3] = rn_maximum(fm, i);
    rn_tensor keep = rn_exp(rn_sub(fm, state[3])), add = rn_exp(rn_sub(i, state[3]));
    state[1] = rn_add(rn_mul(keep, c), rn_mul(add, z));
    state[2] = rn_add(rn_mul(keep, n), add);
    return state[0] = rn_mul(o, rn_div(state[1], state[2]));
}

const rn_cell bench_cell_slstm = {.name = "slstm", .states = 4, .step = step};
