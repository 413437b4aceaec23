/* SPDX-License-Identifier: MIT */
/* Loops that compute something in common become one, and give the values of two. */
#include "run/driver.h"

#include <rondo/model.h>
#include <rondo/recurrent.h>
#include <rondo/train.h>

enum { T = 5, B = 3, I = 4, H = 6 };

/* How often a line of the program has a word. */
static int lines_with(const rn_program *p, const char *word)
{
    static char text[100000];
    int n = 0;

    rn_program_print(p, text, sizeof text);
    for (const char *at = text; (at = strstr(at, word)); at++) n++;
    return n;
}

typedef struct world {
    rn_model *model;
    rn_graph *g;
    rn_tensor x, loss;
} world;

static world begin(int layers, bool bidirectional)
{
    world w = {rn_model_new_using(1, RN_F64, (rn_allocator){0}), rn_graph_new(), {0}, {0}};

    w.x = rn_input(w.g, "x", RN_F64, rn_shape(T, B, I));
    const rn_sequence s =
        rn_lstm(rn_root(w.g, w.model), "lstm", w.x,
                (rn_recurrent_options){
                    .units = H, .layers = layers, .bidirectional = bidirectional});
    w.loss = rn_mean_all(rn_square(s.outputs));
    return w;
}

static void finish(world *w)
{
    rn_graph_free(w->g);
    rn_model_free(w->model);
}

static void run(rn_program *p, rn_tensor x, rn_tensor y, double *values)
{
    double in[T * B * I];

    rn_test_numbers(in, T * B * I, 7);
    rn_test_feed(p, x, in);
    rn_test_run(p);
    rn_test_read(p, y, values);
}

/* ---- gradients ---- */

/* Training, and the gradient of the input beside it. */
static void saliency(int layers, bool bidirectional)
{
    world w = begin(layers, bidirectional);
    const int loops = 2 * layers * (bidirectional ? 2 : 1);
    rn_tensor dx;
    double want[T * B * I], got[T * B * I];
    const rn_compile_options step = {.minimize = w.loss, .with = rn_sgd(0, 0)};
    rn_program *training = rn_compile(w.g, step);

    rn_grad(w.loss, rn_null(), &w.x, 1, &dx);
    rn_program *alone = rn_test_compile(w.g, dx);
    rn_compile_options both = step;
    both.output[0] = dx;
    both.output_count = 1;
    rn_program *adversarial = rn_compile(w.g, both);
    cr_assert(training && adversarial, "%s", rn_graph_error(w.g));
    cr_assert_eq(lines_with(alone, "loop "), loops);
    cr_assert_eq(lines_with(adversarial, "loop "), loops);
    /* One product more for each direction: the gradient of x. */
    cr_assert_eq(lines_with(adversarial, "matmul"),
                 lines_with(training, "matmul") + (bidirectional ? 2 : 1));
    run(alone, w.x, dx, want);
    run(adversarial, w.x, dx, got);
    rn_test_near(got, want, T * B * I, 1e-14, "dx");
    rn_program_free(training);
    rn_program_free(alone);
    rn_program_free(adversarial);
    finish(&w);
}

Test(merge, the_gradient_of_an_input_shares_the_backward_loops_of_training)
{
    saliency(1, false);
    saliency(2, false);
    saliency(3, false);
    saliency(1, true);
    saliency(2, true);
}

/* ---- loops by hand ---- */

/* c' = tanh(c + x) and d' = factor d + c, for x of each step; the last d. */
static rn_tensor decay(rn_graph *g, rn_tensor xs, rn_tensor c0, rn_tensor d0, double factor)
{
    rn_loop *loop = rn_loop_begin(g);
    const rn_tensor x = rn_loop_each(loop, xs), c = rn_loop_carry(loop, c0);
    const rn_tensor d = rn_loop_carry(loop, d0);

    rn_loop_next(loop, c, rn_tanh(rn_add(c, x)));
    rn_loop_next(loop, d, rn_add(rn_scale(d, factor), c));
    cr_assert(rn_loop_end(loop), "%s", rn_graph_error(g));
    return rn_loop_final(loop, d);
}

