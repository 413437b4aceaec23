/* SPDX-License-Identifier: MIT */
/* The recurrent layer with every cell and option against plain loops over numbers. */
#include "reference.h"

#include <stdio.h>
#include <stdlib.h>

/* One case: everything about a call of rn_recurrent. */
typedef struct example {
    int64_t T, B, I;
    rn_recurrent_options options; /* without tensors */
    bool lengths, initial;
} example;

static double *room(int64_t count)
{
    return (double *)calloc((size_t)count + 1, sizeof(double));
}

/* The graph, its inputs, and the numbers that are fed. */
typedef struct bench {
    example e;
    const rn_test_cell *cell;
    rn_model *model;
    rn_graph *graph;
    rn_tensor x, lengths, initial[64];
    double *x_data, *initial_data; /* initial states one after the other */
    int32_t length[8];
    int64_t D, O, count, states, size[64]; /* elements of all states, and of each */
    rn_sequence y;
} bench;

static void build(bench *b)
{
    rn_recurrent_options o = b->e.options;
    const rn_scope s = rn_root(b->graph, b->model);

    b->x = rn_input(b->graph, "x", RN_F64, rn_shape(b->e.T, b->e.B, b->e.I));
    b->lengths = rn_input(b->graph, "lengths", RN_I32, rn_shape(b->e.B));
    /* Inputs of the shapes that the states have. */
    cr_assert(rn_recurrent_begin(s, "net", b->cell->cell, b->x, b->initial, o), "%s",
              rn_graph_error(b->graph));
    for (int i = 0; i < b->count; i++) {
        const rn_shape shape = rn_shape_get(b->initial[i]);
        cr_assert_eq(rn_shape_count(shape), b->size[i]);
        b->initial[i] = rn_input(b->graph, "initial", RN_F64, shape);
    }
    if (b->e.lengths) o.lengths = b->lengths;
    if (b->e.initial) {
        o.initial = b->initial;
        o.initial_count = (int)b->count;
    }
    b->y = rn_recurrent(rn_share(s), "net", b->cell->cell, b->x, o);
    cr_assert_str_eq(rn_graph_error(b->graph), "");
}

static bench make(const rn_test_cell *cell, example e)
{
    bench b = {.e = e, .cell = cell, .model = rn_test_model(3), .graph = rn_graph_new()};
    const int layers = e.options.layers ? e.options.layers : 1;

    b.D = e.options.bidirectional ? 2 : 1;
    b.count = layers * b.D * cell->cell->states;
    b.O = rn_test_sizes(cell, &e.options, e.I, b.size);
    for (int i = 0; i < b.count; i++) b.states += b.size[i] *= e.B;
    build(&b);
    rn_test_scramble(b.model, 0.7);
    b.x_data = room(e.T * e.B * e.I);
    b.initial_data = room(b.states);
    rn_test_numbers(b.x_data, e.T * e.B * e.I, 1);
    if (e.initial) rn_test_numbers(b.initial_data, b.states, 2);
    for (int i = 0; i < e.B; i++) b.length[i] = (int32_t)((i * 5 + 2) % (e.T + 1));
    return b;
}

static void finish(bench *b)
{
    free(b->x_data);
    free(b->initial_data);
    rn_graph_free(b->graph);
    rn_model_free(b->model);
}

/* Fails unless a tensor has these numbers. */
static void same(rn_program *p, rn_tensor x, const double *want, const char *what)
{
    const int64_t count = rn_shape_count(rn_shape_get(x));
    double *got = room(count);

    rn_test_read_f64(p, x, got);
    rn_test_close(got, want, count, 1e-12, what);
    free(got);
}

