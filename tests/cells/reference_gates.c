/* SPDX-License-Identifier: MIT */
/* Cells made of gates. */
#include "reference_cells.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

RN_REFERENCE(mgu)
{
    double f[N], g[N], fh[N] = {0}, *h = state[0];

    rn_test_gate(model, path, "f", I, H, H, x, h, f);
    for (int64_t j = 0; j < H; j++) fh[j] = rn_test_sigmoid(f[j]) * h[j];
    rn_test_gate(model, path, "g", I, H, H, x, fh, g);
    for (int64_t j = 0; j < H; j++)
        y[j] = h[j] += rn_test_sigmoid(f[j]) * (tanh(g[j]) - h[j]);
}

RN_REFERENCE(ugrnn)
{
    double c[N], g[N], *h = state[0];

    rn_test_gate(model, path, "c", I, H, H, x, h, c);
    rn_test_gate(model, path, "g", I, H, H, x, h, g);
    for (int64_t j = 0; j < H; j++)
        y[j] = h[j] = tanh(c[j]) + rn_test_sigmoid(g[j]) * (h[j] - tanh(c[j]));
}

RN_REFERENCE(janet)
{
    double a[N], g[N], *h = state[0];

    rn_test_gate(model, path, "f", I, H, H, x, h, a);
    rn_test_gate(model, path, "g", I, H, H, x, h, g);
    for (int64_t j = 0; j < H; j++)
        y[j] = h[j] =
            rn_test_sigmoid(a[j]) * h[j] + (1 - rn_test_sigmoid(a[j] - 1)) * tanh(g[j]);
}

/* gain .* (x - mean) / sqrt(variance + 1e-5) + bias */
static void normalize(const rn_model *model, const char *path, const char *name, int64_t n,
                      const double *x, double *y)
{
    const double *gain = rn_test_part(model, path, name, "gain");
    const double *bias = rn_test_part(model, path, name, "bias");
    double mean = 0, variance = 0;

    for (int64_t j = 0; j < n; j++) mean += x[j] / (double)n;
    for (int64_t j = 0; j < n; j++) variance += (x[j] - mean) * (x[j] - mean) / (double)n;
    for (int64_t j = 0; j < n; j++)
        y[j] = gain[j] * (x[j] - mean) / sqrt(variance + 1e-5) + bias[j];
}

RN_REFERENCE(norm_lstm)
{
    double wx[N], uh[N], nc[N], *h = state[0], *c = state[1];
    const double *b = rn_test_part(model, path, "gates", "b");

    reference_product(model, path, "gates", "w", I, 4 * H, x, wx);
    reference_product(model, path, "gates", "u", H, 4 * H, h, uh);
    normalize(model, path, "norm_x", 4 * H, wx, wx);
    normalize(model, path, "norm_h", 4 * H, uh, uh);
    for (int64_t j = 0; j < 4 * H; j++) wx[j] += uh[j] + b[j];
    for (int64_t j = 0; j < H; j++)
        c[j] = rn_test_sigmoid(wx[j]) * c[j] +
               rn_test_sigmoid(wx[H + j]) * tanh(wx[3 * H + j]);
    normalize(model, path, "norm_c", H, c, nc);
    for (int64_t j = 0; j < H; j++)
        y[j] = h[j] = rn_test_sigmoid(wx[2 * H + j]) * tanh(nc[j]);
}

/* c and n with their whole exponentials; only what is kept is divided by e^m. */
RN_REFERENCE(slstm)
{
    double z[N], i[N], f[N], o[N], *h = state[0], *c = state[1], *n = state[2],
                                   *m = state[3];

    rn_test_gate(model, path, "z", I, H, H, x, h, z);
    rn_test_gate(model, path, "i", I, H, H, x, h, i);
    rn_test_gate(model, path, "f", I, H, H, x, h, f);
    rn_test_gate(model, path, "o", I, H, H, x, h, o);
    for (int64_t j = 0; j < H; j++) {
        const double forget = rn_test_sigmoid(f[j]);
        const double whole_c = forget * c[j] * exp(m[j]) + exp(i[j]) * tanh(z[j]);
        const double whole_n = forget * n[j] * exp(m[j]) + exp(i[j]);
        m[j] = fmax(log(forget) + m[j], i[j]);
        c[j] = whole_c / exp(m[j]), n[j] = whole_n / exp(m[j]);
        y[j] = h[j] = rn_test_sigmoid(o[j]) * whole_c / whole_n;
    }
}

