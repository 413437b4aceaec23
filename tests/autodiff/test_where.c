/* SPDX-License-Identifier: MIT */
/*
 * Elements that a condition does not select have no influence on the gradient, even if the
 * derivative of their branch is infinite or NaN.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <rondo/grad.h>
#include <rondo/loop.h>
#include <rondo/ops.h>
#include <rondo/program.h>

enum { N = 4 };

/* A function of x [N], its points, and its first and second derivative there. */
typedef struct guarded {
    const char *name;
    rn_tensor (*f)(rn_tensor x);
    double x[N], first[N], second[N];
} guarded;

static rn_tensor zero(rn_tensor x)
{
    return rn_constant_like(x, 0);
}

static rn_tensor positive(rn_tensor x)
{
    return rn_less(zero(x), x);
}

static rn_tensor root_or_itself(rn_tensor x)
{
    return rn_where(positive(x), rn_sqrt(x), x);
}

/* The branch that is safe comes first. */
static rn_tensor itself_or_log(rn_tensor x)
{
    return rn_where(rn_less_equal(x, zero(x)), x, rn_log(x));
}

static rn_tensor power_or_square(rn_tensor x)
{
    return rn_where(positive(x), rn_pow(x, rn_constant_like(x, -0.5)), rn_square(x));
}

/* sin x / x with its limit at 0: the quotient is 0 / 0. */
static rn_tensor sinc(rn_tensor x)
{
    return rn_where(rn_equal(x, zero(x)), rn_constant_like(x, 1), rn_div(rn_sin(x), x));
}

/* A chain of several operators, with x on several paths. */
static rn_tensor chain(rn_tensor x)
{
    const rn_tensor y = rn_mul(rn_reciprocal(rn_sqrt(x)), rn_add(rn_log(x), x));

    return rn_where(positive(x), rn_neg(y), rn_scale(x, 3));
}

/* One choice inside another, of which the inner one is not safe either. */
static rn_tensor nested(rn_tensor x)
{
    const rn_tensor inner =
        rn_where(rn_less(x, rn_constant_like(x, 2)), rn_sqrt(x), rn_log(x));

    return rn_where(positive(x), inner, zero(x));
}

/* Two choices by one condition, of which the branch that is not safe is used first. */
static rn_tensor twice(rn_tensor x)
{
    const rn_tensor c = positive(x), safe = rn_where(c, x, zero(x));

    return rn_add(safe, rn_where(c, rn_sqrt(x), zero(x)));
}

/* What a loop reads as a step input, a capture and an initial carry is chosen later. */
static rn_tensor after_a_loop(rn_tensor x)
{
    rn_loop *loop = rn_loop_begin(x.graph);
    const rn_tensor each = rn_loop_each(loop, x), h = rn_loop_carry(loop, x);
    const rn_tensor one = rn_scale(rn_square(each), 3);
    const rn_tensor two = rn_add(rn_square(x), zero(each));

    rn_loop_next(loop, h, rn_scale(h, 2));
    rn_loop_end(loop);
    const rn_tensor y = rn_add(rn_loop_final(loop, h), rn_loop_collect(loop, one));
    const rn_tensor z = rn_add(y, rn_sum_axis(rn_loop_collect(loop, two), 0));
    return rn_add(rn_where(positive(x), rn_square(x), zero(x)), z);
}

static const guarded functions[] = {
    {"twice", twice, {0, -1, 4, 0.25}, {0, 0, 1.25, 2}, {0, 0, -1.0 / 32, -2}},
    {"root_or_itself",
     root_or_itself,
     {0, -1, 4, 0.25},
     {1, 1, 0.25, 1},
     {0, 0, -1.0 / 32, -2}},
    {"itself_or_log", itself_or_log, {0, -1, 4, 0.5}, {1, 1, 0.25, 2}, {0, 0, -0.0625, -4}},
    {"power_or_square",
     power_or_square,
     {0, -3, 4, 1},
     {0, -6, -0.0625, -0.5},
     {2, 2, 0.75 / 32, 0.75}},
    {"sinc",
     sinc,
     {0, 0, 3.14159265358979323846, 0},
     {0, 0, -1 / 3.14159265358979323846, 0},
     {0, 0, 2 / (3.14159265358979323846 * 3.14159265358979323846), 0}},
    {"chain", chain, {0, -2, 1, 0}, {3, 3, -1.5, 3}, {0, 0, 2.25, 0}},
    {"after_a_loop", after_a_loop, {-1, 0, 2, 3}, {2, 16, 48, 64}, {14, 14, 16, 16}},
    {"nested", nested, {0, -1, 0.25, 4}, {0, 0, 1, 0.25}, {0, 0, -2, -0.0625}},
};

