/* SPDX-License-Identifier: MIT */
/* Cells with matrices, a stack, or attention. */
#include "reference_cells.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The whole sums C and n; only what is kept is divided by e^m. */
static void mlstm_head(int64_t D, const double *q, const double *k, const double *v,
                       double i, double f, double *C, double *n, double *m, double *y)
{
    const double forget = rn_test_sigmoid(f), old = exp(*m);
    double nq = 0;

    *m = fmax(log(forget) + *m, i);
    for (int64_t c = 0; c < D; c++) {
        const double key = k[c] / sqrt((double)D);
        const double whole = forget * n[c] * old + exp(i) * key;
        nq += whole * q[c];
        n[c] = whole / exp(*m);
    }
    for (int64_t r = 0; r < D; r++) {
        double sum = 0;
        for (int64_t c = 0; c < D; c++) {
            const double key = k[c] / sqrt((double)D);
            const double whole = forget * C[r * D + c] * old + exp(i) * v[r] * key;
            sum += whole * q[c];
            C[r * D + c] = whole / exp(*m);
        }
        y[r] = sum / fmax(fabs(nq), 1);
    }
}

RN_REFERENCE(mlstm)
{
    const int64_t heads = reference_with.heads, D = H / heads;
    double q[N], k[N], v[N], o[N], i[N], f[N];

    reference_linear(model, path, "q", I, H, x, q);
    reference_linear(model, path, "k", I, H, x, k);
    reference_linear(model, path, "v", I, H, x, v);
    reference_linear(model, path, "o", I, H, x, o);
    reference_linear(model, path, "i", I, heads, x, i);
    reference_linear(model, path, "f", I, heads, x, f);
    for (int64_t a = 0; a < heads; a++)
        mlstm_head(D, q + a * D, k + a * D, v + a * D, i[a], f[a], state[0] + a * D * D,
                   state[1] + a * D, state[2] + a, y + a * D);
    for (int64_t j = 0; j < H; j++) y[j] *= rn_test_sigmoid(o[j]);
}

static void silu(const rn_model *model, const char *path, const char *name, int64_t I,
                 int64_t H, const double *x, double *y)
{
    reference_product(model, path, name, "w", I, H, x, y);
    for (int64_t j = 0; j < H; j++) y[j] *= rn_test_sigmoid(y[j]);
}

static void unit(double *x, int64_t D)
{
    double square = 1e-6;

    for (int64_t j = 0; j < D; j++) square += x[j] * x[j];
    for (int64_t j = 0; j < D; j++) x[j] /= sqrt(square);
}

/* S' = S a (1 - b k k^T) + b v k^T with the matrix 1 - b k k^T */
static void delta_head(int64_t D, const double *q, const double *k, const double *v,
                       double a, double b, double *S, double *y)
{
    for (int64_t r = 0; r < D; r++) {
        double row[N];
        y[r] = 0;
        for (int64_t c = 0; c < D; c++) {
            row[c] = b * v[r] * k[c];
            for (int64_t l = 0; l < D; l++)
                row[c] += S[r * D + l] * a * ((l == c ? 1 : 0) - b * k[l] * k[c]);
        }
        for (int64_t c = 0; c < D; c++) {
            S[r * D + c] = row[c];
            y[r] += row[c] * q[c];
        }
    }
}

RN_REFERENCE(gated_deltanet)
{
    const double *decay = reference_weight(model, path, "decay");
    const int64_t heads = reference_with.heads, D = H / heads;
    double q[N], k[N], v[N], a[N], b[N];

    silu(model, path, "q", I, H, x, q);
    silu(model, path, "k", I, H, x, k);
    silu(model, path, "v", I, H, x, v);
    reference_linear(model, path, "a", I, heads, x, a);
    reference_linear(model, path, "b", I, heads, x, b);
    for (int64_t h = 0; h < heads; h++) {
        unit(q + h * D, D), unit(k + h * D, D);
        delta_head(D, q + h * D, k + h * D, v + h * D,
                   exp(-exp(decay[h]) * reference_softplus(a[h])), rn_test_sigmoid(b[h]),
                   state[0] + h * D * D, y + h * D);
    }
}

RN_REFERENCE(stack)
{
    const int D = reference_with.depth, W = reference_with.width;
    double sum[N], top[N], action[3], value[N], old[1024], total = 0, *S = state[1];

    rn_test_gate(model, path, "h", I, H, H, x, state[0], sum);
    reference_product(model, path, "top", "u", W, H, S, top);
    for (int64_t j = 0; j < H; j++) y[j] = state[0][j] = rn_test_sigmoid(sum[j] + top[j]);
    reference_linear(model, path, "action", H, 3, y, action);
    reference_linear(model, path, "value", H, W, y, value);
    for (int k = 0; k < 3; k++) total += exp(action[k]);
    memcpy(old, S, (size_t)(D * W) * sizeof *S);
    for (int d = 0; d < D; d++)
        for (int w = 0; w < W; w++) {
            const double above = d ? old[(d - 1) * W + w] : rn_test_sigmoid(value[w]);
            const double below = d + 1 < D ? old[(d + 1) * W + w] : 0;
            S[d * W + w] = (exp(action[0]) * above + exp(action[1]) * below +
                            exp(action[2]) * old[d * W + w]) /
                           total;
        }
}

void reference_gru(const rn_model *model, const char *path, int64_t I, int64_t H,
                   const double *x, double *h)
{
    double r[N], z[N], g[N], rh[N] = {0};

    rn_test_gate(model, path, "r", I, H, H, x, h, r);
    rn_test_gate(model, path, "z", I, H, H, x, h, z);
    for (int64_t j = 0; j < H; j++) rh[j] = rn_test_sigmoid(r[j]) * h[j];
    rn_test_gate(model, path, "g", I, H, H, x, rh, g);
    for (int64_t j = 0; j < H; j++) h[j] += rn_test_sigmoid(z[j]) * (tanh(g[j]) - h[j]);
}

/* Additive attention of a GRU over its own last states, of which the newest is last. */
RN_REFERENCE(attention)
{
    const int S = reference_with.window;
    const double *v = rn_test_part(model, path, "attention", "score");
    double *h = state[0], *m = state[2], *valid = state[3], query[N], score[64], total = 0;
    double in[N] = {0};
    char at[200], cell[200];

    snprintf(at, sizeof at, "%s/attention", path);
    snprintf(cell, sizeof cell, "%s/cell", path);
    reference_product(model, at, "query", "w", H, H, h, query);
    for (int j = 0; j < S; j++) {
        double key[N];
        reference_linear(model, at, "key", H, H, m + j * H, key);
        score[j] = 0;
        for (int64_t a = 0; a < H; a++) score[j] += v[a] * tanh(key[a] + query[a]);
        total += valid[j] * exp(score[j]);
    }
    memcpy(in, x, (size_t)I * sizeof *x);
    for (int j = 0; j < S; j++)
        for (int64_t a = 0; a < H && total > 0; a++)
            in[I + a] += valid[j] * exp(score[j]) / total * m[j * H + a];
    reference_gru(model, cell, I + H, H, in, h);
    memcpy(y, h, (size_t)H * sizeof *y);
    memcpy(state[1], in + I, (size_t)H * sizeof *y);
    memmove(m, m + H, (size_t)((S - 1) * H) * sizeof *m);
    memmove(valid, valid + 1, (size_t)(S - 1) * sizeof *m);
    memcpy(m + (S - 1) * H, h, (size_t)H * sizeof *m);
    valid[S - 1] = 1;
}
