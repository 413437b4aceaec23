/* SPDX-License-Identifier: MIT */
/*
 * The cells of examples/cells: values against plain loops, in both real types; gradients
 * against differences; single steps and padding without a different bit.
 */
#include "examples/cells/cells.h"
#include "nn/layer_support.h"
#include "tested_cells.h"

#include <math.h>

static const rn_cell *cell_at(int i)
{
    return tested_at(i)->test.cell;
}

/* ---- values ---- */

Test(cells, are_their_references)
{
    for (int i = 0; i < tested_count(); i++) {
        const rn_test_cell *c = &tested_at(i)->test;
        check_cell(
            c, (example){.T = 5, .B = 3, .I = 3, .options = {.units = 9}, .lengths = true});
        check_cell(c, (example){.T = 4, .B = 2, .I = 9, .options = {.units = 9}});
    }
    for (int i = 0; i < tested_count(); i++)
        check_cell(&tested_at(i)->test,
                   (example){.T = 4,
                             .B = 2,
                             .I = 3,
                             .options = {.units = 9, .layers = 2, .reverse = true}});
}

/* Weights of the model that f32 has too, and the same in an f32 model. */
static rn_model *narrowed(rn_model *model, const rn_cell *cell, int64_t I, int64_t H)
{
    rn_model *narrow = rn_model_new(3);
    rn_graph *g = rn_graph_new();

    rn_recurrent(rn_root(g, narrow), "net", cell, rn_fill(g, RN_F32, rn_shape(1, 1, I), 0),
                 (rn_recurrent_options){.units = H});
    cr_assert_str_eq(rn_graph_error(g), "");
    for (int i = 0; i < rn_model_count(narrow); i++) {
        rn_variable *v = rn_model_at(narrow, i);
        double *wide = rn_test_values(model, rn_variable_name(v));
        float *data = (float *)rn_variable_data(v);
        for (int64_t k = 0; k < rn_shape_count(rn_variable_shape(v)); k++)
            wide[k] = data[k] = (float)wide[k];
    }
    rn_graph_free(g);
    return narrow;
}

static void in_f32(const rn_test_cell *c)
{
    enum { T = 5, B = 2, I = 3, H = 9 };
    bench b = make(c, (example){.T = T, .B = B, .I = I, .options = {.units = H}});
    rn_model *narrow = narrowed(b.model, c->cell, I, H);
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(T, B, I));
    rn_sequence y = rn_recurrent(rn_root_inference(g, narrow), "net", c->cell, x,
                                 (rn_recurrent_options){.units = H});
    rn_program *p = rn_compile(g, (rn_compile_options){RN_OUTPUTS(y.outputs)});
    const int64_t count = T * B * b.N;
    float *got = (float *)calloc((size_t)count, sizeof *got), fed[T * B * I];
    double *wide = room(count), last[B * N], *final = room(b.all);

    cr_assert(p, "%s: %s", c->cell->name, rn_graph_error(g));
    for (int i = 0; i < T * B * I; i++) b.x_data[i] = fed[i] = (float)b.x_data[i];
    rn_test_run run = {
        b.model, "net", c,     b.e.options,     T,    B,     I,   b.x_data, NULL,
        NULL,    NULL,  false, room(T * B * N), last, final, NULL};
    rn_test_recurrent(&run);
    cr_assert_eq(rn_feed_f32(p, x, fed, T * B * I), RN_OK);
    rn_test_run_once(p);
    cr_assert_eq(rn_read_f32(p, y.outputs, got, count), RN_OK);
    for (int64_t i = 0; i < count; i++) wide[i] = got[i];
    rn_test_close(wide, run.outputs, count, 1e-5, c->cell->name);
    free(got), free(wide), free(final), free(run.outputs);
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(narrow);
    finish(&b);
}

Test(cells, are_their_references_in_f32)
{
    for (int i = 0; i < tested_count(); i++) in_f32(&tested_at(i)->test);
}

/* ---- gradients ---- */

/* A loss that tells every element from the others. */
static rn_tensor told_apart(rn_tensor x, uint64_t seed)
{
    const int64_t n = rn_shape_count(rn_shape_get(x));
    double *c = room(n);

    rn_test_numbers(c, n, seed);
    rn_tensor constant = rn_constant(x.graph, RN_F64, rn_shape_get(x), c);
    free(c);
    return rn_sum_all(rn_mul(x, constant));
}

