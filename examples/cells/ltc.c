/* SPDX-License-Identifier: MIT */
/*
 * LTC -- liquid time constants; Hasani, Lechner, Amini, Rus and Grosu 2021,
 * arXiv:2006.04439. Each step of the sequence is L steps of the fused solver, of size 1 /
 * L.
 *
 *   x  [B, I]    v  [B, H]    rate, A  [H]
 *
 *   f  = s(W x + U v + b)
 *   v' = (v + f .* A / L) / (1 + (softplus(rate) + f) / L)      L times, x being the same
 *
 * The paper's 1 / tau is softplus(rate), which is positive. cell_ltc has L = 6, as the
 * paper's experiments, cell_ltc_steps as many as you say.
 */
#include "cells.h"

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state, const void *options)
{
    const int L = *(const int *)options;
    rn_tensor v = state[0];
    const int64_t H = rn_size(v, -1);
    const rn_init orthogonal = {RN_INIT_ORTHOGONAL, 1}, uniform = {RN_INIT_UNIFORM, 1};
    rn_tensor u = rn_weight(rn_scope_in(s, "f"), "u", rn_shape(H, H), orthogonal);
    rn_tensor A = rn_weight(s, "A", rn_shape(H), uniform);
    rn_tensor rate = rn_softplus(rn_weight(s, "rate", rn_shape(H), uniform));
    rn_tensor wx = rn_linear(s, "f", x, H);

    for (int l = 0; l < L; l++) {
        rn_tensor f = rn_sigmoid(rn_add(wx, rn_matmul(v, u)));
        rn_tensor to = rn_add(v, rn_scale(rn_mul(f, A), 1.0 / L));
        v = rn_div(to, rn_offset(rn_scale(rn_add(rate, f), 1.0 / L), 1));
    }
    return state[0] = v;
}

const rn_cell cell_ltc = {
    .name = "ltc",
    .states = 1,
    .step_with = step,
    .options = &(const int){6},
};

rn_cell cell_ltc_steps(const int *steps)
{
    rn_cell cell = cell_ltc;

    cell.options = steps;
    return cell;
}
