/* SPDX-License-Identifier: MIT */
/* The cells with options against plain loops over numbers, and the bits of the cells
 * without. */
#include "layer_support.h"

#include <math.h>

#include "rondo/gradcheck.h"
#include "rondo/ops.h"

enum { N = RN_TEST_UNITS };

/* The options of the cell under test, which the references read. */
static rn_lstm_options lstm;
static rn_gru_options gru;
static rn_rnn_options rnn;

static double limited(double x, double limit)
{
    return limit == 0 ? x : fmin(fmax(x, -limit), limit);
}

static double active(rn_activation f, double x, const rn_cell_options *all)
{
    x = limited(x, all->clip);
    if (f == rn_relu) return fmax(x, 0);
    if (f == rn_tanh) return tanh(x);
    if (f == rn_softplus) return log1p(exp(x));
    cr_assert(f == rn_sigmoid);
    return rn_test_sigmoid(x);
}

/* y + U h, h [M]. */
static void add_product(const rn_model *model, const char *path, const char *name,
                        const char *part, int64_t M, int64_t H, const double *h, double *y)
{
    for (int64_t i = 0; i < M; i++)
        for (int64_t j = 0; j < H; j++)
            y[j] += h[i] * rn_test_part(model, path, name, part)[i * H + j];
}

/* W x + U h + b (+ bu), x [I], h [M]; either may be NULL. */
static void affine(const rn_model *model, const char *path, const char *name, int64_t I,
                   int64_t M, int64_t H, const double *x, const double *h,
                   const rn_cell_options *all, bool two, double *y)
{
    for (int64_t j = 0; j < H; j++) {
        y[j] = x && !all->no_bias ? rn_test_part(model, path, name, "b")[j] : 0;
        if (two && !all->no_bias) y[j] += rn_test_part(model, path, name, "bu")[j];
    }
    if (x) add_product(model, path, name, "w", I, H, x, y);
    if (h) add_product(model, path, name, "u", M, H, h, y);
}

/* ---- lstm ---- */

static void lstm_step(const rn_model *model, const char *path, int64_t I, int64_t H,
                      const double *x, double *const *state, double *y)
{
    const int64_t P = lstm.projection ? lstm.projection : H;
    const bool two = lstm.all.two_biases;
    const rn_cell_options *all = &lstm.all;
    const rn_activation of_gate = lstm.gate ? lstm.gate : rn_sigmoid;
    double f[N], i[N] = {0}, g[N], o[N], m[N], *h = state[0], *c = state[1];

    affine(model, path, "f", I, P, H, x, h, all, two, f);
    if (!lstm.coupled) affine(model, path, "i", I, P, H, x, h, all, two, i);
    affine(model, path, "c", I, P, H, x, h, all, two, g);
    affine(model, path, "o", I, P, H, x, h, all, two, o);
    for (int64_t j = 0; j < H; j++) {
        const bool p = lstm.peepholes;
        if (p) f[j] += c[j] * rn_test_part(model, path, "f", "p")[j];
        if (p && !lstm.coupled) i[j] += c[j] * rn_test_part(model, path, "i", "p")[j];
        const double forget = active(of_gate, f[j], &lstm.all);
        const double take = lstm.coupled ? 1 - forget : active(of_gate, i[j], &lstm.all);
        c[j] =
            forget * c[j] + take * active(lstm.cell ? lstm.cell : rn_tanh, g[j], &lstm.all);
        c[j] = limited(c[j], lstm.clip_state);
        if (p) o[j] += c[j] * rn_test_part(model, path, "o", "p")[j];
        m[j] = active(of_gate, o[j], &lstm.all) *
               active(lstm.hidden ? lstm.hidden : rn_tanh, c[j], &(rn_cell_options){0});
    }
    for (int64_t k = 0; k < P; k++) {
        h[k] = lstm.projection ? 0 : m[k];
        for (int64_t j = 0; lstm.projection && j < H; j++)
            h[k] += m[j] * rn_test_part(model, path, "p", "w")[j * P + k];
        y[k] = h[k];
    }
}