static void check_gradient(const tested_cell *c)
{
    static const int32_t lengths[] = {2, 0, 4};
    rn_model *model = rn_test_model(5);
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(4, 3, 2));
    rn_tensor n = rn_input(g, "lengths", RN_I32, rn_shape(3));
    rn_sequence y = rn_recurrent(rn_root(g, model), "net", c->test.cell, x,
                                 (rn_recurrent_options){.units = 9, .lengths = n});
    rn_tensor loss = rn_add(told_apart(y.outputs, 1), told_apart(y.last, 2));

    for (int i = 0; !c->outputs_only && i < y.final_count; i++)
        loss = rn_add(loss, told_apart(y.final[i], 3 + (uint64_t)i));
    cr_assert_str_eq(rn_graph_error(g), "");
    rn_test_scramble(model, 0.6);
    rn_gradcheck_report *r =
        rn_gradcheck(loss, (rn_gradcheck_options){.values = &(rn_value){n, lengths},
                                                  .value_count = 1,
                                                  .directions = 1,
                                                  .exhaustive = 12,
                                                  .samples = 4,
                                                  .worst = 1000});
    cr_assert(r && r->passed, "%s: %s", c->test.cell->name, r ? r->text : "no report");
    for (int i = 0; i < r->worst_count; i++) /* inconclusive: the gradient is 0 */
        cr_expect(r->worst[i].inconclusive || r->worst[i].error < 1e-9,
                  "%s: %s is off by %g", c->test.cell->name, r->worst[i].tensor,
                  r->worst[i].error);
    cr_expect(2 * r->inconclusive < r->checked, "%s: %lld inconclusive", c->test.cell->name,
              (long long)r->inconclusive);
    cr_expect(r->kinks == 0, "%s: %lld kinks", c->test.cell->name, (long long)r->kinks);
    cr_expect(r->checked >= 20, "%s: only %lld comparisons", c->test.cell->name,
              (long long)r->checked);
    rn_gradcheck_free(r);
    rn_graph_free(g);
    rn_model_free(model);
}

Test(cells, gradients_are_right)
{
    for (int i = 0; i < tested_count(); i++) check_gradient(tested_at(i));
}

/* ---- single steps ---- */

enum { T = 4, B = 3, I = 3, H = 9 };

/* One step in a program of its own, whose states are fed. */
typedef struct stream {
    rn_graph *graph;
    rn_program *program;
    rn_tensor x, y, from[RN_STATES_MAX], to[RN_STATES_MAX];
    double *state[RN_STATES_MAX];
    int states;
} stream;

static stream stream_new(const rn_cell *cell, rn_model *model)
{
    stream s = {.graph = rn_graph_new(), .states = cell->states};
    const rn_scope root = rn_root_inference(s.graph, model);
    const rn_recurrent_options o = {.units = H};
    rn_tensor begin[RN_STATES_MAX], all[RN_STATES_MAX + 1];

    s.x = rn_input(s.graph, "x", RN_F64, rn_shape(B, I));
    cr_assert(rn_recurrent_begin(root, "net", cell, s.x, begin, o), "%s",
              rn_graph_error(s.graph));
    for (int i = 0; i < s.states; i++) {
        s.state[i] = room(rn_shape_count(rn_shape_get(begin[i])));
        rn_test_value_f64(begin[i], s.state[i]);
        s.to[i] = s.from[i] = rn_input(s.graph, "state", RN_F64, rn_shape_get(begin[i]));
    }
    all[s.states] = s.y = rn_recurrent_step(root, "net", cell, s.x, s.to, o);
    for (int i = 0; i < s.states; i++) all[i] = s.to[i];
    s.program = rn_compile(
        s.graph, (rn_compile_options){.outputs = all, .output_count = s.states + 1});
    cr_assert(s.program, "%s: %s", cell->name, rn_graph_error(s.graph));
    return s;
}

static void stream_run(stream *s, const double *x, double *y)
{
    rn_test_feed_f64(s->program, s->x, x);
    for (int i = 0; i < s->states; i++)
        rn_test_feed_f64(s->program, s->from[i], s->state[i]);
    rn_test_run_once(s->program);
    rn_test_read_f64(s->program, s->y, y);
    for (int i = 0; i < s->states; i++) rn_test_read_f64(s->program, s->to[i], s->state[i]);
}

static void stream_free(stream *s)
{
    for (int i = 0; i < s->states; i++) free(s->state[i]);
    rn_program_free(s->program);
    rn_graph_free(s->graph);
}

