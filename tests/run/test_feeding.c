/* SPDX-License-Identifier: MIT */
/* Which inputs a run needs, what can be read and when, and typed feeding.
 * */
#include "driver.h"

typedef struct world {
    rn_graph *g;
    rn_tensor x, n, table, unused, empty, y, taken;
    rn_program *p;
} world;

/* y = x x, and rows n of a table; `unused` is no part of them, and `empty` has no elements.
 */
static world begin(void)
{
    world w = {.g = rn_graph_new()};

    w.x = rn_input(w.g, "x", RN_F32, rn_shape(2));
    w.n = rn_input(w.g, "n", RN_I32, rn_shape(2));
    w.empty = rn_input(w.g, "empty", RN_F32, rn_shape(0));
    w.unused = rn_input(w.g, "unused", RN_F32, rn_shape(3));
    w.table = rn_constant(w.g, RN_F32, rn_shape(3), (const float[]){1, 2, 3});
    w.y = rn_name(rn_add(rn_square(w.x), rn_sum_all(w.empty)), "y");
    w.taken = rn_name(rn_take(w.table, w.n), "taken");
    w.p = rn_test_compile(w.g, w.y, w.taken);
    return w;
}

static void end(world *w)
{
    rn_program_free(w->p);
    rn_graph_free(w->g);
}

static const float ones[3] = {1, 2, 3};
static const int32_t rows[2] = {2, 0}, bad_rows[2] = {2, 5};

Test(feeding, what_a_run_needs)
{
    world w = begin();

    rn_test_refused(w.p, rn_run(w.p), "run: an input was never fed: x [2] f32, and 1 more");
    cr_assert_eq(rn_feed(w.p, w.x, ones, 8), RN_OK);
    rn_test_refused(w.p, rn_run(w.p), "run: an input was never fed: n [2] i32");
    cr_assert_eq(rn_feed(w.p, w.n, rows, 4), RN_INVALID);
    rn_test_refused(w.p, rn_run(w.p), "run: an input was never fed: n [2] i32");
    cr_assert_eq(rn_feed(w.p, w.n, rows, 8), RN_OK);
    cr_assert_eq(rn_run(w.p), RN_OK);
    cr_assert_eq(rn_run(w.p), RN_OK, "what was fed stays");
    end(&w);
}

Test(feeding, lengths_are_an_input)
{
    rn_graph *g = rn_graph_new();
    rn_tensor xs = rn_input(g, "xs", RN_F32, rn_shape(3, 2));
    rn_tensor lengths = rn_input(g, "lengths", RN_I32, rn_shape(2));
    rn_loop *loop = rn_loop_begin(g);
    const float data[6] = {1, 2, 3, 4, 5, 6};

    rn_loop_lengths(loop, lengths);
    rn_tensor x = rn_loop_each(loop, xs);
    rn_tensor sum = rn_loop_carry(loop, rn_fill(g, RN_F32, rn_shape(2), 0));
    rn_loop_next(loop, sum, rn_add(sum, x));
    cr_assert(rn_loop_end(loop));
    rn_program *p = rn_test_compile(g, rn_loop_final(loop, sum));
    cr_assert_eq(rn_feed(p, xs, data, sizeof data), RN_OK);
    rn_test_refused(p, rn_run(p), "run: an input was never fed: lengths [2] i32");
    rn_program_free(p);
    rn_graph_free(g);
}

Test(feeding, nothing_is_read_before_a_run)
{
    world w = begin();
    float y[2];

    rn_test_refused(w.p, rn_read(w.p, w.y, y, sizeof y),
                    "read: the program was not run yet: y [2] f32 has no value");
    rn_graph *g = rn_graph_new();
    rn_tensor s = rn_name(rn_square(rn_constant_scalar(g, RN_F32, 3)), "s");
    rn_program *p = rn_test_compile(g, s);
    cr_assert(isnan(rn_scalar(p, s)));
    rn_test_refused(p, RN_INVALID,
                    "scalar: the program was not run yet: s [] f32 has no value");
    cr_assert_eq(rn_run(p), RN_OK);
    cr_assert_eq(rn_scalar(p, s), 9);
    rn_program_free(p);
    rn_graph_free(g);
    end(&w);
}

Test(feeding, nothing_is_read_after_a_failed_run)
{
    world w = begin();
    float y[2];

    cr_assert_eq(rn_feed(w.p, w.x, ones, 8), RN_OK);
    cr_assert_eq(rn_feed(w.p, w.n, rows, 8), RN_OK);
    cr_assert_eq(rn_run(w.p), RN_OK);
    cr_assert_eq(rn_feed(w.p, w.n, bad_rows, 8), RN_OK);
    cr_assert_eq(rn_run(w.p), RN_BAD_VALUE);
    for (int i = 0; i < 2; i++)
        rn_test_refused(
            w.p, rn_read(w.p, w.y, y, sizeof y),
            "read: the last run failed: y [2] f32 has no value: take: index 5 is outside "
            "0..2 at element 1: taken [2]");
    cr_assert_eq(rn_feed(w.p, w.n, rows, 8), RN_OK);
    cr_assert_eq(rn_run(w.p), RN_OK);
    cr_assert_eq(rn_read(w.p, w.y, y, sizeof y), RN_OK);
    cr_assert(y[0] == 1 && y[1] == 4);
    end(&w);
}

