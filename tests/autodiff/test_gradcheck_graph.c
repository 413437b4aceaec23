/* SPDX-License-Identifier: MIT */
/* The gradient check and its graph: values, variables and refusals. */
#include "run/driver.h"

#include <rondo/gradcheck.h>
#include <rondo/recurrent.h>

static void not_made(rn_gradcheck_report *r, rn_status status, const char *text)
{
    cr_assert(r);
    cr_assert_eq(r->status, status);
    cr_assert_not(r->passed);
    cr_assert_eq(r->checked, 0);
    cr_assert_str_eq(r->text, text);
    rn_gradcheck_free(r);
}

Test(gradcheck_graph, refusals)
{
    rn_graph *g = rn_graph_new(), *other = rn_graph_new();
    const rn_gradcheck_options none = {0};
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(2)), s = rn_sum_all(x);
    const rn_tensor n = rn_input(g, "n", RN_I32, rn_shape()),
                    far = rn_test_f64(other, "far", rn_shape());
    rn_loop *loop = rn_loop_begin(g);
    const rn_tensor inside = rn_loop_each(loop, x);

    not_made(rn_gradcheck(rn_null(), none), RN_INVALID,
             "gradcheck: not made: the loss is the null tensor\n");
    not_made(rn_gradcheck(rn_sum_all(rn_null()), none), RN_INVALID,
             "gradcheck: not made: the loss is the null tensor that sum returned: x is the "
             "null tensor\n");
    not_made(rn_gradcheck(x, none), RN_INVALID,
             "gradcheck: not made: the loss is not a real scalar\n");
    not_made(rn_gradcheck(n, none), RN_INVALID,
             "gradcheck: not made: the loss is not a real scalar\n");
    not_made(rn_gradcheck(inside, none), RN_INVALID,
             "gradcheck: not made: the loss is in a loop's body\n");
    const rn_tensor wrong[] = {s, n, far, rn_null()};
    for (int i = 0; i < 4; i++)
        not_made(rn_gradcheck(
                     s, (rn_gradcheck_options){.tensors = &wrong[i], .tensor_count = 1}),
                 RN_INVALID,
                 "gradcheck: not made: options.tensors must be real inputs or variables of "
                 "the graph\n");
    rn_test_error_is(g, "");
    rn_fail(g, "builder: nonsense");
    not_made(rn_gradcheck(s, none), RN_INVALID, "gradcheck: not made: builder: nonsense\n");
    rn_graph_free(g), rn_graph_free(other);
}

Test(gradcheck_graph, a_run_that_fails)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(3)),
                    n = rn_input(g, "n", RN_I32, rn_shape());
    const rn_tensor s = rn_square(rn_take(x, n));
    const rn_value values[] = {{n, &(int32_t){7}}};

    not_made(
        rn_gradcheck(s, (rn_gradcheck_options){.values = values, .value_count = 1}),
        RN_BAD_VALUE,
        "gradcheck: not made: take: index 7 is outside 0..2 at element 0: result []\n");
    rn_graph_free(g);
}

/* A graph in f32 is checked in f64: to an accuracy that f32 has not. */
Test(gradcheck_graph, in_f32)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(3));
    const float at[] = {0.1f, -0.7f, 0.3f};
    const rn_value values[] = {{x, at}};
    const rn_tensor s = rn_sum_all(rn_exp(rn_tanh(x)));
    rn_gradcheck_report *r = rn_gradcheck(
        s, (rn_gradcheck_options){.values = values, .value_count = 1, .directions = -1});

    cr_assert(r->passed && r->largest < 1e-10, "%s", r->text);
    for (int i = 0; i < 3; i++) {
        const double v = (double)at[r->worst[i].element], t = tanh(v);
        cr_assert_float_eq(r->worst[i].analytic, exp(t) * (1 - t * t), 1e-15);
    }
    rn_gradcheck_free(r);
    rn_graph_free(g);
}

/* The graph, variables, assignments: nothing changes. */
Test(gradcheck_graph, everything_stays_as_it_was)
{
    rn_graph *g = rn_graph_new();
    rn_variable *v = rn_variable_new((rn_allocator){0}, "v", RN_F32, rn_shape(2));
    float *data = (float *)rn_variable_data(v);
    data[0] = 2, data[1] = 3;
    const rn_tensor w = rn_read_variable(g, v), x = rn_test_f64(g, "x", rn_shape(2));
    const rn_tensor s = rn_sum_all(rn_mul(rn_square(w), rn_cast(x, RN_F32)));
    rn_assign(w, rn_neg(w));
    char before[2000], after[2000];
    rn_graph_print(g, before, sizeof before);
    const double at[] = {10, 100};
    const rn_value values[] = {{x, at}};
    rn_gradcheck_report *r = rn_gradcheck(
        s, (rn_gradcheck_options){.values = values, .value_count = 1, .directions = -1});
    rn_graph_print(g, after, sizeof after);

    cr_assert(r->passed, "%s", r->text);
    cr_assert_eq(r->checked, 4);
    for (int i = 0; i < 4; i++) {
        const rn_gradcheck_entry *e = &r->worst[i];
        const double want =
            !strcmp(e->tensor, "v") ? (e->element ? 600 : 40) : (e->element ? 9 : 4);
        cr_assert_float_eq(e->analytic, want, 1e-12, "%s %d", e->tensor, (int)e->element);
    }
    cr_assert_str_eq(before, after);
    cr_assert(data[0] == 2 && data[1] == 3);
    rn_gradcheck_free(r);
    rn_graph_free(g);
    rn_variable_release(v);
}

