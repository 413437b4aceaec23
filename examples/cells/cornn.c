/* SPDX-License-Identifier: MIT */
/*
 * coRNN -- coupled oscillators, with damping; Rusch and Mishra 2021, arXiv:2010.00951. Each
 * unit is an oscillator with position y and velocity z; steps of size d.
 *
 *   x  [B, I]    y, z  [B, H]
 *
 *   z' = z + d (tanh(W x + U y + V z + b) - g y - e z)      d = 0.042, g = 2.7, e = 4.7
 *   y' = y + d z'
 *
 * The constants are the paper's for sequential MNIST. As in its code, the damping e z is
 * that of the step before.
 */
#include "cells.h"

static const double size = 0.042, frequency = 2.7, damping = 4.7;

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor y = state[0], z = state[1];
    rn_tensor vz = rn_gate_state(s, "z", z, rn_size(z, -1));
    rn_tensor force = rn_tanh(rn_add(rn_gate(s, "y", x, y), vz));
    rn_tensor drag = rn_add(rn_scale(y, frequency), rn_scale(z, damping));

    state[1] = rn_add(z, rn_scale(rn_sub(force, drag), size));
    return state[0] = rn_add(y, rn_scale(state[1], size));
}

const rn_cell cell_cornn = {.name = "cornn", .states = 2, .step = step};
