/* SPDX-License-Identifier: MIT */
/*
 * Loops that stop early, and hoisting out of them: each program runs with every limit from
 * the last step down to 0, so that memory past the limit holds old values, and is compared
 * with a direct evaluation of the graph.
 */
#include "graph/loop.h"
#include "naive.h"

enum { T = 12, S = 3, B = 8, I = 4, O = 32 }; /* S: steps of an outer loop */

typedef struct world {
    rn_graph *g;
    rn_tensor x, w, u, limit, limits, out[8];
    int outs;
} world;

static int32_t now; /* the limit of this run */

static void set_leaf(const rn_graph *graph, int32_t id, void *to)
{
    const rn__node *node = rn__at(graph, id);
    const int64_t count = rn_shape_count(node->shape);

    if (node->type != RN_I32) rn_test_numbers((double *)to, count, 3 + (uint64_t)id);
    for (int64_t i = 0; node->type == RN_I32 && i < count; i++)
        ((int32_t *)to)[i] = (int32_t)((now + i) % (T + 1));
}

static world begin(void)
{
    world w = {.g = rn_graph_new()};

    w.x = rn_test_f64(w.g, "x", rn_shape(T, B, I));
    w.w = rn_test_f64(w.g, "w", rn_shape(I, O));
    w.u = rn_test_f64(w.g, "u", rn_shape(I, I));
    w.limit = rn_input(w.g, "limit", RN_I32, rn_shape());
    w.limits = rn_input(w.g, "limits", RN_I32, rn_shape(S));
    return w;
}

static void give(world *w, rn_tensor y)
{
    w->out[w->outs++] = y;
}

/* The gradient to x, w and u of what the outputs so far say. */
static void give_gradient(world *w)
{
    const rn_tensor of[3] = {w->x, w->w, w->u};
    rn_tensor dx[3], loss = rn_sum_all(rn_sin(w->out[0]));

    for (int i = 1; i < w->outs; i++) loss = rn_add(loss, rn_sum_all(rn_sin(w->out[i])));
    cr_assert(rn_grad(loss, rn_null(), of, 3, dx), "%s", rn_graph_error(w->g));
    for (int i = 0; i < 3; i++) give(w, dx[i]);
}

static void feed(rn_program *p, const rn_test_naive *naive, rn_tensor x)
{
    const size_t bytes = rn_test_bytes(rn__node_of(x));

    cr_assert_eq(rn_feed(p, x, naive->at[x.id], bytes), RN_OK);
}

static void compare(const world *w, rn_program *p)
{
    rn_test_naive naive = rn_test_naive_new(w->g, NULL);
    double *got = (double *)malloc(sizeof(double) * S * T * B * O);
    char text[60];

    rn_test_naive_run(&naive, set_leaf);
    feed(p, &naive, w->x), feed(p, &naive, w->w), feed(p, &naive, w->u);
    feed(p, &naive, w->limit), feed(p, &naive, w->limits);
    rn_test_run(p);
    for (int i = 0; i < w->outs; i++) {
        snprintf(text, sizeof text, "output %d, limit %d", i, (int)now);
        rn_test_near(rn_test_read(p, w->out[i], got),
                     (const double *)naive.at[w->out[i].id], rn_test_count(w->out[i]),
                     1e-12, text);
    }
    free(got);
    rn_test_naive_free(&naive);
}

static void end(world *w)
{
    rn_program *p =
        rn_compile(w->g, (rn_compile_options){.outputs = w->out, .output_count = w->outs});

    cr_assert(p, "%s", rn_graph_error(w->g));
    for (now = T; now >= 0; now--) compare(w, p);
    rn_program_free(p);
    rn_graph_free(w->g);
}

/* A loop in the graph that the limit belongs to. */
static rn_loop *loop_in(rn_graph *g, rn_tensor limit, bool back, int64_t steps)
{
    rn_loop *loop = rn_loop_begin(g);

    if (back) rn_loop_reverse(loop);
    rn_loop_steps(loop, steps);
    rn__loop_limit(loop, limit);
    return loop;
}

static void both_ways(void (*build)(world *w, bool back))
{
    for (int back = 0; back < 2; back++) {
        world w = begin();
        build(&w, back);
        end(&w);
    }
}

/* ---- sums ---- */

