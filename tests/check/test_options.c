/* SPDX-License-Identifier: MIT */
/* Options that make no sense are refused or do no harm. */
#include <criterion/criterion.h>
#include <limits.h>
#include <rondo.h>
#include <string.h>

static rn_graph *g;
static rn_tensor x, y, loss;
static const double data[] = {0.5, -1, 2};

static void set_up(void)
{
    g = rn_graph_new();
    x = rn_input(g, "x", RN_F64, rn_shape(3));
    y = rn_input(g, "y", RN_F64, rn_shape(3));
    loss = rn_sum_all(rn_square(x));
}

static void tear_down(void)
{
    rn_graph_free(g);
}

TestSuite(options, .init = set_up, .fini = tear_down);

static void expect_refused(rn_gradcheck_options options, const char *why)
{
    rn_gradcheck_report *r = rn_gradcheck(loss, options);

    cr_assert_eq(r->status, RN_INVALID, "%s", r->text);
    cr_assert_not(r->passed);
    cr_assert(strstr(r->text, why), "%s", r->text);
    rn_gradcheck_free(r);
}

Test(options, tensors)
{
    expect_refused((rn_gradcheck_options){.tensors = &x, .tensor_count = -1}, "tensors");
    expect_refused((rn_gradcheck_options){.tensor_count = 1}, "tensors");
    expect_refused((rn_gradcheck_options){.tensors = &loss, .tensor_count = 1}, "tensors");
}

/* Else a value that is misspelt would be drawn without a word. */
Test(options, values)
{
    rn_graph *other = rn_graph_new();
    const rn_value wrong[] = {{rn_input(other, "x", RN_F64, rn_shape(3)), data},
                              {loss, data},
                              {rn_null(), data},
                              {x, NULL}};
    const rn_value unused = {y, data};

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect_refused((rn_gradcheck_options){.values = &wrong[i], .value_count = 1},
                       "values");
    expect_refused((rn_gradcheck_options){.values = &unused, .value_count = -1}, "values");
    expect_refused((rn_gradcheck_options){.value_count = 1}, "values");
    rn_gradcheck_report *r =
        rn_gradcheck(loss, (rn_gradcheck_options){.values = &unused, .value_count = 1});
    cr_assert(r->passed, "%s", r->text);
    rn_gradcheck_free(r);
    rn_graph_free(other);
}

/* No element twice, and no memory for what is never there. */
Test(options, more_than_there_are)
{
    const rn_gradcheck_options options = {
        .directions = -1, .exhaustive = -1, .samples = INT_MAX, .worst = INT_MAX};
    rn_gradcheck_report *r = rn_gradcheck(loss, options);

    cr_assert(r && r->passed, "%s", r ? r->text : "no report");
    cr_assert_eq(r->checked, 1 + 3, "%s", r->text);
    cr_assert_eq(r->worst_count, 1 + 3);
    rn_gradcheck_free(r);
}
