/* SPDX-License-Identifier: MIT */
/*
 * Values that a loop computes again, and does not read where another one kept them. Each
 * program is compared with one without the pass, bit for bit.
 */
#include "run/driver.h"

#include <rondo/model.h>
#include <rondo/recurrent.h>

enum { T = 20, B = 16, H = 16, SLOT = B * H, OUTS = 4 };

/* Two loops, of which the second one reads by step what the first one collects. */
typedef struct world {
    rn_graph *g;
    rn_tensor x, y; /* [T, B, H] */
    rn_tensor lengths;
    rn_loop *first, *second;
    rn_tensor a, b; /* in the first loop: what depends on x so far, and a step of y */
    rn_tensor out[OUTS];
    int outs;
} world;

static rn_tensor so_far(const world *w)
{
    const rn_tensor x = rn_loop_each(w->first, w->x);
    const rn_tensor h = rn_loop_carry(w->first, rn_fill(w->g, RN_F64, rn_shape(B, H), 0.5));
    const rn_tensor next = rn_tanh(rn_add(h, x));

    rn_loop_next(w->first, h, next);
    return next;
}

static world begin(void)
{
    world w = {.g = rn_graph_new()};

    w.x = rn_test_f64(w.g, "x", rn_shape(T, B, H));
    w.y = rn_test_f64(w.g, "y", rn_shape(T, B, H));
    w.lengths = rn_input(w.g, "lengths", RN_I32, rn_shape(B));
    w.first = rn_loop_begin(w.g);
    w.a = so_far(&w);
    w.b = rn_loop_each(w.first, w.y);
    return w;
}

static rn_tensor collect(rn_loop *loop, rn_tensor x)
{
    return rn_loop_collect(loop, x);
}

/* The second loop: a running sum, so that the loops do not become one. */
static rn_tensor fold(world *w, const rn_tensor *stack, int count)
{
    w->second = rn_loop_begin(w->g);
    rn_loop_reverse(w->second);
    const rn_tensor zero = rn_fill(w->g, RN_F64, rn_shape(B, H), 0);
    const rn_tensor sum = rn_loop_carry(w->second, zero);
    rn_tensor next = sum;
    for (int i = 0; i < count; i++)
        next = rn_tanh(rn_add(next, rn_loop_each(w->second, stack[i])));
    rn_loop_next(w->second, sum, next);
    rn_loop_end(w->second);
    return rn_loop_final(w->second, sum);
}

static size_t run(const world *w, unsigned without, const int32_t *lengths,
                  double out[OUTS][T * SLOT])
{
    double x[T * SLOT];
    rn_program *p = rn_test_compile_with(w->g, (rn_compile_options){.outputs = w->out,
                                                                    .output_count = w->outs,
                                                                    .without = without});
    const size_t bytes = rn_program_workspace(p);

    rn_test_feed(p, w->x, rn_test_numbers(x, T * SLOT, 1));
    rn_test_feed(p, w->y, rn_test_numbers(x, T * SLOT, 2));
    if (lengths) rn_test_feed_i32(p, w->lengths, lengths);
    rn_test_run(p);
    for (int i = 0; i < w->outs; i++) rn_test_read(p, w->out[i], out[i]);
    rn_program_free(p);
    return bytes;
}

/* Frees the graph. How many stacks the pass saves, in the workspace. */
static int saved(const world *w, const int32_t *lengths)
{
    static double got[OUTS][T * SLOT], want[OUTS][T * SLOT];
    const size_t bytes = run(w, 0, lengths, got);
    const size_t all = run(w, RN_PASS_RECOMPUTE, lengths, want);

    for (int i = 0; i < w->outs; i++)
        rn_test_near(got[i], want[i], rn_test_count(w->out[i]), 0, "output");
    rn_graph_free(w->g);
    const long stack = T * SLOT * sizeof(double), less = (long)all - (long)bytes;
    return (int)((less + (less < 0 ? -stack : stack) / 2) / stack);
}

/* ---- what is computed again ---- */

Test(recompute, a_function_of_values_that_both_have)
{
    world w = begin();
    const rn_tensor e = rn_exp(w.a), m = rn_mul(e, w.b);
    rn_loop_end(w.first);
    const rn_tensor stack[3] = {collect(w.first, e), w.y, collect(w.first, m)};
    w.out[w.outs++] = fold(&w, stack, 3);
    cr_assert_eq(saved(&w, NULL), 1);
}