static void sums(world *w, bool back)
{
    rn_loop *loop = loop_in(w->g, w->limit, back, T);
    const rn_tensor x = rn_loop_each(loop, w->x);
    const rn_tensor a = rn_loop_carry(loop, rn_fill(w->g, RN_F64, rn_shape(I, O), 0.5));
    const rn_tensor b = rn_loop_carry(loop, rn_fill(w->g, RN_F64, rn_shape(I, I), 0));
    const rn_tensor c = rn_loop_carry(loop, rn_fill(w->g, RN_F64, rn_shape(I), 0));
    rn_loop_next(loop, a, rn_add(a, w->w));
    rn_loop_next(loop, b, rn_add(b, rn_matmul_transposed(x, rn_sin(x), RN_TRANSPOSE_X)));
    rn_loop_next(loop, c, rn_add(c, rn_sum_axis(rn_exp(x), 0)));
    rn_loop_end(loop);
    give(w, rn_loop_final(loop, a));
    give(w, rn_loop_final(loop, b));
    give(w, rn_loop_final(loop, c));
    give_gradient(w);
}

Test(limit, sums_over_the_steps)
{
    both_ways(sums);
}

/* ---- stacks ---- */

static void stacks(world *w, bool back)
{
    rn_loop *loop = loop_in(w->g, w->limit, back, T);
    const rn_tensor x = rn_loop_each(loop, w->x);
    const rn_tensor h = rn_loop_carry(loop, rn_index(w->x, 0, 1));
    const rn_tensor flat = rn_reshape(x, rn_shape(B * I, 1));
    const rn_tensor before = rn_exp(rn_matmul(x, w->w));
    const rn_tensor other = rn_matmul_transposed(flat, flat, RN_TRANSPOSE_X);
    rn_loop_next(loop, h, rn_tanh(rn_add(rn_matmul(h, w->u), x)));
    rn_loop_end(loop);
    give(w, rn_loop_collect(loop, before));
    give(w, rn_loop_collect(loop, flat));
    give(w, rn_loop_collect(loop, other));
    give(w, rn_loop_final(loop, h));
    give_gradient(w);
}

Test(limit, stacks_are_zero_behind_it)
{
    both_ways(stacks);
}

static void histories(world *w, bool back)
{
    rn_loop *loop = loop_in(w->g, w->limit, back, T);
    const rn_tensor x = rn_loop_each(loop, w->x);
    const rn_tensor h = rn_loop_carry(loop, rn_index(w->x, 0, 1));
    rn_loop_next(loop, h, rn_tanh(rn_add(rn_matmul(h, w->u), x)));
    rn_loop_end(loop);
    give(w, rn_loop_history(loop, h));
    give_gradient(w);
}

Test(limit, histories_hold_what_the_last_step_left)
{
    both_ways(histories);
}

/* The same product is asked for in full; and element-wise calls of the same shape, with the
 * limit and without, stand side by side. */
static void in_full(world *w, bool back)
{
    rn_loop *loop = loop_in(w->g, w->limit, back, T);
    const rn_tensor x = rn_loop_each(loop, w->x);
    const rn_tensor h = rn_loop_carry(loop, rn_index(w->x, 0, 1));
    const rn_tensor after = rn_tanh(rn_matmul(h, w->w));
    rn_loop_next(loop, h, rn_sin(rn_add(h, rn_matmul(x, w->u))));
    rn_loop_end(loop);
    const rn_tensor stack = rn_loop_collect(loop, after);
    const rn_tensor row = rn_broadcast(rn_index(w->w, 0, 0), rn_shape(T, B, O));
    const rn_tensor all = rn_sin(row);
    give(w, stack);
    give(w, all);
    give(w, rn_matmul(w->x, w->u));
}

Test(limit, what_is_asked_for_in_full_is_whole)
{
    both_ways(in_full);
}

/* Other loops with the same limit read a stack turned round, and one moved by a step: then
 * slots past the limit are read. */
static rn_tensor stack_of_products(world *w, bool back)
{
    rn_loop *loop = loop_in(w->g, w->limit, back, T);
    const rn_tensor h = rn_loop_carry(loop, rn_index(w->x, 0, 1));
    const rn_tensor y = rn_sin(rn_matmul(h, w->u));
    rn_loop_next(loop, h, y);
    rn_loop_end(loop);
    return rn_loop_collect(loop, y);
}

