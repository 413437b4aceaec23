/* SPDX-License-Identifier: MIT */
/*
 * lstm -- Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000.
 *
 *   f  = s(Wf x + Uf h + bf)       bf initially 1, so that cells remember at first
 *   i  = s(Wi x + Ui h + bi)
 *   g  = tanh(Wc x + Uc h + bc)
 *   o  = s(Wo x + Uo h + bo)
 *   c' = f .* c + i .* g
 *   h' = o .* tanh(c')
 */
#include "rondo/ops.h"
#include "rondo/recurrent.h"

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor h = state[0], c = state[1];
    rn_tensor f = rn_observe(s, "f", rn_sigmoid(rn_gate_biased(s, "f", x, h, 1)));
    rn_tensor i = rn_observe(s, "i", rn_sigmoid(rn_gate(s, "i", x, h)));
    rn_tensor g = rn_observe(s, "g", rn_tanh(rn_gate(s, "c", x, h)));
    rn_tensor o = rn_observe(s, "o", rn_sigmoid(rn_gate(s, "o", x, h)));

    state[1] = rn_add(rn_mul(f, c), rn_mul(i, g));
    return state[0] = rn_mul(o, rn_tanh(state[1]));
}

const rn_cell rn_cell_lstm = {.name = "lstm", .states = 2, .step = step};
