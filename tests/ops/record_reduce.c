/* SPDX-License-Identifier: MIT */
/* Records of sums and extremes. */
#include "record_reduce.h"

#include <criterion/criterion.h>

static bool reduced(const over *o, int axis, int rank)
{
    for (int i = 0; i < o->count; i++)
        if ((o->axes[i] + rank) % rank == axis) return true;
    return o->count == 0;
}

void fold(const rn_test_array *x, const over *o, double start, double (*f)(double, double),
          rn_test_array *y)
{
    const int rank = x->shape.rank;
    int64_t index[RN_RANK_MAX] = {0};
    rn_shape kept = x->shape, without = {0};

    for (int i = 0; i < rank; i++) {
        if (reduced(o, i, rank))
            kept.size[i] = 1;
        else
            without.size[without.rank++] = x->shape.size[i];
    }
    *y = rn_test_array_new(x->type, kept);
    for (int64_t i = 0; i < rn_test_array_count(y); i++) y->at[i] = start;
    if (rn_test_array_count(x) > 0) do {
            int64_t to[RN_RANK_MAX];
            for (int i = 0; i < rank; i++) to[i] = kept.size[i] == 1 ? 0 : index[i];
            *at(y, to) = f(*at(y, to), *at(x, index));
        } while (next_index(x->shape, index));
    if (!o->keep) y->shape = without;
}

int64_t terms(const rn_test_array *x, const over *o)
{
    int64_t n = 1;

    for (int i = 0; i < x->shape.rank; i++)
        if (reduced(o, i, x->shape.rank)) n *= x->shape.size[i];
    return n;
}

static double plus(double a, double b)
{
    return a + b;
}

static double larger(double a, double b)
{
    return isnan(a) || a > b ? a : b;
}

static double smaller(double a, double b)
{
    return isnan(a) || a < b ? a : b;
}

/* ---- rescale ---- */

static double larger_size(double a, double b)
{
    return isnan(b) || fabs(b) > a ? fabs(b) : a;
}

static const sample scales[] = {
    {.x = {REAL_SCALAR(odd)}, OVER_ALL(false)},
    {.x = {REAL(odd, 7)}, OVER(true, 0)},
    {.x = {REAL(huge, 3, 5)}, OVER(false, -1)},
    {.x = {REAL(huge, 2, 3, 5)}, OVER(true, 0, 2)},
    {.x = {REAL(regular, 0, 3)}, OVER(false, 0)},
    {.x = {REAL(huge, 3000, 2)}, OVER(false, 0)},
};

static rn_tensor build_rescale(const rn_tensor *x, const void *with)
{
    const over *o = (const over *)with;
    return rn_rescale(x[0], o->axes, o->count, o->keep, false);
}
REFERENCE(rescale)
{
    const double large = x->type == RN_F64 ? 0x1p500 : 0x1p60;

    fold(x, (const over *)with, 0, larger_size, y);
    for (int64_t i = 0; i < rn_test_array_count(y); i++)
        y->at[i] = y->at[i] >= large ? (x->type == RN_F64 ? 0x1p-530 : 0x1p-70) : 1;
}
REFUSES(rescale_axis, rn_rescale(x_of(g, RN_F32), (const int[]){2}, 1, false, false))
REFUSES(rescale_type, rn_rescale(x_of(g, RN_I32), NULL, 0, false, false))
static const refusal refusals_rescale[] = {
    {rescale_axis, "rescale: no axis 2: x [2,3]"},
    {rescale_type, "rescale: not defined for this type (i32): x [2,3]"},
};

/* Of single elements, as a number that f32 and f64 share: x y. */
static rn_tensor rescaled(rn_tensor x)
{
    const rn_tensor y = rn_rescale(rn_expand(x, -1), (const int[]){-1}, 1, false, true);
    const rn_tensor one = rn_constant_like(y, 1);

    return rn_sub(rn_cast(rn_less(one, y), rn_type_get(y)),
                  rn_cast(rn_less(y, one), rn_type_get(y)));
}

static void more_rescale(void)
{
    static const point points[] = {{0, 0},  {-0.0, 0},    {-INFINITY, -1}, {NAN, 0},
                                   {-3, 0}, {0x1p-50, 0}, {-0x1p50, 0}};

    expect_points(rescaled, points, COUNT(points));
}
REDUCTION(rescale, scales, NO_GRADIENT, 0, 0, more_rescale);

