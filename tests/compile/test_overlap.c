/* SPDX-License-Identifier: MIT */
/*
 * Memory that might be reused too early: values read after an operator that could take over
 * their buffer, and operands that an output computed in place would overwrite before they
 * are read.
 */
#include "run/driver.h"

enum { N = 3 };
static const double numbers[N * N] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

typedef struct world {
    rn_graph *g;
    rn_tensor input, x; /* x [3,3] is a temporary of the same values */
} world;

static world begin(void)
{
    world w = {.g = rn_graph_new()};

    w.input = rn_test_f64(w.g, "input", rn_shape(N, N));
    w.x = rn_neg(rn_abs(rn_neg(w.input)));
    w.x = rn_mul(w.x, rn_constant_like(w.x, -1));
    return w;
}

/* Runs twice with only y as an output, and expects f(i, j). */
static void check(world *w, rn_tensor y, double (*f)(int i, int j), const char *what)
{
    rn_program *p = rn_test_compile(w->g, y);
    double want[N * N];

    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) want[i * N + j] = f(i, j);
    rn_test_feed(p, w->input, numbers);
    for (int k = 0; k < 2; k++) {
        double got[N * N];
        rn_test_run(p);
        rn_test_near(rn_test_read(p, y, got), want, rn_test_count(y), 0, what);
    }
    rn_program_free(p);
    rn_graph_free(w->g);
}

static double at(int i, int j)
{
    return numbers[i * N + j];
}

#define EXPECT(f_expression, build)                                                        \
    do {                                                                                   \
        world w = begin();                                                                 \
        const rn_tensor x = w.x;                                                           \
        check(&w, build, f_expression, #build);                                            \
    } while (0)

static double plus_transpose(int i, int j)
{
    return at(i, j) + at(j, i);
}
static double plus_mirror(int i, int j)
{
    return at(i, j) + at(N - 1 - i, j);
}
static double plus_first_row(int i, int j)
{
    return at(i, j) + at(0, j);
}
static double plus_first_column(int i, int j)
{
    return at(i, j) + at(i, 0);
}
static double plus_corner(int i, int j)
{
    return at(i, j) - at(0, 0);
}
static double row_plus_row(int i, int j)
{
    return at(0, j) + at(i, j);
}

Test(overlap, an_operand_and_a_view_of_it)
{
    EXPECT(plus_transpose, rn_add(x, rn_transpose(x)));
    EXPECT(plus_transpose, rn_add(rn_transpose(x), x));
    EXPECT(plus_mirror, rn_add(x, rn_reverse(x, 0)));
    EXPECT(plus_mirror, rn_add(rn_reverse(x, 0), x));
    EXPECT(plus_first_row, rn_add(x, rn_slice(x, 0, 0, 1, 1)));
    EXPECT(plus_first_row, rn_add(x, rn_index(x, 0, 0)));
    EXPECT(plus_first_column, rn_add(x, rn_slice(x, 1, 0, 1, 1)));
    EXPECT(plus_corner, rn_sub(x, rn_index(rn_index(x, 0, 0), 0, 0)));
    EXPECT(row_plus_row, rn_add(rn_broadcast(rn_index(x, 0, 0), rn_shape(N, N)), x));
}

static double thrice(int i, int j)
{
    return at(i, j) * at(i, j) + at(i, j);
}

static double square_of_sum(int i, int j)
{
    const double s = at(i, j) + at(j, i);
    return s * at(i, j) - s;
}

/* x is read again after operators that are done with it. */
Test(overlap, read_again_later)
{
    EXPECT(thrice, rn_add(rn_mul(x, x), x));
    EXPECT(thrice, rn_add(x, rn_neg(rn_neg(rn_mul(x, x)))));
    EXPECT(thrice, rn_mul(rn_offset(x, 1), x));
    world w = begin();
    const rn_tensor x = w.x, s = rn_add(x, rn_transpose(x)), t = rn_mul(s, x);
    check(&w, rn_sub(t, s), square_of_sum, "s x - s");
}

/* A view of a temporary outlives every other mention of it. */
Test(overlap, a_view_keeps_its_buffer)
{
    world w = begin();
    const rn_tensor x = w.x, row = rn_index(x, 0, 0);
    rn_tensor y =
        rn_add(x, rn_constant_like(x, 1)); /* may take over x, were there no row */

    for (int k = 0; k < 5; k++)
        y = rn_neg(rn_matmul(y, rn_fill(w.g, RN_F64, rn_shape(N, N), 1)));
    const rn_tensor z = rn_add(rn_scale(y, 0), row);
    rn_program *p = rn_test_compile(w.g, z);
    rn_test_feed(p, w.input, numbers);
    rn_test_run(p);
    RN_TEST_EXPECT(p, z, 1, 2, 3, 1, 2, 3, 1, 2, 3);
    rn_program_free(p);
    rn_graph_free(w.g);
}

/* Operands of smaller types and shapes than the output. */
Test(overlap, operands_that_are_smaller)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(4));
    const rn_tensor i = rn_cast(x, RN_I32), f = rn_cast(x, RN_F32);
    const rn_tensor y = rn_add(rn_cast(i, RN_F64), rn_cast(f, RN_F64));
    const rn_tensor b = rn_less(x, y), z = rn_where(b, y, rn_neg(y));
    const rn_tensor wide = rn_add(rn_index(z, 0, 0), z);
    rn_program *p = rn_test_compile(g, wide);

    rn_test_feed(p, x, (double[]){1.5, -2.5, 3.5, -4.5});
    rn_test_run(p);
    RN_TEST_EXPECT(p, wide, 5, 7, 9, 11);
    rn_program_free(p);
    rn_graph_free(g);
}