static int64_t lstm_sizes(int64_t I, int64_t H, int64_t *state)
{
    (void)I;
    state[0] = lstm.projection ? lstm.projection : H, state[1] = H;
    return state[0];
}

static void check_lstm(rn_lstm_options options)
{
    lstm = options;
    const rn_cell cell = rn_lstm_cell(&lstm);
    const rn_test_cell tested = {.cell = &cell, .step = lstm_step, .sizes = lstm_sizes};

    check_cell(&tested, (example){.T = 5, .B = 3, .I = 4, .options = {.units = 3}});
    check_cell(&tested,
               (example){.T = 5,
                         .B = 3,
                         .I = 4,
                         .options = {.units = 5, .layers = 2, .bidirectional = true},
                         .lengths = true,
                         .initial = true});
}

Test(cell_options, lstm)
{
    check_lstm((rn_lstm_options){.projection = 0});
    check_lstm((rn_lstm_options){.all = {.two_biases = true}});
    check_lstm((rn_lstm_options){.all = {.no_bias = true}});
    check_lstm((rn_lstm_options){.all = {.clip = 0.25}});
    check_lstm((rn_lstm_options){.peepholes = true});
    check_lstm((rn_lstm_options){.coupled = true});
    check_lstm((rn_lstm_options){.projection = 2});
    check_lstm((rn_lstm_options){.clip_state = 0.125});
    check_lstm(
        (rn_lstm_options){.gate = rn_relu, .cell = rn_sigmoid, .hidden = rn_softplus});
}

Test(cell_options, lstm_with_several)
{
    check_lstm((rn_lstm_options){.all = {.two_biases = true, .clip = 0.5},
                                 .peepholes = true,
                                 .coupled = true,
                                 .projection = 2,
                                 .clip_state = 0.5,
                                 .hidden = rn_relu});
}

/* ---- gru ---- */

static void gru_step(const rn_model *model, const char *path, int64_t I, int64_t H,
                     const double *x, double *const *state, double *y)
{
    const bool two = gru.all.two_biases;
    const rn_cell_options *all = &gru.all;
    const rn_activation of_gate = gru.gate ? gru.gate : rn_sigmoid;
    double r[N], z[N], g[N], u[N] = {0}, *h = state[0];

    affine(model, path, "r", I, H, H, x, h, all, two, r);
    affine(model, path, "z", I, H, H, x, h, all, two, z);
    for (int64_t j = 0; j < H; j++) {
        r[j] = active(of_gate, r[j], &gru.all);
        z[j] = active(of_gate, z[j], &gru.all);
        u[j] = r[j] * h[j];
    }
    if (gru.reset_after) {
        affine(model, path, "g", I, H, H, x, NULL, all, false, g);
        affine(model, path, "g", I, H, H, NULL, h, all, true, u);
        for (int64_t j = 0; j < H; j++) g[j] += r[j] * u[j];
    } else {
        affine(model, path, "g", I, H, H, x, u, all, two, g);
    }
    for (int64_t j = 0; j < H; j++) {
        const double a = active(gru.candidate ? gru.candidate : rn_tanh, g[j], &gru.all);
        y[j] =
            gru.update_keeps ? z[j] * h[j] + (1 - z[j]) * a : (1 - z[j]) * h[j] + z[j] * a;
    }
    memcpy(h, y, (size_t)H * sizeof *h);
}

static void check_gru(rn_gru_options options)
{
    gru = options;
    const rn_cell cell = rn_gru_cell(&gru);
    const rn_test_cell tested = {.cell = &cell, .step = gru_step};

    check_cell(&tested, (example){.T = 5, .B = 3, .I = 4, .options = {.units = 3}});
    check_cell(&tested,
               (example){.T = 5,
                         .B = 3,
                         .I = 4,
                         .options = {.units = 5, .layers = 2, .bidirectional = true},
                         .lengths = true,
                         .initial = true});
}