/* ---- sum ---- */

static const sample sums[] = {
    {.x = {REAL_SCALAR(odd)}, OVER_ALL(false)},
    {.x = {REAL(odd, 1)}, OVER(true, 0)},
    {.x = {REAL(odd, 7)}, OVER(false, 0)},
    {.x = {REAL(odd, 3, 5)}, OVER(false, -1)},
    {.x = {REAL(odd, 3, 5)}, OVER(true, 0)},
    {.x = {REAL(odd, 2, 3, 5)}, OVER(false, 0, 2)},
    {.x = {REAL(odd, 2, 3, 5)}, OVER(true, 1, -3)},
    {.x = {REAL(odd, 2, 3, 5)}, OVER_ALL(true)},
    {.x = {REAL(odd, 3, 0)}, OVER(false, 1)},
    {.x = {REAL(odd, 0, 3)}, OVER(false, 1)},
    {.x = {REAL(odd, 0, 3)}, OVER(true, 0)},
    {.x = {REAL(odd, 2, 3, 2, 3)}, OVER(false, 1, 3)},
    {.x = {REAL(odd, 3, 65)}, OVER(false, 1), .values_only = true},
    {.x = {REAL(odd, 65, 41)}, OVER(false, 0), .values_only = true},
    {.x = {REAL(odd, 1500, 7)}, OVER(false, 0), .values_only = true},
    {.x = {REAL(odd, 3, 2500)}, OVER(false, 1), .values_only = true},
    {.x = {REAL(odd, 40, 3, 40)}, OVER(false, 0, 2), .values_only = true},
    {.x = {REAL(odd, 11, 67, 3)}, OVER_ALL(false), .values_only = true},
};

BUILD(sum)
REFERENCE(sum)
{
    fold(x, (const over *)with, 0, plus, y);
}

/* Rounding errors must grow far slower than the number of terms. */
static void more_sum(void)
{
    rn_graph *g = rn_graph_new();
    rn_test_array x = rn_test_array_new(RN_F32, (rn_shape){1, {1 << 20}});
    rn_test_random random = {3};
    double exact = 0;

    rn_test_fill_positive(&x, &random);
    for (int64_t i = 0; i < rn_test_array_count(&x); i++) exact += x.at[i];
    const rn_tensor input = rn_input(g, "x", x.type, x.shape);
    rn_test_array y = rn_test_eval(rn_sum_all(input), &(rn_test_feed){input, &x}, 1);
    cr_assert(fabs(y.at[0] - exact) <= 1e-6 * exact, "%.9g, not %.9g", y.at[0], exact);
    rn_test_array_free(&y);
    rn_test_array_free(&x);
    rn_graph_free(g);
}

REFUSES(sum_axis, rn_sum(x_of(g, RN_F32), (const int[]){2}, 1, false))
REFUSES(sum_twice, rn_sum(x_of(g, RN_F32), (const int[]){1, -1}, 2, false))
REFUSES(sum_type, rn_sum(x_of(g, RN_BOOL), NULL, 0, false))
REFUSES(sum_no_list, rn_sum(x_of(g, RN_F32), NULL, 3, false))
REFUSES(sum_no_count, rn_sum(x_of(g, RN_F32), (const int[]){1}, -1, false))
static const refusal refusals_sum[] = {
    {sum_no_list, "sum: 3 axes, but no list of them: x [2,3]"},
    {sum_no_count, "sum: -1 axes, an invalid number: x [2,3]"},
    {sum_axis, "sum: no axis 2: x [2,3]"},
    {sum_twice, "sum: axis -1 is listed twice: x [2,3]"},
    {sum_type, "sum: not defined for this type (bool): x [2,3]"},
};
REDUCTION(sum, sums, EXACT | INTEGERS_TOO, 0, 0, more_sum);

/* ---- largest and smallest ---- */