/* In a loop: the carry is read by an operator after its next value could have replaced
 * it. */
Test(overlap, a_carry_and_its_transpose)
{
    for (int k = 0; k < 4; k++) {
        rn_graph *g = rn_graph_new();
        const rn_tensor x0 = rn_test_f64(g, "x0", rn_shape(N, N));
        rn_loop *loop = rn_loop_begin(g);
        rn_loop_steps(loop, 3);
        const rn_tensor x = rn_loop_carry(loop, x0);
        const rn_tensor n = k == 0   ? rn_transpose(x)
                            : k == 1 ? rn_add(x, rn_transpose(x))
                            : k == 2 ? rn_sub(rn_reverse(x, 0), x)
                                     : rn_matmul(x, rn_transpose(x));
        rn_loop_next(loop, x, n);
        const rn_tensor read = rn_neg(x);
        rn_loop_end(loop);
        const rn_tensor y = rn_loop_final(loop, x), s = rn_loop_collect(loop, read);
        rn_tensor want = x0;
        for (int t = 0; t < 3; t++)
            want = k == 0   ? rn_transpose(want)
                   : k == 1 ? rn_add(want, rn_transpose(want))
                   : k == 2 ? rn_sub(rn_reverse(want, 0), want)
                            : rn_matmul(want, rn_transpose(want));
        rn_program *p = rn_test_compile(g, y, s), *q = rn_test_compile(g, want);
        double got[N * N], expected[N * N];
        rn_test_feed(p, x0, numbers), rn_test_feed(q, x0, numbers);
        rn_test_run(p), rn_test_run(q);
        rn_test_near(rn_test_read(p, y, got), rn_test_read(q, want, expected), N * N, 0,
                     "a carry that moves");
        rn_program_free(p), rn_program_free(q);
        rn_graph_free(g);
    }
}

/* The same tensor as initial value of two carries, and as step input and capture. */
Test(overlap, one_tensor_in_many_parts)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(N, N)), first = rn_index(x, 0, 0);
    rn_loop *loop = rn_loop_begin(g);
    const rn_tensor row = rn_loop_each(loop, x);
    const rn_tensor a = rn_loop_carry(loop, first), b = rn_loop_carry(loop, first);
    const rn_tensor na = rn_add(a, row), nb = rn_mul(b, rn_index(x, 0, 1));

    rn_loop_next(loop, a, na);
    rn_loop_next(loop, b, nb);
    rn_loop_end(loop);
    const rn_tensor fa = rn_loop_final(loop, a), fb = rn_loop_final(loop, b);
    const rn_tensor both = rn_add(rn_add(fa, fb), first);
    rn_program *p = rn_test_compile(g, both, first);
    rn_test_feed(p, x, numbers);
    rn_test_run(p);
    RN_TEST_EXPECT(p, both, 13 + 64 + 1, 17 + 250 + 2, 21 + 648 + 3);
    RN_TEST_EXPECT(p, first, 1, 2, 3);
    rn_program_free(p);
    rn_graph_free(g);
}