/* One of them from outside the loops, another a constant. */
Test(recompute, with_captured_operands)
{
    world w = begin();
    const rn_tensor bias = rn_test_constant_f64(w.g, rn_shape(2), (double[]){0.5, 3});
    const rn_tensor e = rn_exp(w.a);
    const rn_tensor m = rn_add(rn_scale(e, 3), rn_slice(bias, 0, 0, 1, 1));
    rn_loop_end(w.first);
    const rn_tensor stack[2] = {collect(w.first, e), collect(w.first, m)};
    w.out[w.outs++] = fold(&w, stack, 2);
    cr_assert_eq(saved(&w, NULL), 0); /* the product by 3 is not there */

    w = begin();
    const rn_tensor row = rn_reshape(rn_slice(w.y, 0, 0, 1, 1), rn_shape(B, H));
    const rn_tensor d = rn_exp(w.a), o = rn_sub(d, row);
    rn_loop_end(w.first);
    const rn_tensor third[2] = {collect(w.first, d), collect(w.first, o)};
    w.out[w.outs++] = fold(&w, third, 2);
    cr_assert_eq(saved(&w, NULL), 1);
}

/* Each from the one before it, whatever the order in which they are read. */
Test(recompute, values_of_values_that_are_computed_again)
{
    for (int order = 0; order < 2; order++) {
        world w = begin();
        const rn_tensor e = rn_exp(w.a), m = rn_mul(e, w.b), n = rn_add(m, e);
        const rn_tensor o = rn_sub(n, m);
        rn_loop_end(w.first);
        const rn_tensor all[5] = {collect(w.first, e), w.y, collect(w.first, m),
                                  collect(w.first, n), collect(w.first, o)};
        rn_tensor stack[5];
        for (int i = 0; i < 5; i++) stack[i] = all[order ? 4 - i : i];
        w.out[w.outs++] = fold(&w, stack, 5);
        cr_assert_eq(saved(&w, NULL), 3);
    }
}

/* Computed before both loops. */
Test(recompute, a_stack_from_outside)
{
    world w = begin();
    const rn_tensor e = rn_exp(w.x), m = rn_mul(e, w.y);
    rn_loop_end(w.first);
    const rn_tensor stack[3] = {m, e, w.y};
    w.out[w.outs++] = fold(&w, stack, 3);
    cr_assert_eq(saved(&w, NULL), 1);
}

/* ---- what is not ---- */

Test(recompute, a_function_that_is_not_cheap)
{
    world w = begin();
    const rn_tensor e = rn_exp(w.a), m = rn_sqrt(e);
    rn_loop_end(w.first);
    const rn_tensor stack[2] = {collect(w.first, e), collect(w.first, m)};
    w.out[w.outs++] = fold(&w, stack, 2);
    cr_assert_eq(saved(&w, NULL), 0);
}

Test(recompute, without_one_of_the_operands)
{
    world w = begin();
    const rn_tensor e = rn_exp(w.a), m = rn_mul(e, w.b);
    rn_loop_end(w.first);
    const rn_tensor stack[2] = {collect(w.first, e), collect(w.first, m)};
    w.out[w.outs++] = fold(&w, stack, 2);
    cr_assert_eq(saved(&w, NULL), 0);
}

/* Of two loops that read a stack one has its operands. */
Test(recompute, where_another_loop_cannot)
{
    world w = begin();
    const rn_tensor e = rn_exp(w.a), m = rn_mul(e, w.b);
    rn_loop_end(w.first);
    const rn_tensor stack[3] = {collect(w.first, e), w.y, collect(w.first, m)};
    w.out[w.outs++] = fold(&w, stack, 3);
    w.out[w.outs++] = fold(&w, stack + 2, 1);
    cr_assert_eq(saved(&w, NULL), 0);
}

/* All of it, in a loop. */
static rn_tensor captured(const world *w, rn_tensor stack)
{
    rn_loop *loop = rn_loop_begin(w->g);
    const rn_tensor sum = rn_loop_carry(loop, rn_fill(w->g, RN_F64, rn_shape(B, H), 0));

    rn_loop_steps(loop, 2);
    rn_loop_next(loop, sum, rn_tanh(rn_sum_axis(rn_mul(stack, sum), 0)));
    rn_loop_end(loop);
    return rn_loop_final(loop, sum);
}

