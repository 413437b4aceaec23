/* SPDX-License-Identifier: MIT */
/* Models: variables by name, their values, and who owns them. */
#include "nn_support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "rondo/ops.h"

static const rn_init ones = {RN_INIT_CONSTANT, 1};

Test(model, real_types_only)
{
    const rn_allocator a = {NULL, NULL};

    cr_assert(!rn_model_new_using(1, RN_I32, a));
    cr_assert(!rn_model_new_using(1, RN_BOOL, a));
    rn_model_free(NULL);
}

Test(model, no_model_has_nothing)
{
    double x = 0;

    cr_assert_eq(rn_model_count(NULL), 0);
    cr_assert(!rn_model_at(NULL, 0));
    cr_assert(!rn_model_find(NULL, "w"));
    cr_assert_eq(rn_model_parameters(NULL), 0);
    cr_assert_str_eq(rn_model_error(NULL), "");
    cr_assert_eq(rn_model_set(NULL, "w", &x, sizeof x), RN_INVALID);
    cr_assert_eq(rn_model_get(NULL, "w", &x, sizeof x), RN_INVALID);
    cr_assert_eq(rn_model_save(NULL, "x"), RN_INVALID);
    cr_assert_eq(rn_model_load(NULL, "x"), RN_INVALID);
    rn_model_reset_states(NULL);
}

Test(model, variables_in_order_of_creation)
{
    rn_model *model = rn_test_model(1);
    rn_graph *g = rn_graph_new();
    const rn_scope s = rn_root(g, model);

    rn_weight(s, "b", rn_shape(3), ones);
    rn_state(s, "count", RN_I32, rn_shape());
    rn_weight(rn_scope_in(s, "in"), "a", rn_shape(2, 5), ones);
    cr_assert_str_eq(rn_graph_error(g), "");
    cr_assert_eq(rn_model_count(model), 3);
    cr_assert_str_eq(rn_variable_name(rn_model_at(model, 0)), "b");
    cr_assert_str_eq(rn_variable_name(rn_model_at(model, 1)), "count");
    cr_assert_str_eq(rn_variable_name(rn_model_at(model, 2)), "in/a");
    cr_assert(!rn_model_at(model, 3));
    cr_assert(!rn_model_at(model, -1));
    cr_assert(rn_model_is_weight(model, 0));
    cr_assert(!rn_model_is_weight(model, 1));
    cr_assert(!rn_model_is_weight(model, 7));
    cr_assert_eq(rn_model_parameters(model), 13);
    cr_assert_eq(rn_model_find(model, "in/a"), rn_model_at(model, 2));
    cr_assert(!rn_model_find(model, "a"));
    cr_assert(!rn_model_find(model, ""));
    cr_assert(!rn_model_find(model, NULL));
    rn_graph_free(g);
    rn_model_free(model);
}

Test(model, finds_many_names)
{
    enum { MANY = 3000 };
    rn_model *model = rn_test_model(1);
    rn_graph *g = rn_graph_new();
    char name[32];

    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "layer%d/w", i);
        rn_weight(rn_root(g, model), name, rn_shape(1), ones);
    }
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "layer%d/w", i);
        cr_assert_eq(rn_model_find(model, name), rn_model_at(model, i));
    }
    cr_assert(!rn_model_find(model, "layer3000/w"));
    rn_graph_free(g);
    rn_model_free(model);
}

Test(model, values_in_and_out)
{
    rn_model *model = rn_test_model(1);
    rn_graph *g = rn_graph_new();
    double in[2] = {3, -4}, out[2] = {0, 0};

    rn_weight(rn_root(g, model), "w", rn_shape(2), ones);
    cr_assert_eq(rn_model_get(model, "w", out, sizeof out), RN_OK);
    cr_assert(out[0] == 1 && out[1] == 1);
    cr_assert_eq(rn_model_set(model, "w", in, sizeof in), RN_OK);
    cr_assert_eq(rn_model_get(model, "w", out, sizeof out), RN_OK);
    cr_assert(out[0] == 3 && out[1] == -4);

    cr_assert_eq(rn_model_set(model, "v", in, sizeof in), RN_INVALID);
    cr_assert_str_eq(rn_model_error(model), "model_set: no such variable: v");
    cr_assert_eq(rn_model_set(model, "w", in, 8), RN_INVALID);
    cr_assert_str_eq(rn_model_error(model), "model_set: wrong size: w has 16 bytes, not 8");
    cr_assert_eq(rn_model_get(model, "w", out, 24), RN_INVALID);
    cr_assert_str_eq(rn_model_error(model),
                     "model_get: wrong size: w has 16 bytes, not 24");
    rn_graph_free(g);
    rn_model_free(model);
}

Test(model, variables_outlive_it_in_graphs_and_programs)
{
    rn_model *model = rn_test_model(1);
    rn_graph *g = rn_graph_new();
    rn_tensor y = rn_scale(rn_weight(rn_root(g, model), "w", rn_shape(2), ones), 5);
    rn_program *program = rn_test_compile(y);
    double out[2];

    rn_model_free(model);
    rn_graph_free(g);
    rn_test_run_once(program);
    cr_assert_eq(rn_read(program, y, out, sizeof out), RN_OK);
    cr_assert(out[0] == 5 && out[1] == 5);
    rn_program_free(program);
}

Test(model, an_f32_model_has_f32_weights)
{
    rn_model *model = rn_model_new(1);
    rn_graph *g = rn_graph_new();
    rn_tensor w = rn_weight(rn_root(g, model), "w", rn_shape(2), ones);

    cr_assert_eq(rn_type_get(w), RN_F32);
    cr_assert_eq(rn_variable_type(rn_model_at(model, 0)), RN_F32);
    cr_assert(*(float *)rn_variable_data(rn_model_at(model, 0)) == 1.0f);
    rn_graph_free(g);
    rn_model_free(model);
}