/* A temporary that a carry begins with, and that every step or somebody later reads. */
Test(overlap, an_initial_value_that_is_still_read)
{
    for (int k = 0; k < 3; k++) {
        world w = begin();
        rn_loop *loop = rn_loop_begin(w.g);
        rn_loop_steps(loop, 3);
        const rn_tensor h = rn_loop_carry(loop, w.x);
        rn_loop_next(loop, h, k == 0 ? rn_add(h, w.x) : rn_scale(h, 4));
        rn_loop_end(loop);
        const rn_tensor f = rn_loop_final(loop, h);
        const rn_tensor y = k == 1 ? rn_sub(f, w.x) : f;
        const rn_tensor outputs[] = {y, w.x};
        rn_program *p = rn_test_compile_with(
            w.g, (rn_compile_options){.outputs = outputs, .output_count = k == 2 ? 2 : 1});
        double want[N * N];
        for (int i = 0; i < N * N; i++)
            want[i] = numbers[i] * (k == 0 ? 4 : k == 1 ? 63 : 64);
        rn_test_feed(p, w.input, numbers);
        rn_test_run(p);
        rn_test_expect(p, y, want);
        if (k == 2) rn_test_expect(p, w.x, numbers);
        rn_program_free(p);
        rn_graph_free(w.g);
    }
}

/* Products are computed in their places in a concatenation along the first axis: no copy is
 * left. */
Test(overlap, products_in_a_concatenation)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(N, N));
    const rn_tensor parts[2] = {rn_matmul(x, x),
                                rn_reshape(rn_matmul(x, rn_transpose(x)), rn_shape(N, N))};
    const rn_tensor y = rn_neg(rn_concat(parts, 2, 0));
    rn_program *p = rn_test_compile(g, y);
    static char text[8000];

    rn_program_print(p, text, sizeof text);
    cr_assert(!strstr(text, "copy") && !strstr(text, "concat"), "%s", text);
    rn_test_feed(p, x, numbers);
    rn_test_run(p);
    RN_TEST_EXPECT(p, y, -30, -36, -42, -66, -81, -96, -102, -126, -150, -14, -32, -50, -32,
                   -77, -122, -50, -122, -194);
    rn_program_free(p);
    rn_graph_free(g);
}

/* Parts that occur twice, are read elsewhere, or lie there in another order. */
Test(overlap, products_that_are_needed_elsewhere)
{
    for (int k = 0; k < 4; k++) {
        rn_graph *g = rn_graph_new();
        const rn_tensor x = rn_test_f64(g, "x", rn_shape(N, N));
        const rn_tensor square = rn_matmul(x, x), z = rn_reverse(square, 0);
        const rn_tensor parts[2] = {k == 2 ? z : square, k == 0 ? square : z};
        const rn_tensor y = rn_concat(parts, 2, 0), also = rn_scale(square, 2);
        rn_program *p =
            k == 3 ? rn_test_compile(g, y, also, square) : rn_test_compile(g, y, also);
        double want[2 * N * N], got[N * N];

        for (int i = 0; i < 2 * N * N; i++) {
            const bool turned = i < N * N ? k == 2 : k != 0;
            const int row = i / N % N, r = turned ? N - 1 - row : row;
            want[i] = 0;
            for (int j = 0; j < N; j++) want[i] += at(r, j) * at(j, i % N);
        }
        rn_test_feed(p, x, numbers);
        rn_test_run(p);
        rn_test_expect(p, y, want);
        rn_test_read(p, also, got);
        cr_assert(got[0] == 60 && got[N * N - 1] == 300);
        rn_program_free(p);
        rn_graph_free(g);
    }
}
