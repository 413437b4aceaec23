/* SPDX-License-Identifier: MIT */
/* The limit of gradients between the steps of recurrent layers: against plain loops, and
 * against steps with the operator written out. */
#include "nn_support.h"

#include <math.h>
#include <string.h>

#include "rondo/grad.h"
#include "rondo/gradcheck.h"
#include "rondo/ops.h"

enum { T = 6, B = 3, I = 2, H = 4, STATES = 4 };
static const double limit = 0.4;

/* dL/dx of the sum of c .* y over all steps, for an input x. */
static void gradient(rn_test_world *w, rn_tensor x, rn_tensor y, const double *c,
                     double *dx)
{
    const rn_tensor weights = rn_constant(w->graph, RN_F64, rn_shape_get(y), c);
    double data[T * B * I];
    rn_tensor g = rn_null();

    cr_assert(rn_grad(rn_sum_all(rn_mul(y, weights)), rn_null(), &x, 1, &g), "%s",
              rn_graph_error(w->graph));
    rn_program *p = rn_test_compile(g);
    rn_test_numbers(data, T * B * I, 3);
    rn_test_feed_f64(p, x, data);
    rn_test_run_once(p);
    rn_test_read_f64(p, g, dx);
    rn_program_free(p);
}

/* ---- plain loops ---- */

/* Steps of one sequence of the simple RNN, in the order in which they run. */
typedef struct plain {
    const double *w, *u, *b; /* [I,H], [H,H], [H] */
    double h[T + 1][H];
} plain;

static void forwards(plain *p, int t, const double *x)
{
    for (int j = 0; j < H; j++) {
        double z = p->b[j];
        for (int i = 0; i < I; i++) z += x[i] * p->w[i * H + j];
        for (int i = 0; i < H; i++) z += p->h[t][i] * p->u[i * H + j];
        p->h[t + 1][j] = tanh(z);
    }
}

/* dh: dL/dh after the step by all that follows; becomes the same before the step. */
static void backwards(const plain *p, int t, const double *c, double *dh, double *dx)
{
    double dz[H];

    for (int j = 0; j < H; j++)
        dz[j] = (dh[j] + c[j]) * (1 - p->h[t + 1][j] * p->h[t + 1][j]);
    for (int i = 0; i < I; i++) {
        dx[i] = 0;
        for (int j = 0; j < H; j++) dx[i] += dz[j] * p->w[i * H + j];
    }
    for (int i = 0; i < H; i++) {
        double sum = 0;
        for (int j = 0; j < H; j++) sum += dz[j] * p->u[i * H + j];
        dh[i] = fmin(fmax(sum, -limit), limit);
    }
}

static void plain_gradient(const rn_model *model, const char *path, bool reverse,
                           const int32_t *lengths, const double *c, double *dx)
{
    char name[3][64];
    double x[T * B * I];

    for (int i = 0; i < 3; i++) snprintf(name[i], sizeof *name, "%s/h/%c", path, "wub"[i]);
    rn_test_numbers(x, T * B * I, 3);
    memset(dx, 0, sizeof x);
    for (int b = 0; b < B; b++) {
        const int n = lengths ? lengths[b] : T;
        plain p = {rn_test_values(model, name[0]),
                   rn_test_values(model, name[1]),
                   rn_test_values(model, name[2]),
                   {{0}}};
        double dh[H] = {0};
        for (int k = 0; k < n; k++)
            forwards(&p, k, x + ((reverse ? n - 1 - k : k) * B + b) * I);
        for (int k = n - 1; k >= 0; k--) {
            const int at = (reverse ? n - 1 - k : k) * B + b;
            backwards(&p, k, c + at * H, dh, dx + at * I);
        }
    }
}

static void check_plain(rn_recurrent_options o, bool with_lengths)
{
    const int32_t lengths[B] = {4, 6, 1};
    double c[T * B * H], got[T * B * I], want[T * B * I], without[T * B * I];
    rn_test_world w = rn_test_begin();
    rn_tensor x = rn_input(w.graph, "x", RN_F64, rn_shape(T, B, I));

    o.units = H;
    if (with_lengths) o.lengths = rn_constant(w.graph, RN_I32, rn_shape(B), lengths);
    rn_sequence plainly = rn_rnn(w.root, "net", x, o);
    o.clip_gradient = limit;
    rn_sequence y = rn_rnn(rn_share(w.root), "net", x, o);
    cr_assert_str_eq(rn_graph_error(w.graph), "");
    rn_test_scramble(w.model, 0.9);
    rn_test_numbers(c, T * B * H, 8);
    gradient(&w, x, y.outputs, c, got);
    gradient(&w, x, plainly.outputs, c, without);
    plain_gradient(w.model, "net/layer0", o.reverse, with_lengths ? lengths : NULL, c,
                   want);
    rn_test_close(got, want, T * B * I, 1e-12, "limited");
    double most = 0;
    for (int i = 0; i < T * B * I; i++) most = fmax(most, fabs(got[i] - without[i]));
    cr_assert(most > 0.01, "the limit never acted");
    rn_test_end(&w);
}

Test(clip_gradient, plain_loops)
{
    check_plain((rn_recurrent_options){0}, false);
    check_plain((rn_recurrent_options){.reverse = true}, false);
    check_plain((rn_recurrent_options){0}, true);
    check_plain((rn_recurrent_options){.reverse = true}, true);
}