/* Fails unless step t of xs [T, ..] has these bits. */
static void same_bits(rn_program *p, rn_tensor xs, int t, const double *want,
                      const char *what)
{
    const int64_t count = rn_shape_count(rn_shape_get(xs)), each = count / T;
    double *all = room(count);

    rn_test_read_f64(p, xs, all);
    cr_assert(!memcmp(all + t * each, want, (size_t)each * sizeof *all), "%s, step %d",
              what, t);
    free(all);
}

static void steps_are_the_loop(const rn_cell *cell)
{
    rn_model *model = rn_test_model(2);
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(T, B, I)), all[RN_STATES_MAX + 1];
    double data[T * B * I], y_t[B * RN_TEST_UNITS];
    rn_sequence y = rn_recurrent(rn_root_inference(g, model), "net", cell, x,
                                 (rn_recurrent_options){.units = H});

    for (int i = 0; i < cell->states; i++) all[i] = y.states[i];
    all[cell->states] = y.outputs;
    rn_program *p = rn_compile(
        g, (rn_compile_options){.outputs = all, .output_count = cell->states + 1});
    cr_assert(p, "%s: %s", cell->name, rn_graph_error(g));
    rn_test_scramble(model, 0.6);
    rn_test_numbers(data, T * B * I, 1);
    rn_test_feed_f64(p, x, data);
    rn_test_run_once(p);
    stream s = stream_new(cell, model);
    for (int t = 0; t < T; t++) {
        stream_run(&s, data + t * B * I, y_t);
        same_bits(p, y.outputs, t, y_t, cell->name);
        for (int i = 0; i < s.states; i++)
            same_bits(p, y.states[i], t, s.state[i], cell->name);
    }
    stream_free(&s);
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
}

Test(cells, steps_are_the_loop)
{
    for (int i = 0; i < tested_count(); i++) steps_are_the_loop(cell_at(i));
}

/* ---- padding ---- */

/* The outputs of sequences of x [steps, batch, I]; `lengths` NULL: all are whole. */
static double *run_batch(const rn_cell *cell, rn_model *model, int steps, int batch,
                         const double *x, const int32_t *lengths, int64_t *width)
{
    rn_graph *g = rn_graph_new();
    rn_tensor in = rn_input(g, "x", RN_F64, rn_shape(steps, batch, I));
    rn_tensor n = rn_input(g, "lengths", RN_I32, rn_shape(batch));
    rn_sequence y = rn_recurrent(
        rn_root_inference(g, model), "net", cell, in,
        (rn_recurrent_options){.units = H, .lengths = lengths ? n : rn_null()});
    rn_program *p = rn_test_compile(y.outputs);

    *width = rn_size(y.outputs, -1);
    double *outputs = room(steps * batch * *width);
    if (lengths) rn_test_scramble(model, 0.6);
    rn_test_feed_f64(p, in, x);
    if (lengths) rn_test_feed_i32(p, n, lengths);
    rn_test_run_once(p);
    rn_test_read_f64(p, y.outputs, outputs);
    rn_program_free(p);
    rn_graph_free(g);
    return outputs;
}

static void padding_changes_no_bit(const rn_cell *cell)
{
    static const int32_t lengths[B] = {3, 0, 4};
    rn_model *model = rn_test_model(2);
    double x[T * B * I], own[T * I];
    int64_t W;

    rn_test_numbers(x, T * B * I, 1);
    for (int t = 0; t < T; t++)
        for (int i = 0; i < B * I; i++)
            if (t >= lengths[i / I]) x[t * B * I + i] = NAN;
    double *all = run_batch(cell, model, T, B, x, lengths, &W);
    for (int b = 0; b < B; b++) {
        for (int t = 0; t < lengths[b]; t++)
            memcpy(own + t * I, x + (t * B + b) * I, I * sizeof *x);
        if (lengths[b] == 0) continue;
        double *alone = run_batch(cell, model, lengths[b], 1, own, NULL, &W);
        for (int t = 0; t < T; t++)
            for (int64_t j = 0; j < W; j++) {
                const double want = t < lengths[b] ? alone[t * W + j] : 0;
                cr_assert(all[(t * B + b) * W + j] == want, "%s: sequence %d, step %d",
                          cell->name, b, t);
            }
        free(alone);
    }
    free(all);
    rn_model_free(model);
}

