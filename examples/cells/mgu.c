/* SPDX-License-Identifier: MIT */
/*
 * MGU -- the minimal gated unit; Zhou, Wu, Zhang and Zhou 2016, arXiv:1603.09420.
 *
 *   x  [B, I]    h  [B, H]
 *
 *   f  = s(Wf x + Uf h + bf)
 *   g  = tanh(Wg x + Ug (f .* h) + bg)
 *   h' = (1 - f) .* h + f .* g
 */
#include "cells.h"

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor h = state[0];
    rn_tensor f = rn_sigmoid(rn_gate(s, "f", x, h));
    rn_tensor g = rn_tanh(rn_gate(s, "g", x, rn_mul(f, h)));

    return state[0] = rn_add(rn_mul(rn_one_minus(f), h), rn_mul(f, g));
}

const rn_cell cell_mgu = {.name = "mgu", .states = 1, .step = step};
