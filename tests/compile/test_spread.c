/* SPDX-License-Identifier: MIT */
/*
 * Stacks that a broadcast enlarges, which the loops that read them compute. Each program is
 * compared with one without the pass, bit for bit.
 */
#include "program/program.h"
#include "run/driver.h"

enum { T = 6, B = 2, N = 8, H = 40, MOST = T * B * N * H };

typedef struct world {
    rn_graph *g;
    rn_tensor d, b, a, w; /* [T, B, H], [T, B, N], [N, H], [H, H] */
    rn_tensor lengths;    /* null: none */
} world;

static world begin(void)
{
    world w = {.g = rn_graph_new()};

    w.d = rn_test_f64(w.g, "d", rn_shape(T, B, H));
    w.b = rn_test_f64(w.g, "b", rn_shape(T, B, N));
    w.a = rn_test_f64(w.g, "a", rn_shape(N, H));
    w.w = rn_test_f64(w.g, "w", rn_shape(H, H));
    return w;
}

/* h' = tanh(keep (h + the mean of h)) + an outer product. Neither depends on h, so they
 * leave the loop with the product of w. */
static rn_tensor layer(const world *w, rn_tensor (*keep)(rn_tensor d, rn_tensor a))
{
    rn_loop *loop = rn_loop_begin(w->g);
    if (!rn_is_null(w->lengths)) rn_loop_lengths(loop, w->lengths);
    const rn_tensor d = rn_matmul(rn_loop_each(loop, w->d), w->w);
    const rn_tensor b = rn_loop_each(loop, w->b);
    const rn_tensor h = rn_loop_carry(loop, rn_fill(w->g, RN_F64, rn_shape(B, N, H), 0.5));
    const rn_tensor more = rn_add(h, rn_mean(h, (int[]){2}, 1, true));
    const rn_tensor kept = rn_mul(keep(rn_expand(d, 1), w->a), more);
    const rn_tensor next = rn_add(rn_tanh(kept), rn_mul(rn_expand(d, 1), rn_expand(b, -1)));

    rn_loop_next(loop, h, next);
    rn_loop_end(loop);
    return rn_loop_collect(loop, next);
}

static rn_tensor one(rn_tensor d, rn_tensor a)
{
    return rn_exp(rn_mul(d, a));
}

static rn_tensor two(rn_tensor d, rn_tensor a)
{
    return rn_tanh(rn_exp(rn_mul(d, a)));
}

/* Operators outside loops that have the shape of a stack. */
static int outside(const rn_program *p)
{
    int n = 0;

    for (int32_t i = 0; i < p->plan.steps; i++) {
        const rn__step *step = &p->plan.step[i];
        if (step->kind != RN__STEP_MAP || step->depth > 0) continue;
        n += rn_shape_count(rn__step_node(&p->plan, step)->shape) == MOST;
    }
    return n;
}

/* Without gradients; returns `outside`. */
static int run(const world *w, rn_tensor y, unsigned without, double *out)
{
    static double data[MOST];
    const rn_tensor in[] = {w->d, w->b, w->a, w->w};
    const int32_t lengths[B] = {4, 2};
    rn_program *p = rn_test_compile_with(
        w->g, (rn_compile_options){RN_OUTPUTS(y), .without = without, .threads = 2});
    const int n = outside(p);

    for (int i = 0; i < 4; i++)
        rn_test_feed(p, in[i], rn_test_numbers(data, rn_test_count(in[i]), (uint64_t)i));
    if (!rn_is_null(w->lengths)) rn_test_feed_i32(p, w->lengths, lengths);
    rn_test_run(p);
    rn_test_read(p, y, out);
    rn_program_free(p);
    return n;
}

/* How many operators of that shape are outside loops, with and without the pass; frees the
 * graph. */
static void expect(world *w, rn_tensor y, int with, int without)
{
    static double got[MOST], want[MOST];

    const int some = run(w, y, 0, got), all = run(w, y, RN_PASS_RECOMPUTE, want);

    cr_expect(some == with && all == without, "%d and %d", some, all);
    rn_test_near(got, want, rn_test_count(y), 0, "y");
    rn_graph_free(w->g);
}

Test(spread, what_a_broadcast_enlarges)
{
    world w = begin();
    expect(&w, layer(&w, one), 0, 3);
}

/* The outer product alone. */
Test(spread, not_by_two_expensive_operators)
{
    world w = begin();
    expect(&w, layer(&w, two), 3, 4);
}

Test(spread, not_what_is_read_elsewhere)
{
    world w = begin();
    const rn_tensor d = rn_expand(rn_matmul(w.d, w.w), 2);
    const rn_tensor sum = rn_sum_axis(rn_exp(rn_mul(d, w.a)), 0);
    expect(&w, rn_add(layer(&w, one), sum), 3, 4);
}

Test(spread, of_a_gradient)
{
    world w = begin();
    rn_tensor dd;
    cr_assert(rn_grad(rn_sum_all(layer(&w, one)), rn_null(), &w.d, 1, &dd));
    expect(&w, dd, 0, 3);
}

Test(spread, not_of_a_batch_with_lengths)
{
    world w = begin();
    w.lengths = rn_input(w.g, "lengths", RN_I32, rn_shape(B));
    expect(&w, layer(&w, one), 3, 3);
}
