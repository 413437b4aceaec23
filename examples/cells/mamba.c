/* SPDX-License-Identifier: MIT */
/*
 * Mamba's selective scan, S6 -- Gu and Dao 2023, arXiv:2312.00752, with the linear layer
 * before it. The block's convolution and output gate are not part of it.
 *
 *   x  [B, I]    h  [B, N, H]    y  [B, H]    A  [N, H]    D  [H]
 *
 *   v  = W x                        [H]
 *   d  = softplus(Wd (Wr v) + bd)   [H], through R units; bd initially -4.6, so d = 0.01
 *   b  = Wb v    c = Wc v           [N]
 *   h' = exp(A d) .* h + b (d .* v)^T
 *   y  = c^T h' + D .* v            D initially 1
 *
 * A[n] = -(n + 1) e^a with a weight a [N, H], initially 0. The units are the last axis,
 * which is long, and N the first. cell_mamba has N = 16 and R = H / 16, rounded up.
 */
#include "cells.h"

/* -1 .. -N times e^a, [N, H] */
static rn_tensor rates(rn_scope s, rn_tensor x, int64_t H, int64_t N)
{
    rn_tensor n = rn_offset(rn_cast(rn_range(x.graph, N), rn_type_get(x)), 1);
    rn_tensor a = rn_weight(s, "a", rn_shape(N, H), (rn_init){RN_INIT_ZEROS, 0});

    return rn_neg(rn_mul(rn_expand(n, -1), rn_exp(a)));
}

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state, const void *options)
{
    const cell_mamba_options *o = (const cell_mamba_options *)options;
    const int64_t N = rn_size(state[0], 1), H = rn_size(state[0], 2);
    const int64_t R = o->rank ? o->rank : (H + 15) / 16;
    rn_tensor v = rn_gate_input(s, "v", x, H);
    rn_tensor low = rn_gate_input(s, "low", v, R);
    rn_tensor d = rn_softplus(rn_bias(s, "d/b", rn_gate_input(s, "d", low, H), -4.6));
    rn_tensor b = rn_gate_input(s, "b", v, N), c = rn_gate_input(s, "c", v, N);
    rn_tensor keep = rn_exp(rn_mul(rn_expand(d, 1), rates(s, x, H, N)));
    rn_tensor add = rn_mul(rn_expand(rn_mul(d, v), 1), rn_expand(b, -1));
    rn_tensor D = rn_weight(s, "skip", rn_shape(H), (rn_init){RN_INIT_CONSTANT, 1});

    state[0] = rn_add(rn_mul(keep, state[0]), add);
    return rn_add(rn_sum_axis(rn_mul(state[0], rn_expand(c, -1)), 1), rn_mul(D, v));
}

const rn_cell cell_mamba = {
    .name = "mamba",
    .states = 1,
    .step_with = step,
    .options = &(const cell_mamba_options){0},
    .state = {{.shape = {2, {16, RN_UNITS}}}},
};

rn_cell cell_mamba_sizes(const cell_mamba_options *options)
{
    rn_cell cell = cell_mamba;

    cell.options = options;
    if (options->states) cell.state[0].shape.size[0] = options->states;
    return cell;
}
