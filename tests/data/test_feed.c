/* SPDX-License-Identifier: MIT */
/* Feeding batches to programs by name; a stateful model over streams. */
#include <stdlib.h>

#include "data_support.h"

enum { T = 4, B = 3 };

/* A graph whose inputs have the names that batches feed, and whose outputs are these. */
typedef struct world {
    rn_graph *g;
    rn_tensor x, v, y, lengths, weights, resets;
    rn_program *p;
} world;

static rn_tensor output(rn_tensor x)
{
    return rn_type_get(x) == RN_BOOL ? rn_cast(x, RN_I32) : rn_add(x, rn_fill_like(x, 0));
}

static world begin(rn_type real)
{
    world w = {.g = rn_graph_new()};
    rn_tensor out[5];

    w.x = rn_input(w.g, "x", RN_I32, rn_shape(T, B));
    w.v = rn_input(w.g, "v", RN_F32, rn_shape(T, B, 2));
    w.lengths = rn_input(w.g, "lengths", RN_I32, rn_shape(B));
    w.weights = rn_input(w.g, "weights", RN_F32, rn_shape(B));
    w.y = rn_input(w.g, "y", RN_I32, rn_shape(B));
    const rn_tensor in[] = {w.x, w.v, w.y, w.lengths, w.weights};
    for (int i = 0; i < 5; i++) out[i] = output(in[i]);
    w.x = out[0], w.v = out[1], w.y = out[2], w.lengths = out[3], w.weights = out[4];
    w.p = rn_compile(w.g,
                     (rn_compile_options){
                         .outputs = out, .output_count = 5, .convert = true, .real = real});
    cr_assert_not_null(w.p, "%s", rn_graph_error(w.g));
    return w;
}

static void end(world *w)
{
    rn_program_free(w->p);
    rn_graph_free(w->g);
}

Test(feed, gives_inputs_what_has_their_name)
{
    rn_test_texts texts = rn_test_texts_of(4, 3);
    const rn_source source = rn_test_source(&texts);
    const int64_t size = T;
    rn_batches *b = rn_batches_new(
        &source, (rn_batches_options){.batch = B, .buckets = 1, .sizes = &size});

    for (int type = 0; type < 2; type++) {
        world w = begin((rn_type)type);
        for (int k = 0; k < 2; k++) {
            const rn_batch batch = rn_test_next(b);
            int32_t x[T * B], y[B], lengths[B];
            float v[T * B * 2], weights[B];
            double v64[T * B * 2], weights64[B];
            cr_assert_eq(rn_batch_feed(&batch, w.p), RN_OK, "%s", rn_program_error(w.p));
            cr_assert_eq(rn_run(w.p), RN_OK, "%s", rn_program_error(w.p));
            cr_assert_eq(rn_read_i32(w.p, w.x, x, T * B), RN_OK);
            cr_assert_eq(rn_read_i32(w.p, w.y, y, B), RN_OK);
            cr_assert_eq(rn_read_i32(w.p, w.lengths, lengths, B), RN_OK);
            if (type == RN_F32) {
                cr_assert_eq(rn_read_f32(w.p, w.v, v, T * B * 2), RN_OK);
                cr_assert_eq(rn_read_f32(w.p, w.weights, weights, B), RN_OK);
                for (int i = 0; i < T * B * 2; i++) v64[i] = v[i];
                for (int i = 0; i < B; i++) weights64[i] = weights[i];
            } else {
                cr_assert_eq(rn_read_f64(w.p, w.v, v64, T * B * 2), RN_OK);
                cr_assert_eq(rn_read_f64(w.p, w.weights, weights64, B), RN_OK);
            }
            for (int i = 0; i < T * B * 2; i++)
                cr_assert_eq(v64[i], ((const double *)batch.data[1])[i]);
            cr_assert_eq(memcmp(x, batch.data[0], sizeof x), 0);
            cr_assert_eq(memcmp(y, batch.data[2], sizeof y), 0);
            for (int r = 0; r < B; r++) {
                cr_assert_eq(lengths[r], r < batch.real ? 3 : 0);
                cr_assert_eq(weights64[r], r < batch.real ? 1 : 0);
            }
        }
        rn_test_epoch_ends(b, type);
        end(&w);
    }
    rn_batches_free(b);
}

static rn_program *program_of(rn_graph *g, const char *name, rn_type type, rn_shape shape)
{
    rn_program *p = rn_test_compile(output(rn_input(g, name, type, shape)));

    rn_graph_free(g);
    return p;
}

static void refused(const rn_batch *batch, const char *name, rn_type type, rn_shape shape,
                    const char *message)
{
    rn_program *p = program_of(rn_graph_new(), name, type, shape);

    cr_assert_eq(rn_batch_feed(batch, p), *message ? RN_INVALID : RN_OK);
    cr_assert_str_eq(rn_program_error(p), message);
    rn_program_free(p);
}

