/* SPDX-License-Identifier: MIT */
/* Random draws: known answers, independence of shape, of type and of other draws, and
 * distributions. */
#include <criterion/criterion.h>
#include <math.h>
#include <rondo/gradcheck.h>
#include <rondo/loop.h>
#include <rondo/program.h>
#include <stdlib.h>

#include "eval.h"
#include "philox_reference.h"

static rn_tensor tick(rn_graph *g, double value)
{
    return rn_constant_scalar(g, RN_I32, value);
}

static rn_test_array drawn(rn_tensor y)
{
    return rn_test_eval(y, NULL, 0);
}

/* From the file kat_vectors of the authors' Random123 library. */
Test(random, known_answers)
{
    static const uint32_t vectors[3][10] = {
        {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
        {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x408f276d,
         0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
        {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09,
         0x94fdcceb, 0x5001e420, 0x24126ea1}};

    for (int i = 0; i < 3; i++) {
        uint32_t c[4] = {vectors[i][0], vectors[i][1], vectors[i][2], vectors[i][3]};
        philox_reference(c, vectors[i][4], vectors[i][5]);
        for (int j = 0; j < 4; j++) cr_assert(c[j] == vectors[i][6 + j], "vector %d", i);
    }
    /* The first of them through the operator. */
    rn_graph *g = rn_graph_new();
    rn_test_array y = drawn(rn_uniform(tick(g, 0), 0, RN_F32, (rn_shape){0, {0}}));
    cr_assert(y.at[0] == (double)(0x6627e8d5 >> 8) / 16777216.0);
    rn_test_array_free(&y);
    rn_graph_free(g);
}

/* An element does not depend on the shape of the draw, nor on how many are drawn. */
Test(random, shape_does_not_matter)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor t = tick(g, 5);
    rn_test_array flat = drawn(rn_uniform(t, 9, RN_F32, (rn_shape){1, {60}}));
    rn_test_array cube = drawn(rn_uniform(t, 9, RN_F32, (rn_shape){3, {3, 4, 5}}));
    rn_test_array few = drawn(rn_uniform(t, 9, RN_F32, (rn_shape){1, {7}}));

    for (int i = 0; i < 60; i++) cr_assert(flat.at[i] == cube.at[i]);
    for (int i = 0; i < 7; i++) cr_assert(flat.at[i] == few.at[i]);
    rn_test_array_free(&flat);
    rn_test_array_free(&cube);
    rn_test_array_free(&few);
    rn_graph_free(g);
}

/* f64 has f32's first 24 bits, drawn as such or by compiling the graph in f64. */
Test(random, types_agree)
{
    enum { N = 200 };
    rn_graph *g = rn_graph_new();
    const rn_shape shape = {1, {N}};
    const rn_tensor x = rn_uniform(tick(g, 1), 3, RN_F32, shape);
    rn_test_array single = drawn(x);
    rn_test_array twice = drawn(rn_uniform(tick(g, 1), 3, RN_F64, shape));
    rn_program *program =
        rn_compile(g, (rn_compile_options){RN_OUTPUTS(x), .real = RN_F64, .convert = true});
    double converted[N];

    cr_assert(program, "%s", rn_graph_error(g));
    cr_assert(rn_program_type(program, x) == RN_F64);
    cr_assert(rn_run(program) == RN_OK, "%s", rn_program_error(program));
    cr_assert(rn_read(program, x, converted, sizeof converted) == RN_OK);
    for (int i = 0; i < N; i++) {
        cr_assert(floor(twice.at[i] * 16777216.0) / 16777216.0 == single.at[i]);
        cr_assert(converted[i] == twice.at[i]);
    }
    rn_program_free(program);
    rn_test_array_free(&single);
    rn_test_array_free(&twice);
    rn_graph_free(g);
}

/* Another key or tick gives other numbers; the same give the same, run after run. */
Test(random, keys_and_ticks)
{
    enum { N = 100 };
    rn_graph *g = rn_graph_new();
    const rn_shape shape = {1, {N}};
    const rn_tensor draws[4] = {
        rn_uniform(tick(g, 0), 1, RN_F32, shape), rn_uniform(tick(g, 0), 2, RN_F32, shape),
        rn_uniform(tick(g, 1), 1, RN_F32, shape), rn_uniform(tick(g, 0), 1, RN_F32, shape)};
    rn_test_array y[4];

    rn_test_run(draws, 4, NULL, 0, y);
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < a; b++) {
            int equal = 0;
            for (int i = 0; i < N; i++) equal += y[a].at[i] == y[b].at[i];
            cr_assert(equal == 0, "draws %d and %d share %d numbers", a, b, equal);
        }
    for (int i = 0; i < N; i++) cr_assert(y[0].at[i] == y[3].at[i]);
    for (int a = 0; a < 4; a++) rn_test_array_free(&y[a]);
    rn_graph_free(g);
}