/* ---- arrays of a type ---- */

Test(feeding, arrays_of_another_type_or_size)
{
    world w = begin();
    const double wide[2] = {1, 2};
    float y[2] = {0};
    int32_t whole[2];

    rn_test_refused(w.p, rn_feed_f64(w.p, w.x, wide, 2),
                    "feed_f64: type differs: x [2] f32 is no array of f64");
    rn_test_refused(w.p, rn_feed_i32(w.p, w.x, rows, 2),
                    "feed_i32: type differs: x [2] f32 is no array of i32");
    rn_test_refused(w.p, rn_feed_f32(w.p, w.n, ones, 2),
                    "feed_f32: type differs: n [2] i32 is no array of f32");
    rn_test_refused(w.p, rn_feed_f32(w.p, w.x, ones, 3),
                    "feed_f32: size differs: x [2] f32 takes 2 values, given 3");
    rn_test_refused(w.p, rn_feed_f32(w.p, w.x, ones, 8),
                    "feed_f32: size differs: x [2] f32 takes 2 values, given 8");
    rn_test_refused(w.p, rn_feed_f32(w.p, w.x, ones, -1),
                    "feed_f32: size differs: x [2] f32 takes 2 values, given -1");
    rn_test_refused(w.p, rn_feed_f32(w.p, w.x, NULL, 2), "feed_f32: no data: x [2] f32");
    cr_assert_eq(rn_feed_f32(w.p, w.x, ones, 2), RN_OK);
    cr_assert_eq(rn_feed_i32(w.p, w.n, rows, 2), RN_OK);
    cr_assert_eq(rn_feed_f32(w.p, w.empty, NULL, 0), RN_OK);
    cr_assert_eq(rn_feed_f32(w.p, w.unused, ones, 3), RN_OK);
    cr_assert_eq(rn_run(w.p), RN_OK);
    rn_test_refused(w.p, rn_read_i32(w.p, w.y, whole, 2),
                    "read_i32: type differs: y [2] f32 is no array of i32");
    rn_test_refused(w.p, rn_read_f32(w.p, w.y, y, 1),
                    "read_f32: size differs: y [2] f32 has 2 values, room for 1");
    cr_assert_eq(rn_read_f32(w.p, w.y, y, 2), RN_OK);
    cr_assert(y[0] == 1 && y[1] == 4);
    end(&w);
}

Test(feeding, arrays_of_every_type)
{
    rn_graph *g = rn_graph_new();
    rn_tensor x[4], y[4];
    const float f[2] = {1.5f, -2};
    const double d[2] = {2.5, -3};
    const int32_t i[2] = {7, -7};
    const bool b[2] = {true, false};
    float f_out[2];
    double d_out[2];
    int32_t i_out[2];
    bool b_out[2];

    for (int k = 0; k < 4; k++) {
        x[k] = rn_input(g, "x", (rn_type)k, rn_shape(2));
        y[k] = rn_reverse(x[k], 0);
    }
    rn_program *p = rn_test_compile(g, y[0], y[1], y[2], y[3]);
    cr_assert_eq(rn_feed_f32(p, x[RN_F32], f, 2), RN_OK);
    cr_assert_eq(rn_feed_f64(p, x[RN_F64], d, 2), RN_OK);
    cr_assert_eq(rn_feed_i32(p, x[RN_I32], i, 2), RN_OK);
    cr_assert_eq(rn_feed_bool(p, x[RN_BOOL], b, 2), RN_OK);
    cr_assert_eq(rn_run(p), RN_OK);
    cr_assert_eq(rn_read_f32(p, y[RN_F32], f_out, 2), RN_OK);
    cr_assert_eq(rn_read_f64(p, y[RN_F64], d_out, 2), RN_OK);
    cr_assert_eq(rn_read_i32(p, y[RN_I32], i_out, 2), RN_OK);
    cr_assert_eq(rn_read_bool(p, y[RN_BOOL], b_out, 2), RN_OK);
    cr_assert(f_out[0] == -2 && d_out[0] == -3 && i_out[0] == -7);
    cr_assert(!b_out[0] && b_out[1]);
    rn_program_free(p);
    rn_graph_free(g);
}

/* In a program in f64 the inputs of f32 take doubles. */
Test(feeding, arrays_of_a_converted_program)
{
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(2)), y = rn_square(x);
    rn_program *p =
        rn_compile(g, (rn_compile_options){RN_OUTPUTS(y), .convert = true, .real = RN_F64});
    const double wide[2] = {1, 2};
    double out[2];

    rn_test_refused(p, rn_feed_f32(p, x, ones, 2),
                    "feed_f32: type differs: x [2] f64 is no array of f32");
    cr_assert_eq(rn_feed_f64(p, x, wide, 2), RN_OK);
    cr_assert_eq(rn_run(p), RN_OK);
    cr_assert_eq(rn_read_f64(p, y, out, 2), RN_OK);
    cr_assert(out[1] == 4);
    rn_program_free(p);
    rn_graph_free(g);
}
