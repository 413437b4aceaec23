/* SPDX-License-Identifier: MIT */
/*
 * RWKV-4's time mixing -- Peng, Alcaide, Anthony et al. 2023, arXiv:2305.13048.
 *
 *   x, l  [B, I]    a, b, p  [B, H]    y  [B, H]    mr, mk, mv  [I]    w, u  [H]
 *
 *   r  = Wr (mr .* x + (1 - mr) .* l)     k and v likewise;  l' = x, of the step before
 *   q  = max(p, u + k)
 *   y  = Wo (s(r) .* (e^(p - q) .* a + e^(u + k - q) .* v) / (e^(p - q) .* b + e^(u + k -
 * q))) p' = max(p - e^w, k) a' = e^(p - e^w - p') .* a + e^(k - p') .* v b' = e^(p - e^w -
 * p') .* b + e^(k - p')
 *
 * a / b is a mean of the v of all steps weighted by e^k, which decays by e^-(e^w) a step; u
 * is added for this step's k. p keeps the exponentials in range, as m does in the sLSTM:
 * its gradient is 0, and it begins as -1e30.
 */
#include "cells.h"

/* W (m .* x + (1 - m) .* l) */
static rn_tensor mixed(rn_scope s, const char *name, rn_tensor x, rn_tensor l, int64_t H)
{
    rn_tensor m = rn_weight(rn_scope_in(s, name), "mix", rn_shape(rn_size(x, -1)),
                            (rn_init){RN_INIT_CONSTANT, 0.5});

    return rn_gate_input(s, name, rn_add(l, rn_mul(m, rn_sub(x, l))), H);
}

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor a = state[0], b = state[1], p = state[2], l = state[3];
    const int64_t H = rn_size(a, -1);
    rn_tensor w = rn_weight(s, "decay", rn_shape(H), (rn_init){RN_INIT_UNIFORM, 3});
    rn_tensor u = rn_weight(s, "bonus", rn_shape(H), (rn_init){RN_INIT_CONSTANT, -1.2});
    rn_tensor r = rn_sigmoid(mixed(s, "r", x, l, H));
    rn_tensor k = mixed(s, "k", x, l, H), v = mixed(s, "v", x, l, H);

    rn_tensor now = rn_add(u, k), q = rn_stop_gradient(rn_maximum(p, now));
    rn_tensor old = rn_exp(rn_sub(p, q)), add = rn_exp(rn_sub(now, q));
    rn_tensor mean =
        rn_div(rn_add(rn_mul(old, a), rn_mul(add, v)), rn_add(rn_mul(old, b), add));

    rn_tensor later = rn_sub(p, rn_exp(w));
    state[2] = rn_stop_gradient(rn_maximum(later, k));
    old = rn_exp(rn_sub(later, state[2]));
    add = rn_exp(rn_sub(k, state[2]));
    state[0] = rn_add(rn_mul(old, a), rn_mul(add, v));
    state[1] = rn_add(rn_mul(old, b), add);
    state[3] = x;
    return rn_gate_input(s, "out", rn_mul(r, mean), H);
}

const rn_cell cell_rwkv = {
    .name = "rwkv",
    .states = 4,
    .step = step,
    .state = {[2] = {.value = -1e30}, [3] = {.shape = {1, {RN_INPUTS}}}},
};
