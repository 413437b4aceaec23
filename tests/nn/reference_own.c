/* SPDX-License-Identifier: MIT */
/* The cells of tests/nn/cells.h as plain loops over numbers. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cells.h"
#include "reference.h"

enum { N = RN_TEST_UNITS, P = RN_TEST_PROJECTION };

static const double *weight(const rn_model *model, const char *path, const char *what)
{
    char name[200];

    snprintf(name, sizeof name, "%s/%s", path, what);
    return rn_test_values(model, name);
}

/* y [outs] = W x, x [I]. */
static void product(const double *w, int64_t I, int64_t outs, const double *x, double *y)
{
    for (int64_t j = 0; j < outs; j++) {
        y[j] = 0;
        for (int64_t i = 0; i < I; i++) y[j] += x[i] * w[i * outs + j];
    }
}

/* ---- lstmp ---- */

static void lstmp(const rn_model *model, const char *path, int64_t I, int64_t H,
                  const double *x, double *const *state, double *y)
{
    double f[N], i[N], g[N], o[N], m[N];
    double *h = state[0], *c = state[1];

    rn_test_gate(model, path, "f", I, P, H, x, h, f);
    rn_test_gate(model, path, "i", I, P, H, x, h, i);
    rn_test_gate(model, path, "c", I, P, H, x, h, g);
    rn_test_gate(model, path, "o", I, P, H, x, h, o);
    for (int64_t j = 0; j < H; j++) {
        c[j] = rn_test_sigmoid(f[j]) * c[j] + rn_test_sigmoid(i[j]) * tanh(g[j]);
        m[j] = rn_test_sigmoid(o[j]) * tanh(c[j]);
    }
    product(rn_test_part(model, path, "p", "w"), H, P, m, h);
    memcpy(y, h, P * sizeof *y);
}

static int64_t lstmp_sizes(int64_t I, int64_t H, int64_t *state)
{
    (void)I;
    state[0] = P, state[1] = H;
    return P;
}

static void lstmp_begin(const rn_model *model, const char *path, int64_t I, int64_t H,
                        double *const *state)
{
    (void)model, (void)path, (void)I;
    for (int j = 0; j < P; j++) state[0][j] = 0;
    for (int64_t j = 0; j < H; j++) state[1][j] = 0.5;
}

/* ---- memory ---- */

static void memory(const rn_model *model, const char *path, int64_t I, int64_t H,
                   const double *x, double *const *state, double *y)
{
    double q[N], k[N], v[N], o[N], i, f, nq = 0;
    double *C = state[0], *n = state[1];

    product(rn_test_part(model, path, "q", "w"), I, H, x, q);
    product(rn_test_part(model, path, "k", "w"), I, H, x, k);
    product(rn_test_part(model, path, "v", "w"), I, 2 * H, x, v);
    rn_test_gate(model, path, "o", I, 0, 2 * H, x, NULL, o);
    rn_test_gate(model, path, "i", I, 0, 1, x, NULL, &i);
    rn_test_gate(model, path, "f", I, 0, 1, x, NULL, &f);
    i = rn_test_sigmoid(i), f = rn_test_sigmoid(f);
    for (int64_t j = 0; j < H; j++) {
        k[j] /= sqrt((double)H);
        n[j] = f * n[j] + i * k[j];
        nq += n[j] * q[j];
    }
    for (int64_t r = 0; r < 2 * H; r++) {
        double sum = 0;
        for (int64_t j = 0; j < H; j++) {
            C[r * H + j] = f * C[r * H + j] + i * v[r] * k[j];
            sum += C[r * H + j] * q[j];
        }
        y[r] = rn_test_sigmoid(o[r]) * sum / sqrt(1 + nq * nq);
    }
}

static int64_t memory_sizes(int64_t I, int64_t H, int64_t *state)
{
    (void)I;
    state[0] = 2 * H * H, state[1] = H;
    return 2 * H;
}

static void memory_begin(const rn_model *model, const char *path, int64_t I, int64_t H,
                         double *const *state)
{
    (void)I;
    memcpy(state[0], weight(model, path, "initial0"), (size_t)(2 * H * H) * sizeof **state);
    for (int64_t j = 0; j < H; j++) state[1][j] = 0;
}

/* ---- shift ---- */

static void shift(const rn_model *model, const char *path, int64_t I, int64_t H,
                  const double *x, double *const *state, double *y)
{
    const double *a = weight(model, path, "a");
    double mixed[N], sum[N];

    for (int64_t i = 0; i < I; i++) mixed[i] = a[i] * x[i] + (1 - a[i]) * state[1][i];
    rn_test_gate(model, path, "h", I, H, H, mixed, state[0], sum);
    for (int64_t j = 0; j < H; j++) y[j] = state[0][j] = tanh(sum[j]);
    for (int64_t i = 0; i < I; i++) y[H + i] = state[1][i] = x[i];
}

static int64_t shift_sizes(int64_t I, int64_t H, int64_t *state)
{
    state[0] = H, state[1] = I;
    return H + I;
}

static void shift_begin(const rn_model *model, const char *path, int64_t I, int64_t H,
                        double *const *state)
{
    const double *h0 = weight(model, path, "h0");

    for (int64_t j = 0; j < H; j++) state[0][j] = tanh(h0[j]);
    for (int64_t i = 0; i < I; i++) state[1][i] = 0;
}

const rn_test_cell rn_test_own[3] = {
    {&rn_test_cell_lstmp, lstmp, lstmp_sizes, false, lstmp_begin},
    {&rn_test_cell_memory, memory, memory_sizes, true, memory_begin},
    {&rn_test_cell_shift, shift, shift_sizes, true, shift_begin}};
