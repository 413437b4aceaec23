/* SPDX-License-Identifier: MIT */
/*
 * Second derivatives of an LSTM: Hessian-vector products against differences of the
 * gradient. The Hessian is symmetric, and padding does not affect it.
 */
#include "run/driver.h"

enum { T = 6, B = 3, I = 3, H = 4, PARTS = 5, MOST = 200 };

typedef struct world {
    rn_graph *g;
    rn_tensor x[PARTS], v[PARTS], lengths; /* xs, h0, w, u, b; and a vector of the same */
    rn_tensor loss, dx[PARTS], hv[PARTS];
    int64_t count[PARTS], whole;
} world;

static rn_tensor lstm(const world *w, bool ragged)
{
    rn_loop *loop = rn_loop_begin(w->g);

    if (ragged) rn_loop_lengths(loop, w->lengths);
    const rn_tensor x = rn_loop_each(loop, w->x[0]), h = rn_loop_carry(loop, w->x[1]);
    const rn_tensor c = rn_loop_carry(loop, rn_fill(w->g, RN_F64, rn_shape(B, H), 0));
    const rn_tensor z =
        rn_add(rn_add(rn_matmul(x, w->x[2]), rn_matmul(h, w->x[3])), w->x[4]);
    rn_tensor gate[4];
    for (int k = 0; k < 4; k++) gate[k] = rn_slice(z, 1, k * H, (k + 1) * H, 1);
    const rn_tensor cn = rn_add(rn_mul(rn_sigmoid(gate[0]), c),
                                rn_mul(rn_sigmoid(gate[1]), rn_tanh(gate[2])));
    const rn_tensor hn = rn_mul(rn_sigmoid(gate[3]), rn_tanh(cn));
    rn_loop_next(loop, h, hn);
    rn_loop_next(loop, c, cn);
    cr_assert(rn_loop_end(loop), "%s", rn_graph_error(w->g));
    return rn_add(rn_sum_all(rn_square(rn_loop_collect(loop, hn))),
                  rn_sum_all(rn_exp(rn_loop_final(loop, c))));
}

static world begin(bool ragged)
{
    const rn_shape shapes[PARTS] = {rn_shape(T, B, I), rn_shape(B, H), rn_shape(I, 4 * H),
                                    rn_shape(H, 4 * H), rn_shape(4 * H)};
    world w = {.g = rn_graph_new()};
    rn_tensor product = rn_constant_scalar(w.g, RN_F64, 0);

    w.lengths = rn_input(w.g, "lengths", RN_I32, rn_shape(B));
    for (int i = 0; i < PARTS; i++) {
        w.x[i] = rn_test_f64(w.g, "x", shapes[i]);
        w.v[i] = rn_test_f64(w.g, "v", shapes[i]);
        w.whole += w.count[i] = rn_test_count(w.x[i]);
    }
    w.loss = lstm(&w, ragged);
    cr_assert(rn_grad(w.loss, rn_null(), w.x, PARTS, w.dx), "%s", rn_graph_error(w.g));
    for (int i = 0; i < PARTS; i++)
        product = rn_add(product, rn_sum_all(rn_mul(w.dx[i], w.v[i])));
    cr_assert(rn_grad(product, rn_null(), w.x, PARTS, w.hv), "%s", rn_graph_error(w.g));
    return w;
}

static rn_program *compile(world *w, const rn_tensor *y)
{
    rn_program *p = rn_test_compile_with(
        w->g, (rn_compile_options){.outputs = y, .output_count = PARTS});

    rn_test_feed_i32(p, w->lengths, (int32_t[]){6, 0, 4});
    return p;
}

/* The outputs one after the other, for inputs at[] and vector v[] laid out likewise. */
static void evaluate(world *w, rn_program *p, const rn_tensor *y, const double *at,
                     const double *v, double *out)
{
    for (int i = 0; i < PARTS; i++) {
        rn_test_feed(p, w->x[i], at);
        rn_test_feed(p, w->v[i], v);
        at += w->count[i], v += w->count[i];
    }
    rn_test_run(p);
    for (int i = 0; i < PARTS; i++) {
        rn_test_read(p, y[i], out);
        out += w->count[i];
    }
}

/* d/dt of the gradient at x + t v, from four points. */
static void difference(world *w, rn_program *p, const double *x, const double *v,
                       double *out)
{
    static const double factor[] = {1, -8, 8, -1}, where[] = {-2, -1, 1, 2};
    const double h = 1e-3;
    double at[MOST], d[MOST];

    memset(out, 0, sizeof(double) * MOST);
    for (int k = 0; k < 4; k++) {
        for (int64_t i = 0; i < w->whole; i++) at[i] = x[i] + where[k] * h * v[i];
        evaluate(w, p, w->dx, at, v, d);
        for (int64_t i = 0; i < w->whole; i++) out[i] += factor[k] * d[i] / (12 * h);
    }
}

static double dot(const double *a, const double *b, int64_t n)
{
    double sum = 0;

    for (int64_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

static void check(bool ragged)
{
    world w = begin(ragged);
    rn_program *p = compile(&w, w.dx), *q = compile(&w, w.hv);
    double x[MOST], u[MOST], v[MOST], hu[MOST], hv[MOST], want[MOST], worst = 0;

    cr_assert_leq(w.whole, MOST);
    rn_test_numbers(x, w.whole, 1);
    if (ragged) x[B * I * 5 + I] = NAN; /* sequence 1, which has no steps */
    for (uint64_t seed = 2; seed < 6; seed++) {
        rn_test_numbers(u, w.whole, seed), rn_test_numbers(v, w.whole, seed + 10);
        evaluate(&w, q, w.hv, x, u, hu), evaluate(&w, q, w.hv, x, v, hv);
        difference(&w, p, x, v, want);
        const double d = rn_test_distance(hv, want, w.whole);
        cr_assert(d <= 1e-6, "off by %g", d);
        worst = fmax(worst, d);
        const double uhv = dot(u, hv, w.whole), vhu = dot(v, hu, w.whole);
        cr_assert(fabs(uhv - vhu) <= 1e-12 * fmax(1, fabs(uhv)),
                  "u H v is %.17g, v H u %.17g", uhv, vhu);
    }
    for (int64_t i = 0; ragged && i < T * B * I; i++) {
        const int64_t t = i / (B * I), b = i / I % B;
        if (b == 1 || (b == 2 && t >= 4)) cr_assert_eq(hv[i], 0, "padding has a part");
    }
    cr_log_info("%zu elements%s: largest difference %.3g", (size_t)w.whole,
                ragged ? ", ragged" : "", worst);
    rn_program_free(p), rn_program_free(q);
    rn_graph_free(w.g);
}

Test(hessian, of_an_lstm)
{
    check(false);
}

Test(hessian, of_an_lstm_with_lengths)
{
    check(true);
}
