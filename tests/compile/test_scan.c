/* SPDX-License-Identifier: MIT */
/*
 * Loops whose carries are affine in themselves run without steps: the values have the bits
 * of the loop, gradients are equal to rounding, and nothing else becomes a scan.
 */
#include "scan_world.h"

#include <rondo/layers.h>
#include <rondo/model.h>
#include <rondo/recurrent.h>
#include <rondo/train.h>

/* ---- tests ---- */

Test(scan, affine_loops_vanish_with_the_same_values)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        for (int way = 0; way < 4; way++)
            compare((world){.T = 9,
                            .B = 3,
                            .H = 5,
                            .type = way & 1 ? RN_F64 : RN_F32,
                            .reverse = way & 2,
                            .gradient = way & 1},
                    &forms[i]);
    compare((world){.T = 1, .B = 2, .H = 3, .type = RN_F64, .gradient = true}, &forms[0]);
    compare((world){.T = 0, .B = 2, .H = 3, .type = RN_F64, .gradient = true}, &forms[0]);
}

/* Many steps are computed in blocks, in a loop over these. */
Test(scan, long_loops_become_loops_over_blocks)
{
    static const int which[] = {0, 6, 7, 8, 9, 12, 14, 15, 30, 33};

    for (size_t i = 0; i < sizeof which / sizeof *which && !slow; i++) {
        const form *f = &forms[which[i]];
        world w = {.T = 1200, .B = 2, .H = 100, .type = RN_F64, .gradient = true};
        w.reverse = i & 1;
        outcome *on = run(&w, f->rule);
        w.without = RN_PASS_SCAN;
        outcome *off = run(&w, f->rule);

        same(&w, on, off, 1e-11, f->name);
        cr_assert(strstr(on->text, "linear_scan") || f->rule == delayed, "%s", f->name);
        cr_assert(!strstr(on->text, "loop 1200 steps"), "%s: %s", f->name, on->text);
        cr_assert(loops(on), "%s: %s", f->name, on->text);
        free(on);
        free(off);
    }
}

/* The states of a block are computed in their stack, and what is added to all gates in the
 * chain that reads them. */
Test(scan, blocks_write_what_they_read_once)
{
    world w = {.T = 1200, .B = 2, .H = slow ? 2 : 100, .type = RN_F32};
    outcome *o = run(&w, gates);
    int first, width, scans = 0;

    for (const char *at = o->text; (at = strchr(at, '\n')) != NULL; at++) {
        cr_assert(sscanf(at + 1, "%*d copy f32 [%d,2,%d]", &first, &width) < 2, "%s",
                  o->text);
        cr_assert(sscanf(at + 1, "%*d add f32 [%d,2,%d]", &first, &width) < 2 ||
                      width == w.H,
                  "%s", o->text);
        scans += sscanf(at + 1, "%*d linear_scan f32 [%d,", &first) == 1;
    }
    cr_assert_eq(scans, 1);
    cr_assert(loops(o) || slow);
    free(o);
}

/* A prime number of steps has no blocks: then the stacks of a and b must not be large
 * against those that there are. */
static rn_tensor matrix_state(const body *b)
{
    const int64_t B = rn_size(b->x, 0), H = b->units;
    const rn_tensor c = rn_loop_carry(
        b->loop, rn_fill(b->h0.graph, rn_type_get(b->x), rn_shape(B, H, H), 0));
    const rn_tensor outer = rn_mul(rn_expand(b->x, 2), rn_expand(b->z, 1));
    const rn_tensor all = rn_add(rn_mul(c, rn_expand(b->z, 2)), outer);

    rn_loop_next(b->loop, c, all);
    next(b, rn_add(b->h, b->x));
    return rn_sum_axis(all, 2);
}

Test(scan, a_matrix_state_takes_no_more_memory)
{
    for (int k = 0; k < 2; k++) {
        world w = {.T = k ? 512 : 509, .B = 2, .H = slow ? 2 : 32, .type = RN_F32};
        outcome *on = run(&w, matrix_state);
        w.without = RN_PASS_SCAN;
        outcome *off = run(&w, matrix_state);

        same(&w, on, off, exactly, "matrix");
        cr_assert(on->bytes < off->bytes + (4 << 20), "%zu, %zu", on->bytes, off->bytes);
        cr_assert(loops(on) || slow);
        free(on);
        free(off);
    }
}

Test(scan, bits_do_not_depend_on_threads)
{
    world w = {.T = slow ? 3 : 300,
               .B = 2,
               .H = 150,
               .type = RN_F32,
               .gradient = true,
               .threads = 1};
    rule *const rules[] = {sru, rotated};

    for (int i = 0; i < 2; i++) {
        w.threads = 1;
        outcome *one = run(&w, rules[i]);
        for (w.threads = 2; w.threads <= 4 && !slow; w.threads++) {
            outcome *more = run(&w, rules[i]);
            same(&w, more, one, 0, "threads");
            free(more);
        }
        free(one);
    }
}

