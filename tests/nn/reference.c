/* SPDX-License-Identifier: MIT */
/* Recurrent layers as plain loops over numbers. */
#include "reference.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UNITS = 64 };

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static const double *part(const rn_model *model, const char *path, const char *gate,
                          const char *what)
{
    char name[200];

    snprintf(name, sizeof name, "%s/%s/%s", path, gate, what);
    return rn_test_values(model, name);
}

/* y = W x + U h + b, without the parts whose vector is NULL. */
static void gate(const rn_model *model, const char *path, const char *name, int64_t I,
                 int64_t H, const double *x, const double *h, double *y)
{
    const double *w = part(model, path, name, "w"), *u = part(model, path, name, "u");
    const double *b = part(model, path, name, "b");

    for (int64_t j = 0; j < H; j++) {
        y[j] = x ? b[j] : 0;
        for (int64_t i = 0; x && i < I; i++) y[j] += x[i] * w[i * H + j];
        for (int64_t i = 0; h && i < H; i++) y[j] += h[i] * u[i * H + j];
    }
}

static void rnn(const rn_model *model, const char *path, int64_t I, int64_t H,
                const double *x, double *const *state)
{
    double y[UNITS];

    gate(model, path, "h", I, H, x, state[0], y);
    for (int64_t j = 0; j < H; j++) state[0][j] = tanh(y[j]);
}

static void lstm(const rn_model *model, const char *path, int64_t I, int64_t H,
                 const double *x, double *const *state)
{
    double f[UNITS], i[UNITS], g[UNITS], o[UNITS];

    gate(model, path, "f", I, H, x, state[0], f);
    gate(model, path, "i", I, H, x, state[0], i);
    gate(model, path, "c", I, H, x, state[0], g);
    gate(model, path, "o", I, H, x, state[0], o);
    for (int64_t j = 0; j < H; j++) {
        state[1][j] = sigmoid(f[j]) * state[1][j] + sigmoid(i[j]) * tanh(g[j]);
        state[0][j] = sigmoid(o[j]) * tanh(state[1][j]);
    }
}

static void gru(const rn_model *model, const char *path, int64_t I, int64_t H,
                const double *x, double *const *state)
{
    double r[UNITS], z[UNITS], g[UNITS], rh[UNITS] = {0};
    double *h = state[0];

    gate(model, path, "r", I, H, x, h, r);
    gate(model, path, "z", I, H, x, h, z);
    for (int64_t j = 0; j < H; j++) rh[j] = sigmoid(r[j]) * h[j];
    gate(model, path, "g", I, H, x, rh, g);
    for (int64_t j = 0; j < H; j++) {
        const double k = sigmoid(z[j]);
        h[j] = (1 - k) * h[j] + k * tanh(g[j]);
    }
}

static void gru_reset_after(const rn_model *model, const char *path, int64_t I, int64_t H,
                            const double *x, double *const *state)
{
    double r[UNITS], z[UNITS], wx[UNITS], uh[UNITS];
    const double *bu = part(model, path, "g", "bu");
    double *h = state[0];

    gate(model, path, "r", I, H, x, h, r);
    gate(model, path, "z", I, H, x, h, z);
    gate(model, path, "g", I, H, x, NULL, wx);
    gate(model, path, "g", I, H, NULL, h, uh);
    for (int64_t j = 0; j < H; j++) {
        const double k = sigmoid(z[j]), g = tanh(wx[j] + sigmoid(r[j]) * (uh[j] + bu[j]));
        h[j] = (1 - k) * h[j] + k * g;
    }
}

const rn_test_cell rn_test_cells[RN_TEST_CELLS] = {
    {&rn_cell_rnn, rnn},
    {&rn_cell_lstm, lstm},
    {&rn_cell_gru, gru},
    {&rn_cell_gru_reset_after, gru_reset_after}};

/* ---- the layer ---- */

typedef struct direction {
    const rn_model *model;
    const rn_test_cell *cell;
    char path[100];
    int64_t T, B, I, H;
    bool backward;
} direction;

/* All steps of one sequence in one direction. y: its outputs, `stride` apart. */
static void run_sequence(const direction *d, const double *x, int64_t length,
                         int64_t stride, double *const *state, double *y)
{
    for (int64_t i = 0; i < length; i++) {
        const int64_t t = d->backward ? length - 1 - i : i;
        d->cell->step(d->model, d->path, d->I, d->H, x + t * d->B * d->I, state);
        memcpy(y + t * stride, state[0], (size_t)d->H * sizeof *y);
    }
}

/* x [T,B,I] -> y [T,B,D H], the columns of this direction; final [states][B,H]. */
static void run_direction(const direction *d, const double *x, const int32_t *lengths,
                          const double *initial, int D, int column, double *y,
                          double *final)
{
    const int64_t BH = d->B * d->H, columns = D * d->H;

    for (int s = 0; s < d->cell->cell->states; s++)
        for (int64_t i = 0; i < BH; i++)
            final[s * BH + i] = initial ? initial[s * BH + i] : 0;
    for (int64_t b = 0; b < d->B; b++) {
        double *state[RN_STATES_MAX];
        for (int s = 0; s < d->cell->cell->states; s++)
            state[s] = final + s * BH + b * d->H;
        run_sequence(d, x + b * d->I, lengths ? lengths[b] : d->T, d->B * columns, state,
                     y + b * columns + column * d->H);
    }
}

void rn_test_recurrent(const rn_model *model, const char *name, const rn_test_cell *cell,
                       const rn_recurrent_options *options, int64_t T, int64_t B, int64_t I,
                       const double *x, const int32_t *lengths, const double *initial,
                       double *outputs, double *last, double *final)
{
    const int D = options->bidirectional ? 2 : 1, L = options->layers ? options->layers : 1;
    const int64_t H = options->units, one = cell->cell->states * B * H;
    double *from = (double *)calloc((size_t)(T * B * (I > D * H ? I : D * H)) + 1, 8);

    if (T * B * I > 0) memcpy(from, x, (size_t)(T * B * I) * sizeof *x);
    for (int l = 0; l < L; l++) {
        direction d = {model, cell, "", T, B, l ? D * H : I, H, false};
        for (int64_t i = 0; i < T * B * D * H; i++) outputs[i] = 0;
        for (int k = 0; k < D; k++) {
            const int64_t at = (l * D + k) * one;
            snprintf(d.path, sizeof d.path, "%s/layer%d%s", name, l,
                     D == 1 ? ""
                     : k    ? "/backward"
                            : "/forward");
            d.backward = D == 2 ? k == 1 : options->reverse;
            run_direction(&d, from, lengths, initial ? initial + at : NULL, D, k, outputs,
                          final + at);
            for (int64_t i = 0; i < B * H; i++)
                last[i / H * D * H + k * H + i % H] = final[at + i];
        }
        if (T * B > 0) memcpy(from, outputs, (size_t)(T * B * D * H) * sizeof *from);
    }
    free(from);
}
