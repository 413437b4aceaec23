/* SPDX-License-Identifier: MIT */
/*
 * rnn -- the simple recurrent network of Elman 1990.
 *
 *   h' = tanh(W x + U h + b)
 */
#include "rondo/ops.h"
#include "rondo/recurrent.h"

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    return state[0] = rn_tanh(rn_gate(s, "h", x, state[0]));
}

const rn_cell rn_cell_rnn = {.name = "rnn", .states = 1, .step = step};
