/* SPDX-License-Identifier: MIT */
/*
 * PyTorch's LSTM and GRU, reproduced: outputs, final states and all gradients.
 *
 * PyTorch keeps the gates' weights in one matrix, a block of rows a gate, a row a unit, and
 * computes x W'; here each gate has its own matrix with a column a unit. It has two biases
 * that are added, where one will do. Its blocks are i f g o, here the gates f i c o.
 *
 * Of its GRU the blocks are r z n, with h' = (1 - z) n + z h; here h' = (1 - z) h + z g, so
 * this z is 1 - theirs, and since 1 - s(a) = s(-a) its weights and bias change sign. The
 * reset is applied after the product, within which the candidate has a bias of its own.
 */
#include "run/driver.h"
#include "torch_gru.h"
#include "torch_lstm.h"

#include <rondo/recurrent.h>

/* A block of PyTorch's: which gate it is here, its sign, and whether its two biases stay
 * apart. */
typedef struct block {
    const char *gate;
    double sign;
    bool two_biases;
} block;

static const block lstm_blocks[] = {
    {"i", 1, false}, {"f", 1, false}, {"c", 1, false}, {"o", 1, false}};
static const block gru_blocks[] = {{"r", 1, false}, {"z", -1, false}, {"g", 1, true}};

typedef struct layer {
    const rn_cell *cell;
    const block *blocks;
    int count; /* of blocks */
} layer;

static const layer lstm = {&rn_cell_lstm, lstm_blocks, 4};
static const layer gru = {&rn_cell_gru_reset_after, gru_blocks, 3};

enum { WEIGHTS = 64, MOST = 2000 };

/* One case as a graph; at[] walks through the golden numbers. */
typedef struct world {
    const layer *l;
    const rn_test_golden *golden;
    rn_type real;
    const double *at;
    rn_model *model;
    rn_graph *g;
    rn_tensor x, initial[8], w[WEIGHTS], dx[1 + 8 + WEIGHTS];
    rn_sequence y;
    int states, weights;
    double worst;
} world;

static const double *next(world *w, int64_t count)
{
    const double *at = w->at;

    w->at += count;
    return at;
}

/* ---- weights ---- */

static void set(world *w, const char *scope, const char *gate, const char *name,
                const double *values, int64_t n)
{
    char path[64];
    float narrow[MOST];

    snprintf(path, sizeof path, "%s/%s/%s", scope, gate, name);
    for (int64_t i = 0; i < n; i++) narrow[i] = (float)values[i];
    const bool single = w->real == RN_F32;
    cr_assert_eq(rn_model_set(w->model, path, single ? (const void *)narrow : values,
                              (size_t)n * rn_type_size(w->real)),
                 RN_OK, "%s", rn_model_error(w->model));
}

/* Rows k H .. k H + H of theirs, [rows, n], as one of ours, [n, H]. */
static void turn(const double *theirs, int k, int64_t n, int64_t h, double sign,
                 double *ours)
{
    for (int64_t j = 0; j < h; j++)
        for (int64_t i = 0; i < n; i++)
            ours[i * h + j] = sign * theirs[(k * h + j) * n + i];
}

static void scope_of(const world *w, int index, int direction, char *text, size_t capacity)
{
    snprintf(text, capacity, "rnn/layer%d%s", index,
             w->golden->directions == 1 ? ""
             : direction                ? "/backward"
                                        : "/forward");
}

/* The weights of one layer and direction. */
static void set_weights(world *w, int index, int direction)
{
    const int64_t h = w->golden->units, rows = w->l->count * h;
    const int64_t n = index ? h * w->golden->directions : w->golden->inputs;
    const double *wi = next(w, rows * n), *wh = next(w, rows * h);
    const double *bi = next(w, rows), *bh = next(w, rows);
    char scope[40];
    double ours[MOST];

    scope_of(w, index, direction, scope, sizeof scope);
    for (int k = 0; k < w->l->count; k++) {
        const block *b = &w->l->blocks[k];
        turn(wi, k, n, h, b->sign, ours), set(w, scope, b->gate, "w", ours, n * h);
        turn(wh, k, h, h, b->sign, ours), set(w, scope, b->gate, "u", ours, h * h);
        for (int64_t j = 0; j < h; j++)
            ours[j] = b->sign * (bi[k * h + j] + (b->two_biases ? 0 : bh[k * h + j]));
        set(w, scope, b->gate, "b", ours, h);
        if (b->two_biases) set(w, scope, b->gate, "bu", bh + k * h, h);
    }
}

