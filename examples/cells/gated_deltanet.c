/* SPDX-License-Identifier: MIT */
/*
 * Gated DeltaNet -- Yang, Kautz and Hatamizadeh 2024, arXiv:2412.06464. N heads of D units
 * each, H = N D; every line but the last is for one head.
 *
 *   x  [B, I]    S  [B, N, D, D]    y  [B, H]
 *
 *   q  = |silu(Wq x)|    k = |silu(Wk x)|    v = silu(Wv x)         |x| = x / norm of x
 *   a  = exp(-e^A softplus(wa x + ba))       b = s(wb x + bb)       scalars; A initially 0
 *   S' = a S + b (v - a S k) k^T                                    the gated delta rule
 *   y  = S' q
 *
 * The state forgets by a, and replaces what it has for the key k by the share b of v. The
 * block's convolutions, output norm and gate are not part of it. cell_gated_deltanet has
 * one head, cell_gated_deltanet_heads N of them.
 */
#include "cells.h"

/* silu(W x) as [B, N, D]. */
static rn_tensor heads(rn_scope s, const char *name, rn_tensor x, rn_shape n)
{
    return rn_silu(rn_reshape(rn_gate_input(s, name, x, n.size[1] * n.size[2]), n));
}

static rn_tensor unit(rn_tensor x)
{
    rn_tensor square = rn_sum(rn_square(x), (int[]){-1}, 1, true);

    return rn_div(x, rn_sqrt(rn_offset(square, 1e-6)));
}

/* M [B, N, D, D] times x [B, N, D]. */
static rn_tensor apply(rn_tensor M, rn_tensor x)
{
    return rn_sum_axis(rn_mul(M, rn_expand(x, 2)), -1);
}

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor S = state[0];
    const int64_t B = rn_size(S, 0), N = rn_size(S, 1), D = rn_size(S, 2);
    const rn_shape shape = rn_shape(B, N, D);
    rn_tensor q = unit(heads(s, "q", x, shape)), k = unit(heads(s, "k", x, shape));
    rn_tensor v = heads(s, "v", x, shape);
    rn_tensor A = rn_weight(s, "decay", rn_shape(N), (rn_init){RN_INIT_ZEROS, 0});
    rn_tensor rate = rn_mul(rn_exp(A), rn_softplus(rn_linear(s, "a", x, N)));
    rn_tensor a = rn_expand(rn_exp(rn_neg(rate)), -1);
    rn_tensor b = rn_expand(rn_sigmoid(rn_linear(s, "b", x, N)), -1);

    rn_tensor change = rn_mul(b, rn_sub(v, rn_mul(a, apply(S, k))));
    state[0] =
        rn_add(rn_mul(rn_expand(a, -1), S), rn_mul(rn_expand(change, -1), rn_expand(k, 2)));
    return rn_reshape(apply(state[0], q), rn_shape(B, N * D));
}

const rn_cell cell_gated_deltanet = {
    .name = "gated_deltanet",
    .states = 1,
    .step = step,
    .state = {{.shape = {3, {1, RN_UNITS, RN_UNITS}}}},
};

rn_cell cell_gated_deltanet_heads(int64_t N, int64_t D)
{
    rn_cell cell = cell_gated_deltanet;

    cell.output = N * D;
    cell.state[0].shape = rn_shape(N, D, D);
    return cell;
}
