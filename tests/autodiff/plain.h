/* SPDX-License-Identifier: MIT */
/*
 * Three recurrent cells and their back-propagation through time in plain C: nested loops
 * over the equations, written by hand, without the library.
 *
 *   RNN    h' = tanh(W x + U h + b)
 *   LSTM   f i o = s(W x + U h + b), g = tanh(..), c' = f c + i g, h' = o tanh c'
 *   GRU    r z = s(W x + U h + b), g = tanh(W x + U (r h) + b), h' = (1 - z) h + z g
 *
 * Gates in the order f i g o and r z g. A loss is the sum of the outputs and of the final
 * states, each times a given number (its cotangent).
 */
#ifndef RN_TESTS_AUTODIFF_PLAIN_H
#define RN_TESTS_AUTODIFF_PLAIN_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { T = 5, B = 3, I = 4, H = 3, G = 4 };

typedef enum rn_test_cell { RNN, LSTM, GRU, CELLS } rn_test_cell;

static const int rn_test_gates[CELLS] = {1, 4, 3};

/* What goes in, and in the same form the gradient to it. */
typedef struct rn_test_weights {
    double x[T][B][I], h0[B][H], c0[B][H], w[G][I][H], u[G][H][H], b[G][H];
} rn_test_weights;

/* What comes out, and in the same form its cotangents. */
typedef struct rn_test_outputs {
    double y[T][B][H], h[B][H], c[B][H];
} rn_test_outputs;

/* Of one sequence of the batch at one step: where it begins, and its gates. */
typedef struct rn_test_tape {
    double h[H], c[H], a[G][H], tc[H];
} rn_test_tape;

static inline double rn_test_sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

/* sum_i w[i][j] x[i] + sum_k u[k][j] h[k] + b[j] */
static inline double rn_test_pre(const rn_test_weights *p, int g, const double *x,
                                 const double *h, int j)
{
    double z = p->b[g][j];

    for (int i = 0; i < I; i++) z += x[i] * p->w[g][i][j];
    for (int k = 0; k < H; k++) z += h[k] * p->u[g][k][j];
    return z;
}

static inline void rn_test_step(rn_test_cell cell, const rn_test_weights *p,
                                const double *x, double *h, double *c, rn_test_tape *s)
{
    double rh[H];

    memcpy(s->h, h, sizeof s->h), memcpy(s->c, c, sizeof s->c);
    if (cell == RNN)
        for (int j = 0; j < H; j++) h[j] = s->a[0][j] = tanh(rn_test_pre(p, 0, x, s->h, j));
    if (cell == LSTM)
        for (int j = 0; j < H; j++) {
            for (int g = 0; g < 4; g++) {
                const double z = rn_test_pre(p, g, x, s->h, j);
                s->a[g][j] = g == 2 ? tanh(z) : rn_test_sigmoid(z);
            }
            c[j] = s->a[0][j] * s->c[j] + s->a[1][j] * s->a[2][j];
            s->tc[j] = tanh(c[j]);
            h[j] = s->a[3][j] * s->tc[j];
        }
    if (cell != GRU) return;
    for (int j = 0; j < H; j++) {
        s->a[0][j] = rn_test_sigmoid(rn_test_pre(p, 0, x, s->h, j));
        s->a[1][j] = rn_test_sigmoid(rn_test_pre(p, 1, x, s->h, j));
        rh[j] = s->a[0][j] * s->h[j];
    }
    for (int j = 0; j < H; j++) {
        s->a[2][j] = tanh(rn_test_pre(p, 2, x, rh, j));
        h[j] = (1 - s->a[1][j]) * s->h[j] + s->a[1][j] * s->a[2][j];
    }
}

/* From dz, the cotangent of gate g before its function, to weights, x and h. */
static inline void rn_test_pull(const rn_test_weights *p, int g, const double *x,
                                const double *h, int j, double dz, rn_test_weights *d,
                                double *dx, double *dh)
{
    d->b[g][j] += dz;
    for (int i = 0; i < I; i++) d->w[g][i][j] += x[i] * dz, dx[i] += p->w[g][i][j] * dz;
    for (int k = 0; k < H; k++) d->u[g][k][j] += h[k] * dz, dh[k] += p->u[g][k][j] * dz;
}