static const sample extremes[] = {
    {.x = {REAL_SCALAR(distinct)}, OVER_ALL(false)},
    {.x = {REAL(distinct, 1)}, OVER(true, 0)},
    {.x = {REAL(distinct, 7)}, OVER(false, 0)},
    {.x = {REAL(distinct, 3, 5)}, OVER(false, -1)},
    {.x = {REAL(distinct, 3, 5)}, OVER(true, 0)},
    {.x = {REAL(distinct, 2, 3, 5)}, OVER(false, 0, 2)},
    {.x = {REAL(distinct, 2, 3, 5)}, OVER_ALL(true)},
    {.x = {REAL(distinct, 0, 3)}, OVER(false, 1)},
    {.x = {REAL(distinct, 3, 1100)}, OVER(false, 1), .values_only = true},
    {.x = {REAL(distinct, 70, 41)}, OVER(false, 0), .values_only = true},
};

static rn_tensor max_first_axis(rn_tensor x)
{
    return rn_max_axis(rn_reshape(x, (rn_shape){2, {-1, 3}}), 0);
}

static rn_tensor max_first_axis_kept(rn_tensor x)
{
    return rn_max(rn_reshape(x, (rn_shape){2, {-1, 3}}), (const int[]){0}, 1, true);
}

static rn_tensor max_outer_axes(rn_tensor x)
{
    return rn_max(rn_reshape(x, (rn_shape){3, {2, 2, 3}}), (const int[]){0, 2}, 2, false);
}

static rn_tensor max_outer_axes_kept(rn_tensor x)
{
    return rn_max(rn_reshape(x, (rn_shape){3, {2, 2, 3}}), (const int[]){0, 2}, 2, true);
}

/* Equal ones share the gradient, over whatever axes. */
static void ties_of_max(void)
{
    const double x[12] = {1, 5, 5, 2, 2, 0, 5, 4, 1, 0, 1, 2};
    const double dx[12] = {0, 2, 2, 3, 3, 0, 2, 0, 0, 0, 0, 3}, dy[2] = {6, 9};

    expect_gradient(max_outer_axes, 12, x, dy, dx);
    expect_gradient(max_outer_axes_kept, 12, x, dy, dx);
    expect_gradient(max_first_axis_kept, 6, (const double[]){1, 4, 7, 1, 0, 7},
                    (const double[]){6, 8, 3}, (const double[]){3, 8, 1.5, 3, 0, 1.5});
    expect_gradient(rn_max_all, 4, (const double[]){3, 3, 1, 3}, (const double[]){6},
                    (const double[]){2, 2, 0, 2});
}

/* Equal ones share the gradient evenly; a NaN is the largest. */
static void more_max(void)
{
    static const point points[] = {
        {NAN, NAN}, {INFINITY, INFINITY}, {-INFINITY, -INFINITY}};

    expect_gradient(max_first_axis, 9,
                    (const double[]){1, 4, -INFINITY, 1, 7, -INFINITY, 0, 7, 2},
                    (const double[]){6, 8, 3}, (const double[]){3, 0, 0, 3, 4, 0, 0, 4, 3});
    ties_of_max();
    for (int i = 0; i < COUNT(points); i++) expect_points(rn_max_all, &points[i], 1);
}

BUILD(max)
REFERENCE(max)
{
    fold(x, (const over *)with, -INFINITY, larger, y);
}
BAD(max, "the maximum of no elements is undefined")
REDUCTION(max, extremes, EXACT | PIECEWISE | INTEGERS_TOO, 0, 0, more_max);

static rn_tensor min_of_all(rn_tensor x)
{
    return rn_min(x, NULL, 0, false);
}

/* The lowest i32 has no negative. */
static rn_tensor min_of_integers(rn_tensor x)
{
    const rn_tensor both[2] = {rn_cast(x, RN_I32), rn_cast(rn_fill_like(x, 5), RN_I32)};

    return rn_cast(rn_min(rn_concat(both, 2, 0), NULL, 0, false), rn_type_get(x));
}

static void more_min(void)
{
    static const point points[] = {{NAN, NAN}, {INFINITY, INFINITY}, {-3, -3}};
    static const point integers[] = {{-2147483648.0, -2147483648.0}};

    for (int i = 0; i < COUNT(points); i++) expect_points(min_of_all, &points[i], 1);
    expect_points(min_of_integers, integers, 1);
}

BUILD(min)
REFERENCE(min)
{
    fold(x, (const over *)with, INFINITY, smaller, y);
}
BAD(min, "the minimum of no elements is undefined")
REDUCTION(min, extremes, EXACT | PIECEWISE | INTEGERS_TOO, 0, 0, more_min);
