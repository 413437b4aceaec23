/* SPDX-License-Identifier: MIT */
/* Carries of loops: all change together at the end of a step. */
#include "driver.h"

enum { STEPS = 5 };

/* A loop over xs = 1 2 .. T [T] with carries a = 1, b = 2, c = 3 (scalars). */
typedef struct world {
    rn_graph *g;
    rn_tensor xs, x, a, b, c;
    rn_loop *loop;
    rn_program *p;
    int64_t steps;
} world;

static world begin(int64_t steps, bool reverse)
{
    world w = {.g = rn_graph_new(), .steps = steps};

    w.xs = rn_test_f64(w.g, "xs", rn_shape(steps));
    w.loop = rn_loop_begin(w.g);
    if (reverse) rn_loop_reverse(w.loop);
    w.x = rn_loop_each(w.loop, w.xs);
    w.a = rn_loop_carry(w.loop, rn_constant_scalar(w.g, RN_F64, 1));
    w.b = rn_loop_carry(w.loop, rn_constant_scalar(w.g, RN_F64, 2));
    w.c = rn_loop_carry(w.loop, rn_constant_scalar(w.g, RN_F64, 3));
    return w;
}

static void next(world *w, rn_tensor a, rn_tensor b, rn_tensor c)
{
    rn_loop_next(w->loop, w->a, a);
    rn_loop_next(w->loop, w->b, b);
    rn_loop_next(w->loop, w->c, c);
    cr_assert(rn_loop_end(w->loop), "%s", rn_graph_error(w->g));
}

static void run(world *w, const rn_tensor *outputs, int count)
{
    double x[64];

    for (int i = 0; i < 64; i++) x[i] = i + 1;
    w->p = rn_test_compile_with(
        w->g, (rn_compile_options){.outputs = outputs, .output_count = count});
    rn_test_feed(w->p, w->xs, x);
    rn_test_run(w->p);
    rn_test_run(w->p); /* nothing may be left of the first */
}

#define RUN(w, ...)                                                                        \
    run(&(w), (const rn_tensor[]){__VA_ARGS__},                                            \
        (int)(sizeof((rn_tensor[]){__VA_ARGS__}) / sizeof(rn_tensor)))

static void end(world *w)
{
    rn_program_free(w->p);
    rn_graph_free(w->g);
}

Test(carry, two_swap)
{
    for (int64_t steps = 0; steps < 6; steps++) {
        world w = begin(steps, false);
        next(&w, w.b, w.a, w.c);
        const rn_tensor a = rn_loop_final(w.loop, w.a), b = rn_loop_final(w.loop, w.b);
        RUN(w, a, b);
        cr_assert_eq(rn_scalar(w.p, a), steps % 2 ? 2 : 1);
        cr_assert_eq(rn_scalar(w.p, b), steps % 2 ? 1 : 2);
        end(&w);
    }
}

Test(carry, three_go_round)
{
    for (int64_t steps = 0; steps < 7; steps++) {
        world w = begin(steps, false);
        next(&w, w.b, w.c, w.a);
        const rn_tensor a = rn_loop_final(w.loop, w.a), c = rn_loop_final(w.loop, w.c);
        const rn_tensor all = rn_loop_history(w.loop, w.b);
        RUN(w, a, c, all);
        double want[8];
        for (int64_t i = 0; i <= steps; i++) want[i] = (double)((1 + i) % 3 + 1);
        cr_assert_eq(rn_scalar(w.p, a), (double)(steps % 3 + 1));
        cr_assert_eq(rn_scalar(w.p, c), (double)((2 + steps) % 3 + 1));
        rn_test_expect(w.p, all, want);
        end(&w);
    }
}

/* b follows a, c follows b: a delay line. */
Test(carry, one_becomes_anothers_present_value)
{
    world w = begin(STEPS, false);
    next(&w, w.x, w.a, w.b);
    const rn_tensor a = rn_loop_final(w.loop, w.a), b = rn_loop_final(w.loop, w.b);
    const rn_tensor c = rn_loop_history(w.loop, w.c);
    RUN(w, a, b, c);
    cr_assert_eq(rn_scalar(w.p, a), 5);
    cr_assert_eq(rn_scalar(w.p, b), 4);
    RN_TEST_EXPECT(w.p, c, 3, 2, 1, 1, 2, 3);
    end(&w);
}

Test(carry, one_becomes_anothers_next_value)
{
    world w = begin(STEPS, false);
    const rn_tensor n = rn_add(w.a, w.x);
    next(&w, n, n, rn_mul(w.b, w.a));
    const rn_tensor a = rn_loop_history(w.loop, w.a), b = rn_loop_history(w.loop, w.b);
    const rn_tensor c = rn_loop_history(w.loop, w.c);
    RUN(w, a, b, c);
    RN_TEST_EXPECT(w.p, a, 1, 2, 4, 7, 11, 16);
    RN_TEST_EXPECT(w.p, b, 2, 2, 4, 7, 11, 16);
    RN_TEST_EXPECT(w.p, c, 3, 2, 4, 16, 49, 121);
    end(&w);
}

Test(carry, unchanged)
{
    world w = begin(STEPS, false);
    next(&w, w.a, rn_add(w.b, w.a), w.c);
    const rn_tensor a = rn_loop_final(w.loop, w.a), b = rn_loop_final(w.loop, w.b);
    const rn_tensor h = rn_loop_history(w.loop, w.c), s = rn_loop_collect(w.loop, w.c);
    RUN(w, a, b, h, s);
    cr_assert_eq(rn_scalar(w.p, a), 1);
    cr_assert_eq(rn_scalar(w.p, b), 7);
    RN_TEST_EXPECT(w.p, h, 3, 3, 3, 3, 3, 3);
    RN_TEST_EXPECT(w.p, s, 3, 3, 3, 3, 3);
    end(&w);
}