RN_REFERENCE(rhn)
{
    double g[N], t[N], *s = state[0];

    for (int l = 0; l < reference_with.levels; l++) {
        char level[200];
        snprintf(level, sizeof level, "%s/level%d", path, l);
        if (l == 0) {
            rn_test_gate(model, level, "g", I, H, H, x, s, g);
            rn_test_gate(model, level, "t", I, H, H, x, s, t);
        } else {
            reference_product(model, level, "g", "u", H, H, s, g);
            reference_product(model, level, "t", "u", H, H, s, t);
        }
        for (int64_t j = 0; j < H; j++) {
            const double bg = l ? rn_test_part(model, level, "g", "b")[j] : 0;
            const double bt = l ? rn_test_part(model, level, "t", "b")[j] : 0;
            const double gate = rn_test_sigmoid(t[j] + bt);
            s[j] = gate * tanh(g[j] + bg) + (1 - gate) * s[j];
        }
    }
    memcpy(y, s, (size_t)H * sizeof *y);
}

RN_REFERENCE(fastrnn)
{
    const double alpha = rn_test_sigmoid(*reference_weight(model, path, "alpha"));
    const double beta = rn_test_sigmoid(*reference_weight(model, path, "beta"));
    double g[N], *h = state[0];

    rn_test_gate(model, path, "g", I, H, H, x, h, g);
    for (int64_t j = 0; j < H; j++) y[j] = h[j] = alpha * tanh(g[j]) + beta * h[j];
}

RN_REFERENCE(fastgrnn)
{
    const double zeta = rn_test_sigmoid(*reference_weight(model, path, "zeta"));
    const double nu = rn_test_sigmoid(*reference_weight(model, path, "nu"));
    const double *bz = rn_test_part(model, path, "z", "b");
    const double *bg = rn_test_part(model, path, "g", "b");
    const int64_t R = reference_with.rank;
    double low[N], wx[N], uh[N], *h = state[0];

    if (R) reference_product(model, path, "low", "w", I, R, x, low);
    reference_product(model, path, "a", "w", R ? R : I, H, R ? low : x, wx);
    if (R) reference_product(model, path, "low", "u", H, R, h, low);
    reference_product(model, path, "a", "u", R ? R : H, H, R ? low : h, uh);
    for (int64_t j = 0; j < H; j++) {
        const double z = rn_test_sigmoid(wx[j] + uh[j] + bz[j]);
        const double g = tanh(wx[j] + uh[j] + bg[j]);
        y[j] = h[j] = (zeta * (1 - z) + nu) * g + z * h[j];
    }
}

RN_REFERENCE(clockwork)
{
    const int t = (int)state[1][0], G = reference_with.groups;
    double *h = state[0];

    for (int k = 0; k < G; k++) {
        const int64_t begin = k * H / G, units = (k + 1) * H / G - begin;
        char name[40];
        double sum[N], uh[N];
        snprintf(name, sizeof name, "group%d", k);
        if (units == 0) continue;
        reference_linear(model, path, name, I, units, x, sum);
        reference_product(model, path, name, "u", H - begin, units, h + begin, uh);
        for (int64_t j = 0; j < units; j++) /* groups after k read no group before them */
            y[begin + j] =
                t % reference_with.period[k] ? h[begin + j] : tanh(sum[j] + uh[j]);
    }
    memcpy(h, y, (size_t)H * sizeof *h);
    state[1][0] = t + 1;
}

RN_REFERENCE(antisymmetric)
{
    const double *u = rn_test_part(model, path, "h", "u");
    double sum[N], *h = state[0];

    reference_linear(model, path, "h", I, H, x, sum);
    for (int64_t j = 0; j < H; j++)
        for (int64_t k = 0; k < H; k++)
            sum[j] += h[k] * (u[k * H + j] - u[j * H + k] - (j == k ? 0.01 : 0));
    for (int64_t j = 0; j < H; j++) y[j] = h[j] += 0.1 * tanh(sum[j]);
}

RN_REFERENCE(cornn)
{
    double force[N], vz[N], *h = state[0], *z = state[1];

    rn_test_gate(model, path, "y", I, H, H, x, h, force);
    reference_product(model, path, "z", "u", H, H, z, vz);
    for (int64_t j = 0; j < H; j++) {
        z[j] += 0.042 * (tanh(force[j] + vz[j]) - 2.7 * h[j] - 4.7 * z[j]);
        y[j] = h[j] += 0.042 * z[j];
    }
}

RN_REFERENCE(ltc)
{
    const double *A = reference_weight(model, path, "A");
    const double *rate = reference_weight(model, path, "rate");
    const double size = 1.0 / reference_with.ltc_steps;
    double f[N], *v = state[0];

    for (int l = 0; l < reference_with.ltc_steps; l++) {
        rn_test_gate(model, path, "f", I, H, H, x, v, f);
        for (int64_t j = 0; j < H; j++) {
            const double gate = rn_test_sigmoid(f[j]);
            v[j] = (v[j] + size * gate * A[j]) /
                   (1 + size * (reference_softplus(rate[j]) + gate));
        }
    }
    memcpy(y, v, (size_t)H * sizeof *y);
}

