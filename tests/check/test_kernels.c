/* SPDX-License-Identifier: MIT */
/*
 * The check finds an operator whose f32 kernel computes something else than its f64 kernel,
 * and accuses none for what f32 cannot do better.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <rondo.h>
#include <stdlib.h>
#include <string.h>

enum { N = 37 };

/* A map of x = at[k], the element number i of n. */
#define MAP(name, real, result)                                                            \
    static void name(int64_t n, const void *const *in, const int64_t *step, void *out,     \
                     const void *attributes)                                               \
    {                                                                                      \
        const real *at = (const real *)in[0];                                              \
        (void)attributes;                                                                  \
        for (int64_t i = 0; i < n; i++) {                                                  \
            const int64_t s = step[0], k = i * s;                                          \
            const real x = at[k];                                                          \
            (void)s;                                                                       \
            ((real *)out)[i] = (real)(result);                                             \
        }                                                                                  \
    }

MAP(square, double, x *x)
MAP(square_f32, float, x *x)
MAP(next_f32, float, i + 1 < n ? at[k + s] * at[k + s] : x * x)
MAP(factor_f32, float, 1.0001F * x * x)
MAP(last_f32, float, i + 1 < n ? x * x : 0)

static void double_x(rn_pullback *p)
{
    p->dx[0] = rn_mul(p->dy, rn_scale(p->x[0], 2));
}

typedef void map(int64_t n, const void *const *in, const int64_t *step, void *out,
                 const void *attributes);

static rn_op squaring(map *f32)
{
    return (rn_op){.name = "squaring",
                   .inputs = 1,
                   .map = {[RN_F32] = f32, [RN_F64] = square},
                   .gradient = double_x};
}

static rn_gradcheck_report *check_square(const rn_op *op, rn_type type)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", type, rn_shape(N));
    rn_tensor y = rn_tanh(rn_apply(op, &x, 1, NULL, 0));
    rn_gradcheck_report *r = rn_gradcheck(rn_sum_all(y), (rn_gradcheck_options){0});

    cr_assert(r);
    cr_assert_eq(r->status, RN_OK, "%s", r->text);
    rn_graph_free(g);
    return r;
}

Test(kernels, wrong)
{
    map *const wrong[] = {next_f32, factor_f32, last_f32};

    for (int i = 0; i < 3; i++)
        for (int type = RN_F32; type <= RN_F64; type++) {
            const rn_op op = squaring(wrong[i]);
            rn_gradcheck_report *r = check_square(&op, (rn_type)type);
            const rn_gradcheck_culprit *c = &r->culprit;
            cr_assert_not(r->passed, "%d: %s", i, r->text);
            cr_assert_eq(r->failed, 0, "%d: %s", i, r->text);
            cr_assert_eq(c->kind, RN_CULPRIT_KERNEL, "%d: %s", i, r->text);
            cr_assert_eq(c->mistake, RN_MISTAKE_TYPES);
            cr_assert_str_eq(c->op, "squaring");
            cr_assert_eq(c->node, 1);
            cr_assert(c->element >= 0 && c->element < N);
            cr_assert(i != 2 || (c->element == N - 1 && c->analytic == 0), "%s", r->text);
            cr_assert(fabs(c->analytic - c->numeric) > c->error);
            cr_assert(strstr(r->text, "the f32 kernel of squaring: node 1"), "%s", r->text);
            rn_gradcheck_free(r);
        }
}

Test(kernels, right)
{
    const rn_op op = squaring(square_f32), f64_only = squaring(NULL);

    for (int i = 0; i < 2; i++) {
        rn_gradcheck_report *r = check_square(i ? &f64_only : &op, RN_F64);
        cr_assert(r->passed, "%s", r->text);
        cr_assert_eq(r->culprit.kind, RN_CULPRIT_NONE);
        rn_gradcheck_free(r);
    }
}

/* Operators that say so compute something else in f32; those around them are compared. */
Test(kernels, different_on_purpose)
{
    rn_op op = squaring(factor_f32);
    op.flags = RN_OP_TYPED;
    rn_gradcheck_report *r = check_square(&op, RN_F64);

    cr_assert(r->passed, "%s", r->text);
    rn_gradcheck_free(r);

    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(2));
    const double large[] = {3e25, -4e25};
    const rn_value value = {x, large};
    r = rn_gradcheck(rn_sum_all(rn_rescale(x, NULL, 0, false, true)),
                     (rn_gradcheck_options){.values = &value, .value_count = 1});
    cr_assert(r && r->culprit.kind == RN_CULPRIT_NONE, "%s", r ? r->text : "");
    rn_gradcheck_free(r);
    rn_graph_free(g);
}

