/* SPDX-License-Identifier: MIT */
/*
 * gru_reset_after -- arXiv:1406.1078v1 and cuDNN: the reset is applied after the product,
 * so that U h is one product for all three gates; its bias is inside the reset.
 *
 *   r  = s(Wr x + Ur h + br)
 *   z  = s(Wz x + Uz h + bz)
 *   g  = tanh(W x + b + r .* (U h + bu))
 *   h' = (1 - z) .* h + z .* g
 */
#include "rondo/ops.h"
#include "rondo/recurrent.h"

static rn_tensor candidate(rn_scope s, rn_tensor x, rn_tensor h, rn_tensor r)
{
    const int64_t H = rn_size(h, -1);
    rn_tensor wx = rn_gate_input(s, "g", x, H), uh = rn_gate_state(s, "g", h, H);

    wx = rn_bias(s, "g/b", wx, 0);
    uh = rn_bias(s, "g/bu", uh, 0);
    return rn_tanh(rn_add(wx, rn_mul(r, uh)));
}

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor h = state[0];
    rn_tensor r = rn_observe(s, "r", rn_sigmoid(rn_gate(s, "r", x, h)));
    rn_tensor z = rn_observe(s, "z", rn_sigmoid(rn_gate(s, "z", x, h)));
    rn_tensor g = rn_observe(s, "g", candidate(s, x, h, r));

    return state[0] = rn_add(rn_mul(rn_one_minus(z), h), rn_mul(z, g));
}

const rn_cell rn_cell_gru_reset_after = {
    .name = "gru_reset_after", .states = 1, .step = step};
