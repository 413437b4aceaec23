/* SPDX-License-Identifier: MIT */
/*
 * SRU -- the simple recurrent unit; Lei, Zhang, Wang, Dai and Artzi 2018,
 * arXiv:1709.02755.
 *
 *   x  [B, I]    c  [B, H]    y  [B, H]    vf, vr  [H]
 *
 *   f  = s(Wf x + vf .* c + bf)    r = s(Wr x + vr .* c + br)
 *   c' = f .* c + (1 - f) .* W x
 *   y  = r .* c' + (1 - r) .* x        x is Wx x if I is not H
 *
 * Both gates read c, the state before the step. No product does, so all are done for all
 * steps at once.
 */
#include "cells.h"

/* s(W x + v .* c + b) */
static rn_tensor gate(rn_scope s, const char *name, rn_tensor x, rn_tensor c)
{
    const int64_t H = rn_size(c, -1);
    rn_tensor v =
        rn_weight(rn_scope_in(s, name), "v", rn_shape(H), (rn_init){RN_INIT_UNIFORM, 1});

    return rn_sigmoid(rn_add(rn_linear(s, name, x, H), rn_mul(v, c)));
}

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor c = state[0];
    const int64_t H = rn_size(c, -1);
    rn_tensor f = gate(s, "f", x, c), r = gate(s, "r", x, c);
    rn_tensor g = rn_gate_input(s, "g", x, H);
    rn_tensor skip = rn_size(x, -1) == H ? x : rn_gate_input(s, "x", x, H);

    state[0] = rn_add(rn_mul(f, c), rn_mul(rn_one_minus(f), g));
    return rn_add(rn_mul(r, state[0]), rn_mul(rn_one_minus(r), skip));
}

const rn_cell cell_sru = {.name = "sru", .states = 1, .step = step};