Test(cells, padding_changes_no_bit)
{
    for (int i = 0; i < tested_count(); i++) padding_changes_no_bit(cell_at(i));
}

/* ---- what keeps numbers in range ---- */

/* Gates of e^1000 and e^-1000 neither overflow nor become 0 / 0. */
Test(cells, large_gates_stay_finite)
{
    static const char *const names[] = {"slstm", "mlstm", "rwkv", "rglru", "mamba"};

    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        for (int i = 0; i < tested_count(); i++) {
            if (strcmp(cell_at(i)->name, names[k]) != 0) continue;
            rn_model *model = rn_test_model(2);
            rn_graph *g = rn_graph_new();
            rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(T, B, I)), dx = rn_null();
            rn_sequence y = rn_recurrent(rn_root(g, model), "net", cell_at(i), x,
                                         (rn_recurrent_options){.units = H});
            double data[T * B * I], *out = room(T * B * H);
            rn_test_numbers(data, T * B * I, 1);
            for (int n = 0; n < T * B * I; n++) data[n] *= 2000;
            rn_test_scramble(model, 1);
            cr_assert(rn_grad(rn_sum_all(y.outputs), rn_null(), &x, 1, &dx));
            rn_program *p = rn_compile(g, (rn_compile_options){RN_OUTPUTS(y.outputs, dx)});
            rn_test_feed_f64(p, x, data);
            rn_test_run_once(p);
            rn_test_read_f64(p, y.outputs, out);
            for (int n = 0; n < T * B * H; n++) cr_assert(isfinite(out[n]), "%s", names[k]);
            rn_test_read_f64(p, dx, out);
            for (int n = 0; n < T * B * I; n++)
                cr_assert(isfinite(out[n]), "%s: gradient", names[k]);
            free(out);
            rn_program_free(p);
            rn_graph_free(g);
            rn_model_free(model);
        }
}

/* The whole of c is c e^m, so dL/dm = c dL/dc, and as much of n,
 * the state after c and before m: the choice of the later m has no gradient. */
static void scale_has_no_gradient(const rn_cell *cell, int m)
{
    rn_model *model = rn_test_model(2);
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(T, B, I)), of[RN_STATES_MAX];
    rn_tensor d[RN_STATES_MAX], initial[RN_STATES_MAX];
    double data[T * B * I], *state = room(B * H * H), sums[2];

    cr_assert(rn_recurrent_begin(rn_root(g, model), "net", cell, x, initial,
                                 (rn_recurrent_options){.units = H}));
    for (int i = 0; i < cell->states; i++)
        of[i] = rn_input(g, "state", RN_F64, rn_shape_get(initial[i]));
    rn_sequence y = rn_recurrent(
        rn_root(g, model), "net", cell, x,
        (rn_recurrent_options){.units = H, .initial = of, .initial_count = cell->states});
    cr_assert(rn_grad(told_apart(y.outputs, 1), rn_null(), of, cell->states, d));
    rn_tensor total = rn_add(rn_sum_all(rn_mul(of[m - 2], d[m - 2])),
                             rn_sum_all(rn_mul(of[m - 1], d[m - 1])));
    rn_tensor dm = rn_sum_all(d[m]);
    rn_program *p = rn_compile(g, (rn_compile_options){RN_OUTPUTS(total, dm)});
    cr_assert(p, "%s", rn_graph_error(g));
    rn_test_scramble(model, 0.6);
    rn_test_numbers(data, T * B * I, 1);
    rn_test_feed_f64(p, x, data);
    for (int i = 0; i < cell->states; i++) {
        const int64_t count = rn_shape_count(rn_shape_get(of[i]));
        rn_test_numbers(state, count, 7 + (uint64_t)i);
        for (int64_t k = 0; k < count; k++) state[k] = fabs(state[k]) + 0.5;
        rn_test_feed_f64(p, of[i], state);
    }
    rn_test_run_once(p);
    sums[0] = rn_scalar(p, total), sums[1] = rn_scalar(p, dm);
    cr_assert(fabs(sums[0]) > 1e-3, "%s: %g", cell->name, sums[0]);
    rn_test_close(sums, sums + 1, 1, 1e-12, cell->name);
    free(state);
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
}

Test(cells, what_keeps_numbers_in_range_has_no_gradient)
{
    scale_has_no_gradient(&cell_slstm, 3);
    scale_has_no_gradient(&cell_mlstm, 2);
    scale_has_no_gradient(&cell_rwkv, 2);
}
