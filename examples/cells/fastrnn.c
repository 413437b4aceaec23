/* SPDX-License-Identifier: MIT */
/*
 * FastRNN -- an RNN with a weighted residual connection; Kusupati, Singh, Bhatia, Kumar,
 * Jain and Varma 2018, arXiv:1901.02358.
 *
 *   x  [B, I]    h  [B, H]    a, b  scalars, initially -3 and 3
 *
 *   g  = tanh(W x + U h + bg)
 *   h' = s(a) g + s(b) h
 */
#include "cells.h"

static rn_tensor scalar(rn_scope s, const char *name, double value)
{
    return rn_sigmoid(rn_weight(s, name, rn_shape(1), (rn_init){RN_INIT_CONSTANT, value}));
}

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor h = state[0], g = rn_tanh(rn_gate(s, "g", x, h));
    rn_tensor alpha = scalar(s, "alpha", -3), beta = scalar(s, "beta", 3);

    return state[0] = rn_add(rn_mul(alpha, g), rn_mul(beta, h));
}

const rn_cell cell_fastrnn = {.name = "fastrnn", .states = 1, .step = step};
