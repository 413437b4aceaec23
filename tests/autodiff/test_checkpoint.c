/* SPDX-License-Identifier: MIT */
/*
 * Loops with a memory budget: a program computes the same as without it, in less memory.
 * RONDO_SEEDS=first:count runs other random graphs.
 */
#include "compile/random_graph.h"

#include <rondo/gradcheck.h>

/* ---- two programs of one graph ---- */

static int count_of(const rn_program *p, const char *word)
{
    static char text[400000];
    int n = 0;

    rn_program_print(p, text, sizeof text);
    for (const char *at = text; (at = strstr(at, word)); at++) n++;
    return n;
}

static rn_program *compile(rn_graph *g, const rn_tensor *y, int count, unsigned without,
                           const char *what)
{
    rn_program *p = rn_compile(
        g, (rn_compile_options){.outputs = y, .output_count = count, .without = without});

    cr_assert(p, "%s: %s", what, rn_graph_error(g));
    return p;
}

static void feed(rn_program *p, const rn_tensor *x, int count)
{
    for (int i = 0; i < count; i++) {
        const int64_t n = rn_test_count(x[i]);
        double *data = (double *)malloc((size_t)(n + 1) * sizeof *data);
        rn_test_feed(p, x[i], rn_test_numbers(data, n, 70 + (uint64_t)i));
        free(data);
    }
}

/* Runs the graph with budgets and without, and without some other pass; the first `exact`
 * outputs must have the same bits. Returns whether any loop was divided. */
static bool same_without(unsigned pass, rn_graph *g, const rn_tensor *x, int inputs,
                         const rn_tensor *y, int count, int exact, const char *what)
{
    rn_program *p = compile(g, y, count, pass, what),
               *q = compile(g, y, count, pass | RN_PASS_CHECKPOINT, what);
    const bool divided = count_of(p, "loop ") != count_of(q, "loop ");

    feed(p, x, inputs), feed(q, x, inputs);
    rn_test_run(p), rn_test_run(q);
    for (int i = 0; i < count; i++) {
        const int64_t n = rn_test_count(y[i]);
        double *got = (double *)malloc((size_t)(n + 1) * sizeof *got),
               *want = (double *)malloc((size_t)(n + 1) * sizeof *want);
        rn_test_near(rn_test_read(p, y[i], got), rn_test_read(q, y[i], want), n,
                     i < exact ? 0 : 1e-10, what);
        free(got), free(want);
    }
    rn_program_free(p), rn_program_free(q);
    return divided;
}

/* The same bits, and with scans, of which divided loops have none, the same to rounding. */
static bool same(rn_graph *g, const rn_tensor *x, int inputs, const rn_tensor *y, int count,
                 int exact, const char *what)
{
    same_without(0, g, x, inputs, y, count, 0, what);
    return same_without(RN_PASS_SCAN, g, x, inputs, y, count, exact, what);
}

/* ---- one loop with everything ---- */

enum { B = 3, N = 4 };

typedef struct world {
    rn_graph *g;
    rn_tensor x[5]; /* xs [T,B,N], h0 [B,N], c0 [B,N], w [N,N], b [N] */
    rn_tensor ys, hT, cT, hs;
} world;

typedef struct kind {
    int64_t steps, bytes;
    bool reverse, lengths, indexed;
} kind;