/* dm/dt of the Legendre polynomials' coefficients. */
static void slope(const double *m, double u, int order, int delay, double *dm)
{
    for (int i = 0; i < order; i++) {
        double sum = (i % 2 ? -1 : 1) * u;
        for (int j = 0; j < order; j++)
            sum += m[j] * (i < j ? -1 : (i - j + 1) % 2 ? -1 : 1);
        dm[i] = sum * (2 * i + 1) / delay;
    }
}

/* m one step later by 2000 steps of Runge and Kutta's method. */
static void remember(double *m, double u)
{
    enum { PARTS = 2000 };
    const int n = reference_with.order, delay = reference_with.delay;
    const double size = 1.0 / PARTS;

    for (int part = 0; part < PARTS; part++) {
        double k[4][32], at[32];
        for (int r = 0; r < 4; r++) {
            const double ahead = r == 0 ? 0 : r == 3 ? size : size / 2;
            for (int i = 0; i < n; i++) at[i] = m[i] + (r ? ahead * k[r - 1][i] : 0);
            slope(at, u, n, delay, k[r]);
        }
        for (int i = 0; i < n; i++)
            m[i] += size / 6 * (k[0][i] + 2 * k[1][i] + 2 * k[2][i] + k[3][i]);
    }
}

RN_REFERENCE(lmu)
{
    const int64_t order = reference_with.order;
    double u[3], a[N], b[N], c[N], *h = state[0], *m = state[1];

    reference_product(model, path, "ex", "w", I, 1, x, u);
    reference_product(model, path, "eh", "u", H, 1, h, u + 1);
    reference_product(model, path, "em", "u", order, 1, m, u + 2);
    remember(m, u[0] + u[1] + u[2]);
    reference_product(model, path, "h", "w", I, H, x, a);
    reference_product(model, path, "h", "u", H, H, h, b);
    reference_product(model, path, "m", "u", order, H, m, c);
    for (int64_t j = 0; j < H; j++) y[j] = h[j] = tanh(a[j] + b[j] + c[j]);
}

/* c and h of an LSTM that reads x and u. */
static void lstm(const rn_model *model, const char *path, const char *candidate, int64_t I,
                 int64_t H, const double *x, const double *u, double *c, double *h)
{
    double f[N], i[N], o[N], g[N];

    rn_test_gate(model, path, "f", I, H, H, x, u, f);
    rn_test_gate(model, path, "i", I, H, H, x, u, i);
    rn_test_gate(model, path, "o", I, H, H, x, u, o);
    rn_test_gate(model, path, candidate, I, H, H, x, u, g);
    for (int64_t j = 0; j < H; j++) {
        c[j] = rn_test_sigmoid(f[j]) * c[j] + rn_test_sigmoid(i[j]) * tanh(g[j]);
        h[j] = rn_test_sigmoid(o[j]) * tanh(c[j]);
    }
}

RN_REFERENCE(mult_lstm)
{
    double wx[N], m[N] = {0};

    reference_product(model, path, "m", "w", I, H, x, wx);
    reference_product(model, path, "m", "u", H, H, state[0], m);
    for (int64_t j = 0; j < H; j++) m[j] *= wx[j];
    lstm(model, path, "g", I, H, x, m, state[1], state[0]);
    memcpy(y, state[0], (size_t)H * sizeof *y);
}

RN_REFERENCE(mogrifier)
{
    double in[N] = {0}, u[N] = {0}, gate[N];

    memcpy(in, x, (size_t)I * sizeof *x);
    memcpy(u, state[0], (size_t)H * sizeof *x);
    for (int r = 1; r <= reference_with.rounds; r++) {
        const bool odd = r % 2;
        char name[20];
        snprintf(name, sizeof name, "q%d", r);
        reference_product(model, path, name, "u", odd ? H : I, odd ? I : H, odd ? u : in,
                          gate);
        for (int64_t j = 0; j < (odd ? I : H); j++)
            (odd ? in : u)[j] *= 2 * rn_test_sigmoid(gate[j]);
    }
    lstm(model, path, "c", I, H, in, u, state[1], state[0]);
    memcpy(y, state[0], (size_t)H * sizeof *y);
}

RN_REFERENCE(lem)
{
    double d[N], e[N], a[N], *z = state[1];

    rn_test_gate(model, path, "d", I, H, H, x, state[0], d);
    rn_test_gate(model, path, "e", I, H, H, x, state[0], e);
    rn_test_gate(model, path, "z", I, H, H, x, state[0], a);
    for (int64_t j = 0; j < H; j++) z[j] += rn_test_sigmoid(d[j]) * (tanh(a[j]) - z[j]);
    rn_test_gate(model, path, "y", I, H, H, x, z, a);
    for (int64_t j = 0; j < H; j++)
        y[j] = state[0][j] += rn_test_sigmoid(e[j]) * (tanh(a[j]) - state[0][j]);
}
