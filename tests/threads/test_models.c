/* SPDX-License-Identifier: MIT */
/*
 * Recurrent models in several threads: after some steps of training and a forward run the
 * loss, the outputs and all weights have the same bits as with one thread, and no two
 * threads touch one byte between barriers. In this program everything that can be divided
 * is.
 */
#include <criterion/criterion.h>
#include <rondo.h>
#include <stdlib.h>
#include <string.h>

#include "ownership.h"

enum { RUNS = 3, MOST = 1 << 16, BYTES = 1 << 23 };

typedef struct sizes {
    int64_t t, b, i, h;
} sizes;

/* What is trained: from x [T, B, I], or an index for each [T, B], and lengths [B]. */
typedef struct network {
    rn_graph *g;
    rn_model *model;
    rn_tensor x, index, lengths, loss, outputs;
} network;

typedef void builder(network *n, rn_scope s, sizes z);

static network make(builder *build, sizes z, rn_type real)
{
    network n = {.g = rn_graph_new()};

    n.model = rn_model_new_using(5, real, (rn_allocator){0});
    n.x = rn_input(n.g, "x", real, rn_shape(z.t, z.b, z.i));
    n.index = rn_input(n.g, "index", RN_I32, rn_shape(z.t, z.b));
    n.lengths = rn_input(n.g, "lengths", RN_I32, rn_shape(z.b));
    build(&n, rn_root(n.g, n.model), z);
    cr_assert(!rn_is_null(n.loss), "%s", rn_graph_error(n.g));
    return n;
}

static void feed(rn_program *p, const network *n, sizes z, uint64_t run)
{
    static float x[MOST];
    static double x64[MOST];
    static int32_t index[MOST], lengths[MOST];

    for (int64_t i = 0; i < z.t * z.b * z.i; i++)
        x64[i] = x[i] = (float)((i * 7919 + (int64_t)run * 31) % 2048) / 1024 - 1;
    for (int64_t i = 0; i < z.t * z.b; i++) index[i] = (int32_t)((i * 13 + 5) % 7);
    for (int64_t i = 0; i < z.b; i++)
        lengths[i] = (int32_t)((z.t - 1 - i % z.t + (int64_t)run) % (z.t + 1));
    if (rn_type_get(n->x) == RN_F64)
        rn_feed_f64(p, n->x, x64, z.t * z.b * z.i);
    else
        rn_feed_f32(p, n->x, x, z.t * z.b * z.i);
    rn_feed_i32(p, n->index, index, z.t * z.b);
    rn_feed_i32(p, n->lengths, lengths, z.b);
}

/* All results, one after the other: loss and outputs of each run, and all variables. */
static size_t train(builder *build, sizes z, rn_type real, int threads, char *to)
{
    network n = make(build, z, real);
    const size_t outputs = (size_t)rn_shape_count(rn_shape_get(n.outputs)) *
                           rn_type_size(rn_type_get(n.outputs));
    const size_t loss = rn_type_size(real);
    size_t used = 0;
    rn_program *p =
        rn_compile(n.g, (rn_compile_options){RN_OUTPUTS(n.outputs), .minimize = n.loss,
                                             .with = rn_adam(1e-2), .threads = threads});

    cr_assert(p, "%s", rn_graph_error(n.g));
    cr_assert_eq(rn_program_threads(p), threads);
    for (uint64_t run = 0; run < RUNS; run++) {
        feed(p, &n, z, run);
        cr_assert(rn_run(p) == RN_OK, "%s", rn_program_error(p));
        cr_assert_eq(rn_read(p, n.outputs, to + used, outputs), RN_OK);
        cr_assert_eq(rn_read(p, n.loss, to + used + outputs, loss), RN_OK);
        used += outputs + loss;
    }
    for (int i = 0; i < rn_model_count(n.model); i++) {
        const rn_variable *v = rn_model_at(n.model, i);
        memcpy(to + used, v->data, v->bytes);
        used += v->bytes;
    }
    if (threads > 1) {
        const ownership o = rn_test_ownership(p);
        cr_assert_str_eq(o.error, "");
    }
    rn_program_free(p);
    rn_model_free(n.model);
    rn_graph_free(n.g);
    return used;
}