static world build(kind k)
{
    world w = {.g = rn_graph_new()};
    const rn_shape shapes[] = {rn_shape(k.steps, B, N), rn_shape(B, N), rn_shape(B, N),
                               rn_shape(N, N), rn_shape(N)};
    static const char *const names[] = {"xs", "h0", "c0", "w", "b"};
    const int32_t lengths[B] = {(int32_t)k.steps / 2, 0, (int32_t)k.steps};

    for (int i = 0; i < 5; i++) w.x[i] = rn_test_f64(w.g, names[i], shapes[i]);
    rn_loop *loop = rn_loop_begin(w.g);
    if (k.reverse) rn_loop_reverse(loop);
    if (k.lengths) rn_loop_lengths(loop, rn_constant(w.g, RN_I32, rn_shape(B), lengths));
    rn_loop_checkpoint(loop, k.bytes);
    const rn_tensor x = rn_loop_each(loop, w.x[0]);
    const rn_tensor h = rn_loop_carry(loop, w.x[1]), c = rn_loop_carry(loop, w.x[2]);
    rn_tensor n =
        rn_tanh(rn_add(rn_add(rn_matmul(h, w.x[3]), rn_matmul(x, w.x[3])), w.x[4]));
    if (k.indexed)
        n = rn_mul(n, rn_sin(rn_scale(rn_cast(rn_loop_index(loop), RN_F64), 0.3)));
    const rn_tensor m = rn_sigmoid(rn_add(rn_sub(h, x), rn_mul(n, c)));
    const rn_tensor y = rn_mul(n, m);
    rn_loop_next(loop, h, n);
    rn_loop_next(loop, c, m);
    cr_assert(rn_loop_end(loop), "%s", rn_graph_error(w.g));
    w.ys = rn_loop_collect(loop, y);
    w.hT = rn_loop_final(loop, h), w.cT = rn_loop_final(loop, c);
    w.hs = rn_loop_history(loop, h);
    return w;
}

/* sum(x c) with c different for every element. */
static rn_tensor weighed(rn_tensor x, uint64_t seed)
{
    const int64_t n = rn_test_count(x);
    double *c = (double *)malloc((size_t)(n + 1) * sizeof *c);
    const rn_tensor constant =
        rn_test_constant_f64(x.graph, rn_shape_get(x), rn_test_numbers(c, n, seed));

    free(c);
    return rn_sum_all(rn_mul(x, constant));
}

static rn_tensor loss_of(const world *w)
{
    return rn_add(rn_add(weighed(w->ys, 1), weighed(rn_square(w->hT), 2)),
                  rn_add(weighed(w->cT, 3), weighed(rn_sin(w->hs), 4)));
}

/* The values, the gradients of rows, and then those of w and b, which are sums. */
static bool same_world(kind k, const char *what)
{
    world w = build(k);
    rn_tensor y[10] = {loss_of(&w), w.ys, w.hT, w.cT, w.hs};

    cr_assert(rn_grad(y[0], rn_null(), w.x, 5, y + 5), "%s", rn_graph_error(w.g));
    const bool divided = same(w.g, w.x, 5, y, 10, 8, what);
    rn_graph_free(w.g);
    return divided;
}

Test(checkpoint, all_outputs_and_gradients)
{
    static const int64_t steps[] = {0, 1, 2, 3, 7, 8, 21};
    static const int64_t bytes[] = {1, RN_CHECKPOINT_SQRT, 1500, 1 << 20};
    char what[100];

    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        for (size_t j = 0; j < sizeof bytes / sizeof *bytes; j++)
            for (int n = 0; n < 8; n++) {
                const kind k = {steps[i], bytes[j], n & 1, n & 2, n & 4};
                snprintf(what, sizeof what, "%lld steps, %lld bytes, variant %d",
                         (long long)k.steps, (long long)k.bytes, n);
                const bool divided = same_world(k, what);
                if (k.steps < 2 || k.bytes > 10000) cr_assert(!divided, "%s", what);
                if (k.steps > 7 && k.bytes < 10000) cr_assert(divided, "%s", what);
            }
}

static void checked(rn_tensor loss, const char *what)
{
    rn_gradcheck_report *r = rn_gradcheck(loss, (rn_gradcheck_options){.exhaustive = 40});

    cr_assert(r->status == RN_OK && r->passed, "%s: %s", what, r->text);
    rn_gradcheck_free(r);
}

/* The numerical check, which compiles the loop too; and the second derivative. */
Test(checkpoint, passes_the_numerical_check)
{
    for (int n = 0; n < 2; n++) {
        const kind k = {7, 1, n, n, true};
        world w = build(k);
        const rn_tensor loss = loss_of(&w);
        rn_tensor dx[5], second = rn_constant_scalar(w.g, RN_F64, 0);
        checked(loss, "gradient");
        cr_assert(rn_grad(loss, rn_null(), w.x, 5, dx), "%s", rn_graph_error(w.g));
        for (int i = 0; i < 5; i++)
            second = rn_add(second, weighed(rn_square(dx[i]), 9 + (uint64_t)i));
        checked(rn_scale(second, 0.1), "second derivative");
        rn_graph_free(w.g);
    }
}

