/* SPDX-License-Identifier: MIT */
/* Cells whose products read no state; and what all references share. */
#include "reference_cells.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

reference_options reference_with = {.levels = 3,
                                    .rounds = 5,
                                    .groups = 4,
                                    .period = {1, 2, 4, 8},
                                    .ltc_steps = 6,
                                    .order = 8,
                                    .delay = 64,
                                    .mamba_states = 16,
                                    .mamba_rank = 1,
                                    .heads = 1,
                                    .depth = 8,
                                    .width = 8,
                                    .window = 16};

const double *reference_weight(const rn_model *model, const char *path, const char *what)
{
    char name[200];

    snprintf(name, sizeof name, "%s/%s", path, what);
    return rn_test_values(model, name);
}

void reference_product(const rn_model *model, const char *path, const char *name,
                       const char *part, int64_t I, int64_t outs, const double *x,
                       double *y)
{
    const double *w = rn_test_part(model, path, name, part);

    for (int64_t j = 0; j < outs; j++) {
        y[j] = 0;
        for (int64_t i = 0; i < I; i++) y[j] += x[i] * w[i * outs + j];
    }
}

void reference_linear(const rn_model *model, const char *path, const char *name, int64_t I,
                      int64_t outs, const double *x, double *y)
{
    rn_test_gate(model, path, name, I, 0, outs, x, NULL, y);
}

double reference_softplus(double x)
{
    return log(1 + exp(x));
}

RN_REFERENCE(mingru)
{
    double z[N], g[N], *h = state[0];

    reference_linear(model, path, "z", I, H, x, z);
    reference_linear(model, path, "g", I, H, x, g);
    for (int64_t j = 0; j < H; j++) y[j] = h[j] += rn_test_sigmoid(z[j]) * (g[j] - h[j]);
}

RN_REFERENCE(minlstm)
{
    double f[N], i[N], g[N], *h = state[0];

    reference_linear(model, path, "f", I, H, x, f);
    reference_linear(model, path, "i", I, H, x, i);
    reference_linear(model, path, "g", I, H, x, g);
    for (int64_t j = 0; j < H; j++) {
        const double keep = rn_test_sigmoid(f[j]), add = rn_test_sigmoid(i[j]);
        y[j] = h[j] = keep / (keep + add) * h[j] + add / (keep + add) * g[j];
    }
}

RN_REFERENCE(indrnn)
{
    const double *u = reference_weight(model, path, "u");
    double a[N], *h = state[0];

    reference_linear(model, path, "h", I, H, x, a);
    for (int64_t j = 0; j < H; j++) y[j] = h[j] = fmax(0, a[j] + u[j] * h[j]);
}

RN_REFERENCE(sru)
{
    const double *vf = rn_test_part(model, path, "f", "v");
    const double *vr = rn_test_part(model, path, "r", "v");
    double f[N], r[N], g[N], skip[N], *c = state[0];

    reference_linear(model, path, "f", I, H, x, f);
    reference_linear(model, path, "r", I, H, x, r);
    reference_product(model, path, "g", "w", I, H, x, g);
    if (I == H)
        memcpy(skip, x, (size_t)H * sizeof *x);
    else
        reference_product(model, path, "x", "w", I, H, x, skip);
    for (int64_t j = 0; j < H; j++) {
        const double forget = rn_test_sigmoid(f[j] + vf[j] * c[j]);
        const double reset = rn_test_sigmoid(r[j] + vr[j] * c[j]);
        c[j] = forget * c[j] + (1 - forget) * g[j];
        y[j] = reset * c[j] + (1 - reset) * skip[j];
    }
}

RN_REFERENCE(qrnn)
{
    double a[N], *c = state[0], *before = state[1];

    reference_linear(model, path, "now", I, 3 * H, x, a);
    for (int64_t j = 0; j < 3 * H; j++) a[j] += before[j];
    reference_product(model, path, "before", "w", I, 3 * H, x, before);
    for (int64_t j = 0; j < H; j++) {
        const double f = rn_test_sigmoid(a[H + j]);
        c[j] = f * c[j] + (1 - f) * tanh(a[j]);
        y[j] = rn_test_sigmoid(a[2 * H + j]) * c[j];
    }
}

