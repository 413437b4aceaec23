/* SPDX-License-Identifier: MIT */
/* Graphs with lengths, compiled with ragged loops and without them. */
#ifndef RN_TESTS_COMPILE_RAGGED_WORLD_H
#define RN_TESTS_COMPILE_RAGGED_WORLD_H

#include "run/driver.h"

#include <rondo/model.h>
#include <rondo/recurrent.h>
#include <rondo/train.h>

#include "run/nonfinite.h"

enum { T = 7, B = 5, I = 3, H = 4, OUTS = 24, RUNS = 2 };

static const int32_t patterns[][B] = {{7, 7, 7, 7, 7}, {1, 2, 3, 4, 5}, {0, 7, 0, 3, 3},
                                      {4, 4, 4, 4, 4}, {0, 0, 0, 0, 0}, {7, 5, 4, 4, 1},
                                      {1, 0, 0, 0, 0}, {7, 0, 1, 7, 2}, {2, 6, 6, 3, 2}};
enum { PATTERNS = sizeof patterns / sizeof *patterns };

/* A graph over x, initial states and lengths, and what is read of it. */
typedef struct world {
    rn_model *model;
    rn_graph *g;
    rn_tensor x, initial, lengths;
    rn_tensor out[OUTS];
    bool sum[OUTS]; /* it sums over the batch, so its rounding depends on the order */
    int outs;
    uint64_t seed; /* of a random one */
} world;

static inline world begin(rn_type type)
{
    world w = {.model = rn_model_new_using(3, type, (rn_allocator){0}),
               .g = rn_graph_new()};

    w.x = rn_input(w.g, "x", type, rn_shape(T, B, I));
    w.initial = rn_input(w.g, "initial", type, rn_shape(B, H));
    w.lengths = rn_input(w.g, "lengths", RN_I32, rn_shape(B));
    return w;
}

static inline void finish(world *w)
{
    rn_graph_free(w->g);
    rn_model_free(w->model);
}

static inline void give(world *w, rn_tensor y, bool sum)
{
    cr_assert(w->outs < OUTS && !rn_is_null(y), "%s", rn_graph_error(w->g));
    w->sum[w->outs] = sum;
    w->out[w->outs++] = y;
}

/* The gradient of what the outputs so far say, to x, initial and all weights. */
static inline void give_gradient(world *w)
{
    rn_tensor of[OUTS] = {w->x, w->initial}, dx[OUTS];
    rn_tensor loss = rn_sum_all(rn_sin(w->out[0]));
    int count = 2;

    for (int i = 1; i < w->outs; i++) loss = rn_add(loss, rn_sum_all(rn_square(w->out[i])));
    for (int i = 0; i < rn_model_count(w->model); i++)
        of[count++] = rn_read_variable(w->g, rn_model_at(w->model, i));
    cr_assert(rn_grad(loss, rn_null(), of, count, dx), "%s", rn_graph_error(w->g));
    for (int i = 0; i < count; i++) give(w, dx[i], i >= 2);
}

static inline rn_program *compile(const world *w, unsigned without, rn_watch watch)
{
    return rn_test_compile_with(w->g, (rn_compile_options){.outputs = w->out,
                                                           .output_count = w->outs,
                                                           .without = without,
                                                           .watch = watch});
}

/* Padding has this value. */
static inline void feed(const world *w, rn_program *p, const int32_t *lengths,
                        double padding)
{
    double x[T * B * I], initial[B * H];

    rn_test_numbers(x, T * B * I, 5);
    for (int i = 0; i < T * B * I; i++)
        if (i / (B * I) >= lengths[i / I % B]) x[i] = padding;
    rn_test_feed(p, w->x, x);
    rn_test_feed(p, w->initial, rn_test_numbers(initial, B * H, 6));
    rn_test_feed_i32(p, w->lengths, lengths);
    rn_test_run(p);
}

static inline void expect_equal(const world *w, rn_program *p, rn_program *plain,
                                const int32_t *lengths, double tolerance)
{
    for (int i = 0; i < w->outs; i++) {
        const int64_t n = rn_test_count(w->out[i]);
        double *got = (double *)malloc((size_t)n * sizeof *got),
               *want = (double *)malloc((size_t)n * sizeof *want);
        char what[80];
        snprintf(what, sizeof what, "seed %d, output %d, lengths %d %d %d %d %d",
                 (int)w->seed, i, lengths[0], lengths[1], lengths[2], lengths[3],
                 lengths[4]);
        rn_test_near(rn_test_read(p, w->out[i], got), rn_test_read(plain, w->out[i], want),
                     n, w->sum[i] ? tolerance : 0, what);
        free(got);
        free(want);
    }
}

static inline int count_of(const rn_program *p, const char *what)
{
    static char text[400000];
    int n = 0;

    cr_assert_lt(rn_program_print(p, text, sizeof text), sizeof text);
    for (const char *at = text; (at = strstr(at, what)); at++) n++;
    return n;
}

/* With and without the pass, for all lengths, with padding that must not matter. */
static inline void check(world *w, double tolerance)
{
    rn_program *p = compile(w, 0, RN_WATCH_ON);
    rn_program *plain = compile(w, RN_PASS_ROWS, RN_WATCH_OFF);

    cr_assert(count_of(p, " ragged ") > 0 && count_of(plain, " ragged ") == 0);
    cr_assert_eq(count_of(p, " loop "), count_of(plain, " loop "));
    for (int k = 0; k < PATTERNS * RUNS; k++) {
        feed(w, p, patterns[k % PATTERNS], NAN);
        feed(w, plain, patterns[k % PATTERNS], 1);
        expect_equal(w, p, plain, patterns[k % PATTERNS], tolerance);
        rn_nonfinite f;
        if (rn_program_nonfinite(p, 0, &f)) cr_assert_eq(f.origin, RN_ORIGIN_INPUT);
        cr_assert_not(rn_program_nonfinite(p, 1, &f), "%s", f.text);
    }
    rn_program_free(p);
    rn_program_free(plain);
    finish(w);
}

static inline rn_loop *loop_begin(const world *w, bool back)
{
    rn_loop *loop = rn_loop_begin(w->g);

    if (back) rn_loop_reverse(loop);
    rn_loop_lengths(loop, w->lengths);
    return loop;
}

static inline rn_tensor weight(const world *w, const char *name, int rows, int columns)
{
    double x[I * H + H * H];

    rn_test_numbers(x, rows * columns, (uint64_t)name[0]);
    return rn_constant(w->g, RN_F64, rn_shape(rows, columns), x);
}

#endif