/* ---- comparing ---- */

static void near(world *w, rn_program *p, rn_tensor y, const double *want, const char *what)
{
    double got[MOST];
    const double tolerance = w->real == RN_F64 ? 1e-10 : 1e-5;

    rn_test_near(rn_test_read(p, y, got), want, rn_test_count(y), tolerance, what);
    w->worst = fmax(w->worst, rn_test_distance(got, want, rn_test_count(y)));
}

static rn_tensor gradient_of(const world *w, const char *path)
{
    for (int i = 0; i < w->weights; i++)
        if (!strcmp(rn_name_get(w->w[i]), path)) return w->dx[1 + w->states + i];
    cr_assert(false, "no weight %s", path);
    return rn_null();
}

static void compare_weight(world *w, rn_program *p, const char *scope, const char *gate,
                           const char *name, const double *want)
{
    char path[64];

    snprintf(path, sizeof path, "%s/%s/%s", scope, gate, name);
    near(w, p, gradient_of(w, path), want, path);
}

static void compare_weights(world *w, rn_program *p, int index, int direction)
{
    const int64_t h = w->golden->units, rows = w->l->count * h;
    const int64_t n = index ? h * w->golden->directions : w->golden->inputs;
    const double *wi = next(w, rows * n), *wh = next(w, rows * h);
    const double *bi = next(w, rows), *bh = next(w, rows);
    char scope[40];
    double want[MOST];

    scope_of(w, index, direction, scope, sizeof scope);
    for (int k = 0; k < w->l->count; k++) {
        const block *b = &w->l->blocks[k];
        turn(wi, k, n, h, b->sign, want), compare_weight(w, p, scope, b->gate, "w", want);
        turn(wh, k, h, h, b->sign, want), compare_weight(w, p, scope, b->gate, "u", want);
        for (int64_t j = 0; j < h; j++) want[j] = b->sign * bi[k * h + j];
        compare_weight(w, p, scope, b->gate, "b", want);
        if (b->two_biases) compare_weight(w, p, scope, b->gate, "bu", bh + k * h);
    }
}

/* Where PyTorch has state s of layer and direction i: states are separate tensors. */
static int ours(const world *w, int i, int s)
{
    return i * w->l->cell->states + s;
}

/* ---- a case ---- */

static void build(world *w)
{
    const rn_test_golden *o = w->golden;
    rn_graph *g = w->g = rn_graph_new();

    w->model = rn_model_new_using(1, w->real, (rn_allocator){0});
    w->states = o->layers * o->directions * w->l->cell->states;
    w->x = rn_input(g, "x", w->real, rn_shape(o->steps, o->batch, o->inputs));
    for (int i = 0; i < w->states; i++)
        w->initial[i] = rn_input(g, "state", w->real, rn_shape(o->batch, o->units));
    const rn_recurrent_options options = {.units = o->units,
                                          .layers = o->layers,
                                          .bidirectional = o->directions == 2,
                                          .initial = w->initial,
                                          .initial_count = w->states};
    const rn_scope s = rn_root(g, w->model);
    w->y = w->l == &lstm ? rn_lstm(s, "rnn", w->x, options)
                         : rn_recurrent(s, "rnn", w->l->cell, w->x, options);
    cr_assert_str_eq(rn_graph_error(g), "");
    w->weights = rn_model_count(w->model);
    for (int i = 0; i < w->weights; i++)
        w->w[i] = rn_read_variable(g, rn_model_at(w->model, i));
}

