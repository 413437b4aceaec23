/* SPDX-License-Identifier: MIT */
/* Collecting from a loop: any tensor of its body. */
#include "driver.h"

/* xs [4,3] = 1 .. 12, a carry h [3] = 0 with h = h + x, a capture c [3] = 100 200 300. */
typedef struct world {
    rn_graph *g;
    rn_tensor xs, c, x, h, next;
    rn_loop *loop;
    rn_program *p;
} world;

static world begin(bool reverse)
{
    world w = {.g = rn_graph_new()};

    w.xs = rn_test_f64(w.g, "xs", rn_shape(4, 3));
    w.c = rn_name(rn_test_f64(w.g, "c", rn_shape(3)), "c");
    w.loop = rn_loop_begin(w.g);
    if (reverse) rn_loop_reverse(w.loop);
    w.x = rn_loop_each(w.loop, w.xs);
    w.h = rn_loop_carry(w.loop, rn_fill(w.g, RN_F64, rn_shape(3), 0));
    w.next = rn_add(w.h, w.x);
    rn_loop_next(w.loop, w.h, w.next);
    return w;
}

static void run(world *w, const rn_tensor *outputs, int count)
{
    double x[12];

    for (int i = 0; i < 12; i++) x[i] = i + 1;
    w->p = rn_test_compile_with(
        w->g, (rn_compile_options){.outputs = outputs, .output_count = count});
    rn_test_feed(w->p, w->xs, x);
    rn_test_feed(w->p, w->c, (double[]){100, 200, 300});
    rn_test_run(w->p);
    rn_test_run(w->p);
}

#define RUN(w, ...)                                                                        \
    run(&(w), (const rn_tensor[]){__VA_ARGS__},                                            \
        (int)(sizeof((rn_tensor[]){__VA_ARGS__}) / sizeof(rn_tensor)))

static void end(world *w)
{
    rn_program_free(w->p);
    rn_graph_free(w->g);
}

Test(collect, the_leaf_of_a_carry)
{
    world w = begin(false);
    rn_loop_end(w.loop);
    const rn_tensor hs = rn_loop_collect(w.loop, w.h), f = rn_loop_final(w.loop, w.h);
    RUN(w, hs, f);
    RN_TEST_EXPECT(w.p, hs, 0, 0, 0, 1, 2, 3, 5, 7, 9, 12, 15, 18);
    RN_TEST_EXPECT(w.p, f, 22, 26, 30);
    end(&w);
}

/* Before, after and all of a carry at once, and its end. */
Test(collect, a_carry_in_every_way)
{
    for (int back = 0; back < 2; back++) {
        world w = begin(back);
        rn_loop_end(w.loop);
        const rn_tensor before = rn_loop_collect(w.loop, w.h);
        const rn_tensor after = rn_loop_collect(w.loop, w.next);
        const rn_tensor all = rn_loop_history(w.loop, w.h), f = rn_loop_final(w.loop, w.h);
        RUN(w, before, after, all, f);
        RN_TEST_EXPECT(w.p, f, 22, 26, 30);
        if (back) {
            RN_TEST_EXPECT(w.p, before, 21, 24, 27, 17, 19, 21, 10, 11, 12, 0, 0, 0);
            RN_TEST_EXPECT(w.p, after, 22, 26, 30, 21, 24, 27, 17, 19, 21, 10, 11, 12);
            RN_TEST_EXPECT(w.p, all, 22, 26, 30, 21, 24, 27, 17, 19, 21, 10, 11, 12, 0, 0,
                           0);
        } else {
            RN_TEST_EXPECT(w.p, before, 0, 0, 0, 1, 2, 3, 5, 7, 9, 12, 15, 18);
            RN_TEST_EXPECT(w.p, after, 1, 2, 3, 5, 7, 9, 12, 15, 18, 22, 26, 30);
            RN_TEST_EXPECT(w.p, all, 0, 0, 0, 1, 2, 3, 5, 7, 9, 12, 15, 18, 22, 26, 30);
        }
        end(&w);
    }
}

