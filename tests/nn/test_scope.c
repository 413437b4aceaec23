/* SPDX-License-Identifier: MIT */
/* Scopes: names, sharing, and refused declarations. */
#include "nn_support.h"

#include <string.h>

static const rn_init normal = {RN_INIT_NORMAL, 1};

Test(scope, paths)
{
    rn_test_world w = rn_test_begin();
    rn_scope a = rn_scope_in(w.root, "a"), ab = rn_scope_in(a, "b");

    cr_assert_str_eq(w.root.path, "");
    cr_assert_str_eq(a.path, "a");
    cr_assert_str_eq(ab.path, "a/b");
    rn_weight(ab, "w", rn_shape(1), normal);
    rn_weight(rn_share(w.root), "a/b/w", rn_shape(1), normal);
    rn_weight(rn_share(a), "b/w", rn_shape(1), normal);
    cr_assert_eq(rn_model_count(w.model), 1);
    cr_assert_str_eq(rn_variable_name(rn_model_at(w.model, 0)), "a/b/w");
    rn_test_end(&w);
}

Test(scope, inference_is_inherited)
{
    rn_test_world w = rn_test_begin();

    cr_assert(!rn_scope_in(w.root, "a").inference);
    cr_assert(rn_scope_in(rn_root_inference(w.graph, w.model), "a").inference);
    rn_test_end(&w);
}

Test(scope, two_graphs_share_a_weight)
{
    rn_test_world w = rn_test_begin();
    rn_graph *other = rn_graph_new();
    rn_tensor x = rn_weight(w.root, "w", rn_shape(4), normal);
    rn_tensor again = rn_weight(rn_share(w.root), "w", rn_shape(4), normal);
    rn_tensor there =
        rn_weight(rn_root(other, w.model), "w", rn_shape(4), (rn_init){RN_INIT_ZEROS, 0});
    double here[4], values[4];

    cr_assert_eq(x.id, again.id);
    cr_assert_eq(rn_model_count(w.model), 1);
    rn_test_value_f64(x, here);
    rn_test_value_f64(there, values);
    cr_assert(!memcmp(here, values, sizeof here));
    cr_assert(here[0] != 0);
    rn_graph_free(other);
    rn_test_end(&w);
}

Test(scope, values_do_not_depend_on_the_order)
{
    rn_test_world w = rn_test_begin(), v = rn_test_begin();

    rn_weight(w.root, "a", rn_shape(5), normal);
    rn_weight(w.root, "b", rn_shape(5), normal);
    rn_weight(v.root, "b", rn_shape(5), normal);
    rn_weight(v.root, "c", rn_shape(3), normal);
    rn_weight(v.root, "a", rn_shape(5), normal);
    cr_assert(!memcmp(rn_test_values(w.model, "a"), rn_test_values(v.model, "a"), 40));
    cr_assert(!memcmp(rn_test_values(w.model, "b"), rn_test_values(v.model, "b"), 40));
    cr_assert(memcmp(rn_test_values(w.model, "a"), rn_test_values(w.model, "b"), 40));
    rn_test_end(&w);
    rn_test_end(&v);
}

Test(scope, a_weight_inside_a_loop_is_that_of_the_root)
{
    rn_test_world w = rn_test_begin();
    rn_loop *loop = rn_loop_begin(w.graph);

    rn_loop_steps(loop, 3);
    rn_tensor carry = rn_loop_carry(loop, rn_fill(w.graph, RN_F64, rn_shape(2), 0));
    rn_tensor x = rn_weight(w.root, "w", rn_shape(2), (rn_init){RN_INIT_CONSTANT, 2});
    rn_scope inside = {.graph = rn_loop_body(loop), .model = w.model, .path = ""};
    rn_tensor y = rn_weight(inside, "w", rn_shape(2), normal);
    cr_assert_eq(x.graph, w.graph);
    cr_assert_eq(y.graph, w.graph);
    rn_loop_next(loop, carry, rn_add(carry, x));
    cr_assert(rn_loop_end(loop), "%s", rn_graph_error(w.graph));

    double sum[2];
    rn_test_value_f64(rn_loop_final(loop, carry), sum);
    cr_assert(sum[0] == 6 && sum[1] == 6);
    rn_test_end(&w);
}

