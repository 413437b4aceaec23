/* SPDX-License-Identifier: MIT */
/* Reductions within rows that run with the maps around them, some rows at a time: which
 * steps become a block, what memory they need, and that every bit stays. */
#include <rondo/layers.h>
#include <rondo/model.h>
#include <rondo/recurrent.h>

#include "program/program.h"
#include "run/driver.h"

enum { T = 5, B = 6, N = 40, MOST = 50000, TILE = 8192, OUTPUTS = 16 };

typedef struct found {
    int blocks, steps; /* chains by rows, and the steps in them */
    int reductions;    /* outside */
    size_t tiles;
} found;

static found find(const rn_program *p)
{
    const rn__plan *plan = &p->plan;
    found f = {.tiles = plan->tile_memory_bytes};

    for (int32_t i = 0; i < plan->steps; i++) {
        const rn__step *step = &plan->step[i];
        if (step->kind == RN__STEP_CHAIN && step->chain_rows) {
            f.blocks++;
            f.steps += step->end - i - 1;
        }
        if (step->kind == RN__STEP_KERNEL &&
            (step->block < 0 || plan->step[step->block].kind != RN__STEP_CHAIN))
            f.reductions += rn__op_kind(rn__step_node(plan, step)->op) == RN_KIND_REDUCTION;
    }
    return f;
}

static void feed_all(rn_program *p, rn_graph *g)
{
    static double data[MOST];

    for (int32_t id = 0; id < g->count; id++) {
        const rn_tensor x = rn__tensor(g, id);
        if (rn__at(g, id)->op != &rn__op_input || rn_type_get(x) == RN_I32) continue;
        cr_assert(rn_test_count(x) <= MOST);
        rn_test_feed(p, x, rn_test_numbers(data, rn_test_count(x), (uint64_t)id + 1));
    }
}

/* The outputs, compiled with and without blocks, have the same bits. */
static found expect_same(rn_graph *g, const rn_tensor *y, int count, int threads,
                         void (*feed)(rn_program *p, void *with), void *with)
{
    static double got[MOST], want[MOST];
    rn_compile_options options = {.outputs = y, .output_count = count, .threads = threads};
    rn_program *p = rn_test_compile_with(g, options);
    options.without = RN_PASS_ROW_BLOCKS;
    rn_program *single = rn_test_compile_with(g, options);
    const found f = find(p);

    cr_assert_eq(find(single).blocks, 0);
    for (int run = 0; run < 2; run++) {
        feed_all(p, g), feed_all(single, g);
        if (feed) feed(p, with), feed(single, with);
        rn_test_run(p), rn_test_run(single);
        for (int i = 0; i < count; i++) {
            cr_assert(rn_test_count(y[i]) <= MOST);
            rn_test_near(rn_test_read(p, y[i], got), rn_test_read(single, y[i], want),
                         rn_test_count(y[i]), 0, "y");
        }
    }
    rn_program_free(p);
    rn_program_free(single);
    return f;
}

static found expect(rn_graph *g, rn_tensor y)
{
    const found f = expect_same(g, &y, 1, 1, NULL, NULL);

    rn_graph_free(g);
    return f;
}

/* ---- outside loops ---- */

Test(row_blocks, of_a_layer_normalisation)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(B, N));
    const rn_tensor gain = rn_test_f64(g, "gain", rn_shape(N));
    const rn_tensor bias = rn_test_f64(g, "bias", rn_shape(N));
    const found f = expect(g, rn_sin(rn_normalize_affine(rn_tanh(x), gain, bias, 1e-5)));

    cr_expect_eq(f.blocks, 1);
    cr_expect_eq(f.reductions, 0);
}

/* One row of the matrices runs at a time, but many of the vectors before and after. */
Test(row_blocks, short_rows_before_and_after_long_ones)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(B, N, N));
    const rn_tensor y = rn_test_f64(g, "y", rn_shape(B, N));
    const rn_tensor q = rn_div(y, rn_sum(rn_square(y), (int[]){1}, 1, true));
    const rn_tensor z = rn_sum_axis(rn_mul(rn_sin(x), rn_expand(q, 1)), 2);
    const rn_tensor sum = rn_sum(z, (int[]){1}, 1, true);
    const found f = expect(g, rn_sin(rn_mul(z, sum)));

    cr_expect_eq(f.blocks, 3, "%d", f.blocks);
    cr_expect_eq(f.steps, 8, "%d", f.steps);
    cr_expect_eq(f.reductions, 0);
}

/* All values but the input and the output have memory for a tile only. */
Test(row_blocks, values_have_memory_for_some_rows)
{
    enum { ROWS = 100, COLUMNS = 128 };
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(ROWS, COLUMNS));
    const rn_tensor y = rn_softmax(rn_sin(x), 1);
    rn_program *p = rn_test_compile(g, y);
    const size_t whole = ROWS * COLUMNS * sizeof(double);

    cr_expect_eq(find(p).blocks, 1);
    cr_expect(p->plan.tile_memory_bytes <= (size_t)4 * 2 * TILE, "%zu bytes",
              p->plan.tile_memory_bytes);
    cr_expect(p->plan.workspace_bytes <= 2 * whole + 1024, "%zu bytes",
              p->plan.workspace_bytes);
    rn_program_free(p);
    rn_graph_free(g);
}