Test(collect, a_step_input)
{
    world w = begin(false);
    rn_loop_end(w.loop);
    const rn_tensor xs = rn_loop_collect(w.loop, w.x);
    RUN(w, xs);
    RN_TEST_EXPECT(w.p, xs, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
    end(&w);
}

Test(collect, what_does_not_depend_on_the_step)
{
    world w = begin(false);
    const rn_tensor one = rn_constant_scalar(rn_loop_body(w.loop), RN_F64, 1);
    const rn_tensor filled = rn_fill_like(w.x, 4);
    const rn_tensor captured = rn_add(w.c, one), zero = rn_mul(filled, w.c);
    rn_loop_end(w.loop);
    (void)captured; /* belongs outside: none of its operands is the body's */
    const rn_tensor ones = rn_loop_collect(w.loop, one);
    const rn_tensor fours = rn_loop_collect(w.loop, filled);
    const rn_tensor products = rn_loop_collect(w.loop, zero);
    RUN(w, ones, fours, products);
    RN_TEST_EXPECT(w.p, ones, 1, 1, 1, 1);
    RN_TEST_EXPECT(w.p, fours, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4);
    RN_TEST_EXPECT(w.p, products, 400, 800, 1200, 400, 800, 1200, 400, 800, 1200, 400, 800,
                   1200);
    end(&w);
}

Test(collect, views_of_everything)
{
    world w = begin(false);
    const rn_tensor a = rn_reverse(w.x, 0), b = rn_slice(w.h, 0, 1, 3, 1);
    const rn_tensor c = rn_broadcast(rn_index(w.next, 0, 0), rn_shape(2));
    const rn_tensor d = rn_reshape(w.next, rn_shape(3, 1));
    rn_loop_end(w.loop);
    const rn_tensor as = rn_loop_collect(w.loop, a), bs = rn_loop_collect(w.loop, b);
    const rn_tensor cs = rn_loop_collect(w.loop, c), ds = rn_loop_collect(w.loop, d);
    RUN(w, as, bs, cs, ds);
    RN_TEST_EXPECT(w.p, as, 3, 2, 1, 6, 5, 4, 9, 8, 7, 12, 11, 10);
    RN_TEST_EXPECT(w.p, bs, 0, 0, 2, 3, 7, 9, 15, 18);
    RN_TEST_EXPECT(w.p, cs, 1, 1, 5, 5, 12, 12, 22, 22);
    RN_TEST_EXPECT(w.p, ds, 1, 2, 3, 5, 7, 9, 12, 15, 18, 22, 26, 30);
    end(&w);
}

/* One value under two names, collected twice, is two outputs. */
Test(collect, the_same_value_twice)
{
    world w = begin(false);
    const rn_tensor y = rn_neg(w.next), again = rn_neg(w.next);
    rn_loop_end(w.loop);
    const rn_tensor a = rn_loop_collect(w.loop, y), b = rn_loop_collect(w.loop, again);
    const rn_tensor c = rn_neg(a), d = rn_sum_all(b);
    RUN(w, a, b, c, d, a);
    RN_TEST_EXPECT(w.p, a, -1, -2, -3, -5, -7, -9, -12, -15, -18, -22, -26, -30);
    RN_TEST_EXPECT(w.p, b, -1, -2, -3, -5, -7, -9, -12, -15, -18, -22, -26, -30);
    RN_TEST_EXPECT(w.p, c, 1, 2, 3, 5, 7, 9, 12, 15, 18, 22, 26, 30);
    cr_assert_eq(rn_scalar(w.p, d), -150);
    end(&w);
}

/* ---- lengths ---- */

/* With lengths what a carry becomes and what is collected of it are two things: held past
 * the end, and zero there. */
Test(collect, with_lengths)
{
    for (int back = 0; back < 2; back++) {
        rn_graph *g = rn_graph_new();
        const rn_tensor xs = rn_test_f64(g, "xs", rn_shape(3, 4));
        const rn_tensor lengths = rn_input(g, "lengths", RN_I32, rn_shape(4));
        rn_loop *loop = rn_loop_begin(g);
        if (back) rn_loop_reverse(loop);
        rn_loop_lengths(loop, lengths);
        const rn_tensor x = rn_loop_each(loop, xs);
        const rn_tensor h = rn_loop_carry(loop, rn_fill(g, RN_F64, rn_shape(4), 1));
        const rn_tensor n = rn_add(rn_scale(h, 10), x);
        rn_loop_next(loop, h, n);
        rn_loop_end(loop);
        const rn_tensor ys = rn_loop_collect(loop, n), before = rn_loop_collect(loop, h);
        const rn_tensor f = rn_loop_final(loop, h), all = rn_loop_history(loop, h);
        rn_program *p = rn_test_compile(g, ys, before, f, all);
        rn_test_feed(p, xs, (double[]){1, 1, 1, NAN, 2, 2, NAN, NAN, 3, NAN, NAN, NAN});
        rn_test_feed_i32(p, lengths, (int32_t[]){3, 2, 1, 0});
        rn_test_run(p);
        if (back) {
            RN_TEST_EXPECT(p, ys, 1321, 121, 11, 0, 132, 12, 0, 0, 13, 0, 0, 0);
            RN_TEST_EXPECT(p, before, 132, 12, 1, 0, 13, 1, 0, 0, 1, 0, 0, 0);
            RN_TEST_EXPECT(p, f, 1321, 121, 11, 1);
            RN_TEST_EXPECT(p, all, 1321, 121, 11, 1, 132, 12, 1, 1, 13, 1, 1, 1, 1, 1, 1,
                           1);
        } else {
            RN_TEST_EXPECT(p, ys, 11, 11, 11, 0, 112, 112, 0, 0, 1123, 0, 0, 0);
            RN_TEST_EXPECT(p, before, 1, 1, 1, 0, 11, 11, 0, 0, 112, 0, 0, 0);
            RN_TEST_EXPECT(p, f, 1123, 112, 11, 1);
            RN_TEST_EXPECT(p, all, 1, 1, 1, 1, 11, 11, 11, 1, 112, 112, 11, 1, 1123, 112,
                           11, 1);
        }
        rn_program_free(p);
        rn_graph_free(g);
    }
}

/* A body in which a NaN of the padding would spread through the other axis, were it
 * read. */
Test(collect, lengths_hide_the_padding_of_every_axis)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor xs = rn_test_f64(g, "xs", rn_shape(2, 2, 2));
    const rn_tensor lengths = rn_input(g, "lengths", RN_I32, rn_shape(2));
    const rn_tensor w = rn_test_constant_f64(g, rn_shape(2, 2), (double[]){1, 1, 1, -1});
    rn_loop *loop = rn_loop_begin(g);
    rn_loop_lengths(loop, lengths);
    const rn_tensor y = rn_matmul(rn_loop_each(loop, xs), w), s = rn_sum_axis(y, 1);
    rn_loop_end(loop);
    const rn_tensor ys = rn_loop_collect(loop, y), ss = rn_loop_collect(loop, s);
    rn_program *p = rn_test_compile(g, ys, ss);

    rn_test_feed(p, xs, (double[]){1, 2, NAN, INFINITY, 3, 4, NAN, NAN});
    rn_test_feed_i32(p, lengths, (int32_t[]){2, 0});
    rn_test_run(p);
    RN_TEST_EXPECT(p, ys, 3, -1, 0, 0, 7, -1, 0, 0);
    RN_TEST_EXPECT(p, ss, 2, 0, 6, 0);
    rn_program_free(p);
    rn_graph_free(g);
}