/* ---- restarts ---- */

static int compared(const double *a, const double *b, int64_t n, const char *name)
{
    int finite = 0;

    for (int64_t i = 0; i < n; i++) {
        finite += isfinite(a[i]) != 0;
        cr_assert(a[i] == b[i] || (isnan(a[i]) && isnan(b[i])), "%s %d: %g, %g", name,
                  (int)i, a[i], b[i]);
    }
    return finite;
}

/* What is selected is not multiplied by 0: the values, and the gradients, are non-finite
 * where they are in the loop, and finite beyond the restarts. */
Test(scan, restarts_stop_nonfinite_values)
{
    static rule *const rules[] = {restarted, restarted_and_skipped, skipping};

    for (int i = 0; i < 6 && !slow; i++) {
        world w = {.T = 9, .B = 3, .H = 5, .type = RN_F32, .gradient = true};
        const int64_t n = w.T * w.B * w.H;
        w.infinite = true;
        w.reverse = i & 1;
        outcome *on = run(&w, rules[i / 2]);
        w.without = RN_PASS_SCAN;
        outcome *off = run(&w, rules[i / 2]);
        cr_assert(!loops(on) && loops(off), "%s", on->text);
        const int y = compared(on->y, off->y, n, "y");
        const int dx = compared(on->dx, off->dx, n, "dx");
        const int dz = compared(on->dz, off->dz, n, "dz");
        const int dh = compared(on->dh, off->dh, w.B * w.H, "dh");
        cr_assert(y < n && dx < n && dz < n, "%d %d %d", y, dx, dz);
        cr_assert(i >= 4 || (y > n * 4 / 5 && dx > n * 4 / 5 && dz > n * 4 / 5 && dh > 0));
        free(on);
        free(off);
    }
}

/* ---- layers ---- */

enum { T = 12, B = 4, I = 3, H = 6 };

/* minGRU; arXiv:2410.01201 */
static rn_tensor mingru(rn_scope s, rn_tensor x, rn_tensor *state)
{
    const int64_t units = rn_size(state[0], 1);
    const rn_tensor z = rn_sigmoid(rn_linear(s, "z", x, units));
    const rn_tensor g = rn_linear(s, "g", x, units);

    return state[0] = rn_add(rn_mul(rn_one_minus(z), state[0]), rn_mul(z, g));
}

static const rn_cell cell = {.name = "mingru", .states = 1, .step = mingru};

/* The same written as h + z (g - h), a part at a time. */
static rn_tensor leaky(rn_scope s, rn_tensor x, rn_tensor *state)
{
    const int64_t units = rn_size(state[0], 1);
    const rn_tensor z = rn_sigmoid(rn_linear(s, "z", x, 1)),
                    g = rn_linear(s, "g", x, units);

    return state[0] = rn_add(state[0], rn_mul(z, rn_sub(g, state[0])));
}

static const rn_cell leaky_cell = {.name = "leaky", .states = 1, .step = leaky};
static const rn_cell *const cells[] = {&cell, &leaky_cell};

typedef struct trained {
    double y[T * B * 2 * H], dx[T * B * I], loss[3];
    bool loops;
} trained;

static const int32_t lengths[B] = {5, T, 0, 8};

/* Where sequences begin, and which steps there are. */
static void mark(rn_graph *g, rn_recurrent_options *options)
{
    uint8_t begins[T * B], real[T * B];

    for (int i = 0; i < T * B; i++) begins[i] = i * 11 % 7 < 2, real[i] = i * 5 % 9 > 1;
    options->restarts = rn_constant(g, RN_BOOL, rn_shape(T, B), begins);
    options->mask = rn_constant(g, RN_BOOL, rn_shape(T, B), real);
}

/* Three updates of a layer; with `pads` the padding is NaN. */
static void train(const rn_cell *of, rn_recurrent_options options, bool marked, bool ragged,
                  bool pads, unsigned without, trained *r)
{
    static char text[200000];
    rn_model *model = rn_model_new_using(3, RN_F64, (rn_allocator){0});
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(T, B, I));
    const rn_tensor n = rn_input(g, "n", RN_I32, rn_shape(B));
    double in[T * B * I];
    rn_tensor dx;

    options.units = H;
    if (ragged) options.lengths = n;
    if (marked) mark(g, &options);
    const rn_sequence s = rn_recurrent(rn_root(g, model), "rnn", of, x, options);
    const rn_tensor loss = rn_mean_all(rn_square(rn_offset(s.outputs, 0.3)));
    rn_grad(loss, rn_null(), &x, 1, &dx);
    rn_program *p = rn_test_compile_with(
        g, (rn_compile_options){RN_OUTPUTS(s.outputs, dx), .minimize = loss,
                                .with = rn_sgd(0.1, 0), .without = without});
    rn_test_numbers(in, T * B * I, 4);
    for (int i = 0; i < T * B * I && pads; i++)
        if (i / (B * I) >= lengths[i / I % B]) in[i] = NAN;
    rn_test_feed(p, x, in);
    if (ragged) cr_assert_eq(rn_feed_i32(p, n, lengths, B), RN_OK);
    for (int i = 0; i < 3; i++) {
        rn_test_run(p);
        r->loss[i] = rn_scalar(p, loss);
    }
    rn_test_read(p, s.outputs, r->y);
    rn_test_read(p, dx, r->dx);
    rn_program_print(p, text, sizeof text);
    r->loops = strstr(text, " loop ") != NULL;
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
}