static void expect(rn_program *p, rn_tensor y, const double *want, const char *name,
                   const char *what)
{
    double got[N];

    cr_assert_eq(rn_read(p, y, got, sizeof got), RN_OK);
    for (int i = 0; i < N; i++)
        cr_expect(fabs(got[i] - want[i]) <= 1e-15 * (1 + fabs(want[i])),
                  "%s: %s %d is %.17g, not %.17g", name, what, i, got[i], want[i]);
}

Test(where, what_is_not_chosen_has_no_influence)
{
    for (size_t k = 0; k < sizeof functions / sizeof *functions; k++) {
        const guarded *f = &functions[k];
        rn_graph *g = rn_graph_new();
        const rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(N));
        rn_tensor first, second;

        cr_assert(rn_grad(rn_sum_all(f->f(x)), rn_null(), &x, 1, &first));
        cr_assert(rn_grad(rn_sum_all(first), rn_null(), &x, 1, &second));
        rn_program *p = rn_compile(g, (rn_compile_options){RN_OUTPUTS(first, second)});
        cr_assert(p, "%s", rn_graph_error(g));
        cr_assert_eq(rn_feed(p, x, f->x, sizeof f->x), RN_OK);
        cr_assert_eq(rn_run(p), RN_OK);
        expect(p, first, f->first, f->name, "first derivative");
        expect(p, second, f->second, f->name, "second derivative");
        rn_program_free(p);
        rn_graph_free(g);
    }
}

/* A condition that is broadcast, a branch that is, and a product behind the branch. */
Test(where, broadcast_and_products)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(2, 2));
    const rn_tensor v = rn_input(g, "v", RN_F64, rn_shape(2));
    const rn_tensor c = rn_input(g, "c", RN_BOOL, rn_shape(2, 1));
    const rn_tensor w = rn_input(g, "w", RN_F64, rn_shape(2, 2));
    const rn_tensor one = rn_where(c, rn_sqrt(rn_matmul(x, w)), rn_constant_like(x, 1));
    const rn_tensor two = rn_where(c, rn_mul(x, rn_log(v)), x);
    const rn_tensor of[3] = {x, v, w}, loss = rn_sum_all(rn_add(one, two));
    rn_tensor dx[3];

    cr_assert(rn_grad(loss, rn_null(), of, 3, dx));
    rn_program *p = rn_compile(g, (rn_compile_options){.outputs = dx, .output_count = 3});
    cr_assert(p, "%s", rn_graph_error(g));
    cr_assert_eq(rn_feed(p, x, (double[]){0, 0, 4, 9}, 32), RN_OK);
    cr_assert_eq(rn_feed(p, v, (double[]){1, 1}, 16), RN_OK);
    cr_assert_eq(rn_feed(p, c, (uint8_t[]){0, 1}, 2), RN_OK);
    cr_assert_eq(rn_feed(p, w, (double[]){1, 0, 0, 1}, 32), RN_OK);
    cr_assert_eq(rn_run(p), RN_OK);
    expect(p, dx[0], (double[]){1, 1, 0.25, 1.0 / 6}, "x", "element");
    expect(p, dx[2], (double[]){1, 2.0 / 3, 2.25, 1.5}, "w", "element");
    double dv[2];
    cr_assert_eq(rn_read(p, dx[1], dv, sizeof dv), RN_OK);
    cr_assert(dv[0] == 4 && dv[1] == 9);
    rn_program_free(p);
    rn_graph_free(g);
}

/* In the body of a loop: of a carry, a step input and a captured tensor. */
Test(where, in_a_loop)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor xs = rn_input(g, "xs", RN_F64, rn_shape(N));
    const rn_tensor a = rn_input(g, "a", RN_F64, rn_shape());
    rn_loop *loop = rn_loop_begin(g);
    const rn_tensor x = rn_loop_each(loop, xs), h = rn_loop_carry(loop, a);
    const rn_tensor root = rn_where(positive(x), rn_mul(rn_sqrt(x), a), zero(x));
    rn_loop_next(loop, h, rn_add(h, rn_where(positive(h), root, rn_log(h))));
    rn_loop_end(loop);
    const rn_tensor of[2] = {xs, a};
    rn_tensor dx[2];

    cr_assert(rn_grad(rn_loop_final(loop, h), rn_null(), of, 2, dx));
    rn_program *p = rn_compile(g, (rn_compile_options){.outputs = dx, .output_count = 2});
    cr_assert(p, "%s", rn_graph_error(g));
    cr_assert_eq(rn_feed(p, xs, (double[]){0, 4, -1, 16}, 32), RN_OK);
    cr_assert_eq(rn_feed(p, a, (double[]){3}, 8), RN_OK);
    cr_assert_eq(rn_run(p), RN_OK);
    expect(p, dx[0], (double[]){0, 0.75, 0, 0.375}, "xs", "element");
    cr_assert_eq(rn_scalar(p, dx[1]), 7);
    rn_program_free(p);
    rn_graph_free(g);
}