/* A next value that depends on nothing of the body. */
Test(carry, becomes_an_outer_tensor)
{
    world w = begin(STEPS, false);
    const rn_tensor seven = rn_constant_scalar(w.g, RN_F64, 7);
    next(&w, seven, rn_index(w.xs, 0, 3), rn_add(w.a, w.b));
    const rn_tensor a = rn_loop_history(w.loop, w.a), b = rn_loop_final(w.loop, w.b);
    const rn_tensor c = rn_loop_history(w.loop, w.c);
    RUN(w, a, b, c);
    RN_TEST_EXPECT(w.p, a, 1, 7, 7, 7, 7, 7);
    cr_assert_eq(rn_scalar(w.p, b), 4);
    RN_TEST_EXPECT(w.p, c, 3, 3, 11, 11, 11, 11);
    end(&w);
}

/* The final of a carry that nobody else reads, and one that is read after its next is
 * made. */
Test(carry, read_again_after_its_next_value_is_made)
{
    world w = begin(STEPS, false);
    const rn_tensor n = rn_add(w.a, w.x), old = rn_scale(w.a, 100);
    next(&w, n, rn_add(n, old), w.c);
    const rn_tensor b = rn_loop_history(w.loop, w.b), a = rn_loop_collect(w.loop, old);
    RUN(w, a, b);
    RN_TEST_EXPECT(w.p, a, 100, 200, 400, 700, 1100);
    RN_TEST_EXPECT(w.p, b, 2, 102, 204, 407, 711, 1116);
    end(&w);
}

Test(carry, reversed)
{
    world w = begin(STEPS, true);
    const rn_tensor n = rn_add(rn_scale(w.a, 2), w.x);
    next(&w, n, w.a, w.c);
    const rn_tensor a = rn_loop_final(w.loop, w.a), h = rn_loop_history(w.loop, w.a);
    const rn_tensor b = rn_loop_history(w.loop, w.b), s = rn_loop_collect(w.loop, n);
    RUN(w, a, h, b, s);
    cr_assert_eq(rn_scalar(w.p, a), 161 - 8 + 8);
    RN_TEST_EXPECT(w.p, h, 161, 80, 39, 18, 7, 1);
    RN_TEST_EXPECT(w.p, s, 161, 80, 39, 18, 7);
    RN_TEST_EXPECT(w.p, b, 80, 39, 18, 7, 1, 2);
    end(&w);
}

/* T = 0, 1, 2, 7 in both directions against the plain loop. */
Test(carry, every_number_of_steps)
{
    static const int64_t counts[] = {0, 1, 2, 7};

    for (int k = 0; k < 8; k++) {
        const int64_t steps = counts[k / 2];
        const bool back = k % 2;
        world w = begin(steps, back);
        const rn_tensor i = rn_loop_index(w.loop), y = rn_mul(w.x, rn_add(w.a, w.b));
        next(&w, rn_add(rn_scale(w.b, 0.5), w.x), w.a, rn_add(w.c, rn_cast(i, RN_F64)));
        const rn_tensor ys = rn_loop_collect(w.loop, y), is = rn_loop_collect(w.loop, i);
        const rn_tensor h = rn_loop_history(w.loop, w.a), f = rn_loop_final(w.loop, w.c);
        RUN(w, ys, is, h, f);

        double a = 1, b = 2, c = 3, want_y[8], want_i[8], want_h[9];
        want_h[back ? steps : 0] = a;
        for (int64_t n = 0; n < steps; n++) {
            const int64_t t = back ? steps - 1 - n : n;
            const double x = (double)(t + 1), old = a;
            want_y[t] = x * (a + b);
            want_i[t] = (double)t;
            a = b * 0.5 + x, b = old, c += (double)t;
            want_h[back ? t : t + 1] = a;
        }
        rn_test_expect(w.p, ys, want_y);
        rn_test_expect(w.p, is, want_i);
        rn_test_expect(w.p, h, want_h);
        cr_assert_eq(rn_scalar(w.p, f), c);
        end(&w);
    }
}

/* A loop without step inputs, and one without carries. */
Test(carry, none_or_nothing_else)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor xs = rn_test_f64(g, "xs", rn_shape(3, 2));
    rn_loop *counter = rn_loop_begin(g), *map;

    rn_loop_steps(counter, 10);
    const rn_tensor n = rn_loop_carry(counter, rn_constant_scalar(g, RN_I32, 5));
    rn_loop_next(counter, n, rn_add(n, rn_constant_like(n, 3)));
    rn_loop_end(counter);
    map = rn_loop_begin(g);
    const rn_tensor y = rn_sum_all(rn_loop_each(map, xs));
    rn_loop_end(map);
    const rn_tensor count = rn_loop_final(counter, n), sums = rn_loop_collect(map, y);
    rn_program *p = rn_test_compile(g, count, sums);
    rn_test_feed(p, xs, (double[]){1, 2, 3, 4, 5, 6});
    rn_test_run(p);
    cr_assert_eq(rn_scalar(p, count), 35);
    RN_TEST_EXPECT(p, sums, 3, 7, 11);
    rn_program_free(p);
    rn_graph_free(g);
}
