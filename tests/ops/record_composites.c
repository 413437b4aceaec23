/* SPDX-License-Identifier: MIT */
/* Records of the element-wise composites, of one_hot and of range. */
#include "record_move.h"

#include <criterion/criterion.h>
#include <math.h>

#define SHAPES(fill)                                                                       \
    {.x = {REAL_SCALAR(fill)}}, {.x = {REAL(fill, 0)}}, {.x = {REAL(fill, 7)}},            \
    {                                                                                      \
        .x = { REAL(fill, 2, 3, 5) }                                                       \
    }
#define MANY(fill)                                                                         \
    {                                                                                      \
        .x = {REAL(fill, 131)}, .values_only = true                                        \
    }

#define ELEMENTWISE(name_, call, f, ulps_, floor_, flags_, ...)                            \
    static rn_tensor build_##name_(const rn_tensor *x, const void *with)                   \
    {                                                                                      \
        return call;                                                                       \
    }                                                                                      \
    REFERENCE(name_)                                                                       \
    {                                                                                      \
        map_one(f, x, y);                                                                  \
    }                                                                                      \
    static const sample samples_##name_[] = {__VA_ARGS__};                                 \
    const record record_##name_ = {.name = #name_,                                         \
                                   .inputs = 1,                                            \
                                   .build = build_##name_,                                 \
                                   .reference = reference_##name_,                         \
                                   SAMPLES(samples_##name_),                               \
                                   .flags = flags_,                                        \
                                   .ulps = ulps_,                                          \
                                   .floor = floor_}

static double thrice(double x)
{
    return 3 * x;
}

static double less_five(double x)
{
    return x - 5;
}

static double rest_of_one(double x)
{
    return 1 - x;
}

static double inverse(double x)
{
    return 1 / x;
}

ELEMENTWISE(scale, rn_scale(x[0], 3), thrice, 0, 0, EXACT | INTEGERS_TOO, SHAPES(odd));
ELEMENTWISE(offset, rn_offset(x[0], -5), less_five, 0, 0, EXACT | INTEGERS_TOO,
            SHAPES(odd));
ELEMENTWISE(one_minus, rn_one_minus(x[0]), rest_of_one, 0, 0, EXACT | INTEGERS_TOO,
            SHAPES(odd));
ELEMENTWISE(reciprocal, rn_reciprocal(x[0]), inverse, 0.5, 0, 0, SHAPES(off_zero),
            MANY(positive));

/* ---- ceil ---- */

BUILD(ceil)
{
    return rn_ceil(x[0]);
}
REFERENCE(ceil)
{
    map_one(ceil, x, y);
}
static const sample ceils[] = {SHAPES(regular), SHAPES(odd), MANY(regular),
                               MANY(large),     MANY(huge),  MANY(tiny)};

static void more_ceil(void)
{
    static const point points[] = {{-0.0, -0.0},
                                   {0, 0},
                                   {0.5, 1},
                                   {-0.5, -0.0},
                                   {2, 2},
                                   {-2, -2},
                                   {0x1p-149, 1},
                                   {-0x1p-149, -0.0},
                                   {0x1.fffffep-1, 1},
                                   {-0x1.fffffep-1, -0.0},
                                   {0x1.fffffep22, 0x1p23},
                                   {-0x1.fffffep22, -0x1.fffffcp22},
                                   {0x1.000002p23, 0x1.000002p23},
                                   {-0x1.fp52, -0x1.fp52},
                                   {0x1.fffffep127, 0x1.fffffep127},
                                   {INFINITY, INFINITY},
                                   {-INFINITY, -INFINITY},
                                   {NAN, NAN}};
    static const kink kinks[] = {
        {0, 5, 0}, {-0.0, 5, 0}, {2, 5, 0}, {-0.5, 5, 0}, {2.25, INFINITY, 0}};

    expect_points(rn_ceil, points, COUNT(points));
    expect_kinks(rn_ceil, kinks, COUNT(kinks));
}

REFUSES(ceil_type, rn_ceil(x_of(g, RN_I32)))
static const refusal refusals_ceil[] = {
    {ceil_type, "ceil: x must be f32 or f64: x [2,3] i32"}};
const record record_ceil = {.name = "ceil",
                            .inputs = 1,
                            .build = build_ceil,
                            .reference = reference_ceil,
                            SAMPLES(ceils),
                            .flags = NO_GRADIENT | PIECEWISE,
                            REFUSALS(refusals_ceil),
                            .more = more_ceil};

/* ---- gelu_tanh ---- */

/* The form that keeps the digits of small values. */
static double tanh_form(double x)
{
    const double t = sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x);

    return x < 0 ? x * exp(2 * t) / (1 + exp(2 * t)) : x / (1 + exp(-2 * t));
}

BUILD(gelu_tanh)
{
    return rn_gelu_tanh(x[0]);
}
REFERENCE(gelu_tanh)
{
    map_one(tanh_form, x, y);
}
static const sample gelu_tanhs[] = {SHAPES(regular), MANY(regular), MANY(tiny)};

/* x (1 + tanh t) / 2 in 40 digits by mpmath 1.3.0:
 *   x / 2 * (1 + tanh(sqrt(2 / pi) * (x + mpf("0.044715") * x**3))) */