/* The product's kernel adds blocks of 4096 terms pairwise, and so do the segments, here
 * of 256 steps, four blocks: 1 to 6 segments with the last steps. */
Test(checkpoint, sums_of_whole_blocks_have_the_same_bits)
{
    enum { ROWS = 64, UNITS = 2, BLOCK = 256 };

    for (int n = 0; n < 12; n++) {
        const int64_t steps = BLOCK * (n % 6) + (n % 5 ? 31 : BLOCK);
        rn_graph *g = rn_graph_new();
        const rn_tensor x[] = {rn_test_f64(g, "xs", rn_shape(steps, ROWS, UNITS)),
                               rn_test_f64(g, "h0", rn_shape(ROWS, UNITS)),
                               rn_test_f64(g, "w", rn_shape(UNITS, UNITS)),
                               rn_test_f64(g, "u", rn_shape(UNITS, UNITS)),
                               rn_test_f64(g, "b", rn_shape(UNITS))};
        rn_loop *loop = rn_loop_begin(g);
        rn_tensor y[6];
        if (n >= 6) rn_loop_reverse(loop);
        rn_loop_checkpoint(loop, 300000);
        const rn_tensor in = rn_loop_each(loop, x[0]), h = rn_loop_carry(loop, x[1]);
        const rn_tensor z = rn_add(rn_matmul(in, x[2]), rn_matmul(h, x[3]));
        const rn_tensor next = rn_tanh(rn_add(z, x[4]));
        rn_loop_next(loop, h, next);
        rn_loop_end(loop);
        y[0] = rn_mean_all(rn_sin(rn_loop_collect(loop, next)));
        cr_assert(rn_grad(y[0], rn_null(), x, 5, y + 1), "%s", rn_graph_error(g));
        cr_assert(same(g, x, 5, y, 6, 6, "sums") == (steps > BLOCK + 31), "%d", n);
        rn_graph_free(g);
    }
}

/* ---- random graphs, with loops in loops, limits, lengths, sums ---- */

/* Gives every loop a budget. */
static void limit_loops(rn_test_dice *d, rn_graph *g)
{
    static const int64_t bytes[] = {1, RN_CHECKPOINT_SQRT, 200, 1000};

    for (const rn_graph *at = g; at; at = at == g ? g->bodies : at->next_body)
        for (int32_t id = 0; id < at->count; id++)
            if (rn__at(at, id)->op == &rn__op_loop)
                rn__at(at, id)->loop->checkpoint = bytes[rn_test_throw(d, 4)];
}

Test(checkpoint, random_graphs)
{
    const char *text = getenv("RONDO_SEEDS"), *colon = text ? strchr(text, ':') : NULL;
    const uint64_t first = text ? strtoull(text, NULL, 10) : 1;
    const uint64_t count = colon ? strtoull(colon + 1, NULL, 10) : text ? 1 : 100;
    int divided = 0;
    char what[40];

    for (uint64_t seed = first; seed < first + count; seed++) {
        rn_test_dice d = {.seed = seed, .smooth = true};
        rn_test_pool pool;
        rn_tensor y[2 * RN_TEST_INPUTS + 1];
        rn_graph *g = rn_test_random_graph(&d, 16, &pool, NULL);
        rn_tensor loss = rn_mean_all(rn_tanh(pool.at[0]));

        for (int i = pool.count - 5; i < pool.count; i++)
            loss = rn_add(loss, rn_sum_all(rn_tanh(pool.at[i])));
        y[0] = loss;
        limit_loops(&d, g);
        cr_assert(rn_grad(loss, rn_null(), pool.at, RN_TEST_INPUTS, y + 1));
        const rn_tensor second = rn_add(rn_sum_all(rn_sin(y[1])), rn_sum_all(rn_sin(y[3])));
        cr_assert(
            rn_grad(second, rn_null(), pool.at, RN_TEST_INPUTS, y + 1 + RN_TEST_INPUTS));
        snprintf(what, sizeof what, "seed %d", (int)seed);
        divided += same(g, pool.at, RN_TEST_INPUTS, y,
                        seed % 3 ? 1 + RN_TEST_INPUTS : 1 + 2 * RN_TEST_INPUTS, 0, what);
        rn_graph_free(g);
    }
    cr_log_info("%d of %d graphs with divided loops", divided, (int)count);
    cr_assert(text || divided > (int)count / 5);
}

