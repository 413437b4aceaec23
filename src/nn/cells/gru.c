/* SPDX-License-Identifier: MIT */
/*
 * gru -- Cho et al. 2014, arXiv:1406.1078v3: the reset is applied before the product. The
 * update gate z is the share of the new state, as in Chung et al. 2014, arXiv:1412.3555.
 *
 *   r  = s(Wr x + Ur h + br)
 *   z  = s(Wz x + Uz h + bz)
 *   g  = tanh(W x + U (r .* h) + b)
 *   h' = (1 - z) .* h + z .* g
 */
#include "rondo/ops.h"
#include "rondo/recurrent.h"

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor h = state[0];
    rn_tensor r = rn_observe(s, "r", rn_sigmoid(rn_gate(s, "r", x, h)));
    rn_tensor z = rn_observe(s, "z", rn_sigmoid(rn_gate(s, "z", x, h)));
    rn_tensor g = rn_observe(s, "g", rn_tanh(rn_gate(s, "g", x, rn_mul(r, h))));

    return state[0] = rn_add(rn_mul(rn_one_minus(z), h), rn_mul(z, g));
}

const rn_cell rn_cell_gru = {.name = "gru", .states = 1, .step = step};
