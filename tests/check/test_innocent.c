/* SPDX-License-Identifier: MIT */
/*
 * No operator of the library's is accused where its values are extreme: at kinks, ties and
 * poles, saturated, tiny and huge. Before it stands one operator that is guilty, for its
 * rule gives NaN, and it must be the one that is named.
 */
#include <criterion/criterion.h>
#include <rondo.h>
#include <string.h>

static void identity(int64_t n, const void *const *x, const int64_t *step, void *y,
                     const void *attributes)
{
    const double *from = (const double *)x[0];

    (void)attributes;
    for (int64_t i = 0; i < n; i++) ((double *)y)[i] = from[i * step[0]];
}

static void nonsense(rn_pullback *p)
{
    p->dx[0] = rn_div(rn_fill_like(p->dy, 0), rn_fill_like(p->dy, 0));
}

static const rn_op guilty = {
    .name = "guilty", .inputs = 1, .map = {[RN_F64] = identity}, .gradient = nonsense};

static const double extremes[] = {
    0,     -0.25, 1e-300, 1e-100, 1e-20, -1e-20, 1e-12, 1e-8,  -1e-8,  1e-3,  -1e-3, 0.1,
    0.5,   1,     -1,     2,      -2,    3.3,    -3.3,  8,     -8,     15,    -15,   18.5,
    -18.5, 20,    -20,    30,     -30,   36.5,   -36.5, 40,    -40,    100,   -100,  700,
    -700,  745,   -745,   1e4,    1e8,   -1e8,   1e15,  1e100, -1e100, 1e154, 1e300};
enum { N = sizeof extremes / sizeof *extremes };

static void expect(const rn_gradcheck_report *r, const char *what)
{
    cr_assert(r);
    cr_assert_not(r->passed, "%s: %s", what, r->text);
    cr_assert_str_eq(r->culprit.op, "guilty", "%s: %s", what, r->text);
    cr_assert_eq(r->culprit.mistake, RN_MISTAKE_NONFINITE, "%s: %s", what, r->text);
}

/* A loss that is a number whatever y is. */
static rn_tensor settled(rn_tensor y)
{
    return rn_sum_all(rn_where(rn_is_finite(y), rn_tanh(y), rn_constant_like(y, 0)));
}

static void check_one(rn_tensor (*f)(rn_tensor x), const char *what)
{
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(N));
    const rn_value values[] = {{x, extremes}};
    rn_tensor loss = settled(f(rn_apply(&guilty, &x, 1, NULL, 0)));
    rn_gradcheck_report *r =
        rn_gradcheck(loss, (rn_gradcheck_options){.values = values, .value_count = 1});

    expect(r, what);
    rn_gradcheck_free(r);
    rn_graph_free(g);
}

#define CHECK(name) check_one(rn_##name, #name)

Test(innocent, element_wise)
{
    CHECK(abs), CHECK(cos), CHECK(erf), CHECK(exp), CHECK(expm1), CHECK(log), CHECK(log1p);
    CHECK(neg), CHECK(relu), CHECK(sigmoid), CHECK(sin), CHECK(softplus);
    CHECK(sqrt), CHECK(square), CHECK(tanh);
}

static rn_tensor log_softmax(rn_tensor x)
{
    return rn_log_softmax(x, 0);
}

static rn_tensor softmax(rn_tensor x)
{
    return rn_softmax(x, 0);
}

static rn_tensor largest(rn_tensor x)
{
    return rn_max_axis(rn_concat((rn_tensor[]){x, x}, 2, 0), 0);
}

static rn_tensor reciprocal(rn_tensor x)
{
    return rn_div(rn_constant_like(x, 1), x);
}

static rn_tensor clipped(rn_tensor x)
{
    return rn_minimum(rn_maximum(x, rn_constant_like(x, -1)), rn_constant_like(x, 1));
}

static rn_tensor chosen(rn_tensor x)
{
    return rn_where(rn_less(x, rn_constant_like(x, 0)), rn_neg(x), rn_square(x));
}