/* A length outside 0..T makes the run fail, in either direction. */
Test(collect, lengths_beyond_the_steps)
{
    static const int32_t bad[][2] = {{2, 3}, {-1, 2}, {INT32_MAX, 0}, {0, INT32_MIN}};
    static const char *message[] = {
        "loop: length 3 is outside 0..2 at element 1 of n [2]",
        "loop: length -1 is outside 0..2 at element 0 of n [2]",
        "loop: length 2147483647 is outside 0..2 at element 0 of n [2]",
        "loop: length -2147483648 is outside 0..2 at element 1 of n [2]"};

    for (int back = 0; back < 2; back++) {
        rn_graph *g = rn_graph_new();
        const rn_tensor xs = rn_test_f64(g, "xs", rn_shape(2, 2));
        const rn_tensor lengths = rn_input(g, "n", RN_I32, rn_shape(2));
        rn_loop *loop = rn_loop_begin(g);
        if (back) rn_loop_reverse(loop);
        rn_loop_lengths(loop, lengths);
        const rn_tensor x = rn_loop_each(loop, xs);
        rn_loop_end(loop);
        const rn_tensor ys = rn_loop_collect(loop, x);
        rn_program *p = rn_test_compile(g, ys);

        rn_test_feed(p, xs, (double[]){1, 2, 3, 4});
        for (int i = 0; i < 4; i++) {
            rn_test_feed_i32(p, lengths, bad[i]);
            cr_assert_eq(rn_run(p), RN_BAD_VALUE);
            cr_assert_str_eq(rn_program_error(p), message[i]);
        }
        rn_test_feed_i32(p, lengths, (int32_t[]){0, 2});
        rn_test_run(p);
        RN_TEST_EXPECT(p, ys, 0, 2, 0, 4);
        rn_program_free(p);
        rn_graph_free(g);
    }
}