static void check(builder *build, sizes z)
{
#ifdef RN_TESTS_PLAIN_CRITERION_H /* the thread sanitizer is slow */
    static const int threads[] = {3};
#else
    static const int threads[] = {2, 3, 8, 16};
#endif
    const int count = (int)(sizeof threads / sizeof *threads);
    static char want[BYTES], got[BYTES];

    for (int real = RN_F32; real <= RN_F64; real++) {
        const size_t bytes = train(build, z, (rn_type)real, 1, want);
        for (int i = 0; i < count; i++) {
            cr_assert_eq(train(build, z, (rn_type)real, threads[i], got), bytes);
            cr_assert(memcmp(got, want, bytes) == 0, "other bits with %d threads",
                      threads[i]);
        }
    }
}

/* ---- models ---- */

static void layer(network *n, rn_scope s, const rn_cell *cell, rn_tensor x,
                  rn_recurrent_options options)
{
    const rn_sequence q = rn_recurrent(s, "rnn", cell, x, options);
    const rn_tensor y = rn_linear(s, "out", q.outputs, 3);

    n->outputs = q.outputs;
    n->loss = rn_mean_squared_error(y, rn_fill_like(y, 0.5));
}

static void lstm(network *n, rn_scope s, sizes z)
{
    layer(n, s, &rn_cell_lstm, n->x, (rn_recurrent_options){.units = z.h});
}

static void gru(network *n, rn_scope s, sizes z)
{
    layer(n, s, &rn_cell_gru, n->x, (rn_recurrent_options){.units = z.h});
}

static void padded(network *n, rn_scope s, sizes z)
{
    layer(n, s, &rn_cell_lstm, n->x,
          (rn_recurrent_options){.units = z.h, .lengths = n->lengths});
}

static void padded_both_ways(network *n, rn_scope s, sizes z)
{
    layer(n, s, &rn_cell_gru_reset_after, n->x,
          (rn_recurrent_options){.units = z.h,
                                 .layers = 2,
                                 .bidirectional = true,
                                 .dropout = 0.3,
                                 .lengths = n->lengths});
}

static void stateful(network *n, rn_scope s, sizes z)
{
    layer(n, s, &rn_cell_rnn, n->x, (rn_recurrent_options){.units = z.h, .stateful = true});
}

static void embedding(network *n, rn_scope s, sizes z)
{
    layer(n, s, &rn_cell_lstm, rn_embedding(s, "embed", n->index, 7, z.i),
          (rn_recurrent_options){.units = z.h});
}

static rn_tensor normal_step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    const rn_tensor a = rn_layer_norm(s, "norm", rn_gate(s, "h", x, state[0]));

    return state[0] = rn_tanh(rn_dropout(s, "drop", a, 0.2));
}

static void normal(network *n, rn_scope s, sizes z)
{
    const rn_cell cell = {.name = "normal", .states = 1, .step = normal_step};

    layer(n, s, &cell, n->x, (rn_recurrent_options){.units = z.h});
}

/* A loop in a loop: each step refines h three times. */
static rn_tensor nested_step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    const rn_tensor a = rn_gate_input(s, "h", x, rn_size(state[0], 1));
    rn_loop *loop = rn_loop_begin(x.graph);

    rn_loop_steps(loop, 3);
    const rn_tensor h = rn_loop_carry(loop, state[0]);
    const rn_tensor t = rn_cast(rn_loop_index(loop), rn_type_get(h));
    const rn_tensor u = rn_gate_state(s, "u", h, rn_size(h, 1));
    rn_loop_next(loop, h, rn_tanh(rn_add(rn_add(u, a), rn_scale(t, 0.1))));
    rn_loop_end(loop);
    return state[0] = rn_loop_final(loop, h);
}

static void nested(network *n, rn_scope s, sizes z)
{
    const rn_cell cell = {.name = "nested", .states = 1, .step = nested_step};

    layer(n, s, &cell, n->x, (rn_recurrent_options){.units = z.h});
}

#define MODEL(name, build, ...)                                                            \
    Test(models, name)                                                                     \
    {                                                                                      \
        check(build, (sizes){__VA_ARGS__});                                                \
    }

MODEL(lstm, lstm, 7, 16, 9, 11)
MODEL(lstm_of_one_row, lstm, 4, 1, 9, 140)
MODEL(lstm_of_few_rows, lstm, 7, 3, 9, 11)
MODEL(gru, gru, 7, 16, 9, 11)
MODEL(gru_of_one_row, gru, 4, 1, 9, 140)
MODEL(padded, padded, 7, 16, 9, 11)
MODEL(padded_both_ways, padded_both_ways, 6, 9, 5, 8)
MODEL(stateful, stateful, 7, 16, 9, 11)
MODEL(embedding, embedding, 7, 16, 9, 11)
MODEL(normal, normal, 7, 16, 9, 11)
MODEL(nested, nested, 5, 16, 9, 11)
