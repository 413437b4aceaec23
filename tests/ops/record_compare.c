/* SPDX-License-Identifier: MIT */
/* Records of the comparisons, and of the operators on their results. */
#include "record_binary.h"

static double eq(double x, double y)
{
    return x == y;
}

static double ne(double x, double y)
{
    return x != y;
}

static double lt(double x, double y)
{
    return x < y;
}

static double le(double x, double y)
{
    return x <= y;
}

/* Comparisons with a NaN, and of bools: false < true. */
static void compare_with_nan(rn_tensor (*op)(rn_tensor, rn_tensor),
                             double (*f)(double, double))
{
    const double values[] = {NAN, 1, -INFINITY, 0, -0.0};
    rn_test_array x = rn_test_array_new(RN_F32, (rn_shape){2, {5, 1}});
    rn_test_array y = rn_test_array_new(RN_F32, (rn_shape){1, {5}}), pair[2];

    for (int i = 0; i < 5; i++) x.at[i] = y.at[i] = values[i];
    for (int type = RN_F32; type <= RN_BOOL; type++) {
        rn_graph *g = rn_graph_new();
        x.type = y.type = (rn_type)type;
        rn_test_array_round(&x);
        rn_test_array_round(&y);
        pair[0] = x, pair[1] = y;
        const rn_tensor in[2] = {rn_input(g, "x", x.type, x.shape),
                                 rn_input(g, "y", y.type, y.shape)};
        const rn_test_feed feeds[2] = {{in[0], &x}, {in[1], &y}};
        rn_test_array want, got = rn_test_eval(op(in[0], in[1]), feeds, 2);

        map_two(f, pair, RN_BOOL, &want);
        rn_test_compare(&got, &want, 0, 0, rn_type_name(x.type));
        rn_test_array_free(&got);
        rn_test_array_free(&want);
        rn_graph_free(g);
    }
    rn_test_array_free(&x);
    rn_test_array_free(&y);
}

#define COMPARISON(name_, f)                                                               \
    REFUSED(name_)                                                                         \
    static void more_##name_(void)                                                         \
    {                                                                                      \
        compare_with_nan(rn_##name_, f);                                                   \
    }                                                                                      \
    BINARY(name_, f, RN_BOOL, 0, NO_GRADIENT | INTEGERS_TOO | ALIASED, more_##name_,       \
           PAIRS(odd, odd))

COMPARISON(equal, eq);
COMPARISON(not_equal, ne);
COMPARISON(less, lt);
COMPARISON(less_equal, le);

/* ---- those that are others turned round ---- */

#define TURNED(name_, of)                                                                  \
    static rn_tensor shapes_##name_(rn_graph *g)                                           \
    {                                                                                      \
        return rn_##name_(x_of(g, RN_F32), rn_input(g, "y", RN_F32, (rn_shape){1, {2}}));  \
    }                                                                                      \
    static const refusal refusals_##name_[] = {                                            \
        {shapes_##name_, #name_ ": shapes do not broadcast, in " of ": x [2,3], y [2]"}};  \
    static void more_##name_(void)                                                         \
    {                                                                                      \
        compare_with_nan(rn_##name_, name_##_of);                                          \
    }                                                                                      \
    BINARY(name_, name_##_of, RN_BOOL, 0, NO_GRADIENT | INTEGERS_TOO | ALIASED,            \
           more_##name_, PAIRS(odd, odd))

static double greater_of(double x, double y)
{
    return x > y;
}

static double greater_equal_of(double x, double y)
{
    return x >= y;
}

TURNED(greater, "less");
TURNED(greater_equal, "less_equal");

static double finite_of(double x)
{
    return isfinite(x) != 0;
}

static rn_tensor build_is_finite(const rn_tensor *x, const void *with)
{
    return rn_is_finite(x[0]);
}

static void reference_is_finite(const rn_test_array *x, const void *with, rn_test_array *y)
{
    map_one(finite_of, x, y);
    y->type = RN_BOOL;
}

static rn_tensor finite_as_number(rn_tensor x)
{
    return rn_cast(rn_is_finite(x), rn_type_get(x));
}

static void more_is_finite(void)
{
    static const point points[] = {{NAN, 0},          {INFINITY, 0}, {-INFINITY, 0},
                                   {3.4028234e38, 1}, {-0.0, 1},     {1e-42, 1}};
    expect_points(finite_as_number, points, COUNT(points));
}

static const sample samples_is_finite[] = {{.x = {REAL(huge, 19)}},
                                           {.x = {REAL(odd, 2, 0)}}};
const record record_is_finite = {.name = "is_finite",
                                 .inputs = 1,
                                 .build = build_is_finite,
                                 .reference = reference_is_finite,
                                 SAMPLES(samples_is_finite),
                                 .flags = NO_GRADIENT | INTEGERS_TOO,
                                 .more = more_is_finite};

/* ---- logic ---- */

static double and_of(double x, double y)
{
    return x != 0 && y != 0;
}

static double or_of(double x, double y)
{
    return x != 0 || y != 0;
}

static double not_of(double x)
{
    return x == 0;
}

static const sample logical_samples[] = {
    {.x = {BOOL(7), BOOL(7)}},       {.x = {BOOL(67), BOOL(67)}},
    {.x = {BOOL(3, 1), BOOL(1, 5)}}, {.x = {BOOL(1), BOOL(2, 33)}},
    {.x = {BOOL(0), BOOL(1)}},       {.x = {BOOL(2, 3, 4), BOOL(4)}}};

#define LOGICAL(name_, f)                                                                  \
    static rn_tensor build_##name_(const rn_tensor *x, const void *with)                   \
    {                                                                                      \
        return rn_##name_(x[0], x[1]);                                                     \
    }                                                                                      \
    static void reference_##name_(const rn_test_array *x, const void *with,                \
                                  rn_test_array *y)                                        \
    {                                                                                      \
        map_two(f, x, RN_BOOL, y);                                                         \
    }                                                                                      \
    REFUSES(numbers_##name_, rn_##name_(x_of(g, RN_F32), x_of(g, RN_F32)))                 \
    static const refusal refusals_##name_[] = {                                            \
        {numbers_##name_,                                                                  \
         #name_ ": not defined for this type (f32, f32): x [2,3], x [2,3]"}};              \
    const record record_##name_ = {.name = #name_,                                         \
                                   .inputs = 2,                                            \
                                   .build = build_##name_,                                 \
                                   .reference = reference_##name_,                         \
                                   SAMPLES(logical_samples),                               \
                                   .flags = NO_GRADIENT | ALIASED,                         \
                                   REFUSALS(refusals_##name_)}

LOGICAL(logical_and, and_of);
LOGICAL(logical_or, or_of);

static rn_tensor build_logical_not(const rn_tensor *x, const void *with)
{
    return rn_logical_not(x[0]);
}

static void reference_logical_not(const rn_test_array *x, const void *with,
                                  rn_test_array *y)
{
    map_one(not_of, x, y);
}

REFUSES(numbers_not, rn_logical_not(x_of(g, RN_I32)))
static const refusal refusals_logical_not[] = {
    {numbers_not, "logical_not: not defined for this type (i32): x [2,3]"}};
static const sample samples_logical_not[] = {{.x = {BOOL(2, 33)}}, {.x = {BOOL(0)}}};
const record record_logical_not = {.name = "logical_not",
                                   .inputs = 1,
                                   .build = build_logical_not,
                                   .reference = reference_logical_not,
                                   SAMPLES(samples_logical_not),
                                   .flags = NO_GRADIENT,
                                   REFUSALS(refusals_logical_not)};
