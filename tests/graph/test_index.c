/* SPDX-License-Identifier: MIT */
/* The table of keys of a graph: existing nodes are found and not built twice. */
#include "run/driver.h"

#include "graph/index.h"
#include "graph/node.h"

enum { KEYS = 3000 };

Test(index, finds_what_was_added_and_nothing_else)
{
    static const char of[7] = {0};
    rn__index index = {0};
    rn_allocator a = {0};

    cr_assert_eq(rn__index_find(&index, (rn__key){of, 0, 0}), -1);
    for (int i = 0; i < KEYS; i++) {
        const rn__key key = {of + i % 7, i / 7 % 3, i / 21};
        cr_assert_eq(rn__index_find(&index, key), -1);
        cr_assert(rn__index_add(a, &index, key, i));
    }
    for (int i = 0; i < KEYS; i++)
        cr_assert_eq(rn__index_find(&index, (rn__key){of + i % 7, i / 7 % 3, i / 21}), i);
    cr_assert_eq(rn__index_find(&index, (rn__key){of, 3, 0}), -1);
    cr_assert_eq(rn__index_find(&index, (rn__key){of, 0, KEYS}), -1);
    rn__index_finish(a, &index);
}

Test(index, leaves_and_outputs_are_made_once)
{
    enum { MANY = 100 };
    rn_graph *g = rn_graph_new();
    rn_tensor x[MANY], each[MANY], captured[MANY], stack[MANY];
    rn_loop *loop = rn_loop_begin(g);

    for (int i = 0; i < MANY; i++) x[i] = rn_input(g, "x", RN_F32, rn_shape(3, 2));
    for (int i = 0; i < MANY; i++) {
        each[i] = rn_loop_each(loop, x[i]);
        captured[i] = rn_add(each[i], rn_index(x[i], 0, 0));
    }
    const int32_t leaves = rn_loop_body(loop)->count;
    for (int i = 0; i < MANY; i++) cr_assert_eq(rn_loop_each(loop, x[i]).id, each[i].id);
    cr_assert_eq(rn_loop_body(loop)->count, leaves);
    cr_assert_eq(loop->capture.count, MANY);
    for (int i = 0; i < MANY; i++) {
        const rn__pair *p = rn__pair_of(&loop->each, each[i].id);
        cr_assert(p && p->outer == x[i].id);
        cr_assert_null(rn__pair_of(&loop->capture, each[i].id));
    }
    cr_assert(rn_loop_end(loop), "%s", rn_graph_error(g));
    for (int i = 0; i < MANY; i++) stack[i] = rn_loop_collect(loop, captured[i]);
    for (int i = 0; i < MANY; i++)
        cr_assert_eq(rn_loop_collect(loop, captured[i]).id, stack[i].id);
    cr_assert_eq(loop->output.count, MANY);
    rn_graph_free(g);
}

Test(index, a_variable_is_read_and_assigned_once)
{
    enum { MANY = 100 };
    rn_graph *g = rn_graph_new();
    rn_variable *v[MANY];
    rn_tensor x[MANY];

    for (int i = 0; i < MANY; i++) {
        v[i] = rn_variable_new((rn_allocator){0}, "v", RN_F32, rn_shape(2));
        x[i] = rn_read_variable(g, v[i]);
    }
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < MANY; i++) {
            cr_assert_eq(rn_read_variable(g, v[i]).id, x[i].id);
            rn_assign(x[i], rn_scale(x[i], k + 2));
        }
    cr_assert_eq(g->assignments, MANY);
    for (int i = 0; i < MANY; i++) {
        cr_assert_eq(g->assignment[i].variable, x[i].id);
        cr_assert_gt(g->assignment[i].value, g->assignment[MANY - 1].variable);
        rn_variable_release(v[i]);
    }
    rn_graph_free(g);
}