/* ---- refusals ---- */

/* Declares "a" as f64 [2,3], then something else. */
#define REFUSES(test, message, ...)                                                        \
    Test(scope, test)                                                                      \
    {                                                                                      \
        rn_test_world w = rn_test_begin();                                                 \
        rn_scope s = w.root;                                                               \
        rn_weight(s, "a", rn_shape(2, 3), normal);                                         \
        rn_state(s, "s", RN_I32, rn_shape(2));                                             \
        rn_tensor x = __VA_ARGS__;                                                         \
        cr_assert(rn_is_null(x));                                                          \
        rn_test_error_is(w.graph, message);                                                \
        cr_assert_eq(rn_model_count(w.model), 2);                                          \
        rn_test_end(&w);                                                                   \
    }

REFUSES(another_shape, "weight: the model has another shape: a is [2,3], not [3,2]",
        rn_weight(s, "a", rn_shape(3, 2), normal))
REFUSES(another_type, "state: the model has another type: s is i32, not f64",
        rn_state(s, "s", RN_F64, rn_shape(2)))
REFUSES(another_state_shape, "state: the model has another shape: s is [2], not []",
        rn_state(s, "s", RN_I32, rn_shape()))
REFUSES(state_for_weight, "weight: the model has a state of that name: s",
        rn_weight(s, "s", rn_shape(2), normal))
REFUSES(weight_for_state, "state: the model has a weight of that name: a",
        rn_state(s, "a", RN_F64, rn_shape(2, 3)))
REFUSES(bad_shape, "weight: invalid shape: b [2,-3]",
        rn_weight(s, "b", rn_shape(2, -3), normal))
REFUSES(empty_name, "scope: a name is missing: in the root",
        rn_weight(s, "", rn_shape(2), normal))
REFUSES(null_name, "scope: a name is missing: in q",
        rn_weight(rn_scope_in(s, "q"), NULL, rn_shape(2), normal))
REFUSES(empty_scope, "scope: a name is missing: in the root",
        rn_weight(rn_scope_in(s, ""), "b", rn_shape(2), normal))
REFUSES(control_character, "weight: the name has a control character: a\nb [2]",
        rn_weight(s, "a\nb", rn_shape(2), normal))
REFUSES(not_utf8, "weight: the name is not UTF-8: \xff [2]",
        rn_weight(s, "\xff", rn_shape(2), normal))
REFUSES(metadata, "weight: the name is reserved by the file format: __metadata__ [2]",
        rn_weight(s, "__metadata__", rn_shape(2), normal))

Test(scope, names_are_utf8)
{
    rn_test_world w = rn_test_begin();

    cr_assert(
        !rn_is_null(rn_weight(w.root, "\xce\xb8\xf0\x9f\x90\xb1", rn_shape(1), normal)));
    rn_test_end(&w);
}

Test(scope, without_a_model)
{
    rn_graph *g = rn_graph_new();

    cr_assert(rn_is_null(rn_weight(rn_root(g, NULL), "w", rn_shape(2), normal)));
    rn_test_error_is(g, "weight: the scope has no model: w");
    rn_graph_free(g);
}

Test(scope, without_a_graph)
{
    rn_model *model = rn_test_model(1);
    const rn_scope s = rn_scope_in(rn_root(NULL, model), "a");

    cr_assert(rn_is_null(rn_weight(s, "w", rn_shape(2), normal)));
    cr_assert(rn_is_null(rn_state(s, "w", RN_I32, rn_shape(2))));
    cr_assert(rn_is_null(rn_random_ticks(s, rn_null())));
    cr_assert_eq(rn_model_count(model), 0);
    rn_model_free(model);
}

Test(scope, nothing_is_declared_after_an_error)
{
    rn_test_world w = rn_test_begin();

    rn_fail(w.graph, "first");
    cr_assert(rn_is_null(rn_weight(w.root, "w", rn_shape(2), normal)));
    cr_assert_eq(rn_model_count(w.model), 0);
    rn_test_error_is(w.graph, "first");
    rn_test_end(&w);
}