Test(row_blocks, rows_are_all_leading_axes)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(T, B, N));
    const found f = expect(g, rn_exp(rn_log_softmax(rn_sin(x), 2)));

    cr_expect_eq(f.blocks, 1);
    cr_expect_eq(f.reductions, 0);
}

/* No operand may have other rows, such as one that is repeated for each of T. */
Test(row_blocks, an_operand_without_an_axis_of_the_rows)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(T, B, N));
    const rn_tensor y = rn_test_f64(g, "y", rn_shape(B, 1));
    const rn_tensor s = rn_softmax(rn_sin(x), 2);

    cr_expect_eq(expect(g, rn_cos(rn_mul(s, y))).blocks, 1);
}

Test(row_blocks, reductions_that_drop_their_axis)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(B, N));
    const rn_tensor s = rn_sum_axis(rn_sin(x), 1), m = rn_mean_axis(rn_cos(x), 1);

    cr_expect_eq(expect(g, rn_sqrt(rn_abs(rn_mul(s, m)))).blocks, 1);
}

Test(row_blocks, all_rows_are_the_same)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(N));
    const rn_tensor rows = rn_broadcast(x, rn_shape(B, N));
    const rn_tensor s = rn_sum_axis(rows, 1), y = rn_test_f64(g, "y", rn_shape(B));

    cr_expect_eq(expect(g, rn_sin(rn_mul(s, y))).blocks, 1);
}

Test(row_blocks, sums_over_rows_are_not_in_them)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(B, N));
    const found f = expect(g, rn_sin(rn_softmax(rn_tanh(x), 0)));

    cr_expect_eq(f.blocks, 0);
    cr_expect_eq(f.reductions, 2);
}

/* Column i of y is read for row i: y must be complete before. */
Test(row_blocks, columns_read_as_rows_end_a_block)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(N, N)), y = rn_sin(x);
    const rn_tensor s = rn_sum_axis(rn_exp(rn_transpose(y)), 1);

    expect(g, rn_add(rn_mul(y, rn_expand(s, 1)), rn_mean_axis(y, 0)));
}

Test(row_blocks, rows_that_are_too_long)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(2, 9 * TILE / 8 - 7));

    cr_expect_eq(expect(g, rn_softmax(rn_sin(x), 1)).blocks, 0);
}

/* ---- in loops ---- */

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    const int64_t H = rn_size(state[0], -1);
    const rn_tensor wx = rn_layer_norm(s, "norm_x", rn_gate_input(s, "g", x, 2 * H));
    const rn_tensor uh = rn_layer_norm(s, "norm_h", rn_gate_state(s, "g", state[0], 2 * H));
    const rn_tensor z = rn_bias(s, "g/b", rn_add(wx, uh), 0);
    const rn_tensor keep = rn_sigmoid(rn_slice(z, -1, 0, H, 1));
    const rn_tensor next = rn_softmax(rn_slice(z, -1, H, 2 * H, 1), -1);

    return state[0] = rn_add(rn_mul(keep, state[0]), rn_tanh(next));
}

static const rn_cell cell = {.name = "normed", .states = 1, .step = step};

typedef struct network {
    rn_model *model;
    rn_graph *g;
    rn_tensor lengths, of[OUTPUTS];
    int count;
} network;

/* The outputs, and the gradients of x and all weights. */
static network make(int64_t rows, int64_t units, bool with_lengths)
{
    network n = {.model = rn_model_new_using(1, RN_F64, (rn_allocator){0}),
                 .g = rn_graph_new()};
    const rn_tensor x = rn_test_f64(n.g, "x", rn_shape(T, rows, 4));
    rn_recurrent_options options = {.units = units};

    n.lengths = rn_input(n.g, "lengths", RN_I32, rn_shape(rows));
    if (with_lengths) options.lengths = n.lengths;
    const rn_sequence s = rn_recurrent(rn_root(n.g, n.model), "r", &cell, x, options);
    rn_tensor with[OUTPUTS] = {x};
    int weights = 1;
    for (int i = 0; i < rn_model_count(n.model); i++)
        with[weights++] = rn_read_variable(n.g, rn_model_at(n.model, i));
    const rn_tensor loss = rn_sum_all(rn_sin(s.outputs));
    cr_assert(rn_grad(loss, rn_null(), with, weights, n.of), "%s", rn_graph_error(n.g));
    n.of[weights] = s.outputs;
    n.count = weights + 1;
    return n;
}

