/* SPDX-License-Identifier: MIT */
/* Memory of programs: a run allocates none, and workspaces are proportional to the values
 * that they hold. */
#include "run/driver.h"

#include <rondo/model.h>
#include <rondo/train.h>

enum { B = 4, I = 5, H = 6 };

/* ---- an allocator that counts ---- */

typedef struct memory {
    long calls, blocks;
    size_t bytes, most;
} memory;

static void *counting(void *user, void *block, size_t bytes)
{
    memory *m = (memory *)user;
    size_t *head = block ? (size_t *)block - 2 : NULL;

    m->calls++;
    if (head) m->bytes -= head[0];
    m->blocks += (bytes != 0) - (head != NULL);
    m->bytes += bytes;
    if (m->bytes > m->most) m->most = m->bytes;
    if (bytes == 0) {
        free(head);
        return NULL;
    }
    head = (size_t *)realloc(head, bytes + 2 * sizeof *head);
    cr_assert(head);
    head[0] = bytes;
    return head + 2;
}

/* ---- a training step of a cell in four gates ---- */

typedef struct world {
    memory m;
    rn_graph *g;
    rn_variable *v[3];
    rn_tensor xs, loss;
} world;

static void begin(world *w, int64_t steps)
{
    const rn_allocator a = {counting, &w->m};
    const rn_shape shapes[] = {rn_shape(I, 4 * H), rn_shape(H, 4 * H), rn_shape(4 * H)};
    rn_tensor x[3], dx[3], gate[4];

    w->m = (memory){0};
    w->g = rn_graph_new_using(a);
    w->xs = rn_input(w->g, "xs", RN_F32, rn_shape(steps, B, I));
    for (int i = 0; i < 3; i++) {
        w->v[i] = rn_variable_new(a, "w", RN_F32, shapes[i]);
        float *data = (float *)rn_variable_data(w->v[i]);
        for (int64_t k = 0; k < rn_shape_count(shapes[i]); k++)
            data[k] = (float)rn_test_number((uint64_t)i, (uint64_t)k);
        x[i] = rn_read_variable(w->g, w->v[i]);
    }
    rn_loop *loop = rn_loop_begin(w->g);
    const rn_tensor in = rn_loop_each(loop, w->xs);
    const rn_tensor h = rn_loop_carry(loop, rn_fill(w->g, RN_F32, rn_shape(B, H), 0));
    const rn_tensor c = rn_loop_carry(loop, rn_fill(w->g, RN_F32, rn_shape(B, H), 0));
    const rn_tensor z = rn_add(rn_add(rn_matmul(in, x[0]), rn_matmul(h, x[1])), x[2]);
    for (int i = 0; i < 4; i++) gate[i] = rn_slice(z, 1, i * H, (i + 1) * H, 1);
    const rn_tensor n = rn_add(rn_mul(rn_sigmoid(gate[0]), c),
                               rn_mul(rn_sigmoid(gate[1]), rn_tanh(gate[2])));
    const rn_tensor y = rn_mul(rn_sigmoid(gate[3]), rn_tanh(n));
    rn_loop_next(loop, h, y);
    rn_loop_next(loop, c, n);
    rn_loop_end(loop);
    w->loss = rn_mean_all(rn_square(rn_loop_collect(loop, y)));
    cr_assert(rn_grad(w->loss, rn_null(), x, 3, dx), "%s", rn_graph_error(w->g));
    for (int i = 0; i < 3; i++) rn_assign(x[i], rn_sub(x[i], rn_scale(dx[i], 0.01)));
}

static void end(world *w)
{
    rn_graph_free(w->g);
    for (int i = 0; i < 3; i++) rn_variable_release(w->v[i]);
    cr_assert_eq(w->m.blocks, 0, "%ld blocks left", w->m.blocks);
    cr_assert_eq(w->m.bytes, 0);
}

Test(memory, a_thousand_runs_allocate_nothing)
{
    world w;
    begin(&w, 7);
    rn_program *p = rn_test_compile(w.g, w.loss);
    float *x = (float *)calloc(7 * B * I, sizeof *x);
    double first = 0, last = 0;

    const memory before = w.m;
    for (int i = 0; i < 1000; i++) {
        for (int k = 0; k < 7 * B * I; k++) x[k] = (float)rn_test_number(9, (uint64_t)k);
        cr_assert_eq(rn_feed(p, w.xs, x, 7 * B * I * sizeof *x), RN_OK);
        rn_test_run(p);
        last = rn_scalar(p, w.loss);
        if (i == 0) first = last;
    }
    cr_assert_eq(w.m.calls, before.calls, "%ld requests", w.m.calls - before.calls);
    cr_assert_lt(last, first, "the loss falls: %g, then %g", first, last);
    cr_log_info("training step: %zu bytes of workspace, %d calls listed, %ld requests to "
                "build and compile, %zu bytes at most",
                rn_program_workspace(p), rn_program_calls(p), before.calls, before.most);
    free(x);
    rn_program_free(p);
    end(&w);
}

