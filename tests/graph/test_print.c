/* SPDX-License-Identifier: MIT */
/* The graph as text. */
#include "run/driver.h"

static const char *const want = "0 input \"xs\" f64 [3,2]\n"
                                "1 input \"h0\" f64 [2]\n"
                                "2 variable \"w\" f64 [2]\n"
                                "3 loop 3 steps reversed (1, 0, 2)\n"
                                "    0 carry \"h\" f64 [2] from 1, next 5\n"
                                "    1 each f64 [2] of 0\n"
                                "    2 capture f64 [2] of 2\n"
                                "    3 mul f64 [2] (0, 2)\n"
                                "    4 index i32 []\n"
                                "    5 add f64 [2] (3, 1)\n"
                                "4 get f64 [3,2] (3) collect of 5\n"
                                "5 get f64 [2] (3) final of 0\n"
                                "6 get f64 [4,2] (3) history of 0\n"
                                "7 scalar f64 [] = 0.5\n"
                                "8 mul f64 [2] (5, 7)\n"
                                "assign 2 = 8\n";

static rn_graph *build(rn_variable *w)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor xs = rn_test_f64(g, "xs", rn_shape(3, 2));
    const rn_tensor h0 = rn_test_f64(g, "h0", rn_shape(2));
    const rn_tensor v = rn_read_variable(g, w);
    rn_loop *loop = rn_loop_begin(g);

    rn_loop_reverse(loop);
    const rn_tensor h = rn_name(rn_loop_carry(loop, h0), "h");
    const rn_tensor x = rn_loop_each(loop, xs);
    const rn_tensor hw = rn_mul(h, v);
    rn_loop_index(loop);
    const rn_tensor next = rn_add(hw, x);
    rn_loop_next(loop, h, next);
    rn_loop_end(loop);
    rn_loop_collect(loop, next);
    const rn_tensor last = rn_loop_final(loop, h);
    rn_loop_history(loop, h);
    rn_assign(v, rn_scale(last, 0.5));
    rn_test_error_is(g, "");
    return g;
}

Test(print, a_graph_with_a_loop)
{
    rn_variable *w = rn_variable_new((rn_allocator){0}, "w", RN_F64, rn_shape(2));
    rn_graph *g = build(w);
    char text[2000];

    cr_assert_eq(rn_graph_print(g, text, sizeof text), strlen(want));
    cr_assert_str_eq(text, want);
    rn_graph_free(g);
    rn_variable_release(w);
}

/* Like snprintf for every capacity: as much as fits, an end, and nothing after it. */
Test(print, text_is_cut_where_it_must)
{
    rn_variable *w = rn_variable_new((rn_allocator){0}, "w", RN_F64, rn_shape(2));
    rn_graph *g = build(w);
    const size_t whole = strlen(want);
    char text[2000];

    for (size_t capacity = 0; capacity <= whole + 2; capacity++) {
        memset(text, '#', sizeof text);
        cr_assert_eq(rn_graph_print(g, capacity ? text : NULL, capacity), whole);
        if (capacity == 0) continue;
        const size_t kept = capacity - 1 < whole ? capacity - 1 : whole;
        cr_assert_eq(strlen(text), kept, "capacity %zu", capacity);
        cr_assert(!memcmp(text, want, kept), "capacity %zu", capacity);
        for (size_t i = capacity; i < sizeof text; i++) cr_assert_eq(text[i], '#');
    }
    rn_graph_free(g);
    rn_variable_release(w);
}

Test(print, asking_for_an_output_twice_gives_one_node)
{
    rn_variable *w = rn_variable_new((rn_allocator){0}, "w", RN_F64, rn_shape(2));
    rn_graph *g = rn_graph_new();
    rn_loop *loop = rn_loop_begin(g);
    const rn_tensor h = rn_loop_carry(loop, rn_read_variable(g, w)), n = rn_neg(h);

    rn_loop_steps(loop, 4);
    rn_loop_next(loop, h, n);
    rn_loop_end(loop);
    cr_assert_eq(rn_loop_collect(loop, n).id, rn_loop_collect(loop, n).id);
    cr_assert_eq(rn_loop_final(loop, h).id, rn_loop_final(loop, h).id);
    cr_assert_eq(rn_loop_history(loop, h).id, rn_loop_history(loop, h).id);
    cr_assert_neq(rn_loop_final(loop, h).id, rn_loop_history(loop, h).id);
    rn_graph_free(g);
    rn_variable_release(w);
}