/* What no step changes: tensors from outside, in the value of every step. */
Test(collect, tensors_from_outside)
{
    for (int back = 0; back < 2; back++) {
        world w = begin(back);
        rn_loop_end(w.loop);
        const rn_tensor late = rn_scale(w.c, 2); /* later than the loop */
        const rn_tensor c = rn_loop_collect(w.loop, w.c);
        const rn_tensor l = rn_loop_collect(w.loop, late);
        const rn_tensor k = rn_loop_collect(w.loop, rn_constant_scalar(w.g, RN_F64, 0.5));
        RUN(w, c, l, k);
        RN_TEST_EXPECT(w.p, c, 100, 200, 300, 100, 200, 300, 100, 200, 300, 100, 200, 300);
        RN_TEST_EXPECT(w.p, l, 200, 400, 600, 200, 400, 600, 200, 400, 600, 200, 400, 600);
        RN_TEST_EXPECT(w.p, k, 0.5, 0.5, 0.5, 0.5);
        end(&w);
    }
}

/* xs [3,2] with lengths 1 and 3: zero past them; and the gradient, 1 and 3 times. */
Test(collect, tensors_from_outside_with_lengths)
{
    for (int back = 0; back < 2; back++) {
        rn_graph *g = rn_graph_new();
        const rn_tensor xs = rn_test_f64(g, "xs", rn_shape(3, 2));
        const rn_tensor c = rn_test_f64(g, "c", rn_shape(2));
        const rn_tensor n = rn_constant(g, RN_I32, rn_shape(2), (const int32_t[]){1, 3});
        rn_loop *loop = rn_loop_begin(g);
        rn_tensor dc;

        if (back) rn_loop_reverse(loop);
        rn_loop_lengths(loop, n);
        rn_loop_each(loop, xs);
        rn_loop_end(loop);
        const rn_tensor cs = rn_loop_collect(loop, c);
        cr_assert(rn_grad(rn_sum_all(rn_square(cs)), rn_null(), &c, 1, &dc), "%s",
                  rn_graph_error(g));
        rn_program *p = rn_test_compile(g, cs, dc);
        rn_test_feed(p, c, (double[]){5, 7});
        rn_test_run(p);
        RN_TEST_EXPECT(p, cs, 5, 7, 0, 7, 0, 7);
        RN_TEST_EXPECT(p, dc, 10, 42);
        rn_program_free(p);
        cr_assert(rn_is_null(rn_loop_collect(loop, xs)));
        rn_test_error_is(g, "loop: collect: with lengths the first axis must be the batch "
                            "of 2: xs [3,2]");
        rn_graph_free(g);
    }
}

/* An inner loop that collects what belongs to the outer one's body. */
Test(collect, a_tensor_of_the_enclosing_body)
{
    world w = begin(false);
    rn_loop *inner = rn_loop_begin(rn_loop_body(w.loop));
    rn_loop_steps(inner, 2);
    rn_loop_end(inner);
    const rn_tensor two = rn_loop_collect(inner, w.x), far = rn_loop_collect(inner, w.c);
    const rn_tensor sum = rn_sum_axis(rn_add(two, far), 0);
    rn_loop_end(w.loop);
    const rn_tensor all = rn_loop_collect(w.loop, sum);
    RUN(w, all);
    RN_TEST_EXPECT(w.p, all, 202, 404, 606, 208, 410, 612, 214, 416, 618, 220, 422, 624);
    end(&w);
}