/* The loss, whose cotangents stand last among the numbers. */
static void differentiate(world *w)
{
    const int parts = w->l->cell->states, each = w->states / parts;
    const int64_t n = rn_test_count(w->initial[0]);
    const double *dy =
        w->golden->at + w->golden->count - parts * each * n - rn_test_count(w->y.outputs);
    const double *dh = dy + rn_test_count(w->y.outputs);
    rn_tensor x[1 + 8 + WEIGHTS] = {w->x};
    rn_tensor loss = rn_sum_all(rn_mul(
        w->y.outputs,
        rn_cast(rn_test_constant_f64(w->g, rn_shape_get(w->y.outputs), dy), w->real)));

    for (int s = 0; s < parts; s++)
        for (int i = 0; i < each; i++, dh += n) {
            const rn_tensor d = rn_test_constant_f64(w->g, rn_shape_get(w->initial[0]), dh);
            loss = rn_add(
                loss, rn_sum_all(rn_mul(w->y.final[ours(w, i, s)], rn_cast(d, w->real))));
        }
    memcpy(x + 1, w->initial, (size_t)w->states * sizeof *x);
    memcpy(x + 1 + w->states, w->w, (size_t)w->weights * sizeof *x);
    cr_assert(rn_grad(loss, rn_null(), x, 1 + w->states + w->weights, w->dx), "%s",
              rn_graph_error(w->g));
}

static rn_program *compile(world *w)
{
    const int gradients = 1 + w->states + w->weights;
    rn_tensor outputs[2 * (1 + 8) + WEIGHTS] = {w->y.outputs};

    memcpy(outputs + 1, w->y.final, (size_t)w->states * sizeof *outputs);
    memcpy(outputs + 1 + w->states, w->dx, (size_t)gradients * sizeof *outputs);
    return rn_test_compile_with(
        w->g, (rn_compile_options){.outputs = outputs,
                                   .output_count = 1 + w->states + gradients});
}

static double reproduce(const layer *l, const rn_test_golden *golden, rn_type real)
{
    world w = {.l = l, .golden = golden, .real = real, .at = golden->at};
    build(&w);
    differentiate(&w);
    rn_program *p = compile(&w);
    const int parts = l->cell->states, each = w.states / parts;
    const int64_t n = rn_test_count(w.initial[0]);

    rn_test_feed(p, w.x, next(&w, rn_test_count(w.x)));
    for (int s = 0; s < parts; s++)
        for (int i = 0; i < each; i++)
            rn_test_feed(p, w.initial[ours(&w, i, s)], next(&w, n));
    for (int i = 0; i < golden->layers; i++)
        for (int d = 0; d < golden->directions; d++) set_weights(&w, i, d);
    rn_test_run(p);
    near(&w, p, w.y.outputs, next(&w, rn_test_count(w.y.outputs)), "outputs");
    for (int s = 0; s < parts; s++)
        for (int i = 0; i < each; i++)
            near(&w, p, w.y.final[ours(&w, i, s)], next(&w, n), "final");
    near(&w, p, w.dx[0], next(&w, rn_test_count(w.x)), "dx");
    for (int s = 0; s < parts; s++)
        for (int i = 0; i < each; i++)
            near(&w, p, w.dx[1 + ours(&w, i, s)], next(&w, n), "initial");
    for (int i = 0; i < golden->layers; i++)
        for (int d = 0; d < golden->directions; d++) compare_weights(&w, p, i, d);
    const int64_t rest = rn_test_count(w.y.outputs) + w.states * n;
    cr_assert_eq(w.at + rest, golden->at + golden->count, "every number was used");
    rn_program_free(p);
    rn_graph_free(w.g);
    rn_model_free(w.model);
    return w.worst;
}

static void all(const layer *l, const rn_test_golden *cases, int count)
{
    for (int k = 0; k < count; k++)
        for (int real = RN_F32; real <= RN_F64; real++)
            cr_log_info("%s, %d layers, %d directions, %s: largest difference %.3g",
                        l->cell->name, cases[k].layers, cases[k].directions,
                        rn_type_name((rn_type)real),
                        reproduce(l, &cases[k], (rn_type)real));
}

Test(torch, lstm)
{
    all(&lstm, torch_lstm, sizeof torch_lstm / sizeof *torch_lstm);
}

Test(torch, gru)
{
    all(&gru, torch_gru, sizeof torch_gru / sizeof *torch_gru);
}
