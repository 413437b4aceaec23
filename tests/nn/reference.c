/* SPDX-License-Identifier: MIT */
/* The library's cells as plain loops over numbers. */
#include "reference.h"

#include <math.h>
#include <stdio.h>

double rn_test_sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

const double *rn_test_part(const rn_model *model, const char *path, const char *gate,
                           const char *what)
{
    char name[200];

    snprintf(name, sizeof name, "%s/%s/%s", path, gate, what);
    return rn_test_values(model, name);
}

void rn_test_gate(const rn_model *model, const char *path, const char *name, int64_t I,
                  int64_t H, int64_t N, const double *x, const double *h, double *y)
{
    const double *w = x ? rn_test_part(model, path, name, "w") : NULL;
    const double *u = h ? rn_test_part(model, path, name, "u") : NULL;
    const double *b = x ? rn_test_part(model, path, name, "b") : NULL;

    for (int64_t j = 0; j < N; j++) {
        y[j] = x ? b[j] : 0;
        for (int64_t i = 0; x && i < I; i++) y[j] += x[i] * w[i * N + j];
        for (int64_t i = 0; h && i < H; i++) y[j] += h[i] * u[i * N + j];
    }
}

static void rnn(const rn_model *model, const char *path, int64_t I, int64_t H,
                const double *x, double *const *state, double *y)
{
    double a[RN_TEST_UNITS];

    rn_test_gate(model, path, "h", I, H, H, x, state[0], a);
    for (int64_t j = 0; j < H; j++) y[j] = state[0][j] = tanh(a[j]);
}

static void lstm(const rn_model *model, const char *path, int64_t I, int64_t H,
                 const double *x, double *const *state, double *y)
{
    double f[RN_TEST_UNITS], i[RN_TEST_UNITS], g[RN_TEST_UNITS], o[RN_TEST_UNITS];

    rn_test_gate(model, path, "f", I, H, H, x, state[0], f);
    rn_test_gate(model, path, "i", I, H, H, x, state[0], i);
    rn_test_gate(model, path, "c", I, H, H, x, state[0], g);
    rn_test_gate(model, path, "o", I, H, H, x, state[0], o);
    for (int64_t j = 0; j < H; j++) {
        state[1][j] =
            rn_test_sigmoid(f[j]) * state[1][j] + rn_test_sigmoid(i[j]) * tanh(g[j]);
        y[j] = state[0][j] = rn_test_sigmoid(o[j]) * tanh(state[1][j]);
    }
}

static void gru(const rn_model *model, const char *path, int64_t I, int64_t H,
                const double *x, double *const *state, double *y)
{
    double r[RN_TEST_UNITS], z[RN_TEST_UNITS], g[RN_TEST_UNITS], rh[RN_TEST_UNITS] = {0};
    double *h = state[0];

    rn_test_gate(model, path, "r", I, H, H, x, h, r);
    rn_test_gate(model, path, "z", I, H, H, x, h, z);
    for (int64_t j = 0; j < H; j++) rh[j] = rn_test_sigmoid(r[j]) * h[j];
    rn_test_gate(model, path, "g", I, H, H, x, rh, g);
    for (int64_t j = 0; j < H; j++) {
        const double k = rn_test_sigmoid(z[j]);
        y[j] = h[j] = (1 - k) * h[j] + k * tanh(g[j]);
    }
}

static void gru_reset_after(const rn_model *model, const char *path, int64_t I, int64_t H,
                            const double *x, double *const *state, double *y)
{
    double r[RN_TEST_UNITS], z[RN_TEST_UNITS], wx[RN_TEST_UNITS], uh[RN_TEST_UNITS];
    const double *bu = rn_test_part(model, path, "g", "bu");
    double *h = state[0];

    rn_test_gate(model, path, "r", I, H, H, x, h, r);
    rn_test_gate(model, path, "z", I, H, H, x, h, z);
    rn_test_gate(model, path, "g", I, H, H, x, NULL, wx);
    rn_test_gate(model, path, "g", I, H, H, NULL, h, uh);
    for (int64_t j = 0; j < H; j++) {
        const double k = rn_test_sigmoid(z[j]),
                     g = tanh(wx[j] + rn_test_sigmoid(r[j]) * (uh[j] + bu[j]));
        y[j] = h[j] = (1 - k) * h[j] + k * g;
    }
}

/* A cell of the list without a function of its name here does not compile. */
static const rn_test_cell listed[] = {
#define RN_CELL(name, formula) {.cell = &rn_cell_##name, .step = name},
#include "nn/cells/cells.def"
#undef RN_CELL
};

const rn_test_cell *rn_test_cell_at(int i)
{
    return i < RN_TEST_LISTED ? &listed[i] : &rn_test_own[i - RN_TEST_LISTED];
}

const rn_test_cell *rn_test_cell_of(const rn_cell *cell)
{
    int i = 0;

    while (rn_test_cell_at(i)->cell != cell) cr_assert(++i < RN_TEST_CELLS);
    return rn_test_cell_at(i);
}