Test(feed, refuses_what_does_not_fit)
{
    rn_test_texts texts = rn_test_texts_of(4, T);
    const rn_source source = rn_test_source(&texts);
    rn_batches *b = rn_batches_new(&source, (rn_batches_options){.batch = B});
    rn_batch batch = rn_test_next(b);
    const rn_batch none = {0};

    refused(&batch, "x", RN_I32, rn_shape(T, B), "");
    refused(&batch, "x", RN_I32, rn_shape(B, T),
            "batch_feed: input x is [3,4] i32, but the batch has [4,3] i32");
    refused(&batch, "x", RN_F32, rn_shape(T, B),
            "batch_feed: input x is [4,3] f32, but the batch has [4,3] i32");
    refused(&batch, "weights", RN_F64, rn_shape(B + 1),
            "batch_feed: input weights is [4] f64, but the batch has [3] f32");
    refused(&batch, "z", RN_I32, rn_shape(T, B),
            "batch_feed: no input has the name of a field, such as x");
    refused(&batch, "resets", RN_BOOL, rn_shape(T, B),
            "batch_feed: no input has the name of a field, such as x");
    refused(&none, "x", RN_I32, rn_shape(T, B), "batch_feed: no batch");
    refused(NULL, "x", RN_I32, rn_shape(T, B), "batch_feed: no batch");
    batch = rn_test_next(b);
    refused(
        &batch, "x", RN_I32, rn_shape(T, B),
        "batch_feed: sequences of weight 0 fill the batch, but the program has no input "
        "named weights or lengths");
    cr_assert_eq(rn_batch_feed(&batch, NULL), RN_INVALID);
    rn_batches_free(b);
}

Test(feed, refuses_windows_that_a_program_would_misread)
{
    rn_test_texts texts = rn_test_texts_of(3, 7);
    rn_source source = rn_test_source(&texts);
    rn_batches *b = NULL;
    rn_batch batch;

    source.field_count = 1;
    b = rn_streams_new(&source, (rn_streams_options){.batch = B, .steps = T});
    batch = rn_test_next(b);
    refused(&batch, "resets", RN_BOOL, rn_shape(T, B), "");
    refused(&batch, "resets", RN_BOOL, rn_shape(B), "");
    batch = rn_test_next(b);
    refused(&batch, "x", RN_I32, rn_shape(T, B),
            "batch_feed: the window is shorter than T, but the program has no input named "
            "lengths");
    rn_batches_free(b);
    b = rn_streams_new(&source, (rn_streams_options){.batch = 2, .steps = 8});
    batch = rn_test_next(b);
    refused(&batch, "resets", RN_BOOL, rn_shape(2),
            "batch_feed: texts begin within the window: input resets must be [T,B]");
    rn_batches_free(b);
}

/* ---- a stateful layer over a stream ---- */

/* The outputs of all steps, by text: windows of `steps` steps in `rows` rows, whose states
 * are carried from window to window and begin anew with each text. */
static void outputs(rn_model *model, int64_t rows, int64_t steps, double *out)
{
    rn_test_texts texts = rn_test_texts_of(30, 8);
    rn_source source = rn_test_source(&texts);
    rn_graph *g = rn_graph_new();
    const rn_scope root = rn_root(g, model);
    rn_tensor x = rn_input(g, "v", RN_F64, rn_shape(steps, rows, 2));
    const rn_recurrent_options o = {
        .units = 2,
        .stateful = true,
        .lengths = rn_input(g, "lengths", RN_I32, rn_shape(rows)),
        .restarts = rn_input(g, "resets", RN_BOOL, rn_shape(steps, rows))};
    rn_tensor y = rn_gru(root, "net", rn_scale(x, 1e-4), o).outputs;
    rn_program *p = rn_test_compile(y);
    double *values = (double *)calloc((size_t)(steps * rows * 2), sizeof *values);

    source.field_count = 2;
    rn_batches *b =
        rn_streams_new(&source, (rn_streams_options){.batch = rows, .steps = steps});
    for (int64_t k = 0; k < 2 * rn_batches_count(b) + 1; k++) {
        rn_batch batch;
        cr_assert_eq(rn_batches_next(b, &batch), RN_OK);
        if (batch.sequences == 0) continue;
        cr_assert_eq(rn_batch_feed(&batch, p), RN_OK, "%s", rn_program_error(p));
        rn_test_run_once(p);
        rn_test_read_f64(p, y, values);
        for (int64_t e = 0; e < steps * rows; e++) {
            if (e / rows >= batch.lengths[e % rows]) continue;
            const int32_t from = ((const int32_t *)batch.data[0])[e];
            out[from / 1000 * 16 + from % 1000] = values[2 * e];
        }
    }
    free(values);
    rn_batches_free(b);
    rn_program_free(p);
    rn_graph_free(g);
}

Test(feed, streams_with_resets_give_what_each_text_gives_alone)
{
    rn_model *model = rn_test_model(3);
    static double one[480], other[480];

    outputs(model, 1, 240, one);
    cr_assert(one[1] != 0 && one[29 * 16 + 7] != 0);
    outputs(model, 6, 7, other);
    rn_test_close(other, one, 480, 1e-12, "in six rows of seven steps");
    rn_model_free(model);
}