/* dh and dc are cotangents of what the step gives, and become those of what it begins
 * with. */
static inline void rn_test_back(rn_test_cell cell, const rn_test_weights *p,
                                const double *x, const rn_test_tape *s, double *dh,
                                double *dc, rn_test_weights *d, double *dx)
{
    double before[H] = {0}, rh[H], drh[H] = {0};

    for (int j = 0; j < H; j++) rh[j] = s->a[0][j] * s->h[j];
    for (int j = 0; j < H; j++) {
        const double *const a[G] = {&s->a[0][j], &s->a[1][j], &s->a[2][j], &s->a[3][j]};
        if (cell == RNN)
            rn_test_pull(p, 0, x, s->h, j, dh[j] * (1 - *a[0] * *a[0]), d, dx, before);
        if (cell == LSTM) {
            dc[j] += dh[j] * *a[3] * (1 - s->tc[j] * s->tc[j]);
            const double df = dc[j] * s->c[j], di = dc[j] * *a[2], dg = dc[j] * *a[1],
                         dO = dh[j] * s->tc[j];
            rn_test_pull(p, 0, x, s->h, j, df * *a[0] * (1 - *a[0]), d, dx, before);
            rn_test_pull(p, 1, x, s->h, j, di * *a[1] * (1 - *a[1]), d, dx, before);
            rn_test_pull(p, 2, x, s->h, j, dg * (1 - *a[2] * *a[2]), d, dx, before);
            rn_test_pull(p, 3, x, s->h, j, dO * *a[3] * (1 - *a[3]), d, dx, before);
            dc[j] *= *a[0];
        }
        if (cell == GRU) {
            const double dz = dh[j] * (*a[2] - s->h[j]), dg = dh[j] * *a[1];
            before[j] += dh[j] * (1 - *a[1]);
            rn_test_pull(p, 1, x, s->h, j, dz * *a[1] * (1 - *a[1]), d, dx, before);
            rn_test_pull(p, 2, x, rh, j, dg * (1 - *a[2] * *a[2]), d, dx, drh);
        }
    }
    for (int j = 0; cell == GRU && j < H; j++) {
        const double r = s->a[0][j], dr = drh[j] * s->h[j];
        before[j] += drh[j] * r;
        rn_test_pull(p, 0, x, s->h, j, dr * r * (1 - r), d, dx, before);
    }
    memcpy(dh, before, sizeof before);
}

/* Runs the cell over the sequences, each up to its length, and sets the outputs and, for
 * the cotangents, the gradient to all that goes in. */
static inline void rn_test_plain(rn_test_cell cell, const rn_test_weights *p,
                                 const int32_t *lengths, bool reverse,
                                 const rn_test_outputs *cotangent, rn_test_outputs *out,
                                 rn_test_weights *d)
{
    static rn_test_tape tape[T];

    memset(out, 0, sizeof *out), memset(d, 0, sizeof *d);
    for (int b = 0; b < B; b++) {
        double h[H], c[H], dh[H], dc[H];
        memcpy(h, p->h0[b], sizeof h), memcpy(c, p->c0[b], sizeof c);
        for (int k = 0; k < lengths[b]; k++) {
            const int t = reverse ? lengths[b] - 1 - k : k;
            rn_test_step(cell, p, p->x[t][b], h, c, &tape[t]);
            memcpy(out->y[t][b], h, sizeof h);
        }
        memcpy(out->h[b], h, sizeof h), memcpy(out->c[b], c, sizeof c);
        memcpy(dh, cotangent->h[b], sizeof dh), memcpy(dc, cotangent->c[b], sizeof dc);
        for (int k = lengths[b] - 1; k >= 0; k--) {
            const int t = reverse ? lengths[b] - 1 - k : k;
            for (int j = 0; j < H; j++) dh[j] += cotangent->y[t][b][j];
            rn_test_back(cell, p, p->x[t][b], &tape[t], dh, dc, d, d->x[t][b]);
        }
        memcpy(d->h0[b], dh, sizeof dh), memcpy(d->c0[b], dc, sizeof dc);
    }
}

#endif
