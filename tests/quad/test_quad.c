/* SPDX-License-Identifier: MIT */
/* The quad evaluator against the library: each operator and composite, on the samples of
 * its record. */
#include <criterion/criterion.h>
#include <float.h>
#include <stdio.h>
#include <stdlib.h>

#include "ops/records.h"
#include "quad.h"

/* The value of y as doubles; the graph's inputs hold the feeds. */
static rn_test_array in_quad(rn_tensor y, const rn_test_feed *feeds, int count)
{
    rn_test_array got = rn_test_array_new(rn_type_get(y), rn_shape_get(y));
    rn_test_quad *q = rn_test_quad_new(y.graph);

    for (int i = 0; i < count; i++) rn_test_quad_set(q, feeds[i].input, feeds[i].value->at);
    const quad *value = rn_test_quad_run(q, y);
    for (int64_t i = 0; i < rn_test_array_count(&got); i++) got.at[i] = (double)value[i];
    rn_test_quad_free(q);
    return got;
}

static void check_sample(const record *r, const sample *s, int number, rn_type real)
{
    rn_graph *g = rn_graph_new();
    rn_test_random random = {(uint64_t)number * 31 + 7};
    rn_test_array x[OPERANDS];
    rn_test_feed feeds[OPERANDS];
    rn_tensor in[OPERANDS];
    char what[100];

    for (int i = 0; i < r->inputs; i++) {
        const rn_type type = s->x[i].type == RN_F32 ? real : s->x[i].type;
        x[i] = rn_test_array_new(type, s->x[i].shape);
        s->x[i].fill(&x[i], &random);
        in[i] = rn_input(g, "x", type, s->x[i].shape);
        feeds[i] = (rn_test_feed){in[i], &x[i]};
    }
    const rn_tensor y = r->build(in, s->with);
    cr_assert(!rn_is_null(y), "%s: %s", r->name, rn_graph_error(g));
    rn_test_array want = in_quad(y, feeds, r->inputs);
    rn_test_array got = rn_test_eval(y, feeds, r->inputs);
    const double epsilon = want.type == RN_F32 ? (double)FLT_EPSILON : DBL_EPSILON;

    snprintf(what, sizeof what, "%s, sample %d, %s", r->name, number, rn_type_name(real));
    rn_test_compare(&got, &want, (r->ulps + 1) * epsilon, r->floor, what);
    rn_test_array_free(&want);
    rn_test_array_free(&got);
    for (int i = 0; i < r->inputs; i++) rn_test_array_free(&x[i]);
    rn_graph_free(g);
}

static void check(const record *r)
{
    for (int i = 0; i < r->sample_count; i++) {
        check_sample(r, &r->samples[i], i, RN_F64);
        check_sample(r, &r->samples[i], i, RN_F32);
        if (r->flags & INTEGERS_TOO) check_sample(r, &r->samples[i], i, RN_I32);
    }
}

#define RN_OP(name, code, kind, ...)                                                       \
    Test(quad_ops, name)                                                                   \
    {                                                                                      \
        check(&record_##name);                                                             \
    }
#include "ops/ops.def"
#undef RN_OP

#define RN_COMPOSITE(name)                                                                 \
    Test(quad_composites, name)                                                            \
    {                                                                                      \
        check(&record_##name);                                                             \
    }
#include "ops/composites.def"
#undef RN_COMPOSITE

/* What the samples do not show: i32 wraps. */
Test(quad, integers_wrap)
{
    const int32_t large[4] = {INT32_MAX, INT32_MIN, 65536 * 3 + 1, -7};
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_constant(g, RN_I32, rn_shape(4), large);
    const rn_tensor y[] = {rn_add(x, x), rn_mul(x, x),         rn_square(x), rn_neg(x),
                           rn_abs(x),    rn_sub(x, rn_neg(x)), rn_sum_all(x)};

    for (int i = 0; i < COUNT(y); i++) {
        rn_test_array want = in_quad(y[i], NULL, 0), got = rn_test_eval(y[i], NULL, 0);
        rn_test_compare(&got, &want, 0, 0, rn_type_name(RN_I32));
        rn_test_array_free(&want);
        rn_test_array_free(&got);
    }
    rn_graph_free(g);
}
