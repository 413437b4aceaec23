/* SPDX-License-Identifier: MIT */
/*
 * Sums that leave two loops. An inner loop sums products of values that are the same in
 * every outer step. So its final value leaves both loops, although another carry keeps the
 * inner loop in the outer one. The outer loop sums that final value, which is then not a
 * stack.
 */
#include "naive.h"

enum { B = 3, I = 2 };

static void set_leaf(const rn_graph *graph, int32_t id, void *to)
{
    rn_test_numbers((double *)to, rn_shape_count(rn__at(graph, id)->shape),
                    7 + (uint64_t)id);
}

typedef struct world {
    rn_graph *g;
    rn_tensor es, xs, sum, all;
} world;

static world build(int64_t outer_steps, int64_t inner_steps, int kind)
{
    world w = {.g = rn_graph_new()};
    const rn_shape square = rn_shape(I, I);
    w.es = rn_test_f64(w.g, "es", rn_shape(outer_steps));
    w.xs = rn_test_f64(w.g, "xs", rn_shape(inner_steps, B, I));

    rn_loop *outer = rn_loop_begin(w.g);
    const rn_tensor e = rn_loop_each(outer, w.es);
    rn_loop *inner = rn_loop_begin(rn_loop_body(outer));
    const rn_tensor x = rn_loop_each(inner, w.xs);
    const rn_tensor a = rn_loop_carry(inner, rn_fill(w.g, RN_F64, square, 0.25));
    const rn_tensor b = rn_loop_carry(inner, e);
    rn_loop_next(inner, a, rn_add(a, rn_matmul_transposed(x, rn_sin(x), RN_TRANSPOSE_X)));
    rn_loop_next(inner, b, rn_sin(b));
    rn_loop_end(inner);
    const rn_tensor end = rn_loop_final(inner, a), other = rn_loop_final(inner, b);
    const rn_tensor wide = rn_broadcast(rn_offset(other, 1), square);
    const rn_tensor d = kind == 0   ? rn_sum_axis(end, 0)
                        : kind == 1 ? rn_matmul_transposed(wide, end, RN_TRANSPOSE_X)
                        : kind == 2
                            ? rn_matmul_transposed(end, wide, RN_TRANSPOSE_X)
                            : rn_matmul_transposed(end, rn_tanh(end), RN_TRANSPOSE_X);
    const rn_tensor s = rn_loop_carry(outer, rn_fill(w.g, RN_F64, rn_shape_get(d), 0.5));
    rn_loop_next(outer, s, rn_add(s, d));
    cr_assert(rn_loop_end(outer), "%s", rn_graph_error(w.g));
    w.sum = rn_loop_final(outer, s), w.all = rn_loop_collect(outer, other);
    return w;
}

static void check(world *w, const char *what)
{
    rn_test_naive naive = rn_test_naive_new(w->g, NULL);
    rn_program *p = rn_test_compile(w->g, w->sum, w->all);
    double got[I * I];

    rn_test_naive_run(&naive, set_leaf);
    rn_test_feed(p, w->es, (const double *)naive.at[w->es.id]);
    rn_test_feed(p, w->xs, (const double *)naive.at[w->xs.id]);
    rn_test_run(p);
    rn_test_near(rn_test_read(p, w->sum, got), (const double *)naive.at[w->sum.id],
                 rn_test_count(w->sum), 1e-13, what);
    rn_program_free(p);
    rn_test_naive_free(&naive);
    rn_graph_free(w->g);
}

Test(hoist_nested, sums_of_what_is_the_same_in_every_step)
{
    static const char *const kinds[] = {"a sum", "a product with it", "a product of it",
                                        "a product of it and itself"};

    for (int kind = 0; kind < 4; kind++)
        for (int64_t outer = 0; outer < 4; outer++)
            for (int64_t inner = 0; inner < 3; inner++) {
                world w = build(outer, inner, kind);
                check(&w, kinds[kind]);
            }
}