/* Runs the graph and compares outputs, last and all final states. */
static void compare(bench *b, const char *what)
{
    const int64_t BO = b->e.B * b->D * b->O;
    /* Layers before the last may have larger outputs. */
    const int64_t most = b->e.B * RN_TEST_UNITS;
    double *outputs = room(b->e.T * most), *last = room(most), *final = room(b->states);
    rn_tensor all[66] = {b->y.outputs, b->y.last};

    cr_assert_eq(b->y.final_count, b->count);
    cr_assert_eq(rn_shape_count(rn_shape_get(b->y.outputs)), b->e.T * BO);
    cr_assert_eq(rn_shape_count(rn_shape_get(b->y.last)), BO);
    for (int i = 0; i < b->count; i++) all[2 + i] = b->y.final[i];
    rn_program *p = rn_compile(
        b->graph, (rn_compile_options){.outputs = all, .output_count = (int)b->count + 2});
    cr_assert(p, "%s", rn_graph_error(b->graph));
    rn_test_feed_f64(p, b->x, b->x_data);
    for (int64_t i = 0, at = 0; i < b->count; at += b->size[i++])
        rn_test_feed_f64(p, b->initial[i], b->initial_data + at);
    rn_test_feed_i32(p, b->lengths, b->length);
    rn_test_run_once(p);
    rn_test_recurrent(b->model, "net", b->cell, &b->e.options, b->e.T, b->e.B, b->e.I,
                      b->x_data, b->e.lengths ? b->length : NULL,
                      b->e.initial ? b->initial_data : NULL, outputs, last, final);
    same(p, b->y.outputs, outputs, what);
    same(p, b->y.last, last, what);
    for (int64_t i = 0, at = 0; i < b->count; at += b->size[i++])
        same(p, b->y.final[i], final + at, what);
    rn_program_free(p);
    free(outputs);
    free(last);
    free(final);
}

static void check(example e)
{
    char what[200];

    for (int i = 0; i < RN_TEST_CELLS; i++) {
        snprintf(what, sizeof what, "%s T %lld B %lld I %lld H %lld L %d%s%s%s%s",
                 rn_test_cell_at(i)->cell->name, (long long)e.T, (long long)e.B,
                 (long long)e.I, (long long)e.options.units, e.options.layers,
                 e.options.bidirectional ? " bidirectional" : "",
                 e.options.reverse ? " reverse" : "", e.lengths ? " lengths" : "",
                 e.initial ? " initial" : "");
        bench b = make(rn_test_cell_at(i), e);
        compare(&b, what);
        finish(&b);
    }
}

Test(recurrent, plain)
{
    check((example){6, 3, 4, {.units = 5}, false, false});
    check((example){1, 1, 1, {.units = 1}, false, false});
    check((example){40, 2, 17, {.units = 33}, false, false});
}

Test(recurrent, nothing_to_do)
{
    check((example){0, 3, 4, {.units = 5}, false, false});
    check((example){0, 3, 4, {.units = 5, .layers = 2, .bidirectional = true}, true, true});
    check((example){4, 0, 4, {.units = 5}, false, false});
}

Test(recurrent, layers)
{
    check((example){5, 2, 3, {.units = 4, .layers = 3}, false, false});
    check((example){5, 2, 3, {.units = 4, .layers = 3}, true, true});
}

Test(recurrent, reverse)
{
    check((example){6, 3, 4, {.units = 5, .reverse = true}, false, false});
    check((example){6, 3, 4, {.units = 5, .reverse = true, .layers = 2}, true, true});
}

Test(recurrent, bidirectional)
{
    check((example){6, 3, 4, {.units = 5, .bidirectional = true}, false, false});
    check((example){6, 3, 4, {.units = 5, .bidirectional = true, .layers = 2}, true, true});
}

Test(recurrent, lengths)
{
    check((example){7, 5, 4, {.units = 3}, true, false});
    check((example){7, 5, 4, {.units = 3, .bidirectional = true}, true, false});
    check((example){7, 5, 4, {.units = 3}, true, true});
}

/* All options, in all combinations that do not exclude each other. */
Test(recurrent, combinations)
{
    for (int i = 0; i < 48; i++) {
        const int way = i % 3;
        check((example){.T = 4,
                        .B = 3,
                        .I = 2,
                        .options = {.units = 3,
                                    .layers = 1 + i / 3 % 2,
                                    .reverse = way == 1,
                                    .bidirectional = way == 2},
                        .lengths = i / 6 % 2,
                        .initial = i / 12 % 2});
    }
}

