/* SPDX-License-Identifier: MIT */
/*
 * Hoisting: products that depend on no carry move before the loop, and those that no carry
 * depends on after it, unless they are as fast in its steps; sums over the steps become one
 * product or sum after it. Loops are compared with a direct evaluation of their graphs.
 */
#include "naive.h"

enum { B = 3, I = 2, H = 4 };

typedef struct world {
    rn_graph *g;
    rn_tensor xs, h0, w, u, v, s0; /* v [H,I], s0 [H,I] is not zero */
    rn_loop *loop;
    rn_tensor x, h, next;
} world;

/* h' = tanh(x w + h u) over xs [T,rows,I]; `lengths` [rows] or NULL. */
static world begin_rows(int64_t rows, int64_t steps, bool reverse, const int32_t *lengths)
{
    world w = {.g = rn_graph_new()};

    w.xs = rn_test_f64(w.g, "xs", rn_shape(steps, rows, I));
    w.h0 = rn_test_f64(w.g, "h0", rn_shape(rows, H));
    w.w = rn_test_f64(w.g, "w", rn_shape(I, H));
    w.u = rn_test_f64(w.g, "u", rn_shape(H, H));
    w.v = rn_test_f64(w.g, "v", rn_shape(H, I));
    w.s0 = rn_test_f64(w.g, "s0", rn_shape(H, I));
    w.loop = rn_loop_begin(w.g);
    if (reverse) rn_loop_reverse(w.loop);
    if (lengths) rn_loop_lengths(w.loop, rn_constant(w.g, RN_I32, rn_shape(rows), lengths));
    w.x = rn_loop_each(w.loop, w.xs);
    w.h = rn_loop_carry(w.loop, w.h0);
    w.next = rn_tanh(rn_add(rn_matmul(w.x, w.w), rn_matmul(w.h, w.u)));
    rn_loop_next(w.loop, w.h, w.next);
    return w;
}

static world begin(int64_t steps, bool reverse)
{
    return begin_rows(B, steps, reverse, NULL);
}

static void set_leaf(const rn_graph *graph, int32_t id, void *to)
{
    rn_test_numbers((double *)to, rn_shape_count(rn__at(graph, id)->shape),
                    7 + (uint64_t)id);
}

/* Compares y with the graph's value, and returns how often the program's text has `word`
 * inside its loop. */
static int check(world *w, rn_tensor y, const char *word)
{
    const rn_tensor inputs[] = {w->xs, w->h0, w->w, w->u, w->v, w->s0};
    rn_test_naive naive = rn_test_naive_new(w->g, NULL);
    rn_program *p = rn_test_compile_with(
        w->g, (rn_compile_options){RN_OUTPUTS(y), .without = RN_PASS_ROW_BLOCKS});
    double *got = (double *)malloc(sizeof *got * (size_t)(rn_test_count(y) + 1));
    char text[20000];
    int count = 0;

    rn_test_naive_run(&naive, set_leaf);
    for (int i = 0; i < 6; i++)
        rn_test_feed(p, inputs[i], (const double *)naive.at[inputs[i].id]);
    rn_test_run(p), rn_test_run(p);
    rn_test_near(rn_test_read(p, y, got), (const double *)naive.at[y.id], rn_test_count(y),
                 1e-13, word);
    rn_program_print(p, text, sizeof text);
    /* The calls of the loop are indented, and of maps those of chains. */
    for (const char *line = text; line;
         line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        const char *end = strchr(line, '\n'), *at = strstr(line, word);
        count += line[0] == ' ' && at && (!end || at < end);
    }
    free(got);
    rn_program_free(p);
    rn_test_naive_free(&naive);
    rn_graph_free(w->g);
    return count;
}

static const int64_t counts[] = {0, 1, 2, 5};

/* The product with the weights of the step inputs leaves, that of the carry stays. */
Test(hoist, products_of_step_inputs)
{
    for (int k = 0; k < 8; k++) {
        world w = begin(counts[k / 2], k % 2);
        rn_loop_end(w.loop);
        const int inside = check(&w, rn_loop_collect(w.loop, w.next), "matmul");
        cr_assert_leq(inside, 1, "%d products in the loop", inside);
    }
}

/* With many rows it is as fast in the loop, where its result needs no stack. */
Test(hoist, products_of_many_rows_stay)
{
    for (int k = 0; k < 8; k++) {
        world w = begin_rows(4, counts[k / 2], k % 2, NULL);
        const rn_tensor y = rn_matmul(w.next, w.v);
        rn_loop_end(w.loop);
        const int inside = check(&w, rn_loop_collect(w.loop, y), "matmul");
        cr_expect_eq(inside, 3, "%d products in the loop", inside);
    }
}

/* With lengths it leaves, for it is of the rows that run in all steps, one after the other.
 */
Test(hoist, products_of_packed_rows_leave)
{
    world w = begin_rows(4, 5, false, (int32_t[]){5, 2, 0, 3});
    rn_loop_end(w.loop);
    cr_expect_eq(check(&w, rn_loop_collect(w.loop, w.next), "matmul"), 1);
}

/* Not if what is carried is no product: the loop may become a scan. */
Test(hoist, products_leave_a_loop_without_others)
{
    world w = begin_rows(4, 5, false, NULL);
    w.loop = rn_loop_begin(w.g);
    w.x = rn_loop_each(w.loop, w.xs);
    w.h = rn_loop_carry(w.loop, w.h0);
    rn_loop_next(w.loop, w.h, rn_tanh(rn_add(rn_matmul(w.x, w.w), w.h)));
    rn_loop_end(w.loop);
    cr_expect_eq(check(&w, rn_loop_final(w.loop, w.h), "matmul"), 0);
}

