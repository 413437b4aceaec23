/* SPDX-License-Identifier: MIT */
/* Loops in the wrong order: after the end, never ended, too deep, an error in between. */
#include "run/driver.h"

typedef struct world {
    rn_graph *g;
    rn_tensor xs, h0;
    rn_loop *loop;
    rn_tensor x, h;
} world;

/* An ended loop h = h + x. */
static world begin(void)
{
    world w = {.g = rn_graph_new()};

    w.xs = rn_test_f64(w.g, "xs", rn_shape(5, 2));
    w.h0 = rn_test_f64(w.g, "h0", rn_shape(2));
    w.loop = rn_loop_begin(w.g);
    w.x = rn_loop_each(w.loop, w.xs);
    w.h = rn_loop_carry(w.loop, w.h0);
    rn_loop_next(w.loop, w.h, rn_add(w.h, w.x));
    cr_assert(rn_loop_end(w.loop));
    return w;
}

#define AFTER_THE_END(message, statement)                                                  \
    do {                                                                                   \
        world w = begin();                                                                 \
        statement;                                                                         \
        rn_test_error_is(w.g, message);                                                    \
        rn_graph_free(w.g);                                                                \
    } while (0)

Test(loop_order, after_the_end)
{
    AFTER_THE_END("loop: each: the loop has ended", rn_loop_each(w.loop, w.xs));
    AFTER_THE_END("loop: carry: the loop has ended", rn_loop_carry(w.loop, w.h0));
    AFTER_THE_END("loop: next: the loop has ended", rn_loop_next(w.loop, w.h, w.x));
    AFTER_THE_END("loop: index: the loop has ended", rn_loop_index(w.loop));
    AFTER_THE_END("loop: steps: the loop has ended", rn_loop_steps(w.loop, 5));
    AFTER_THE_END("loop: reverse: the loop has ended", rn_loop_reverse(w.loop));
    AFTER_THE_END("loop: end: the loop has ended", rn_loop_end(w.loop));
    AFTER_THE_END("loop: begun in the body of a loop that has ended",
                  cr_assert_null(rn_loop_begin(rn_loop_body(w.loop))));
    AFTER_THE_END("loop: lengths: the loop has ended",
                  rn_loop_lengths(w.loop, rn_input(w.g, "n", RN_I32, rn_shape(2))));
    AFTER_THE_END("mul: the loop has ended; rn_loop_collect returns its values: xs [2], "
                  "carry#1 [2]",
                  rn_mul(w.x, w.h));
}

Test(loop_order, before_the_end)
{
    for (int k = 0; k < 3; k++) {
        rn_graph *g = rn_graph_new();
        rn_loop *loop = rn_loop_begin(g);
        const rn_tensor h = rn_loop_carry(loop, rn_test_f64(g, "h0", rn_shape(2)));
        const rn_tensor y = k == 0   ? rn_loop_collect(loop, h)
                            : k == 1 ? rn_loop_final(loop, h)
                                     : rn_loop_history(loop, h);

        cr_assert(rn_is_null(y));
        rn_test_error_is(g, k == 0   ? "loop: collect: the loop has not ended"
                            : k == 1 ? "loop: final: the loop has not ended"
                                     : "loop: history: the loop has not ended");
        rn_graph_free(g);
    }
}

Test(loop_order, a_loop_that_is_never_ended)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor xs = rn_test_f64(g, "xs", rn_shape(5, 2));
    rn_loop *loop = rn_loop_begin(g);
    const rn_tensor y = rn_neg(rn_loop_each(loop, xs));

    cr_assert_null(rn_compile(g, (rn_compile_options){RN_OUTPUTS(y)}));
    rn_test_error_is(g,
                     "compile: output 0 is of another graph or a loop's body: neg#1 [2]");
    rn_graph_free(g);
}

Test(loop_order, an_inner_loop_that_is_never_ended)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor xs = rn_test_f64(g, "xs", rn_shape(5, 2, 3));
    rn_loop *outer = rn_loop_begin(g);
    const rn_tensor x = rn_loop_each(outer, xs);
    rn_loop *inner = rn_loop_begin(rn_loop_body(outer));
    const rn_tensor z = rn_name(rn_neg(rn_loop_each(inner, x)), "z");

    cr_assert(rn_is_null(rn_add(x, rn_loop_collect(inner, z))));
    rn_test_error_is(g, "loop: collect: the loop has not ended");
    rn_graph_free(g);
}