static void feed_lengths(rn_program *p, void *with)
{
    const network *n = (const network *)with;
    int32_t lengths[64];

    for (int64_t i = 0; i < rn_size(n->lengths, 0); i++)
        lengths[i] = (int32_t)((i * 3 + 1) % (T + 1));
    rn_test_feed_i32(p, n->lengths, lengths);
}

static found expect_network(int64_t rows, int64_t units, bool with_lengths, int threads)
{
    network n = make(rows, units, with_lengths);
    const found f =
        expect_same(n.g, n.of, n.count, threads, with_lengths ? feed_lengths : NULL, &n);

    rn_graph_free(n.g);
    rn_model_free(n.model);
    return f;
}

/* Of a layer with two normalisations and a softmax: one block in each of the two loops.
 * Outside are the sums of the gradients of biases and gains. */
Test(row_blocks, of_a_recurrent_layer)
{
    const found f = expect_network(B, 24, false, 1);

    cr_expect_eq(f.blocks, 2, "%d blocks", f.blocks);
    cr_expect(f.reductions >= 5);
}

Test(row_blocks, of_some_rows_of_many)
{
    expect_network(20, 64, false, 1);
    expect_network(2, 150, false, 1);
}

/* One row is divided by columns among threads. */
Test(row_blocks, not_of_one_row)
{
    cr_expect_eq(expect_network(1, 24, false, 1).blocks, 1,
                 "of all steps, before the loop");
}

Test(row_blocks, of_a_batch_with_lengths)
{
    cr_expect(expect_network(B, 24, true, 1).blocks >= 2);
    expect_network(33, 60, true, 1);
}

Test(row_blocks, in_threads)
{
    expect_network(32, 48, false, 2);
    expect_network(32, 48, true, 3);
}

/* ---- faults ---- */

/* Sums of rows, none of which may begin with a number over 0.9. */
static bool careful(const rn_call *call)
{
    const double *x = (const double *)call->in[0].data;
    double *y = (double *)call->out->data;

    for (int64_t i = 0; i < call->in[0].size[0]; i++, x += call->in[0].stride[0]) {
        if (*x > 0.9) return snprintf(call->message, RN_MESSAGE, "too large"), false;
        y[i] = 0;
        for (int64_t k = 0; k < call->in[0].size[1]; k++) y[i] += x[k];
    }
    return true;
}

static const char *careful_shape(rn_typing *t)
{
    t->shape = rn_shape(t->in_shape[0].size[0], 1);
    return NULL;
}

static bool careful_divide(const rn_call *call, int axis, int *cut)
{
    (void)call;
    return cut[0] = 0, axis == 0;
}

static const rn_op careful_op = {.name = "careful",
                                 .inputs = 1,
                                 .kind = RN_KIND_REDUCTION,
                                 .shape = careful_shape,
                                 .divide = careful_divide,
                                 .kernel = {[RN_F64] = careful}};

Test(row_blocks, a_kernel_rejects_a_row)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(1000, 9)), twice = rn_add(x, x);
    const rn_tensor sum = rn_apply(&careful_op, &twice, 1, NULL, 0);
    rn_program *p = rn_test_compile(g, rn_mul(twice, sum));
    double *data = (double *)calloc(1000 * 9, sizeof *data);

    cr_assert_eq(find(p).blocks, 1);
    rn_test_feed(p, x, data);
    rn_test_run(p);
    data[777 * 9] = 1;
    rn_test_feed(p, x, data);
    cr_assert_eq(rn_run(p), RN_BAD_VALUE);
    cr_expect_str_eq(rn_program_error(p), "careful: too large: result [1000,1]");
    free(data);
    rn_program_free(p);
    rn_graph_free(g);
}

/* Elements are counted from the first of all rows. */
Test(row_blocks, where_an_infinity_appeared)
{
    enum { ROWS = 600, COLUMNS = 64, ROW = 417, COLUMN = 9 };
    static double data[ROWS * COLUMNS];
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(ROWS, COLUMNS));
    const int axis = 1;
    const rn_tensor y = rn_sub(x, rn_sum_square(rn_neg(x), &axis, 1, true));
    rn_program *p = rn_compile(
        g, (rn_compile_options){RN_OUTPUTS(y), .watch = RN_WATCH_ON, .threads = 1});
    rn_nonfinite f;

    cr_assert(p, "%s", rn_graph_error(g));
    cr_assert_eq(find(p).blocks, 1);
    data[ROW * COLUMNS + COLUMN] = 1e200;
    rn_test_feed(p, x, data);
    rn_test_run(p);
    cr_assert(rn_program_nonfinite(p, 0, &f));
    cr_expect_str_eq(f.op, "sum_square");
    cr_expect_eq(f.element, ROW);
    cr_expect_eq(f.operand[0].element, ROW * COLUMNS + COLUMN);
    cr_expect_eq(f.operand[0].value, -1e200);
    rn_program_free(p);
    rn_graph_free(g);
}