Test(cell_options, gru)
{
    for (int i = 0; i < 16; i++)
        check_gru((rn_gru_options){
            .all = {.two_biases = i & 1, .clip = i & 8 ? 0.25 : 0},
            .reset_after = i & 2,
            .update_keeps = i & 4,
            .gate = i & 8 ? rn_softplus : NULL,
            .candidate = i & 8 ? rn_relu : NULL,
        });
    for (int i = 0; i < 4; i++)
        check_gru((rn_gru_options){.all = {.two_biases = i & 1, .no_bias = true},
                                   .reset_after = i & 2});
}

/* ---- rnn ---- */

static void rnn_step(const rn_model *model, const char *path, int64_t I, int64_t H,
                     const double *x, double *const *state, double *y)
{
    affine(model, path, "h", I, H, H, x, state[0], &rnn.all, rnn.all.two_biases, y);
    for (int64_t j = 0; j < H; j++)
        y[j] = active(rnn.activation ? rnn.activation : rn_tanh, y[j], &rnn.all);
    memcpy(state[0], y, (size_t)H * sizeof *y);
}

Test(cell_options, rnn)
{
    const rn_rnn_options cases[] = {{.activation = rn_relu},
                                    {.all = {.two_biases = true}},
                                    {.all = {.no_bias = true}},
                                    {.all = {.clip = 0.125}, .activation = rn_sigmoid}};

    for (int i = 0; i < 4; i++) {
        rnn = cases[i];
        const rn_cell cell = rn_rnn_cell(&rnn);
        const rn_test_cell tested = {.cell = &cell, .step = rnn_step};
        check_cell(&tested, (example){.T = 5,
                                      .B = 3,
                                      .I = 4,
                                      .options = {.units = 3, .layers = 2},
                                      .lengths = true});
    }
}

/* ---- defaults ---- */

/* Without options the cells have the weights and the bits of those without. */
static void same_bits(const rn_cell *plain, rn_cell cell)
{
    rn_model *model = rn_test_model(3);
    rn_graph *g = rn_graph_new();
    double data[5 * 3 * 4], y[2][5 * 3 * 3];
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(5, 3, 4)), out[2];
    const rn_recurrent_options o = {.units = 3};

    cell.name = plain->name;
    out[0] = rn_recurrent(rn_root(g, model), "net", plain, x, o).outputs;
    const int weights = rn_model_count(model);
    out[1] = rn_recurrent(rn_share(rn_root(g, model)), "net", &cell, x, o).outputs;
    cr_assert_str_eq(rn_graph_error(g), "");
    cr_assert_eq(rn_model_count(model), weights);
    rn_test_numbers(data, 5 * 3 * 4, 1);
    rn_test_scramble(model, 0.7);
    for (int i = 0; i < 2; i++) {
        rn_program *p = rn_test_compile(out[i]);
        rn_test_feed_f64(p, x, data);
        rn_test_run_once(p);
        rn_test_read_f64(p, out[i], y[i]);
        rn_program_free(p);
    }
    cr_assert(!memcmp(y[0], y[1], sizeof y[0]), "%s", plain->name);
    rn_graph_free(g);
    rn_model_free(model);
}

Test(cell_options, none)
{
    same_bits(&rn_cell_rnn, rn_rnn_cell(NULL));
    same_bits(&rn_cell_lstm, rn_lstm_cell(NULL));
    same_bits(&rn_cell_gru, rn_gru_cell(NULL));
    same_bits(&rn_cell_gru_reset_after,
              rn_gru_cell(&(rn_gru_options){.reset_after = true}));
}

/* ---- biases ---- */

/* Only products are left. */
static void has_no_bias(rn_cell cell)
{
    rn_model *model = rn_test_model(3);
    rn_graph *g = rn_graph_new();

    rn_recurrent(rn_root(g, model), "net", &cell, rn_fill(g, RN_F64, rn_shape(1, 1, 2), 0),
                 (rn_recurrent_options){.units = 2});
    cr_assert_str_eq(rn_graph_error(g), "");
    for (int i = 0; i < rn_model_count(model); i++) {
        const char *name = rn_variable_name(rn_model_at(model, i));
        const char last = name[strlen(name) - 1];
        cr_assert(last == 'w' || last == 'u', "%s", name);
    }
    rn_graph_free(g);
    rn_model_free(model);
}