RN_REFERENCE(lru)
{
    const double *nu = reference_weight(model, path, "nu");
    const double *theta = reference_weight(model, path, "theta");
    const double *gamma = reference_weight(model, path, "gamma");
    double re[N], im[N], cp[N], cq[N], d[N], *p = state[0], *q = state[1];

    reference_product(model, path, "b_re", "w", I, H, x, re);
    reference_product(model, path, "b_im", "w", I, H, x, im);
    for (int64_t j = 0; j < H; j++) {
        const double size = exp(-exp(nu[j] - 4.58)), angle = exp(theta[j] - 3.46);
        const double scale = exp(gamma[j]) * sqrt(1 - size * size), old = p[j];
        p[j] = size * (cos(angle) * old - sin(angle) * q[j]) + scale * re[j];
        q[j] = size * (sin(angle) * old + cos(angle) * q[j]) + scale * im[j];
    }
    reference_product(model, path, "c_re", "w", H, H, p, cp);
    reference_product(model, path, "c_im", "w", H, H, q, cq);
    reference_product(model, path, "d", "w", I, H, x, d);
    for (int64_t j = 0; j < H; j++) y[j] = cp[j] - cq[j] + d[j];
}

RN_REFERENCE(rglru)
{
    const double *decay = reference_weight(model, path, "decay");
    double v[N], r[N], i[N], *h = state[0];

    reference_product(model, path, "v", "w", I, H, x, v);
    reference_linear(model, path, "r", H, H, v, r);
    reference_linear(model, path, "i", H, H, v, i);
    for (int64_t j = 0; j < H; j++) {
        const double a = pow(rn_test_sigmoid(decay[j] + 6.65), 8 * rn_test_sigmoid(r[j]));
        y[j] = h[j] = a * h[j] + sqrt(1 - a * a) * rn_test_sigmoid(i[j]) * v[j];
    }
}

RN_REFERENCE(mamba)
{
    const double *a = reference_weight(model, path, "a");
    const double *D = reference_weight(model, path, "skip");
    const int64_t n = reference_with.mamba_states, R = reference_with.mamba_rank;
    double v[N], low[N], d[N], b[N], c[N], *h = state[0];

    reference_product(model, path, "v", "w", I, H, x, v);
    reference_product(model, path, "low", "w", H, R, v, low);
    reference_linear(model, path, "d", R, H, low, d);
    reference_product(model, path, "b", "w", H, n, v, b);
    reference_product(model, path, "c", "w", H, n, v, c);
    for (int64_t j = 0; j < H; j++) {
        const double size = reference_softplus(d[j]);
        y[j] = D[j] * v[j];
        for (int64_t k = 0; k < n; k++) {
            const double A = -(double)(k + 1) * exp(a[k * H + j]);
            h[k * H + j] = exp(size * A) * h[k * H + j] + size * b[k] * v[j];
            y[j] += c[k] * h[k * H + j];
        }
    }
}

static void mixed(const rn_model *model, const char *path, const char *name, int64_t I,
                  int64_t H, const double *x, const double *last, double *y)
{
    const double *m = rn_test_part(model, path, name, "mix");
    double sum[N];

    for (int64_t i = 0; i < I; i++) sum[i] = m[i] * x[i] + (1 - m[i]) * last[i];
    reference_product(model, path, name, "w", I, H, sum, y);
}

/* Whole sums; only what is kept is divided by e^p. */
RN_REFERENCE(rwkv)
{
    const double *w = reference_weight(model, path, "decay");
    const double *u = reference_weight(model, path, "bonus");
    double r[N], k[N], v[N], *a = state[0], *b = state[1], *p = state[2];

    mixed(model, path, "r", I, H, x, state[3], r);
    mixed(model, path, "k", I, H, x, state[3], k);
    mixed(model, path, "v", I, H, x, state[3], v);
    for (int64_t j = 0; j < H; j++) {
        const double whole_a = a[j] * exp(p[j]), whole_b = b[j] * exp(p[j]);
        const double now = exp(u[j] + k[j]), kept = exp(-exp(w[j]));
        r[j] = rn_test_sigmoid(r[j]) * (whole_a + now * v[j]) / (whole_b + now);
        p[j] = fmax(p[j] - exp(w[j]), k[j]);
        a[j] = (kept * whole_a + exp(k[j]) * v[j]) / exp(p[j]);
        b[j] = (kept * whole_b + exp(k[j])) / exp(p[j]);
    }
    reference_product(model, path, "out", "w", H, H, r, y);
    memcpy(state[3], x, (size_t)I * sizeof *x);
}