Test(loop_order, inputs_belong_outside)
{
    rn_graph *g = rn_graph_new();
    rn_loop *loop = rn_loop_begin(g);

    cr_assert(rn_is_null(rn_input(rn_loop_body(loop), "x", RN_F64, rn_shape(2))));
    rn_test_error_is(g, "input: inputs belong outside loops: x");
    rn_graph_free(g);
}

Test(loop_order, nested_too_deep)
{
    rn_graph *g = rn_graph_new(), *body = g;

    for (int depth = 0; depth < RN_LOOP_DEPTH; depth++) {
        rn_loop *loop = rn_loop_begin(body);
        cr_assert(loop);
        body = rn_loop_body(loop);
    }
    cr_assert_null(rn_loop_begin(body));
    rn_test_error_is(g, "loop: nested deeper than 4");
    rn_graph_free(g);
}

Test(loop_order, a_stack_of_too_high_a_rank)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(1, 1, 1, 1, 1, 1, 1, 1));
    rn_loop *loop = rn_loop_begin(g);
    const rn_tensor h = rn_loop_carry(loop, x), n = rn_neg(h);

    rn_loop_steps(loop, 2);
    rn_loop_next(loop, h, n);
    cr_assert(rn_loop_end(loop));
    cr_assert(rn_is_null(rn_loop_collect(loop, n)));
    rn_test_error_is(g, "loop: collect: rank above 8");
    rn_graph_free(g);
}

Test(loop_order, a_stack_that_is_too_large)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(1 << 20));
    rn_loop *loop = rn_loop_begin(g);
    const rn_tensor h = rn_loop_carry(loop, x), n = rn_neg(h);

    rn_loop_steps(loop, INT64_C(1) << 40);
    rn_loop_next(loop, h, n);
    cr_assert(rn_loop_end(loop));
    cr_assert(rn_is_null(rn_loop_collect(loop, n)));
    rn_test_error_is(g, "loop: collect: invalid shape: [1099511627776,1048576]");
    rn_graph_free(g);
}

/* A graph may be freed whatever state its loops are in. */
Test(loop_order, freed_in_the_middle)
{
    for (int stage = 0; stage < 5; stage++) {
        rn_graph *g = rn_graph_new();
        const rn_tensor xs = rn_test_f64(g, "xs", rn_shape(5, 2, 3));
        rn_loop *loop = stage > 0 ? rn_loop_begin(g) : NULL;
        const rn_tensor x = rn_loop_each(loop, xs);
        rn_loop *inner = stage > 1 ? rn_loop_begin(rn_loop_body(loop)) : NULL;
        if (stage > 2) rn_neg(rn_loop_each(inner, x));
        if (stage > 3) cr_assert(rn_loop_end(inner));
        rn_graph_free(g);
    }
}

Test(loop_order, everything_takes_null_after_an_error)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(2)), none = rn_null();
    rn_loop *loop = rn_loop_begin(g);
    const rn_tensor h = rn_loop_carry(loop, x);

    rn_fail(g, "first");
    cr_assert(rn_is_null(rn_loop_carry(loop, x)) && rn_is_null(rn_loop_each(loop, x)));
    cr_assert(rn_is_null(rn_loop_index(loop)));
    rn_loop_next(loop, h, none), rn_loop_next(loop, none, h), rn_loop_next(NULL, h, h);
    rn_loop_reverse(loop), rn_loop_reverse(NULL);
    rn_loop_steps(loop, -4), rn_loop_steps(NULL, 4);
    rn_loop_lengths(loop, x), rn_loop_lengths(NULL, x), rn_loop_lengths(loop, none);
    cr_assert_null(rn_loop_body(NULL));
    cr_assert_null(rn_loop_begin(NULL));
    cr_assert_not(rn_loop_end(loop));
    cr_assert_not(rn_loop_end(NULL));
    cr_assert(rn_is_null(rn_loop_collect(loop, h)) && rn_is_null(rn_loop_final(loop, h)));
    cr_assert(rn_is_null(rn_loop_history(loop, h)));
    rn_test_error_is(g, "first");
    rn_graph_free(g);
}