static size_t workspace(int64_t steps, int *calls)
{
    world w;
    begin(&w, steps);
    rn_program *p = rn_test_compile(w.g, w.loss);
    const size_t bytes = rn_program_workspace(p);

    *calls = rn_program_calls(p);
    rn_program_free(p);
    end(&w);
    return bytes;
}

/* Linear in T: equal stretches of steps take equal amounts, but for how well the buffers
 * fit into one another; and the list of calls is the same. */
Test(memory, a_workspace_grows_linearly)
{
    size_t bytes[5];
    int calls[5];

    for (int i = 0; i < 5; i++) {
        bytes[i] = workspace(100 + 400 * i, &calls[i]);
        cr_log_info("T = %d: %zu bytes, %d calls", 100 + 400 * i, bytes[i], calls[i]);
    }
    for (int i = 1; i < 4; i++) {
        const double now = (double)(bytes[i + 1] - bytes[i]);
        const double then = (double)(bytes[i] - bytes[i - 1]);
        cr_assert(fabs(now - then) <= 0.15 * then, "%g bytes, then %g", then, now);
        cr_assert_eq(calls[i], calls[0]);
    }
}

/* Temporaries share memory: a chain of a hundred products needs no more than two or
 * three. */
Test(memory, temporaries_share_memory)
{
    rn_graph *g = rn_graph_new();
    enum { N = 32 };
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(N, N));
    rn_tensor y = x;

    for (int i = 0; i < 100; i++) y = rn_tanh(rn_matmul(y, x));
    rn_program *p = rn_test_compile(g, y);
    const size_t one = N * N * sizeof(double);
    cr_log_info("a chain of 100 products: %zu bytes, %zu each", rn_program_workspace(p),
                one);
    cr_assert_leq(rn_program_workspace(p), 8 * one);
    rn_program_free(p);
    rn_graph_free(g);
}

/* An element-wise chain takes turns between two places, and views cost nothing. */
Test(memory, element_wise_chains_and_views_take_little)
{
    rn_graph *g = rn_graph_new();
    enum { N = 1000 };
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(N, 4));
    rn_tensor y = rn_transpose(x);

    for (int i = 0; i < 20; i++) y = rn_tanh(rn_reshape(rn_neg(y), rn_shape(2, N * 2)));
    rn_program *p = rn_test_compile(g, y);
    cr_log_info("a chain of 40 maps: %zu bytes, %d calls", rn_program_workspace(p),
                rn_program_calls(p));
    cr_assert_leq(rn_program_workspace(p), 3 * N * 4 * sizeof(double) + 512);
    rn_program_free(p);
    rn_graph_free(g);
}

/* The weight is in the model; an input, the gradient and what it is computed from are here.
 * The norm of the gradient, in f64, and the update need no more. */
Test(memory, an_update_takes_no_temporaries)
{
    enum { N = 300 };
    rn_model *model = rn_model_new(1);
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(N, N));
    const rn_tensor w =
        rn_weight(rn_root(g, model), "w", rn_shape(N, N), (rn_init){RN_INIT_NORMAL, 1});
    const rn_tensor loss = rn_sum_all(rn_mul(rn_tanh(w), x));
    const size_t one = N * N * sizeof(float);

    rn_program *p = rn_compile(
        g, (rn_compile_options){.minimize = loss, .with = rn_clipped(rn_adam(0.1), 1)});
    cr_assert(p, "%s", rn_graph_error(g));
    cr_log_info("an update: %zu bytes, a weight of %zu", rn_program_workspace(p), one);
    cr_assert_leq(rn_program_workspace(p), 3 * one + (1 << 17));
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
}

/* Dead code costs nothing: neither memory nor calls. */
Test(memory, what_is_not_asked_for_is_not_there)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(8));
    rn_loop *loop = rn_loop_begin(g);
    rn_loop_steps(loop, 100);
    const rn_tensor a = rn_loop_carry(loop, x), b = rn_loop_carry(loop, x);
    const rn_tensor na = rn_tanh(a), nb = rn_add(b, na);
    rn_loop_next(loop, a, na);
    rn_loop_next(loop, b, nb);
    rn_loop_end(loop);
    const rn_tensor f = rn_loop_final(loop, a);
    rn_program *small = rn_test_compile(g, f);
    rn_loop_collect(loop, nb), rn_loop_history(loop, b), rn_exp(x);
    rn_program *again = rn_test_compile(g, f);

    cr_assert_eq(rn_program_calls(small), rn_program_calls(again));
    cr_assert_eq(rn_program_workspace(small), rn_program_workspace(again));
    cr_assert_leq(rn_program_workspace(small), 4 * 64);
    rn_program_free(small), rn_program_free(again);
    rn_graph_free(g);
}
