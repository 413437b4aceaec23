/* SPDX-License-Identifier: MIT */
/*
 * LMU -- the Legendre memory unit; Voelker, Kajic and Eliasmith 2019, NeurIPS 32. m has the
 * coefficients of N Legendre polynomials for the last D steps of a signal u.
 *
 *   x  [B, I]    h  [B, H]    m  [B, N]
 *
 *   u  = ex x + eh h + em m                       one number
 *   m' = A m + B u                                constant, see below
 *   h' = tanh(Wx x + Wh h + Wm m')
 *
 * A and B are the solution over one step, with constant u, of D dm/dt = a m + b u, where
 *   a[i][j] = (2 i + 1) (i < j ? -1 : (-1)^(i - j + 1))    b[i] = (2 i + 1) (-1)^i
 * cell_lmu has N = 8 and D = 64.
 */
#include "cells.h"

#include <stdlib.h>

/* A and B in the rows of y [n][n], n = N + 1, whose last row is the unit vector: e^x with
 * x = (a b; 0 0) / D. x / 2^20 is so small that five terms of the series have all digits,
 * and its exponential is squared 20 times. y - 1 is kept, which is accurate. */
static void discretize(int64_t N, double D, double *y, double *x, double *z)
{
    const int64_t n = N + 1;

    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            const double sign = j == N                      ? (i % 2 ? -1 : 1)
                                : i < j || (i - j) % 2 == 0 ? -1
                                                            : 1;
            x[i * n + j] = i == N ? 0 : sign * (double)(2 * i + 1) / D / (1 << 20);
            y[i * n + j] = 0;
        }
    for (int k = 5 + 20; k > 0; k--) { /* y = x (1 + y) / k, then y = 2 y + y y */
        const bool series = k > 20;
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = 0; j < n; j++) {
                double sum = 0;
                for (int64_t l = 0; l < n; l++)
                    sum += (series ? x : y)[i * n + l] * y[l * n + j];
                z[i * n + j] =
                    series ? (x[i * n + j] + sum) / (k - 20) : 2 * y[i * n + j] + sum;
            }
        for (int64_t i = 0; i < n * n; i++) y[i] = z[i];
    }
    for (int64_t i = 0; i < n; i++) y[i * n + i] += 1;
}

/* (A B; 0 1)^T as a constant [N + 1, N + 1]. */
static rn_tensor dynamics(rn_tensor m, double D)
{
    const int64_t N = rn_size(m, -1), n = N + 1;
    double *y = (double *)calloc((size_t)(3 * n * n), sizeof *y);

    if (!y) return rn_fail(m.graph, "lmu: out of memory");
    discretize(N, D, y, y + n * n, y + 2 * n * n);
    rn_tensor AB = rn_constant(m.graph, RN_F64, rn_shape(n, n), y);
    free(y);
    return rn_transpose(rn_cast(AB, rn_type_get(m)));
}

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state, const void *options)
{
    const cell_lmu_options *o = (const cell_lmu_options *)options;
    rn_tensor h = state[0], m = state[1];
    const int64_t H = rn_size(h, -1), N = rn_size(m, -1);
    rn_tensor ux = rn_gate_input(s, "ex", x, 1), uh = rn_gate_state(s, "eh", h, 1);
    rn_tensor um = rn_gate_state(s, "em", m, 1), u = rn_add(ux, rn_add(uh, um));
    rn_tensor AB = dynamics(m, o->delay > 0 ? o->delay : 64), mu[2] = {m, u};

    state[1] = rn_matmul(rn_concat(mu, 2, -1), rn_slice(AB, 1, 0, N, 1));
    rn_tensor wx = rn_gate_input(s, "h", x, H), wh = rn_gate_state(s, "h", h, H);
    rn_tensor wm = rn_gate_state(s, "m", state[1], H);
    return state[0] = rn_tanh(rn_add(rn_add(wx, wh), wm));
}

const rn_cell cell_lmu = {
    .name = "lmu",
    .states = 2,
    .step_with = step,
    .options = &(const cell_lmu_options){0},
    .state = {[1] = {.shape = {1, {8}}}},
};

rn_cell cell_lmu_sizes(const cell_lmu_options *options)
{
    rn_cell cell = cell_lmu;

    cell.options = options;
    if (options->order) cell.state[1].shape.size[0] = options->order;
    return cell;
}
