/* SPDX-License-Identifier: MIT */
/*
 * FastGRNN -- a gate and a candidate that share their weights, for small devices; Kusupati,
 * Singh, Bhatia, Kumar, Jain and Varma 2018, arXiv:1901.02358.
 *
 *   x  [B, I]    h  [B, H]    zeta, nu  scalars, initially 1 and -4
 *
 *   a  = W x + U h
 *   z  = s(a + bz)    g = tanh(a + bg)
 *   h' = (s(zeta) (1 - z) + s(nu)) .* g + z .* h
 *
 * With a rank R the matrices are products of two: W is [I, R] times [R, H], and U is [H, R]
 * times [R, H]. cell_fastgrnn has whole ones, cell_fastgrnn_rank those of rank R.
 */
#include "cells.h"

static rn_tensor scalar(rn_scope s, const char *name, double value)
{
    return rn_sigmoid(rn_weight(s, name, rn_shape(1), (rn_init){RN_INIT_CONSTANT, value}));
}

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state, const void *options)
{
    const int64_t H = rn_size(state[0], -1), R = *(const int64_t *)options;
    rn_tensor h = state[0];
    rn_tensor x_low = R ? rn_gate_input(s, "low", x, R) : x;
    rn_tensor h_low = R ? rn_gate_state(s, "low", h, R) : h;
    rn_tensor wx = rn_gate_input(s, "a", x_low, H), uh = rn_gate_state(s, "a", h_low, H);
    rn_tensor a = rn_add(wx, uh);
    rn_tensor z = rn_sigmoid(rn_bias(s, "z/b", a, 0)), g = rn_tanh(rn_bias(s, "g/b", a, 0));
    rn_tensor zeta = scalar(s, "zeta", 1), nu = scalar(s, "nu", -4);
    rn_tensor add = rn_add(rn_mul(zeta, rn_one_minus(z)), nu);

    return state[0] = rn_add(rn_mul(add, g), rn_mul(z, h));
}

const rn_cell cell_fastgrnn = {
    .name = "fastgrnn",
    .states = 1,
    .step_with = step,
    .options = &(const int64_t){0},
};

rn_cell cell_fastgrnn_rank(const int64_t *rank)
{
    rn_cell cell = cell_fastgrnn;

    cell.options = rank;
    return cell;
}