/* Only what is asked for; and it may be asked for what the loss does not depend on. */
Test(gradcheck_graph, chosen_tensors)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(2)),
                    y = rn_test_f64(g, "y", rn_shape(3));
    const rn_tensor s = rn_sum_all(rn_exp(x));
    rn_gradcheck_report *r = rn_gradcheck(
        s, (rn_gradcheck_options){.tensors = &y, .tensor_count = 1, .directions = -1});

    cr_assert(r->passed, "%s", r->text);
    cr_assert_eq(r->checked, 3);
    cr_assert_str_eq(r->worst[0].tensor, "y");
    cr_assert_eq(r->worst[0].analytic, 0);
    rn_gradcheck_free(r);
    r = rn_gradcheck(rn_add(s, rn_sum_all(y)), (rn_gradcheck_options){0});
    cr_assert_eq(r->checked, 4 + 5);
    rn_gradcheck_free(r);
    rn_graph_free(g);
}

/* A loss of constants alone: nothing to compare, and nothing wrong. */
Test(gradcheck_graph, nothing_to_check)
{
    rn_graph *g = rn_graph_new();
    rn_gradcheck_report *r =
        rn_gradcheck(rn_constant_scalar(g, RN_F64, 3), (rn_gradcheck_options){0});

    cr_assert_eq(r->status, RN_OK, "%s", r->text);
    cr_assert(r->passed);
    cr_assert_eq(r->checked, 0);
    cr_assert_str_eq(r->text, "gradcheck: passed: nothing was compared\n");
    rn_gradcheck_free(r);
    rn_graph_free(g);
}

/* An input of integers that is given no values is zero, and so is then all that it
 * masks. */
Test(gradcheck_graph, zero_gradients_are_told)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(3));
    const rn_tensor mask = rn_input(g, "mask", RN_I32, rn_shape(3));
    const rn_tensor loss = rn_sum_all(rn_mul(rn_square(x), rn_cast(mask, RN_F64)));
    static const int32_t data[3] = {0, 1, 0};
    const rn_value value = {mask, data};

    for (int given = 0; given < 2; given++) {
        rn_gradcheck_report *r = rn_gradcheck(
            loss, (rn_gradcheck_options){.values = &value, .value_count = given});
        cr_assert(r->passed, "%s", r->text);
        cr_assert_eq(strstr(r->text, "gradients that were compared are zero") != NULL,
                     !given, "%s", r->text);
        rn_gradcheck_free(r);
    }
    rn_graph_free(g);
}

/* Random draws are held fixed, though each run has other ones. */
Test(gradcheck_graph, dropout)
{
    rn_model *model = rn_model_new(4);
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(4, 2, 3));
    const rn_sequence y =
        rn_lstm(rn_root(g, model), "rnn", x,
                (rn_recurrent_options){.units = 3, .layers = 2, .dropout = 0.5});
    rn_gradcheck_report *r =
        rn_gradcheck(rn_sum_all(rn_square(y.outputs)), (rn_gradcheck_options){0});

    cr_assert(r->passed, "%s", r->text);
    cr_assert_gt(r->checked, 100);
    rn_gradcheck_free(r);
    rn_graph_free(g);
    rn_model_free(model);
}

/* Names that are equal, missing, or long. */
Test(gradcheck_graph, names)
{
    rn_graph *g = rn_graph_new();
    char name[2000];
    memset(name, 'n', sizeof name - 1), name[sizeof name - 1] = 0;
    const rn_tensor a = rn_test_f64(g, NULL, rn_shape()),
                    b = rn_test_f64(g, name, rn_shape());
    rn_gradcheck_report *r = rn_gradcheck(rn_mul(a, b), (rn_gradcheck_options){0});

    cr_assert(r->passed && r->checked == 4 + 2, "%s", r->text);
    cr_assert(strstr(r->text, "input element 0") && strstr(r->text, name));
    rn_gradcheck_free(r);
    rn_graph_free(g);
}

/* Functions that turn many times within the first steps of the differences. */
Test(gradcheck_graph, strongly_curved)
{
    for (double a = 0.01; a < 2e4; a *= 10) {
        rn_graph *g = rn_graph_new();
        const rn_tensor x = rn_test_f64(g, "x", rn_shape(20));
        rn_gradcheck_report *r =
            rn_gradcheck(rn_sum_all(rn_sin(rn_scale(x, a))), (rn_gradcheck_options){0});

        cr_assert(r->passed, "a = %g: %s", a, r->text);
        rn_gradcheck_free(r);
        rn_graph_free(g);
    }
}