static bool build(rn_allocator a)
{
    rn_model *model = rn_model_new_using(1, RN_F64, a);
    rn_graph *g = rn_graph_new_using(a);
    char name[16];
    bool done = model && g;

    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "w%d", i);
        rn_weight(rn_scope_in(rn_root(g, model), "deep"), name, rn_shape(3, 2),
                  (rn_init){RN_INIT_ORTHOGONAL, 0});
    }
    rn_state(rn_root(g, model), "state", RN_I32, rn_shape(2));
    if (g && *rn_graph_error(g)) done = false;
    if (done) cr_assert_eq(rn_model_count(model), 21);
    rn_graph_free(g);
    rn_model_free(model);
    return done;
}

Test(model, every_allocation_may_fail)
{
    rn_test_each_failure(build);
}

/* ---- new initial values ---- */

typedef struct initialized {
    rn_model *model;
    rn_graph *graph;
} initialized;

/* Weights a/u, a/w, b/u and a state a/s. */
static initialized four(void)
{
    initialized t = {rn_test_model(5), rn_graph_new()};
    const rn_scope s = rn_root(t.graph, t.model), a = rn_scope_in(s, "a");

    rn_weight(a, "u", rn_shape(2), ones);
    rn_weight(a, "w", rn_shape(2), ones);
    rn_weight(rn_scope_in(s, "b"), "u", rn_shape(2), ones);
    rn_state(a, "s", RN_F64, rn_shape(2));
    cr_assert_str_eq(rn_graph_error(t.graph), "");
    return t;
}

static void finish(initialized t)
{
    rn_graph_free(t.graph);
    rn_model_free(t.model);
}

static void values_are(const rn_model *model, double au, double aw, double bu)
{
    const double want[] = {au, aw, bu, 0};

    for (int i = 0; i < 4; i++) {
        const double *x = (const double *)rn_variable_data(rn_model_at(model, i));
        cr_assert(x[0] == want[i] && x[1] == want[i], "%s: %g, not %g",
                  rn_variable_name(rn_model_at(model, i)), x[0], want[i]);
    }
}

Test(model, initialize_sets_what_the_patterns_match)
{
    const initialized t = four();

    cr_assert_eq(rn_model_initialize(t.model, "*u", (rn_init){RN_INIT_CONSTANT, 2}), RN_OK);
    values_are(t.model, 2, 1, 2);
    cr_assert_eq(rn_model_initialize(t.model, "a/*", (rn_init){RN_INIT_CONSTANT, 3}),
                 RN_OK);
    values_are(t.model, 3, 3, 2);
    cr_assert_eq(rn_model_initialize(t.model, "b/u, a/w", (rn_init){RN_INIT_ZEROS, 0}),
                 RN_OK);
    values_are(t.model, 3, 0, 0);
    finish(t);
}

/* The values are those that the weight has if it is created so. */
Test(model, initialize_gives_the_values_of_a_new_weight)
{
    const initialized t = four();
    rn_model *model = rn_test_model(5);
    rn_graph *g = rn_graph_new();
    const rn_init normal = {RN_INIT_NORMAL, 1};

    rn_weight(rn_root(g, model), "a/w", rn_shape(2), normal);
    cr_assert_eq(rn_model_initialize(t.model, "a/w", normal), RN_OK);
    cr_assert(!memcmp(rn_test_values(t.model, "a/w"), rn_test_values(model, "a/w"),
                      2 * sizeof(double)));
    finish(t);
    rn_graph_free(g);
    rn_model_free(model);
}

Test(model, initialize_refuses)
{
    const initialized t = four();
    const rn_init twos = {RN_INIT_CONSTANT, 2};

    cr_assert_eq(rn_model_initialize(NULL, "*", twos), RN_INVALID);
    cr_assert_eq(rn_model_initialize(t.model, NULL, twos), RN_INVALID);
    cr_assert_str_eq(rn_model_error(t.model), "model_initialize: no pattern of names");
    cr_assert_eq(rn_model_initialize(t.model, "*u, a/s", twos), RN_INVALID);
    cr_assert_str_eq(rn_model_error(t.model),
                     "model_initialize: the model has no such weight: a/s");
    cr_assert_eq(rn_model_initialize(t.model, "*", (rn_init){(rn_initializer)99, 0}),
                 RN_INVALID);
    cr_assert_str_eq(rn_model_error(t.model), "model_initialize: no initialiser 99");
    values_are(t.model, 1, 1, 1);
    finish(t);
}

static double largest_moment(const rn_model *model)
{
    double largest = 0;

    for (int i = 4; i < rn_model_count(model); i++) {
        rn_variable *v = rn_model_at(model, i);
        if (rn_variable_type(v) != RN_F64 || rn_variable_shape(v).rank != 1) continue;
        largest = fmax(largest, fabs(((const double *)rn_variable_data(v))[0]));
    }
    return largest;
}

/* Moments belong to the weights that they were gathered for. */
Test(model, initialize_resets_moments)
{
    const initialized t = four();
    rn_tensor w = rn_weight(rn_share(rn_root(t.graph, t.model)), "a/w", rn_shape(2), ones);
    rn_program *p =
        rn_compile(t.graph, (rn_compile_options){.minimize = rn_sum_all(rn_square(w)),
                                                 .with = rn_adam(0.1)});

    cr_assert(p, "%s", rn_graph_error(t.graph));
    rn_test_run_once(p);
    rn_program_free(p);
    cr_assert(largest_moment(t.model) > 0.1);
    cr_assert_eq(rn_model_initialize(t.model, "a/w", ones), RN_OK);
    cr_assert(largest_moment(t.model) == 0);
    finish(t);
}