/* Nor if a step would read a large matrix, here of 4.2 MB, for few rows. */
static int by_a_large_matrix(int64_t rows)
{
    enum { FAR = 512, COLUMNS = 1032 };
    world w = begin_rows(rows, 2, false, NULL);
    const rn_tensor x = rn_broadcast(rn_slice(w.x, 1, 0, 1, 1), rn_shape(rows, FAR));
    const rn_tensor v = rn_slice(rn_slice(w.v, 0, 0, 1, 1), 1, 0, 1, 1);
    const rn_tensor z = rn_matmul(x, rn_sin(rn_broadcast(v, rn_shape(FAR, COLUMNS))));
    const rn_tensor y = rn_add(w.next, rn_slice(z, 1, 0, H, 1));

    rn_loop_end(w.loop);
    return check(&w, rn_loop_collect(w.loop, y), "matmul");
}

Test(hoist, products_with_large_matrices_leave)
{
    cr_expect_eq(by_a_large_matrix(31), 2);
    cr_expect_eq(by_a_large_matrix(32), 3);
}

/* z = x v with v [I, N] is computed before the loop; mean and variance of z only where they
 * are of few elements. */
static int normalised(int64_t N, const char *word)
{
    world w = begin(5, false);
    const rn_tensor v =
        rn_reshape(rn_broadcast(rn_sin(w.v), rn_shape(N / H, H, I)), rn_shape(N, I));
    const rn_tensor z = rn_normalize(rn_matmul_transposed(w.x, v, RN_TRANSPOSE_Y), 1e-3);
    const rn_tensor y = rn_add(w.h, rn_mul(w.next, rn_slice(z, 1, 3, 3 + H, 1)));

    rn_loop_end(w.loop);
    return check(&w, rn_loop_collect(w.loop, y), word);
}

Test(hoist, large_reductions_stay_with_their_readers)
{
    cr_expect_eq(normalised(1024, "matmul"), 1);
    cr_expect_eq(normalised(1024, "mean"), 0);
    cr_expect_eq(normalised(2048, "matmul"), 1);
    cr_expect_eq(normalised(2048, "mean"), 2);
}

/* A layer on top of the carry, written inside the loop. */
Test(hoist, products_of_what_is_collected)
{
    for (int k = 0; k < 8; k++) {
        world w = begin(counts[k / 2], k % 2);
        const rn_tensor y = rn_sigmoid(rn_add(rn_matmul(w.next, w.v), rn_matmul(w.h, w.v)));
        rn_loop_end(w.loop);
        const int inside = check(&w, rn_loop_collect(w.loop, y), "matmul");
        cr_assert_leq(inside, 1, "%d products in the loop", inside);
    }
}

/* s = s + h' x, from s0. */
Test(hoist, sums_of_products)
{
    for (int k = 0; k < 8; k++) {
        world w = begin(counts[k / 2], k % 2);
        const rn_tensor s = rn_loop_carry(w.loop, w.s0);
        rn_loop_next(w.loop, s,
                     rn_add(s, rn_matmul_transposed(w.next, w.x, RN_TRANSPOSE_X)));
        rn_loop_end(w.loop);
        const int inside = check(&w, rn_loop_final(w.loop, s), "matmul");
        cr_assert_leq(inside, 1, "%d products in the loop", inside);
    }
}

static rn_tensor increment(const world *w, int kind)
{
    const rn_tensor p = rn_matmul_transposed(w->next, w->x, RN_TRANSPOSE_X);
    const rn_tensor q = rn_matmul_transposed(w->h, w->x, RN_TRANSPOSE_X);

    switch (kind) {
    case 0:
        return rn_add(p, q);
    case 1:
        return rn_add(p, p);
    case 2:
        return rn_reshape(rn_reshape(p, rn_shape(H * I)), rn_shape(H, I));
    case 3:
        return rn_sum_axis(rn_mul(rn_expand(w->next, -1), rn_expand(w->x, 1)), 0);
    case 4:
        return rn_add(q, rn_broadcast(rn_sum_all(w->next), rn_shape(H, I)));
    case 5:
        return rn_mul(p, q);
    default:
        return rn_matmul_transposed(w->u, rn_transpose(w->v), RN_TRANSPOSE_Y);
    }
}

/* Other increments: of one product and another, of sums, of what does not change. */
Test(hoist, sums_of_all_kinds)
{
    for (int kind = 0; kind < 7; kind++)
        for (int k = 0; k < 8; k++) {
            world w = begin(counts[k / 2], k % 2);
            const rn_tensor s = rn_loop_carry(w.loop, w.s0), d = increment(&w, kind);
            rn_loop_next(w.loop, s, k % 3 ? rn_add(s, d) : rn_add(d, s));
            rn_loop_end(w.loop);
            check(&w, rn_loop_final(w.loop, s), "matmul");
        }
}

/* A sum that is looked at on its way is added up step by step. */
Test(hoist, sums_that_are_read)
{
    for (int kind = 0; kind < 4; kind++)
        for (int k = 0; k < 8; k++) {
            world w = begin(counts[k / 2], k % 2);
            const rn_tensor s = rn_loop_carry(w.loop, w.s0);
            const rn_tensor d = rn_matmul_transposed(w.next, w.x, RN_TRANSPOSE_X);
            const rn_tensor n = rn_add(s, d), t = rn_loop_carry(w.loop, w.s0);
            rn_loop_next(w.loop, s, n);
            rn_loop_next(w.loop, t, kind == 0 ? rn_mul(t, s) : kind == 1 ? n : t);
            rn_loop_end(w.loop);
            check(&w,
                  kind < 2    ? rn_loop_final(w.loop, t)
                  : kind == 2 ? rn_loop_history(w.loop, s)
                              : rn_loop_collect(w.loop, d),
                  "matmul");
        }
}