Test(innocent, others)
{
    check_one(log_softmax, "log_softmax");
    check_one(softmax, "softmax");
    check_one(largest, "max");
    check_one(reciprocal, "div");
    check_one(clipped, "maximum, minimum");
    check_one(chosen, "where");
}

/* All pairs of extremes. */
static void check_two(rn_tensor (*f)(rn_tensor x, rn_tensor y), const char *what)
{
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(N));
    const rn_value values[] = {{x, extremes}};
    const rn_tensor in = rn_apply(&guilty, &x, 1, NULL, 0);

    for (int i = 0; i < N; i += 3) {
        const rn_tensor y = rn_reshape(rn_slice(in, 0, i, i + 1, 1), rn_shape());
        const rn_tensor loss = rn_add(settled(f(in, y)), settled(f(y, in)));
        rn_gradcheck_report *r =
            rn_gradcheck(loss, (rn_gradcheck_options){.values = values, .value_count = 1});
        expect(r, what);
        rn_gradcheck_free(r);
    }
    rn_graph_free(g);
}

Test(innocent, two_operands)
{
    check_two(rn_add, "add");
    check_two(rn_sub, "sub");
    check_two(rn_mul, "mul");
    check_two(rn_div, "div");
    check_two(rn_pow, "pow");
    check_two(rn_maximum, "maximum");
    check_two(rn_minimum, "minimum");
}

/* ---- a user's operator that chooses, of which nobody tells ---- */

static void fold(int64_t n, const void *const *x, const int64_t *step, void *y,
                 const void *attributes)
{
    const double *from = (const double *)x[0];

    (void)attributes;
    for (int64_t i = 0; i < n; i++) {
        const double a = from[i * step[0]];
        ((double *)y)[i] = a > 0 ? 2 * a : a / 2;
    }
}

static void unfold(rn_pullback *p)
{
    const rn_tensor x = p->x[0];
    p->dx[0] = rn_mul(p->dy, rn_where(rn_less(rn_fill_like(x, 0), x), rn_fill_like(x, 2),
                                      rn_fill_like(x, 0.5)));
}

static const rn_op folding = {
    .name = "folding", .inputs = 1, .map = {[RN_F64] = fold}, .gradient = unfold};

static rn_tensor folded(rn_tensor x)
{
    return rn_apply(&folding, &x, 1, NULL, 0);
}

Test(innocent, kinks_that_nobody_tells_of)
{
    check_one(folded, "folding");
}

static rn_tensor products(rn_tensor x)
{
    const rn_tensor m = rn_reshape(rn_slice(x, 0, 0, 36, 1), rn_shape(6, 6));
    return rn_matmul(m, m);
}

static rn_tensor nothing(rn_tensor x)
{
    return rn_add(rn_sum_all(rn_tanh(rn_slice(x, 0, 3, 3, 1))), rn_sum_all(x));
}

Test(innocent, sums)
{
    check_one(products, "matmul");
    check_one(nothing, "no elements");
}

/* Nothing of log x is read: that its slope is infinite at 0 is nobody's fault. */
Test(innocent, poles_of_what_nobody_reads)
{
    static const double values[3] = {0, -1, 2};

    for (int k = 0; k < 2; k++) {
        rn_graph *g = rn_graph_new();
        rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(3)), y = rn_log(x);
        const rn_value at[] = {{x, values}};
        rn_tensor none = k ? rn_take(y, rn_input(g, "indices", RN_I32, rn_shape(0)))
                           : rn_slice(y, 0, 2, 2, 1);
        rn_tensor loss = rn_add(rn_sum_all(none), rn_sum_all(rn_square(x)));
        rn_gradcheck_report *r =
            rn_gradcheck(loss, (rn_gradcheck_options){.values = at, .value_count = 1});

        cr_assert(r && r->passed, "%s", r ? r->text : "no memory");
        rn_gradcheck_free(r);
        rn_graph_free(g);
    }
}