/* What lies past a sequence's length has no influence, be it NaN. */
Test(recurrent, padding_is_never_seen)
{
    for (int c = 0; c < RN_TEST_CELLS; c++) {
        bench b =
            make(rn_test_cell_at(c),
                 (example){5, 4, 3, {.units = 4, .bidirectional = true}, true, false});

        for (int64_t t = 0; t < 5; t++)
            for (int64_t i = 0; i < 4; i++)
                for (int64_t k = 0; t >= b.length[i] && k < 3; k++)
                    b.x_data[(t * 4 + i) * 3 + k] = 0.0 / 0.0;
        compare(&b, "padding");
        finish(&b);
    }
}

Test(recurrent, names)
{
    static const struct {
        const char *name;
        int64_t rows, columns;
    } weights[] = {{"net/layer0/forward/h/w", 2, 3},  {"net/layer0/forward/h/u", 3, 3},
                   {"net/layer0/forward/h/b", 3, 0},  {"net/layer0/backward/h/w", 2, 3},
                   {"net/layer0/backward/h/u", 3, 3}, {"net/layer0/backward/h/b", 3, 0},
                   {"net/layer1/forward/h/w", 6, 3},  {"net/layer1/forward/h/u", 3, 3},
                   {"net/layer1/forward/h/b", 3, 0},  {"net/layer1/backward/h/w", 6, 3},
                   {"net/layer1/backward/h/u", 3, 3}, {"net/layer1/backward/h/b", 3, 0}};
    const int count = sizeof weights / sizeof *weights;
    bench b = make(
        rn_test_cell_of(&rn_cell_rnn),
        (example){4, 3, 2, {.units = 3, .layers = 2, .bidirectional = true}, false, false});

    cr_assert_eq(rn_model_count(b.model), count);
    for (int i = 0; i < count; i++) {
        const rn_variable *v = rn_model_find(b.model, weights[i].name);
        cr_assert(v, "no %s", weights[i].name);
        const rn_shape shape = rn_variable_shape(v);
        cr_assert(shape.size[0] == weights[i].rows, "%s", weights[i].name);
        cr_assert(shape.rank == (weights[i].columns ? 2 : 1), "%s", weights[i].name);
        if (weights[i].columns) cr_assert(shape.size[1] == weights[i].columns);
    }
    finish(&b);
}

/* The short names are the layers of those cells. */
Test(recurrent, by_name)
{
    static rn_sequence (*const layers[3])(rn_scope, const char *, rn_tensor,
                                          rn_recurrent_options) = {rn_rnn, rn_lstm, rn_gru};
    const rn_cell *const cells[3] = {&rn_cell_rnn, &rn_cell_lstm, &rn_cell_gru};

    for (int i = 0; i < 3; i++) {
        bench b =
            make(rn_test_cell_of(cells[i]), (example){3, 2, 2, {.units = 2}, false, false});
        const int weights = rn_model_count(b.model);
        b.y = layers[i](rn_share(rn_root(b.graph, b.model)), "net", b.x, b.e.options);
        cr_assert_eq(rn_model_count(b.model), weights);
        compare(&b, b.cell->cell->name);
        finish(&b);
    }
}

Test(recurrent, lstm_forgets_little_at_first)
{
    rn_model *model = rn_test_model(1);
    rn_graph *g = rn_graph_new();

    rn_lstm(rn_root(g, model), "net", rn_input(g, "x", RN_F64, rn_shape(2, 3, 4)),
            (rn_recurrent_options){.units = 5});
    for (int i = 0; i < 5; i++) {
        cr_assert(rn_test_values(model, "net/layer0/f/b")[i] == 1);
        cr_assert(rn_test_values(model, "net/layer0/i/b")[i] == 0);
        cr_assert(rn_test_values(model, "net/layer0/o/b")[i] == 0);
    }
    rn_graph_free(g);
    rn_model_free(model);
}
