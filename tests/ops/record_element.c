/* SPDX-License-Identifier: MIT */
/* Records of the element-wise operators, from elementwise.def. */
#include "record_element.h"

#include <math.h>
#include <string.h>

typedef double real;
#define F(name) name
#include "elementwise.h"

/* ---- formulas ---- */

#define RN_ONE(name, kind, flags, ulps, formula, ...)                                      \
    static double of_##name(double x)                                                      \
    {                                                                                      \
        return formula;                                                                    \
    }
#define RN_TWO(name, kind, flags, ulps, formula, ...)                                      \
    static double of_##name(double x, double y)                                            \
    {                                                                                      \
        return formula;                                                                    \
    }
#include "elementwise.def"

/* ---- single points ---- */

#define LIST_OF(kind, name, ...) static const kind kind##s_of_##name[] = {__VA_ARGS__};

#define RN_POINTS(name, ...)     LIST_OF(point, name, __VA_ARGS__)
#define RN_KINKS(name, ...)      LIST_OF(kink, name, __VA_ARGS__)
#define RN_PAIRS(name, ...)      LIST_OF(binary_point, name, __VA_ARGS__)
#include "elementwise.def"

/* Those of an operator, if it has any. */
static void check_points_of(const char *op)
{
#define RN_POINTS(name, ...)                                                               \
    if (strcmp(op, #name) == 0)                                                            \
        expect_points(rn_##name, points_of_##name, COUNT(points_of_##name));
#define RN_KINKS(name, ...)                                                                \
    if (strcmp(op, #name) == 0)                                                            \
        expect_kinks(rn_##name, kinks_of_##name, COUNT(kinks_of_##name));
#define RN_PAIRS(name, ...)                                                                \
    if (strcmp(op, #name) == 0)                                                            \
        expect_binary_points(rn_##name, binary_points_of_##name,                           \
                             COUNT(binary_points_of_##name));
#include "elementwise.def"
}

/* ---- what the kinds refuse ---- */

#define REFUSED_ONE(name, type, text)                                                      \
    REFUSES(type##_##name, rn_##name(x_of(g, type)))                                       \
    static const refusal refusals_##name[] = {                                             \
        {type##_##name, #name ": not defined for this type (" text "): x [2,3]"}};

#define REFUSED_ONE_real(name)    REFUSED_ONE(name, RN_I32, "i32")
#define REFUSED_ONE_number(name)  REFUSED_ONE(name, RN_BOOL, "bool")
#define REFUSED_ONE_logical(name) REFUSED_ONE(name, RN_I32, "i32")

#define Y_OF(type, size)          rn_input(g, "y", type, (rn_shape){1, {size}})

#define REFUSED_TWO(name)                                                                  \
    REFUSES(shapes_##name, rn_##name(x_of(g, RN_F32), Y_OF(RN_F32, 2)))                    \
    REFUSES(types_##name, rn_##name(x_of(g, RN_F32), Y_OF(RN_I32, 3)))                     \
    static const refusal refusals_##name[] = {                                             \
        {shapes_##name, #name ": shapes do not broadcast: x [2,3], y [2]"},                \
        {types_##name, #name ": types differ (f32, i32): x [2,3], y [3]"}};

#define REFUSED_TWO_real(name)   REFUSED_TWO(name)
#define REFUSED_TWO_number(name) REFUSED_TWO(name)
#define REFUSED_TWO_any(name)    REFUSED_TWO(name)
#define REFUSED_TWO_logical(name)                                                          \
    REFUSES(numbers_##name, rn_##name(x_of(g, RN_F32), x_of(g, RN_F32)))                   \
    static const refusal refusals_##name[] = {                                             \
        {numbers_##name,                                                                   \
         #name ": not defined for this type (f32, f32): x [2,3], x [2,3]"}};

/* ---- what the kinds accept and give ---- */

#define FLAGS_real     0
#define FLAGS_number   INTEGERS_TOO
#define FLAGS_any      INTEGERS_TOO
#define FLAGS_logical  0

#define RESULT_real    x->type
#define RESULT_number  x->type
#define RESULT_any     RN_BOOL
#define RESULT_logical RN_BOOL

#define COMPARED_real(name)
#define COMPARED_number(name)
#define COMPARED_logical(name)
#define COMPARED_any(name) expect_comparisons(rn_##name, of_##name);

/* ---- the records ---- */

#define RN_ONE(name, kind, flags, ulps, formula, ...)                                      \
    REFUSED_ONE_##kind(name) static void more_##name(void)                                 \
    {                                                                                      \
        check_points_of(#name);                                                            \
    }                                                                                      \
    ELEMENTWISE(name, 1, rn_##name(x[0]), map_one(of_##name, x, y), ulps,                  \
                (flags) | FLAGS_##kind, __VA_ARGS__)

#define RN_TWO(name, kind, flags, ulps, formula, ...)                                      \
    REFUSED_TWO_##kind(name) static void more_##name(void)                                 \
    {                                                                                      \
        check_points_of(#name);                                                            \
        COMPARED_##kind(name)                                                              \
    }                                                                                      \
    ELEMENTWISE(name, 2, rn_##name(x[0], x[1]), map_two(of_##name, x, RESULT_##kind, y),   \
                ulps, (flags) | FLAGS_##kind, __VA_ARGS__)
#include "elementwise.def"