Test(scan, both_loops_of_a_layer_vanish)
{
    static const rn_recurrent_options options[] = {{.layers = 1},
                                                   {.layers = 2},
                                                   {.reverse = true},
                                                   {.layers = 2, .bidirectional = true},
                                                   {.stateful = true}};
    static trained on, off;

    for (size_t i = 0; i < 2 * sizeof options / sizeof *options; i++)
        for (int way = 0; way < 3; way++) {
            const rn_recurrent_options o = options[i / 2];
            const bool ragged = way == 1, marked = way == 2, leaks = i & 1;
            const int64_t width = o.bidirectional ? 2 : 1;
            if (ragged && leaks) continue;
            train(cells[leaks], o, marked, ragged, ragged, 0, &on);
            train(cells[leaks], o, marked, ragged, false, RN_PASS_SCAN, &off);
            cr_assert(!on.loops && off.loops, "%zu %d", i, way);
            rn_test_near(on.loss, off.loss, 3, 1e-12, "loss");
            rn_test_near(on.y, off.y, T * B * H * width, 1e-12, "y");
            rn_test_near(on.dx, off.dx, T * B * I, 1e-12, "dx");
        }
}

/* The outputs of one sequence: in a batch with lengths, on its own, or step by step. */
static void infer(const rn_cell *of, rn_model *model, int64_t batch, int64_t steps,
                  bool ragged, const double *in, double *y)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(steps, batch, I));
    const rn_tensor n = rn_input(g, "n", RN_I32, rn_shape(batch));
    rn_recurrent_options options = {.units = H, .layers = 2};

    if (ragged) options.lengths = n;
    const rn_sequence s = rn_recurrent(rn_root_inference(g, model), "rnn", of, x, options);
    rn_program *p = rn_test_compile(g, s.outputs);
    rn_test_feed(p, x, in);
    if (ragged) cr_assert_eq(rn_feed_i32(p, n, lengths, batch), RN_OK);
    rn_test_run(p);
    rn_test_read(p, s.outputs, y);
    rn_program_free(p);
    rn_graph_free(g);
}

static void infer_steps(const rn_cell *of, rn_model *model, int steps, const double *in,
                        double *y)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(steps, 1, I));
    rn_tensor states[2], out[T];

    rn_scope s = rn_root_inference(g, model);
    const rn_recurrent_options options = {.units = H, .layers = 2};
    cr_assert(rn_recurrent_begin(s, "rnn", of, rn_index(x, 0, 0), states, options));
    for (int t = 0; t < steps; t++)
        out[t] = rn_recurrent_step(s, "rnn", of, rn_index(x, 0, t), states, options);
    const rn_tensor all = rn_stack(out, steps, 0);
    rn_program *p = rn_test_compile(g, all);
    rn_test_feed(p, x, in);
    rn_test_run(p);
    rn_test_read(p, all, y);
    rn_program_free(p);
    rn_graph_free(g);
}

static void expect_bits(const rn_cell *of)
{
    static double in[T * B * I], one[T * I], y[T * B * H], alone[T * H], steps[T * H];
    rn_model *model = rn_model_new(3);
    rn_graph *g = rn_graph_new();

    rn_recurrent(rn_root(g, model), "rnn", of, rn_input(g, "x", RN_F32, rn_shape(T, B, I)),
                 (rn_recurrent_options){.units = H, .layers = 2});
    rn_graph_free(g);
    rn_test_numbers(in, T * B * I, 4);
    for (int i = 0; i < T * B * I; i++)
        if (i / (B * I) >= lengths[i / I % B]) in[i] = NAN;
    infer(of, model, B, T, true, in, y);
    for (int b = 0; b < B; b++) {
        const int n = lengths[b];
        for (int i = 0; i < n * I; i++) one[i] = in[(i / I * B + b) * I + i % I];
        if (n) infer(of, model, 1, n, false, one, alone);
        if (n) infer_steps(of, model, n, one, steps);
        rn_test_near(steps, alone, n * H, exactly, "steps");
        for (int i = 0; i < T * H; i++) {
            const double got = y[(i / H * B + b) * H + i % H];
            const double want = i / H < n ? alone[i] : 0;
            cr_assert(fabs(got - want) <= exactly, "%d %d: %g, %g", b, i, got, want);
        }
    }
    rn_model_free(model);
}

Test(scan, a_row_of_a_batch_has_the_bits_of_the_sequence_and_of_single_steps)
{
    for (int i = 0; i < 2; i++) expect_bits(cells[i]);
}