static void add_up(world *w, bool back, rn_tensor xs)
{
    rn_loop *loop = loop_in(w->g, w->limit, back, rn_size(xs, 0));
    const rn_tensor x = rn_loop_each(loop, xs);
    const rn_tensor s = rn_loop_carry(loop, rn_fill(w->g, RN_F64, rn_shape(B, I), 0));
    rn_loop_next(loop, s, rn_add(rn_scale(s, 0.5), rn_cos(x)));
    rn_loop_end(loop);
    give(w, rn_loop_final(loop, s));
}

static void turned(world *w, bool back)
{
    add_up(w, back, rn_reverse(stack_of_products(w, back), 0));
}

static void moved(world *w, bool back)
{
    add_up(w, back, rn_slice(stack_of_products(w, back), 0, 1, T, 1));
}

/* The other loop's steps are the sequences: each reads all slots of the stack. */
static void crossed(world *w, bool back)
{
    const rn_tensor xs = rn_permute(stack_of_products(w, back), (const int[]){1, 0, 2});
    rn_loop *loop = loop_in(w->g, w->limit, back, B);
    const rn_tensor x = rn_loop_each(loop, xs);
    const rn_tensor s = rn_loop_carry(loop, rn_fill(w->g, RN_F64, rn_shape(T, I), 0));
    rn_loop_next(loop, s, rn_add(rn_scale(s, 0.5), rn_cos(x)));
    rn_loop_end(loop);
    give(w, rn_loop_final(loop, s));
}

Test(limit, a_stack_read_in_another_order)
{
    both_ways(crossed);
    both_ways(turned);
    both_ways(moved);
}

/* ---- loops in loops ---- */

/* The limit is another one in each step of the outer loop. */
static void nested(world *w, bool back)
{
    rn_loop *outer = rn_loop_begin(w->g);
    const rn_tensor limit = rn_loop_each(outer, w->limits);
    const rn_tensor s = rn_loop_carry(outer, rn_index(w->x, 0, 2));
    rn_loop *inner = loop_in(rn_loop_body(outer), limit, back, T);
    const rn_tensor x = rn_loop_each(inner, w->x), h = rn_loop_carry(inner, s);
    const rn_tensor y = rn_tanh(rn_matmul(x, w->w));
    rn_loop_next(inner, h, rn_tanh(rn_add(rn_matmul(h, w->u), rn_sin(x))));
    rn_loop_end(inner);
    const rn_tensor ys = rn_loop_collect(inner, y);
    rn_loop_next(outer, s, rn_loop_final(inner, h));
    rn_loop_end(outer);
    give(w, rn_loop_collect(outer, ys));
    give(w, rn_loop_final(outer, s));
    give_gradient(w);
}

Test(limit, loops_in_loops)
{
    both_ways(nested);
}

/* The end of a loop that is the same in every step of the loop around it, which adds it up
 * and stops early. */
static void same_in_every_step(world *w, bool back)
{
    rn_loop *outer = loop_in(w->g, w->limit, back, T);
    const rn_tensor s = rn_loop_carry(outer, rn_fill(w->g, RN_F64, rn_shape(I), 0.5));
    const rn_tensor e = rn_loop_carry(outer, rn_fill(w->g, RN_F64, rn_shape(), 0.5));
    rn_loop *inner = rn_loop_begin(rn_loop_body(outer));
    const rn_tensor x = rn_loop_each(inner, w->x), b = rn_loop_carry(inner, e);
    const rn_tensor a = rn_loop_carry(inner, rn_fill(w->g, RN_F64, rn_shape(I, I), 0.25));
    rn_loop_next(inner, a, rn_add(a, rn_matmul_transposed(x, rn_sin(x), RN_TRANSPOSE_X)));
    rn_loop_next(inner, b, rn_sin(b));
    rn_loop_end(inner);
    rn_loop_next(outer, s, rn_add(s, rn_sum_axis(rn_loop_final(inner, a), 0)));
    rn_loop_next(outer, e, rn_loop_final(inner, b));
    rn_loop_end(outer);
    give(w, rn_loop_final(outer, s));
    give(w, rn_loop_final(outer, e));
}

Test(limit, what_is_the_same_in_every_step)
{
    both_ways(same_in_every_step);
}