static void more_gelu_tanh(void)
{
    static const point golden[] = {
        {-6, -8.4396467007622970837e-11}, {-3, -0.0036373920817730188378},
        {-1, -0.15880800939172329522},    {-0.5, -0.15428599017485607796},
        {0.5, 0.34571400982514392204},    {1, 0.84119199060827670478},
        {2, 1.9545976940877750188},       {3.5, 3.4993838023446263367}};
    static const point points[] = {{0, 0},     {-0.0, -0.0},  {INFINITY, INFINITY},
                                   {40, 40},   {-40, 0},      {0x1p100, 0x1p100},
                                   {NAN, NAN}, {-INFINITY, 0}};
    static const kink kinks[] = {{0, 6, 3},       {INFINITY, 5, 5}, {-INFINITY, 5, 0},
                                 {0x1p100, 5, 5}, {-0x1p100, 5, 0}, {40, 5, 5},
                                 {-40, 5, 0}};
    rn_graph *g = rn_graph_new();

    for (int i = 0; i < COUNT(golden); i++) {
        const rn_tensor x = rn_constant_scalar(g, RN_F64, golden[i].x);
        rn_test_array y = rn_test_eval(rn_gelu_tanh(x), NULL, 0);
        rn_test_array z = rn_test_eval(rn_gelu_tanh(rn_cast(x, RN_F32)), NULL, 0);
        const double want = golden[i].y, v = golden[i].x;
        const double u = (8 + 8 * fabs(0.8 * v * (1 + 0.044715 * v * v))) * fabs(want);
        cr_assert_float_eq(y.at[0], want, u * 0x1p-53, "%g", v);
        cr_assert_float_eq(z.at[0], want, u * 0x1p-24, "%g", v);
        rn_test_array_free(&y);
        rn_test_array_free(&z);
    }
    rn_graph_free(g);
    expect_points(rn_gelu_tanh, points, COUNT(points));
    expect_kinks(rn_gelu_tanh, kinks, COUNT(kinks));
}

REFUSES(gelu_tanh_type, rn_gelu_tanh(x_of(g, RN_I32)))
static const refusal refusals_gelu_tanh[] = {
    {gelu_tanh_type, "gelu_tanh: x must be f32 or f64: x [2,3] i32"}};
const record record_gelu_tanh = {.name = "gelu_tanh",
                                 .inputs = 1,
                                 .build = build_gelu_tanh,
                                 .reference = reference_gelu_tanh,
                                 SAMPLES(gelu_tanhs),
                                 .ulps = 16,
                                 REFUSALS(refusals_gelu_tanh),
                                 .more = more_gelu_tanh};

/* ---- one_hot ---- */

typedef struct classes {
    int64_t count;
    rn_type type;
} classes;

BUILD(one_hot)
{
    const classes *c = (const classes *)with;

    return rn_one_hot(x[0], c->count, c->type);
}
REFERENCE(one_hot)
{
    const classes *c = (const classes *)with;
    rn_shape shape = x->shape;

    shape.size[shape.rank++] = c->count;
    *y = rn_test_array_new(c->type, shape);
    for (int64_t i = 0; i < rn_test_array_count(x); i++)
        if (x->at[i] >= 0 && x->at[i] < (double)c->count)
            y->at[i * c->count + (int64_t)x->at[i]] = 1;
}

#define CLASSES(count_, type_)                                                             \
    .with = &(const classes)                                                               \
    {                                                                                      \
        count_, type_                                                                      \
    }
/* Odd integers within -7..7: some are outside, some beyond. */
static const sample one_hots[] = {
    {.x = {I32(index, 5)}, CLASSES(3, RN_F32)},
    {.x = {I32(odd, 20)}, CLASSES(5, RN_F64)},
    {.x = {I32(odd, 2, 3)}, CLASSES(1, RN_I32)},
    {.x = {I32(odd, 4)}, CLASSES(21, RN_BOOL)},
    {.x = {I32(index, 0)}, CLASSES(3, RN_F32)},
    {.x = {I32(index, 2)}, CLASSES(0, RN_F32)},
    {.x = {{RN_I32, SCALAR, rn_test_fill_index}}, CLASSES(8, RN_F32)},
};
REFUSES(one_hot_type, rn_one_hot(x_of(g, RN_F32), 3, RN_F32))
REFUSES(one_hot_count, rn_one_hot(x_of(g, RN_I32), -1, RN_F32))
static const refusal refusals_one_hot[] = {
    {one_hot_type, "one_hot: the indices' type is f32, not i32: x [2,3]"},
    {one_hot_count, "one_hot: range: invalid count: -1"},
};
const record record_one_hot = {.name = "one_hot",
                               .inputs = 1,
                               .build = build_one_hot,
                               .reference = reference_one_hot,
                               SAMPLES(one_hots),
                               .flags = NO_GRADIENT,
                               REFUSALS(refusals_one_hot)};

/* ---- range: of x's graph, which it takes nothing else from ---- */

BUILD(range)
{
    return rn_range(x[0].graph, *(const int64_t *)with);
}
REFERENCE(range)
{
    *y = rn_test_array_new(RN_I32, (rn_shape){1, {*(const int64_t *)with}});
    for (int64_t i = 0; i < rn_test_array_count(y); i++) y->at[i] = (double)i;
}
#define LENGTH(n)                                                                          \
    .x = {REAL_SCALAR(odd)}, .with = &(const int64_t)                                      \
    {                                                                                      \
        n                                                                                  \
    }
static const sample ranges[] = {{LENGTH(0)}, {LENGTH(1)},  {LENGTH(7)},  {LENGTH(8)},
                                {LENGTH(9)}, {LENGTH(16)}, {LENGTH(37)}, {LENGTH(1000)}};
REFUSES(range_negative, rn_range(g, -3))
REFUSES(range_large, rn_range(g, INT64_MAX))
static const refusal refusals_range[] = {
    {range_negative, "range: invalid count: -3"},
    {range_large, "range: invalid count: 9223372036854775807"},
};
const record record_range = {.name = "range",
                             .inputs = 1,
                             .build = build_range,
                             .reference = reference_range,
                             SAMPLES(ranges),
                             .flags = NO_GRADIENT,
                             REFUSALS(refusals_range)};
