/* SPDX-License-Identifier: MIT */
/* Records of the reductions composed of others, and of argmax. */
#include "record_reduce.h"

static double plus(double a, double b)
{
    return a + b;
}

static double times(double a, double b)
{
    return a * b;
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

static const sample means[] = {
    {.x = {REAL_SCALAR(regular)}, OVER_ALL(false)},
    {.x = {REAL(regular, 7)}, OVER(true, 0)},
    {.x = {REAL(regular, 3, 5)}, OVER(false, -1)},
    {.x = {REAL(regular, 2, 3, 5)}, OVER(true, 0, 2)},
    {.x = {REAL(regular, 0, 3)}, OVER(false, 1)},
    {.x = {REAL(regular, 5, 300)}, OVER(false, 1), .values_only = true},
};

static const sample sum_squares[] = {
    {.x = {REAL_SCALAR(regular)}, OVER_ALL(false)},
    {.x = {REAL(regular, 7)}, OVER(true, 0)},
    {.x = {REAL(regular, 3, 5)}, OVER(false, -1)},
    {.x = {REAL(regular, 2, 3, 5)}, OVER(true, 0, 2)},
    {.x = {REAL(regular, 3, 0)}, OVER(false, 1)},
    {.x = {REAL(odd, 5, 300)}, OVER(false, 1), .values_only = true},
    {.x = {REAL(odd, 3000, 2)}, OVER(false, 0), .values_only = true},
};

BUILD(mean)
REFERENCE(mean)
{
    const over *o = (const over *)with;

    fold(x, o, 0, plus, y);
    for (int64_t i = 0; i < rn_test_array_count(y); i++) y->at[i] /= (double)terms(x, o);
}
BAD(mean, "the mean of no elements is undefined")
REDUCTION(mean, means, 0, 8, 1, NULL);

/* The mean of squares less the square of the mean, with more digits than are tested. */
BUILD(variance)
REFERENCE(variance)
{
    const over *o = (const over *)with;
    rn_test_array squares = rn_test_array_copy(x), mean;

    map_two(times, (const rn_test_array[2]){*x, *x}, x->type, &squares);
    reference_mean(x, with, &mean);
    fold(&squares, o, 0, plus, y);
    for (int64_t i = 0; i < rn_test_array_count(y); i++)
        y->at[i] = y->at[i] / (double)terms(x, o) - mean.at[i] * mean.at[i];
    rn_test_array_free(&squares);
    rn_test_array_free(&mean);
}
BAD(variance, "the variance of no elements is undefined")
REDUCTION(variance, means, 0, 16, 2, NULL);

static double plus_square(double a, double b)
{
    return a + b * b;
}

/* In f64 for both types. */
BUILD(sum_square)
REFERENCE(sum_square)
{
    fold(x, (const over *)with, 0, plus_square, y);
    y->type = RN_F64;
}
REFUSES(sum_square_axis, rn_sum_square(x_of(g, RN_F32), (const int[]){2}, 1, false))
REFUSES(sum_square_type, rn_sum_square(x_of(g, RN_I32), NULL, 0, false))
static const refusal refusals_sum_square[] = {
    {sum_square_axis, "sum_square: no axis 2: x [2,3]"},
    {sum_square_type, "sum_square: not defined for this type (i32): x [2,3]"},
};
REDUCTION(sum_square, sum_squares, 0, 8, 1, NULL);

BUILD(mean_square)
REFERENCE(mean_square)
{
    const over *o = (const over *)with;

    fold(x, o, 0, plus_square, y);
    for (int64_t i = 0; i < rn_test_array_count(y); i++) y->at[i] /= (double)terms(x, o);
}
BAD(mean_square, "the mean square of no elements is undefined")
REDUCTION(mean_square, means, 0, 16, 1, NULL);

/* ---- products ---- */

static const sample products[] = {
    {.x = {REAL_SCALAR(odd)}, OVER_ALL(false)},
    {.x = {REAL(odd, 1)}, OVER(true, 0)},
    {.x = {REAL(odd, 5)}, OVER(false, 0)},
    {.x = {REAL(odd, 7)}, OVER(false, 0)},
    {.x = {REAL(odd, 3, 4)}, OVER(false, -1)},
    {.x = {REAL(odd, 3, 2)}, OVER_ALL(false)},
    {.x = {REAL(odd, 2, 3, 2)}, OVER(true, 0, 2)},
    {.x = {REAL(index, 6, 5)}, OVER(false, 1)}, /* zeros among the factors */
    {.x = {REAL(odd, 3, 0)}, OVER(true, 1)},
    {.x = {REAL(odd, 0, 3)}, OVER(false, 1)},
    {.x = {REAL(bits, 3, 37)}, OVER(true, 1), .values_only = true},
};

BUILD(prod)
REFERENCE(prod)
{
    fold(x, (const over *)with, 1, times, y);
}
REFUSES(prod_axis, rn_prod(x_of(g, RN_F32), (const int[]){2}, 1, false))
REFUSES(prod_twice, rn_prod(x_of(g, RN_F32), (const int[]){1, -1}, 2, false))
static const refusal refusals_prod[] = {
    {prod_axis, "prod: no axis 2: x [2,3]"},
    {prod_twice, "prod: axis -1 is listed twice: x [2,3]"},
};
REDUCTION(prod, products, EXACT | INTEGERS_TOO, 0, 0, NULL);

/* ---- argmax ---- */

static rn_tensor build_argmax(const rn_tensor *x, const void *with)
{
    const over *o = (const over *)with;

    return rn_argmax(x[0], o->axes[0], o->keep);
}

/* The first index at which the largest stands. */
REFERENCE(argmax)
{
    const over *o = (const over *)with;
    const int rank = x->shape.rank, axis = (o->axes[0] + rank) % rank;
    int64_t index[RN_RANK_MAX] = {0};
    rn_test_array largest;

    fold(x, &(const over){{axis}, 1, true}, -INFINITY, larger, &largest);
    fold(x, o, 0, plus, y);
    y->type = RN_I32;
    for (int64_t i = 0; i < rn_test_array_count(&largest); i++) {
        while (index[axis] < x->shape.size[axis] - 1 && *at(x, index) != largest.at[i])
            index[axis]++;
        y->at[i] = (double)index[axis];
        index[axis] = 0;
        next_index(largest.shape, index);
    }
    rn_test_array_free(&largest);
}

static rn_tensor argmax_as_number(rn_tensor x)
{
    return rn_cast(rn_argmax(rn_reshape(x, (rn_shape){2, {3, 4}}), 1, false),
                   rn_type_get(x));
}

/* Ties go to the first; a NaN is largest, the first of them; -inf alone. */
static void more_argmax(void)
{
    const double x[12] = {1, 5,   5,         0,         2,         NAN,
                          9, NAN, -INFINITY, -INFINITY, -INFINITY, -INFINITY};
    const double want[3] = {1, 1, 0};
    rn_graph *g = rn_graph_new();
    rn_test_array value = rn_test_array_new(RN_F32, (rn_shape){1, {12}});
    const rn_tensor input = rn_input(g, "x", RN_F32, value.shape);

    for (int i = 0; i < 12; i++) value.at[i] = x[i];
    rn_test_array y =
        rn_test_eval(argmax_as_number(input), &(rn_test_feed){input, &value}, 1);
    rn_test_array expected = rn_test_array_new(RN_F32, (rn_shape){1, {3}});
    for (int i = 0; i < 3; i++) expected.at[i] = want[i];
    rn_test_compare(&y, &expected, 0, 0, "argmax");
    rn_test_array_free(&expected);
    rn_test_array_free(&y);
    rn_test_array_free(&value);
    rn_graph_free(g);
}

static const sample argmaxes[] = {
    {.x = {REAL(regular, 7)}, OVER(false, 0)},
    {.x = {REAL(index, 3, 5)}, OVER(false, 1)},
    {.x = {REAL(index, 3, 5)}, OVER(true, 0)},
    {.x = {REAL(odd, 2, 3, 5)}, OVER(false, 1)},
    {.x = {REAL(regular, 0, 3)}, OVER(false, -1)},
    {.x = {REAL(odd, 1)}, OVER(true, 0)},
};

REFUSES(argmax_axis, rn_argmax(x_of(g, RN_F32), -3, false))
REFUSES(argmax_none, rn_argmax(rn_input(g, "x", RN_F32, (rn_shape){2, {2, 0}}), 1, false))
REFUSES(argmax_type, rn_argmax(x_of(g, RN_BOOL), 0, false))
static const refusal refusals_argmax[] = {
    {argmax_axis, "argmax: no axis -3: x [2,3]"},
    {argmax_none, "argmax: the maximum of no elements is undefined: x [2,0]"},
    {argmax_type, "argmax: not defined for this type (bool): x [2,3]"},
};
REDUCTION(argmax, argmaxes, NO_GRADIENT | INTEGERS_TOO | PIECEWISE, 0, 0, more_argmax);

/* ---- everything, or one axis ---- */

#define SHORT(name_, call, fold_start, f, divide)                                          \
    static rn_tensor build_##name_(const rn_tensor *x, const void *with)                   \
    {                                                                                      \
        return call;                                                                       \
    }                                                                                      \
    REFERENCE(name_)                                                                       \
    {                                                                                      \
        const over *o = (const over *)with;                                                \
        fold(x, o, fold_start, f, y);                                                      \
        for (int64_t i = 0; i < rn_test_array_count(y); i++)                               \
            y->at[i] /= divide ? (double)terms(x, o) : 1;                                  \
    }

static const sample all[] = {{.x = {REAL(distinct, 3, 5)}, OVER_ALL(false)},
                             {.x = {REAL_SCALAR(distinct)}, OVER_ALL(false)}};
static const sample one_axis[] = {{.x = {REAL(distinct, 3, 5)}, OVER(false, 1)},
                                  {.x = {REAL(distinct, 2, 3, 5)}, OVER(false, 1)}};

#define ALL(name_, f, start, divide, flags_, ulps)                                         \
    SHORT(name_, rn_##name_(x[0]), start, f, divide)                                       \
    REFUSES(bools_##name_, rn_##name_(x_of(g, RN_BOOL)))                                   \
    static const refusal refusals_##name_[] = {{bools_##name_, REFUSED}};                  \
    REDUCTION(name_, all, flags_, ulps, 1, NULL)

#define AXIS(name_, f, start, divide, flags_, ulps)                                        \
    SHORT(name_, rn_##name_(x[0], 1), start, f, divide)                                    \
    REFUSES(bools_##name_, rn_##name_(x_of(g, RN_BOOL), 1))                                \
    static const refusal refusals_##name_[] = {{bools_##name_, REFUSED}};                  \
    REDUCTION(name_, one_axis, flags_, ulps, 1, NULL)

#define REFUSED "sum: not defined for this type (bool): x [2,3]"
ALL(sum_all, plus, 0, false, 0, 0);
AXIS(sum_axis, plus, 0, false, 0, 0);
#undef REFUSED
#define REFUSED "mean: not defined for this type (bool): x [2,3]"
ALL(mean_all, plus, 0, true, 0, 1);
AXIS(mean_axis, plus, 0, true, 0, 1);
#undef REFUSED
#define REFUSED "max: not defined for this type (bool): x [2,3]"
ALL(max_all, larger, -INFINITY, false, PIECEWISE, 0);
AXIS(max_axis, larger, -INFINITY, false, PIECEWISE, 0);