/* As where a loop begins. */
static rn_tensor carried(const world *w, rn_tensor stack)
{
    rn_loop *loop = rn_loop_begin(w->g);
    const rn_tensor all = rn_loop_carry(loop, stack);

    rn_loop_steps(loop, 2);
    rn_loop_next(loop, all, rn_tanh(all));
    rn_loop_end(loop);
    return rn_loop_final(loop, all);
}

/* An output, a value of other operators, and of other loops. */
Test(recompute, a_stack_that_is_kept_anyway)
{
    for (int k = 0; k < 5; k++) {
        world w = begin();
        const rn_tensor e = rn_exp(w.a), m = rn_mul(e, w.b);
        rn_loop_end(w.first);
        const rn_tensor stack[3] = {collect(w.first, e), w.y, collect(w.first, m)};
        w.out[w.outs++] = fold(&w, stack, 3);
        w.out[w.outs++] = k == 0   ? stack[2]
                          : k == 1 ? rn_sum_all(stack[2])
                          : k == 2 ? rn_add(stack[2], w.x)
                          : k == 3 ? captured(&w, stack[2])
                                   : carried(&w, stack[2]);
        cr_assert_eq(saved(&w, NULL), 0);
    }
}

/* The new value of a variable. */
Test(recompute, a_stack_that_is_assigned)
{
    rn_model *model = rn_model_new_using(3, RN_F64, (rn_allocator){0});
    world w = begin();
    const rn_tensor v =
        rn_weight(rn_root(w.g, model), "v", rn_shape(T, B, H), (rn_init){RN_INIT_ZEROS, 0});
    const rn_tensor e = rn_exp(w.a), m = rn_mul(e, w.b);
    rn_loop_end(w.first);
    const rn_tensor stack[3] = {collect(w.first, e), w.y, collect(w.first, m)};
    w.out[w.outs++] = fold(&w, stack, 3);
    cr_assert(!rn_is_null(rn_assign(v, stack[2])), "%s", rn_graph_error(w.g));
    cr_assert_eq(saved(&w, NULL), 0);
    rn_model_free(model);
}

/* The two loops within another one, which carries on what the first one collects, or
 * collects it. */
Test(recompute, in_the_body_of_a_loop)
{
    for (int k = 0; k < 3; k++) {
        world w = {.g = rn_graph_new()};
        rn_graph *const g = w.g;
        w.x = rn_test_f64(g, "x", rn_shape(T, B, H));
        w.y = rn_test_f64(g, "y", rn_shape(T, B, H));
        rn_loop *around = rn_loop_begin(g);
        rn_loop_steps(around, 2);
        const rn_tensor s = rn_loop_carry(around, rn_fill(g, RN_F64, rn_shape(B, H), 0.5));
        const rn_tensor all =
            rn_loop_carry(around, rn_fill(g, RN_F64, rn_shape(T, B, H), 1));
        w.g = rn_loop_body(around);
        w.first = rn_loop_begin(w.g);
        w.a = rn_add(so_far(&w), s);
        w.b = rn_loop_each(w.first, w.y);
        const rn_tensor e = rn_exp(rn_sub(w.a, rn_loop_each(w.first, all)));
        const rn_tensor m = rn_mul(e, w.b);
        rn_loop_end(w.first);
        const rn_tensor stack[3] = {collect(w.first, e), w.y, collect(w.first, m)};
        rn_loop_next(around, s, fold(&w, stack, 3));
        rn_loop_next(around, all, k == 2 ? stack[2] : all);
        const rn_tensor kept = k == 1 ? stack[2] : s;
        rn_loop_end(around);
        w.g = g;
        w.out[w.outs++] = rn_loop_final(around, s);
        w.out[w.outs++] = rn_sum_axis(rn_loop_collect(around, kept), 0);
        cr_assert_eq(saved(&w, NULL), k == 0);
    }
}

