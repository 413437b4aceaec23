/* SPDX-License-Identifier: MIT */
/* A recurrent layer of any cell and options, compared with plain loops over numbers. */
#ifndef RN_TESTS_NN_LAYER_SUPPORT_H
#define RN_TESTS_NN_LAYER_SUPPORT_H

#include "reference.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One case: everything about a call of rn_recurrent. */
typedef struct example {
    int64_t T, B, I;
    rn_recurrent_options options; /* without tensors */
    bool lengths, initial, mask, restarts;
} example;

static double *room(int64_t count)
{
    return (double *)calloc((size_t)count + 1, sizeof(double));
}

enum { STATES = 64 };

/* The graph, its inputs, and the numbers that are fed. */
typedef struct bench {
    example e;
    const rn_test_cell *cell;
    rn_model *model;
    rn_graph *graph;
    rn_tensor x, lengths, mask, restarts, initial[STATES];
    double *x_data, *initial_data; /* initial states one after the other */
    int32_t length[8];
    uint8_t *mask_data, *restarts_data;
    int64_t N, all, size[STATES]; /* elements of all states, and of each */
    int count;
    rn_sequence y;
} bench;

/* [T, B], or [B, T] if sequences come first. */
static rn_shape steps_shape(const example *e)
{
    return e->options.batch_major ? rn_shape(e->B, e->T) : rn_shape(e->T, e->B);
}

static void build(bench *b)
{
    rn_recurrent_options o = b->e.options;
    const rn_scope s = rn_root(b->graph, b->model);
    const rn_shape steps = steps_shape(&b->e);

    b->x = rn_input(b->graph, "x", RN_F64, rn_shape(steps.size[0], steps.size[1], b->e.I));
    b->lengths = rn_input(b->graph, "lengths", RN_I32, rn_shape(b->e.B));
    b->mask = rn_input(b->graph, "mask", RN_BOOL, steps);
    b->restarts = rn_input(b->graph, "restarts", RN_BOOL, steps);
    /* Inputs of the shapes that the states have. */
    o.hold = false;
    cr_assert(rn_recurrent_begin(s, "net", b->cell->cell, b->x, b->initial, o), "%s",
              rn_graph_error(b->graph));
    for (int i = 0; i < b->count; i++) {
        const rn_shape shape = rn_shape_get(b->initial[i]);
        cr_assert_eq(rn_shape_count(shape), b->size[i]);
        b->initial[i] = rn_input(b->graph, "initial", RN_F64, shape);
    }
    o.hold = b->e.options.hold;
    if (b->e.lengths) o.lengths = b->lengths;
    if (b->e.mask) o.mask = b->mask;
    if (b->e.restarts) o.restarts = b->restarts;
    if (b->e.initial) {
        o.initial = b->initial;
        o.initial_count = b->count;
    }
    b->y = rn_recurrent(rn_share(rn_root_inference(b->graph, b->model)), "net",
                        b->cell->cell, b->x, o);
    cr_assert_str_eq(rn_graph_error(b->graph), "");
}

/* Makes the weights of the layer. */
static void make_weights(const bench *b)
{
    rn_graph *g = rn_graph_new();
    rn_recurrent_options o = b->e.options;

    o.hold = o.batch_major = false;
    rn_recurrent(rn_root(g, b->model), "net", b->cell->cell,
                 rn_fill(g, RN_F64, rn_shape(1, 1, b->e.I), 0), o);
    cr_assert_str_eq(rn_graph_error(g), "");
    rn_graph_free(g);
    rn_test_scramble(b->model, 0.7);
}

static inline bench make(const rn_test_cell *cell, example e)
{
    bench b = {.e = e, .cell = cell, .model = rn_test_model(3), .graph = rn_graph_new()};
    const rn_test_run run = {.name = "net", .cell = cell, .options = e.options, .I = e.I};
    const int64_t steps = e.T * e.B;

    b.N = rn_test_sizes(&run, b.size, &b.count);
    for (int i = 0; i < b.count; i++) b.all += b.size[i] *= e.B;
    make_weights(&b);
    build(&b);
    b.x_data = room(steps * e.I);
    b.initial_data = room(b.all);
    b.mask_data = (uint8_t *)room(steps);
    b.restarts_data = b.mask_data + steps;
    rn_test_numbers(b.x_data, steps * e.I, 1);
    if (e.initial) rn_test_numbers(b.initial_data, b.all, 2);
    for (int i = 0; i < e.B; i++) b.length[i] = (int32_t)((i * 5 + 2) % (e.T + 1));
    for (int64_t i = 0; i < steps; i++) {
        b.mask_data[i] = i * 7 % 5 < 3 && i % e.B != 1; /* of sequence 1 all are skipped */
        b.restarts_data[i] = i * 11 % 7 < 2;
    }
    return b;
}

static void finish(bench *b)
{
    free(b->x_data);
    free(b->initial_data);
    free(b->mask_data);
    rn_graph_free(b->graph);
    rn_model_free(b->model);
}

