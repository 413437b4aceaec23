/* SPDX-License-Identifier: MIT */
/*
 * JANET -- an LSTM with just a forget gate; van der Westhuizen and Lasenby 2018,
 * arXiv:1804.04849.
 *
 *   x  [B, I]    h  [B, H]
 *
 *   a  = Wf x + Uf h + bf             bf initially 1
 *   g  = tanh(Wg x + Ug h + bg)
 *   h' = s(a) .* h + (1 - s(a - 1)) .* g
 *
 * The paper's beta is 1: a little more is added than is forgotten. It initialises bf with
 * log U(1, T - 1), the chrono initialiser, for known lengths T.
 */
#include "cells.h"

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor h = state[0], a = rn_gate_biased(s, "f", x, h, 1);
    rn_tensor g = rn_tanh(rn_gate(s, "g", x, h));
    rn_tensor add = rn_one_minus(rn_sigmoid(rn_offset(a, -1)));

    return state[0] = rn_add(rn_mul(rn_sigmoid(a), h), rn_mul(add, g));
}

const rn_cell cell_janet = {.name = "janet", .states = 1, .step = step};