/* In a loop the step is told. */
Test(kernels, in_a_loop)
{
    const rn_op op = squaring(last_f32);
    rn_graph *g = rn_graph_new();
    const rn_tensor xs = rn_input(g, "xs", RN_F32, rn_shape(3, N));
    rn_loop *t = rn_loop_begin(g);
    const rn_tensor x = rn_loop_each(t, xs);
    const rn_tensor h = rn_loop_carry(t, rn_fill(g, RN_F32, rn_shape(N), 0));
    const rn_tensor next = rn_add(rn_scale(h, 0.5), rn_apply(&op, &x, 1, NULL, 0));
    rn_loop_next(t, h, next);
    rn_loop_end(t);
    const rn_tensor ys = rn_loop_collect(t, next);
    rn_gradcheck_report *r =
        rn_gradcheck(rn_sum_all(rn_sin(ys)), (rn_gradcheck_options){0});

    cr_assert(r && !r->passed, "%s", r ? r->text : "");
    cr_assert_eq(r->culprit.kind, RN_CULPRIT_KERNEL, "%s", r->text);
    cr_assert_str_eq(r->culprit.op, "squaring");
    cr_assert_eq(r->culprit.element % N, N - 1, "%s", r->text);
    rn_gradcheck_free(r);
    rn_graph_free(g);
}

/* ---- what f32 cannot do better ---- */

MAP(beside_one, double, 1 - x * x)
MAP(beside_one_f32, float, 1 - x * x)
MAP(versine, double, 1 - cos(x))
MAP(versine_f32, float, 1 - cosf(x))
MAP(up_and_down, double, log(exp(x)))
MAP(up_and_down_f32, float, logf(expf(x)))

static void minus_double(rn_pullback *p)
{
    p->dx[0] = rn_mul(p->dy, rn_scale(p->x[0], -2));
}

static void sine(rn_pullback *p)
{
    p->dx[0] = rn_mul(p->dy, rn_sin(p->x[0]));
}

static void same(rn_pullback *p)
{
    p->dx[0] = p->dy;
}

Test(kernels, rounding)
{
    static const struct {
        rn_op op;
        double at, apart, weight;
    } cases[] = {
        {{"beside_one", 1, .map = {beside_one_f32, beside_one}, .gradient = minus_double},
         1 - 1e-7,
         1e-8,
         1e6},
        {{"beside_one", 1, .map = {beside_one_f32, beside_one}, .gradient = minus_double},
         1,
         1e-3,
         1},
        {{"versine", 1, .map = {versine_f32, versine}, .gradient = sine}, 1e-4, 1e-5, 1e6},
        {{"up_and_down", 1, .map = {up_and_down_f32, up_and_down}, .gradient = same},
         90,
         1,
         1},
        {{"up_and_down", 1, .map = {up_and_down_f32, up_and_down}, .gradient = same},
         -110,
         1,
         1}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rn_graph *g = rn_graph_new();
        const rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(N));
        double at[N];
        for (int k = 0; k < N; k++) at[k] = cases[i].at + k * cases[i].apart;
        const rn_value value = {x, at};
        const rn_tensor y =
            rn_scale(rn_apply(&cases[i].op, &x, 1, NULL, 0), cases[i].weight);
        rn_gradcheck_report *r = rn_gradcheck(
            rn_sum_all(y), (rn_gradcheck_options){.values = &value, .value_count = 1});
        cr_assert(r && r->passed, "case %zu: %s", i, r ? r->text : "");
        rn_gradcheck_free(r);
        rn_graph_free(g);
    }
}

/* ---- a sum, added up one after the other ---- */

#define SUM(name, real, first)                                                             \
    static bool name(const rn_call *call)                                                  \
    {                                                                                      \
        const real *x = (const real *)call->in[0].data;                                    \
        real sum = 0;                                                                      \
        for (int64_t i = (first); i < call->in[0].size[0]; i++) sum += x[i];               \
        *(real *)call->out->data = sum;                                                    \
        return true;                                                                       \
    }

SUM(sum, double, 0)
SUM(sum_f32, float, 0)
SUM(rest_f32, float, 1)

static const char *scalar(rn_typing *t)
{
    t->shape = (rn_shape){.rank = 0};
    return NULL;
}

static void spread(rn_pullback *p)
{
    p->dx[0] = rn_mul(rn_fill_like(p->x[0], 1), p->dy);
}

static rn_gradcheck_report *check_sum(rn_kernel f32, int64_t n)
{
    const rn_op op = {.name = "summing",
                      .inputs = 1,
                      .shape = scalar,
                      .kernel = {[RN_F32] = f32, [RN_F64] = sum},
                      .gradient = spread};
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(n));
    float *at = (float *)malloc((size_t)n * sizeof *at);
    const rn_value value = {x, at};

    for (int64_t i = 0; i < n; i++) at[i] = 0.1F;
    rn_gradcheck_report *r = rn_gradcheck(
        rn_apply(&op, &x, 1, NULL, 0),
        (rn_gradcheck_options){.values = &value, .value_count = 1, .directions = 1});
    cr_assert(r);
    cr_assert_eq(r->status, RN_OK, "%s", r->text);
    free(at);
    rn_graph_free(g);
    return r;
}

Test(kernels, a_long_sum)
{
    rn_gradcheck_report *r = check_sum(sum_f32, 100000);

    cr_assert(r->passed, "%s", r->text);
    rn_gradcheck_free(r);
    r = check_sum(rest_f32, 100);
    cr_assert_eq(r->culprit.kind, RN_CULPRIT_KERNEL, "%s", r->text);
    cr_assert_str_eq(r->culprit.op, "summing");
    rn_gradcheck_free(r);
}