/* Rows of `size` bytes as [B, T] instead of [T, B]. */
static void exchange(const example *e, const void *from, size_t size, void *to)
{
    for (int64_t t = 0; t < e->T; t++)
        for (int64_t b = 0; b < e->B; b++)
            memcpy((char *)to + (size_t)(b * e->T + t) * size,
                   (const char *)from + (size_t)(t * e->B + b) * size, size);
}

/* Feeds numbers for every step of every sequence. */
static void feed_steps(rn_program *p, const example *e, rn_tensor x, const void *data,
                       size_t size)
{
    const size_t bytes = (size_t)(e->T * e->B) * size;
    void *swapped = calloc(bytes + 1, 1);

    if (e->options.batch_major) exchange(e, data, size, swapped);
    cr_assert_eq(rn_feed(p, x, e->options.batch_major ? swapped : data, bytes), 0);
    free(swapped);
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

/* The same of numbers for every step. */
static void same_steps(rn_program *p, const example *e, rn_tensor x, const double *want,
                       const char *what)
{
    const int64_t steps = e->T * e->B, count = rn_shape_count(rn_shape_get(x));
    double *swapped = room(count);
    const size_t row = steps ? (size_t)(count / steps) * sizeof *want : 0;

    if (e->options.batch_major) exchange(e, want, row, swapped);
    same(p, x, e->options.batch_major ? swapped : want, what);
    free(swapped);
}

/* All results. */
static rn_program *compile(const bench *b)
{
    rn_tensor all[2 * STATES + 2] = {b->y.outputs, b->y.last};

    cr_assert_eq(b->y.final_count, b->count);
    cr_assert_eq(rn_shape_count(rn_shape_get(b->y.outputs)), b->e.T * b->e.B * b->N);
    cr_assert_eq(rn_shape_count(rn_shape_get(b->y.last)), b->e.B * b->N);
    for (int i = 0; i < b->count; i++) {
        all[2 + i] = b->y.final[i];
        all[2 + b->count + i] = b->y.states[i];
    }
    rn_program *p = rn_compile(
        b->graph, (rn_compile_options){.outputs = all, .output_count = 2 * b->count + 2});
    cr_assert(p, "%s", rn_graph_error(b->graph));
    return p;
}

static void feed(const bench *b, rn_program *p)
{
    feed_steps(p, &b->e, b->x, b->x_data, (size_t)b->e.I * sizeof(double));
    feed_steps(p, &b->e, b->mask, b->mask_data, 1);
    feed_steps(p, &b->e, b->restarts, b->restarts_data, 1);
    for (int64_t i = 0, at = 0; i < b->count; at += b->size[i++])
        rn_test_feed_f64(p, b->initial[i], b->initial_data + at);
    rn_test_feed_i32(p, b->lengths, b->length);
}

/* Runs the graph and compares outputs, last and all states. */
static void compare(bench *b, const char *what)
{
    const example *e = &b->e;
    const int64_t most = e->B * RN_TEST_UNITS;
    rn_test_run run = {.model = b->model,
                       .name = "net",
                       .cell = b->cell,
                       .options = e->options,
                       .T = e->T,
                       .B = e->B,
                       .I = e->I,
                       .x = b->x_data,
                       .lengths = e->lengths ? b->length : NULL,
                       .mask = e->mask ? b->mask_data : NULL,
                       .restarts = e->restarts ? b->restarts_data : NULL,
                       .initial = e->initial,
                       .outputs = room(e->T * most),
                       .last = room(most),
                       .final = room(b->all),
                       .states = room(e->T * b->all)};
    rn_program *p = compile(b);

    feed(b, p);
    rn_test_run_once(p);
    if (e->initial) memcpy(run.final, b->initial_data, (size_t)b->all * sizeof(double));
    rn_test_recurrent(&run);
    same_steps(p, e, b->y.outputs, run.outputs, what);
    same(p, b->y.last, run.last, what);
    for (int64_t i = 0, at = 0; i < b->count; at += b->size[i++]) {
        same(p, b->y.final[i], run.final + at, what);
        same_steps(p, e, b->y.states[i], run.states + e->T * at, what);
    }
    rn_program_free(p);
    free(run.outputs);
    free(run.last);
    free(run.final);
    free(run.states);
}

/* One case with one cell. */
static inline void check_cell(const rn_test_cell *cell, example e)
{
    const rn_recurrent_options *o = &e.options;
    char what[300];

    snprintf(what, sizeof what,
             "%s T %lld B %lld I %lld H %lld L %d%s%s%s%s%s%s%s%s%s merge %d connect %d",
             cell->cell->name, (long long)e.T, (long long)e.B, (long long)e.I,
             (long long)o->units, o->layers, o->bidirectional ? " bidirectional" : "",
             o->reverse ? " reverse" : "", e.lengths ? " lengths" : "",
             e.initial ? " initial" : "", e.mask ? " mask" : "", o->hold ? " hold" : "",
             e.restarts ? " restarts" : "", o->batch_major ? " batch_major" : "",
             o->own ? " own" : "", (int)o->merge, (int)o->connect);
    bench b = make(cell, e);
    compare(&b, what);
    finish(&b);
}

/* One case with every cell. */
static inline void check(example e)
{
    for (int i = 0; i < RN_TEST_CELLS; i++) check_cell(rn_test_cell_at(i), e);
}

#endif