Test(cell_options, no_bias)
{
    const rn_cell_options none = {.no_bias = true, .two_biases = true};

    has_no_bias(rn_rnn_cell(&(rn_rnn_options){.all = none}));
    has_no_bias(rn_lstm_cell(&(rn_lstm_options){.all = none, .forget_bias = 5}));
    has_no_bias(rn_gru_cell(&(rn_gru_options){.all = none}));
    has_no_bias(rn_gru_cell(&(rn_gru_options){.all = none, .reset_after = true}));
}

static double first_forget_bias(rn_lstm_options options)
{
    rn_model *model = rn_test_model(3);
    rn_graph *g = rn_graph_new();
    const rn_cell cell = rn_lstm_cell(&options);

    rn_recurrent(rn_root(g, model), "net", &cell, rn_fill(g, RN_F64, rn_shape(1, 1, 2), 0),
                 (rn_recurrent_options){.units = 2});
    cr_assert_str_eq(rn_graph_error(g), "");
    const double value = rn_test_values(model, "net/layer0/f/b")[0];
    rn_graph_free(g);
    rn_model_free(model);
    return value;
}

Test(cell_options, forget_bias)
{
    cr_assert_eq(first_forget_bias((rn_lstm_options){.projection = 0}), 1);
    cr_assert_eq(first_forget_bias((rn_lstm_options){.forget_bias = 5}), 5);
    cr_assert_eq(first_forget_bias((rn_lstm_options){.no_forget_bias = true}), 0);
}

/* ---- gradients ---- */

static void check_gradient(const rn_cell *cell)
{
    rn_model *model = rn_test_model(4);
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(4, 2, 3));
    rn_sequence y = rn_recurrent(rn_root(g, model), "net", cell, x,
                                 (rn_recurrent_options){.units = 3, .bidirectional = true});

    rn_test_scramble(model, 0.7);
    rn_gradcheck_report *r = rn_gradcheck(rn_sum_all(rn_square(y.outputs)),
                                          (rn_gradcheck_options){.exhaustive = -1});
    cr_assert(r && r->passed, "%s: %s", cell->name, r ? r->text : rn_graph_error(g));
    rn_gradcheck_free(r);
    rn_graph_free(g);
    rn_model_free(model);
}

Test(cell_options, gradients)
{
    const rn_lstm_options l[] = {
        {.all = {.two_biases = true}, .peepholes = true, .projection = 2},
        {.coupled = true, .peepholes = true, .hidden = rn_softplus},
        {.all = {.clip = 0.5}, .clip_state = 0.25}};
    const rn_gru_options u[] = {{.reset_after = true, .update_keeps = true},
                                {.all = {.two_biases = true, .clip = 0.5}}};
    const rn_rnn_options r = {.activation = rn_sigmoid};

    for (int i = 0; i < 3; i++) check_gradient((const rn_cell[]){rn_lstm_cell(&l[i])});
    for (int i = 0; i < 2; i++) check_gradient((const rn_cell[]){rn_gru_cell(&u[i])});
    check_gradient((const rn_cell[]){rn_rnn_cell(&r)});
}

Test(cell_options, refuses_a_negative_clip)
{
    rn_model *model = rn_test_model(4);
    rn_graph *g = rn_graph_new();
    const rn_cell cell = rn_gru_cell(&(rn_gru_options){.all = {.clip = -1}});

    rn_recurrent(rn_root(g, model), "net", &cell, rn_fill(g, RN_F64, rn_shape(1, 1, 2), 0),
                 (rn_recurrent_options){.units = 2});
    rn_test_error_is(g, "cell: a clip must not be negative: -1");
    rn_graph_free(g);
    rn_model_free(model);
}