Test(recompute, a_stack_of_small_steps)
{
    world w = begin();
    const rn_tensor e = rn_slice(rn_exp(w.a), 1, 0, H - 1, 1);
    const rn_tensor m = rn_mul(e, rn_slice(w.b, 1, 0, H - 1, 1));
    rn_loop_end(w.first);
    rn_tensor stack[3] = {collect(w.first, e), rn_slice(w.y, 2, 0, H - 1, 1),
                          collect(w.first, m)};
    for (int i = 0; i < 3; i++) stack[i] = rn_pad(stack[i], 2, 0, 1, 0);
    w.out[w.outs++] = fold(&w, stack, 3);
    cr_assert_eq(saved(&w, NULL), 0);
}

/* ---- lengths ---- */

static rn_tensor with_lengths(world *w, bool second)
{
    rn_graph_free(w->g);
    *w = (world){.g = rn_graph_new()};
    w->x = rn_test_f64(w->g, "x", rn_shape(T, B, H));
    w->y = rn_test_f64(w->g, "y", rn_shape(T, B, H));
    w->lengths = rn_input(w->g, "lengths", RN_I32, rn_shape(B));
    w->first = rn_loop_begin(w->g);
    rn_loop_lengths(w->first, w->lengths);
    const rn_tensor e = rn_exp(so_far(w));
    const rn_tensor m = rn_sub(e, rn_exp(rn_loop_each(w->first, w->y)));
    const rn_tensor n = rn_maximum(e, m);
    rn_loop_end(w->first);
    const rn_tensor stack[3] = {collect(w->first, e), collect(w->first, m),
                                collect(w->first, n)};
    if (!second) return fold(w, stack, 3);
    w->second = rn_loop_begin(w->g);
    rn_loop_lengths(w->second, w->lengths);
    const rn_tensor s = rn_loop_carry(w->second, rn_fill(w->g, RN_F64, rn_shape(B, H), 1));
    rn_tensor next = s;
    for (int i = 0; i < 3; i++)
        next = rn_tanh(rn_add(next, rn_loop_each(w->second, stack[i])));
    rn_loop_next(w->second, s, next);
    rn_loop_end(w->second);
    return rn_loop_final(w->second, s);
}

/* Past a length a collected value is 0, and not a function of other zeros. */
Test(recompute, with_lengths)
{
    int32_t lengths[B];

    for (int i = 0; i < B; i++) lengths[i] = (int32_t)(i * 7 % (T + 1));
    for (int second = 0; second < 2; second++) {
        world w = {.g = rn_graph_new()};
        w.out[0] = with_lengths(&w, second);
        w.outs = 1;
        saved(&w, lengths);
    }
}

static int subtractions(const world *w, unsigned without)
{
    static char text[100000];
    rn_program *p = rn_test_compile_with(w->g, (rn_compile_options){.outputs = w->out,
                                                                    .output_count = w->outs,
                                                                    .without = without});
    int n = 0;

    cr_assert_lt(rn_program_print(p, text, sizeof text), sizeof text);
    for (const char *at = text; (at = strstr(at, " sub ")); at++) n++;
    rn_program_free(p);
    return n;
}

/* A layer's training, whose gradient needs 1 - z of each step. */
Test(recompute, in_the_gradient_of_a_layer)
{
    for (int ragged = 0; ragged < 2; ragged++) {
        rn_model *model = rn_model_new_using(3, RN_F64, (rn_allocator){0});
        world w = {.g = rn_graph_new()};
        int32_t lengths[B];
        for (int i = 0; i < B; i++) lengths[i] = (int32_t)(i * 7 % (T + 1));
        w.x = rn_test_f64(w.g, "x", rn_shape(T, B, H));
        w.y = rn_test_f64(w.g, "y", rn_shape(T, B, H));
        w.lengths = rn_input(w.g, "lengths", RN_I32, rn_shape(B));
        rn_recurrent_options o = {.units = H};
        if (ragged) o.lengths = w.lengths;
        const rn_sequence s = rn_gru(rn_root(w.g, model), "gru", w.x, o);
        const rn_tensor u = rn_read_variable(w.g, rn_model_at(model, 1));
        const rn_tensor of[2] = {w.x, u};
        cr_assert(rn_grad(s.outputs, w.y, of, 2, w.out), "%s", rn_graph_error(w.g));
        w.outs = 2;
        cr_assert_eq(subtractions(&w, 0), 2);
        cr_assert_eq(subtractions(&w, RN_PASS_RECOMPUTE), 1);
        saved(&w, ragged ? lengths : NULL);
        rn_model_free(model);
    }
}