static rn_program *compiled(rn_tensor a, rn_tensor b)
{
    /* As loops, though some are scans. */
    rn_program *p = rn_compile(
        a.graph, (rn_compile_options){RN_OUTPUTS(a, b), .without = RN_PASS_SCAN});

    cr_assert(p, "%s", rn_graph_error(a.graph));
    return p;
}

static void expect(rn_graph *g, rn_tensor x, rn_tensor a, rn_tensor b, int loops)
{
    rn_program *both = compiled(a, b), *one = compiled(a, a), *other = compiled(b, b);
    double want[B * I], got[B * I];

    cr_assert_eq(lines_with(both, "loop "), loops);
    run(one, x, a, want), run(both, x, a, got);
    cr_assert_eq(memcmp(got, want, sizeof want), 0);
    run(other, x, b, want), run(both, x, b, got);
    cr_assert_eq(memcmp(got, want, sizeof want), 0);
    rn_program_free(both);
    rn_program_free(one);
    rn_program_free(other);
    rn_graph_free(g);
}

Test(merge, loops_that_share_work_become_one)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(T, B, I));
    const rn_tensor zero = rn_fill(g, RN_F64, rn_shape(B, I), 0);

    expect(g, x, decay(g, x, zero, zero, 0.5), decay(g, x, zero, zero, 0.25), 1);
}

Test(merge, other_starts_share_nothing)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(T, B, I));
    const rn_tensor zero = rn_fill(g, RN_F64, rn_shape(B, I), 0);
    const rn_tensor one = rn_fill(g, RN_F64, rn_shape(B, I), 1);

    expect(g, x, decay(g, x, zero, zero, 0.5), decay(g, x, one, zero, 0.5), 2);
}

Test(merge, a_loop_that_needs_another_stays_apart)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(T, B, I));
    const rn_tensor zero = rn_fill(g, RN_F64, rn_shape(B, I), 0);
    const rn_tensor first = decay(g, x, zero, zero, 0.5);

    expect(g, x, first, decay(g, x, zero, rn_exp(first), 0.5), 2);
}

/* a and d could be one loop, and b and c, but not both: b needs a, and d needs c. */
Test(merge, groups_do_not_need_each_other)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(T, B, I)), y = rn_reverse(x, 0);
    const rn_tensor zero = rn_fill(g, RN_F64, rn_shape(B, I), 0);
    const rn_tensor a = decay(g, x, zero, zero, 0.5), c = decay(g, y, zero, zero, 0.5);
    const rn_tensor b = decay(g, y, zero, rn_exp(a), 0.25);
    const rn_tensor d = decay(g, x, zero, rn_exp(c), 0.25);

    expect(g, x, rn_add(a, b), rn_add(c, d), 3);
}

/* What depends on no carry can leave the loops, and is shared there. */
Test(merge, cheap_work_in_common_stays_apart)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(T, B, I));
    rn_tensor end[2];

    for (int i = 0; i < 2; i++) {
        rn_loop *loop = rn_loop_begin(g);
        const rn_tensor at = rn_tanh(rn_loop_each(loop, x));
        const rn_tensor c = rn_loop_carry(loop, rn_fill(g, RN_F64, rn_shape(B, I), i));
        rn_loop_next(loop, c, i ? rn_add(c, at) : rn_mul(c, at));
        cr_assert(rn_loop_end(loop));
        end[i] = rn_loop_final(loop, c);
    }
    expect(g, x, end[0], end[1], 2);
}

Test(merge, another_direction_or_nothing_shared_stays_apart)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(T, B, I));
    const rn_tensor zero = rn_fill(g, RN_F64, rn_shape(B, I), 0);
    rn_loop *back = rn_loop_begin(g);
    rn_loop_reverse(back);
    const rn_tensor at = rn_loop_each(back, x), c = rn_loop_carry(back, zero);

    rn_loop_next(back, c, rn_add(c, rn_tanh(at)));
    cr_assert(rn_loop_end(back));
    expect(g, x, decay(g, x, zero, zero, 0.5),
           rn_add(rn_loop_final(back, c), decay(g, rn_sin(x), zero, zero, 0.25)), 3);
}