/* Both directions, each from its half of the outputs. */
Test(clip_gradient, both_directions)
{
    double c[T * B * 2 * H], half[T * B * H], got[T * B * I], want[T * B * I],
        one[T * B * I];
    rn_test_world w = rn_test_begin();
    rn_tensor x = rn_input(w.graph, "x", RN_F64, rn_shape(T, B, I));
    rn_sequence y = rn_rnn(
        w.root, "net", x,
        (rn_recurrent_options){.units = H, .bidirectional = true, .clip_gradient = limit});

    cr_assert_str_eq(rn_graph_error(w.graph), "");
    rn_test_scramble(w.model, 0.9);
    rn_test_numbers(c, T * B * 2 * H, 8);
    gradient(&w, x, y.outputs, c, got);
    memset(want, 0, sizeof want);
    for (int d = 0; d < 2; d++) {
        for (int i = 0; i < T * B; i++)
            memcpy(half + i * H, c + (i * 2 + d) * H, H * sizeof *half);
        plain_gradient(w.model, d ? "net/layer0/backward" : "net/layer0/forward", d, NULL,
                       half, one);
        for (int i = 0; i < T * B * I; i++) want[i] += one[i];
    }
    rn_test_close(got, want, T * B * I, 1e-12, "both directions");
    rn_test_end(&w);
}

/* ---- steps ---- */

/* The outputs of steps; by_hand: with the operator before each of them. */
static rn_tensor steps(rn_scope s, const rn_cell *cell, rn_tensor x, rn_recurrent_options o,
                       bool by_hand)
{
    rn_tensor state[STATES], y[T];
    const int count = 2 * cell->states;

    if (by_hand) o.clip_gradient = 0;
    cr_assert(rn_recurrent_begin(s, "net", cell, x, state, o));
    for (int t = 0; t < T; t++) {
        for (int i = 0; by_hand && i < count; i++)
            state[i] = rn_clip_gradient(state[i], limit);
        y[t] = rn_recurrent_step(s, "net", cell, rn_index(x, 0, t), state, o);
    }
    return rn_stack(y, T, 0);
}

/* Two layers of a cell, whole and in steps, with states that are partly kept. */
static void check_steps(const rn_cell *cell)
{
    const rn_recurrent_options o = {
        .units = H, .layers = 2, .zoneout = {0.25, 0.5}, .clip_gradient = limit};
    double c[T * B * H], whole[T * B * I], got[T * B * I];
    rn_test_world w = rn_test_begin();
    rn_scope s = rn_root_inference(w.graph, w.model);
    rn_tensor x = rn_input(w.graph, "x", RN_F64, rn_shape(T, B, I));
    rn_sequence y = rn_recurrent(s, "net", cell, x, o);
    rn_tensor step = steps(s, cell, x, o, false), by_hand = steps(s, cell, x, o, true);

    cr_assert_str_eq(rn_graph_error(w.graph), "");
    rn_test_scramble(w.model, 1.2);
    rn_test_numbers(c, T * B * H, 8);
    gradient(&w, x, y.outputs, c, whole);
    gradient(&w, x, step, c, got);
    rn_test_close(got, whole, T * B * I, 1e-12, "steps");
    gradient(&w, x, by_hand, c, got);
    rn_test_close(got, whole, T * B * I, 1e-12, "by hand");
    rn_test_end(&w);
}

Test(clip_gradient, steps)
{
    check_steps(&rn_cell_rnn);
    check_steps(&rn_cell_lstm);
    check_steps(&rn_cell_gru);
}

/* The values are those without the option, bit for bit. */
Test(clip_gradient, values_stay)
{
    double data[T * B * I], got[2][T * B * H];

    for (int i = 0; i < 2; i++) {
        rn_test_world w = rn_test_begin();
        rn_tensor x = rn_input(w.graph, "x", RN_F64, rn_shape(T, B, I));
        rn_sequence y =
            rn_lstm(w.root, "net", x,
                    (rn_recurrent_options){.units = H, .clip_gradient = i ? limit : 0});
        rn_test_scramble(w.model, 1);
        rn_test_numbers(data, T * B * I, 5);
        rn_program *p = rn_test_compile(y.outputs);
        rn_test_feed_f64(p, x, data);
        rn_test_run_once(p);
        rn_test_read_f64(p, y.outputs, got[i]);
        rn_program_free(p);
        rn_test_end(&w);
    }
    cr_assert(memcmp(got[0], got[1], sizeof *got) == 0);
}

/* A limit that acts is no derivative, and rn_gradcheck says so; an infinite one is none. */
Test(clip_gradient, gradcheck)
{
    for (int i = 0; i < 2; i++) {
        rn_test_world w = rn_test_begin();
        rn_tensor x = rn_input(w.graph, "x", RN_F64, rn_shape(T, B, I));
        rn_sequence y =
            rn_lstm(w.root, "net", x,
                    (rn_recurrent_options){.units = H,
                                           .clip_gradient = i ? (double)INFINITY : 1e-3});
        rn_gradcheck_report *r = rn_gradcheck(rn_sum_all(rn_square(y.last)),
                                              (rn_gradcheck_options){.exhaustive = 8});
        cr_assert_eq(r->passed, i == 1, "%s", r->text);
        cr_assert(i == 1 || strstr(r->text, "clip_gradient"), "%s", r->text);
        rn_gradcheck_free(r);
        rn_test_end(&w);
    }
}

Test(clip_gradient, refuses)
{
    const double bad[] = {-1, NAN, -INFINITY};

    for (int i = 0; i < 3; i++) {
        rn_test_world w = rn_test_begin();
        rn_tensor x = rn_input(w.graph, "x", RN_F64, rn_shape(T, B, I));
        char message[100];
        snprintf(message, sizeof message,
                 "recurrent: clip_gradient must not be negative: net has %g", bad[i]);
        rn_rnn(w.root, "net", x,
               (rn_recurrent_options){.units = H, .clip_gradient = bad[i]});
        rn_test_error_is(w.graph, message);
        rn_test_end(&w);
    }
}