/* A loop's step as a tick: each step has its own numbers, those of the same draw
 * outside. */
Test(random, steps_of_a_loop)
{
    enum { STEPS = 4, N = 6 };
    rn_graph *g = rn_graph_new();
    const rn_shape shape = {1, {N}};
    rn_loop *loop = rn_loop_begin(g);

    rn_loop_steps(loop, STEPS);
    const rn_tensor inside = rn_uniform(rn_loop_index(loop), 8, RN_F32, shape);
    cr_assert(rn_loop_end(loop), "%s", rn_graph_error(g));
    rn_test_array all = drawn(rn_loop_collect(loop, inside));
    for (int t = 0; t < STEPS; t++) {
        rn_test_array one = drawn(rn_uniform(tick(g, t), 8, RN_F32, shape));
        for (int i = 0; i < N; i++) cr_assert(all.at[t * N + i] == one.at[i], "step %d", t);
        rn_test_array_free(&one);
    }
    rn_test_array_free(&all);
    rn_graph_free(g);
}

/* Moments of many draws, each within five standard errors, and the range. */
static void expect_moments(const rn_test_array *x, double mean, double variance,
                           double fourth)
{
    const double n = (double)rn_test_array_count(x);
    double sum = 0, squares = 0, next = 0;

    for (int64_t i = 0; i < rn_test_array_count(x); i++) sum += x->at[i];
    for (int64_t i = 0; i < rn_test_array_count(x); i++)
        squares += (x->at[i] - mean) * (x->at[i] - mean);
    for (int64_t i = 1; i < rn_test_array_count(x); i++)
        next += (x->at[i] - mean) * (x->at[i - 1] - mean);
    cr_assert(fabs(sum / n - mean) < 5 * sqrt(variance / n), "mean %g", sum / n);
    cr_assert(fabs(squares / n - variance) < 5 * sqrt((fourth - variance * variance) / n),
              "variance %g", squares / n);
    cr_assert(fabs(next / n) < 5 * variance / sqrt(n), "neighbours %g", next / n);
}

Test(random, uniform_distribution)
{
    for (int type = RN_F32; type <= RN_F64; type++) {
        rn_graph *g = rn_graph_new();
        rn_test_array x =
            drawn(rn_uniform(tick(g, 2), 77, (rn_type)type, (rn_shape){1, {200000}}));
        int bins[16] = {0};

        expect_moments(&x, 0.5, 1.0 / 12, 1.0 / 80);
        for (int64_t i = 0; i < rn_test_array_count(&x); i++) {
            cr_assert(x.at[i] >= 0 && x.at[i] < 1);
            bins[(int)(x.at[i] * 16)]++;
        }
        for (int i = 0; i < 16; i++)
            cr_assert(abs(bins[i] - 12500) < 5 * 109, "bin %d has %d", i, bins[i]);
        rn_test_array_free(&x);
        rn_graph_free(g);
    }
}

Test(random, normal_distribution)
{
    for (int type = RN_F32; type <= RN_F64; type++) {
        rn_graph *g = rn_graph_new();
        rn_test_array x =
            drawn(rn_normal(tick(g, 2), 77, (rn_type)type, (rn_shape){1, {200000}}));
        int below = 0, beyond = 0;

        expect_moments(&x, 0, 1, 3);
        for (int64_t i = 0; i < rn_test_array_count(&x); i++) {
            cr_assert(isfinite(x.at[i]));
            below += x.at[i] < -1;
            beyond += fabs(x.at[i]) > 3;
        }
        cr_assert(abs(below - 31731) < 5 * 164, "%d below -1", below); /* 15.87 % */
        cr_assert(abs(beyond - 540) < 5 * 24, "%d beyond 3", beyond);  /* 0.27 % */
        rn_test_array_free(&x);
        rn_graph_free(g);
    }
}

/* The gradient of what a draw is part of: the draw is held fixed. */
Test(random, gradient_through_a_draw)
{
    rn_graph *g = rn_graph_new();
    rn_test_array value = rn_test_array_new(RN_F64, (rn_shape){1, {9}});
    rn_test_random random = {1};
    const rn_tensor x = rn_input(g, "x", RN_F64, value.shape);
    const rn_tensor noise = rn_normal(tick(g, 1), 4, RN_F64, value.shape);
    const rn_tensor kept =
        rn_less(rn_uniform(tick(g, 1), 5, RN_F64, value.shape), rn_constant_like(x, 0.7));
    const rn_tensor y = rn_where(kept, rn_mul(rn_square(x), noise), rn_constant_like(x, 0));

    rn_test_fill_regular(&value, &random);
    rn_test_gradcheck(rn_test_project(y, &random, false), &(rn_test_feed){x, &value}, 1,
                      "dropout");
    rn_test_array_free(&value);
    rn_graph_free(g);
}
