/* SPDX-License-Identifier: MIT */
/* Records of the comparisons that are made of operators. */
#include "record_element.h"

#include <math.h>

/* ---- those that are others turned round ---- */

#define TURNED(name_, of_)                                                                 \
    REFUSES(shapes_##name_,                                                                \
            rn_##name_(x_of(g, RN_F32), rn_input(g, "y", RN_F32, (rn_shape){1, {2}})))     \
    static const refusal refusals_##name_[] = {                                            \
        {shapes_##name_, #name_ ": shapes do not broadcast, in " of_ ": x [2,3], y [2]"}}; \
    static void more_##name_(void)                                                         \
    {                                                                                      \
        expect_comparisons(rn_##name_, name_##_of);                                        \
    }                                                                                      \
    ELEMENTWISE(name_, 2, rn_##name_(x[0], x[1]), map_two(name_##_of, x, RN_BOOL, y), 0,   \
                NO_GRADIENT | INTEGERS_TOO | ALIASED | PIECEWISE, PAIRS(odd, odd))

static double greater_of(double x, double y)
{
    return x > y;
}

static double greater_equal_of(double x, double y)
{
    return x >= y;
}

TURNED(greater, "less")
TURNED(greater_equal, "less_equal")

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