/* ---- loops that stay whole, and errors ---- */

static rn_tensor nested(rn_graph *g, rn_tensor x, int depth, rn_loop **innermost)
{
    rn_loop *loop = rn_loop_begin(g);

    rn_loop_steps(loop, 6);
    const rn_tensor h = rn_loop_carry(loop, x);
    *innermost = loop;
    rn_loop_checkpoint(loop, 1);
    const rn_tensor in =
        depth > 1 ? nested(rn_loop_body(loop), h, depth - 1, innermost) : rn_sin(h);
    rn_loop_next(loop, h, rn_tanh(rn_add(in, h)));
    cr_assert(rn_loop_end(loop), "%s", rn_graph_error(g));
    return rn_loop_final(loop, h);
}

/* As deep as loops may be, there is no room for one more. */
Test(checkpoint, loops_in_loops)
{
    for (int depth = 1; depth <= RN_LOOP_DEPTH; depth++) {
        rn_graph *g = rn_graph_new();
        const rn_tensor x = rn_test_f64(g, "x", rn_shape(2));
        rn_loop *innermost;
        rn_tensor y[2] = {rn_sum_all(nested(g, x, depth, &innermost))};
        cr_assert(rn_grad(y[0], rn_null(), &x, 1, &y[1]), "%s", rn_graph_error(g));
        cr_assert(same(g, &x, 1, y, 2, 2, "nested") == (depth < RN_LOOP_DEPTH));
        rn_graph_free(g);
    }
}

/* A divided loop has no scans, which would keep the values of more steps. */
Test(checkpoint, affine_loops_have_no_scans)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(64, 3, 2));
    rn_loop *loop = rn_loop_begin(g);
    rn_loop_checkpoint(loop, 1);
    const rn_tensor in = rn_loop_each(loop, x);
    const rn_tensor h = rn_loop_carry(loop, rn_fill(g, RN_F64, rn_shape(3, 2), 0));
    const rn_tensor z = rn_sigmoid(in);
    rn_loop_next(loop, h, rn_add(rn_mul(z, h), rn_mul(rn_one_minus(z), rn_sin(in))));
    rn_loop_end(loop);
    rn_tensor y[2] = {rn_sum_all(rn_loop_final(loop, h))};
    cr_assert(rn_grad(y[0], rn_null(), &x, 1, &y[1]), "%s", rn_graph_error(g));
    rn_program *divided = compile(g, y, 2, 0, "divided");
    rn_program *whole = compile(g, y, 2, RN_PASS_CHECKPOINT, "whole");

    cr_assert(count_of(whole, "linear_scan") > 0);
    cr_assert_eq(count_of(divided, "linear_scan"), 0);
    rn_program_free(divided), rn_program_free(whole);
    rn_graph_free(g);
}

Test(checkpoint, errors)
{
    rn_graph *g = rn_graph_new();
    rn_loop *loop = rn_loop_begin(g);
    rn_loop_checkpoint(loop, -2);
    rn_test_error_is(g, "loop: checkpoint: bytes must not be negative: -2");
    rn_graph_free(g);

    g = rn_graph_new();
    loop = rn_loop_begin(g);
    rn_loop_steps(loop, 1);
    rn_loop_end(loop);
    rn_loop_checkpoint(loop, 1);
    rn_test_error_is(g, "loop: checkpoint: the loop has ended");
    rn_graph_free(g);
    rn_loop_checkpoint(NULL, 1);
}
