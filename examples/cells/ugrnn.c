/* SPDX-License-Identifier: MIT */
/*
 * UGRNN -- the update gate RNN; Collins, Sohl-Dickstein and Sussillo 2016,
 * arXiv:1611.09913.
 *
 *   x  [B, I]    h  [B, H]
 *
 *   c  = tanh(Wc x + Uc h + bc)
 *   g  = s(Wg x + Ug h + bg)        bg initially 1
 *   h' = g .* h + (1 - g) .* c
 */
#include "cells.h"

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor h = state[0];
    rn_tensor c = rn_tanh(rn_gate(s, "c", x, h));
    rn_tensor g = rn_sigmoid(rn_gate_biased(s, "g", x, h, 1));

    return state[0] = rn_add(rn_mul(g, h), rn_mul(rn_one_minus(g), c));
}

const rn_cell cell_ugrnn = {.name = "ugrnn", .states = 1, .step = step};
