/* SPDX-License-Identifier: MIT */
/* Records of where, cast, stop_gradient and clip_gradient. */
#include "records.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <math.h>
#include <rondo/grad.h>
#include <rondo/program.h>

/* ---- where ---- */

#define RN_THREE(name, formula)                                                            \
    static double of_##name(double x, double y, double z)                                  \
    {                                                                                      \
        return formula;                                                                    \
    }
#include "elementwise.def"

static rn_tensor build_where(const rn_tensor *x, const void *with)
{
    return rn_where(x[0], x[1], x[2]);
}

static void reference_where(const rn_test_array *x, const void *with, rn_test_array *y)
{
    rn_shape shape = *(const rn_shape *)with;
    int64_t index[RN_RANK_MAX] = {0};

    *y = rn_test_array_new(x[1].type, shape);
    if (rn_test_array_count(y) > 0) do
            *at(y, index) = of_where(at_broadcast(&x[0], shape, index),
                                     at_broadcast(&x[1], shape, index),
                                     at_broadcast(&x[2], shape, index));
        while (next_index(shape, index));
}

#define GIVES(...) .with = &(const rn_shape)SHAPE(__VA_ARGS__)

static const sample samples_where[] = {
    {.x = {BOOL(7), REAL(odd, 7), REAL(odd, 7)}, GIVES(7)},
    {.x = {BOOL(71), REAL(odd, 71), REAL(odd, 1)}, GIVES(71)},
    {.x = {BOOL(71), REAL(odd, 1), REAL(odd, 71)}, GIVES(71)},
    {.x = {BOOL(3, 1), REAL(odd, 1, 5), REAL(odd, 3, 5)}, GIVES(3, 5)},
    {.x = {BOOL(5), REAL(odd, 2, 3, 5), REAL_SCALAR(odd)}, GIVES(2, 3, 5)},
    {.x = {BOOL(2, 1, 1), REAL(odd, 3, 1), REAL(odd, 4)}, GIVES(2, 3, 4)},
    {.x = {BOOL(1), REAL(odd, 0), REAL(odd, 1)}, GIVES(0)},
};

/* What is not chosen has no influence, also on the gradient. */
static void more_where(void)
{
    rn_graph *g = rn_graph_new();
    rn_test_array c = rn_test_array_new(RN_BOOL, (rn_shape){1, {2}});
    rn_test_array x = rn_test_array_new(RN_F64, (rn_shape){1, {2}}), got[3];
    const rn_tensor in[2] = {rn_input(g, "c", RN_BOOL, c.shape),
                             rn_input(g, "x", RN_F64, x.shape)};
    const rn_test_feed feeds[2] = {{in[0], &c}, {in[1], &x}};
    rn_tensor out[3];

    c.at[0] = 1, x.at[0] = 3, x.at[1] = NAN;
    const rn_tensor other = rn_constant_like(in[1], INFINITY);
    out[0] = rn_where(in[0], in[1], other);
    out[1] = rn_where(in[0], rn_constant_like(in[1], 2), in[1]);
    cr_assert(rn_grad(rn_sum_all(out[0]), rn_null(), &in[1], 1, &out[2]));
    rn_test_run(out, 3, feeds, 2, got);
    cr_assert(got[0].at[0] == 3 && isinf(got[0].at[1]));
    cr_assert(got[1].at[0] == 2 && isnan(got[1].at[1]));
    cr_assert(got[2].at[0] == 1 && got[2].at[1] == 0);
    for (int i = 0; i < 3; i++) rn_test_array_free(&got[i]);
    rn_test_array_free(&c);
    rn_test_array_free(&x);
    rn_graph_free(g);
}

REFUSES(where_number, rn_where(x_of(g, RN_I32), x_of(g, RN_F32), x_of(g, RN_F32)))
REFUSES(where_types, rn_where(x_of(g, RN_BOOL), x_of(g, RN_F32), x_of(g, RN_F64)))
REFUSES(where_shapes, rn_where(rn_input(g, "c", RN_BOOL, (rn_shape){1, {4}}),
                               x_of(g, RN_F32), x_of(g, RN_F32)))
static const refusal refusals_where[] = {
    {where_number, "where: the condition's type is not bool (i32, f32, f32): "
                   "x [2,3], x [2,3], x [2,3]"},
    {where_types, "where: types differ (bool, f32, f64): x [2,3], x [2,3], x [2,3]"},
    {where_shapes, "where: shapes do not broadcast: c [4], x [2,3], x [2,3]"},
};

const record record_where = {.name = "where",
                             .inputs = 3,
                             .build = build_where,
                             .reference = reference_where,
                             SAMPLES(samples_where),
                             .flags = EXACT,
                             REFUSALS(refusals_where),
                             .more = more_where};

/* ---- cast ---- */

static rn_tensor build_cast(const rn_tensor *x, const void *with)
{
    return rn_cast(x[0], *(const rn_type *)with);
}

static void reference_cast(const rn_test_array *x, const void *with, rn_test_array *y)
{
    *y = rn_test_array_copy(x);
    y->type = *(const rn_type *)with;
    rn_test_array_round(y);
}

#define TO(type_)                                                                          \
    .with = &(const rn_type)                                                               \
    {                                                                                      \
        type_                                                                              \
    }
#define AS(type_) TO(type_), .values_only = true

static const sample samples_cast[] = {
    {.x = {REAL(odd, 7)}, TO(RN_F64)},      {.x = {REAL(odd, 2, 3)}, TO(RN_F32)},
    {.x = {REAL(odd, 131)}, AS(RN_I32)},    {.x = {REAL(regular, 131)}, AS(RN_I32)},
    {.x = {REAL(huge, 37)}, AS(RN_I32)},    {.x = {REAL(regular, 37)}, AS(RN_BOOL)},
    {.x = {REAL(regular, 37)}, AS(RN_F32)}, {.x = {I32(odd, 37)}, AS(RN_F32)},
    {.x = {I32(odd, 37)}, AS(RN_F64)},      {.x = {I32(index, 37)}, AS(RN_BOOL)},
    {.x = {BOOL(37)}, AS(RN_F32)},          {.x = {BOOL(37)}, AS(RN_F64)},
    {.x = {BOOL(37)}, AS(RN_I32)},          {.x = {REAL(odd, 0)}, AS(RN_I32)},
    {.x = {REAL_SCALAR(odd)}, AS(RN_I32)},
};

static rn_tensor to_i32_and_back(rn_tensor x)
{
    return rn_cast(rn_cast(x, RN_I32), rn_type_get(x));
}

static rn_tensor to_bool_and_back(rn_tensor x)
{
    return rn_cast(rn_cast(x, RN_BOOL), rn_type_get(x));
}

/* Compiled in f64, a cast to f32 is one to f64, which can hold this; one to i32 stays. */
static void cast_in_f64(void)
{
    const int32_t value = 16777217;
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_I32, (rn_shape)SCALAR);
    const rn_tensor real = rn_cast(x, RN_F32), back = rn_cast(real, RN_I32);
    rn_program *program = rn_compile(
        g, (rn_compile_options){RN_OUTPUTS(real, back), .real = RN_F64, .convert = true});

    cr_assert(program, "%s", rn_graph_error(g));
    cr_assert(rn_feed(program, x, &value, sizeof value) == RN_OK);
    cr_assert(rn_run(program) == RN_OK);
    cr_assert(rn_program_type(program, real) == RN_F64);
    cr_assert(rn_scalar(program, real) == 16777217.0);
    cr_assert(rn_scalar(program, back) == 16777217.0);
    rn_program_free(program);
    rn_graph_free(g);
}

static void more_cast(void)
{
    static const point saturating[] = {{NAN, 0},
                                       {INFINITY, INT_MAX},
                                       {-INFINITY, INT_MIN},
                                       {3e9, INT_MAX},
                                       {-3e9, INT_MIN},
                                       {0x1p31, INT_MAX},
                                       {-0x1p31, INT_MIN},
                                       {1.9, 1},
                                       {-1.9, -1},
                                       {-0.0, 0},
                                       {0x1.fffffep30, 0x1.fffffep30}};
    static const point truth[] = {{NAN, 1}, {0, 0}, {-0.0, 0}, {0.25, 1}, {-INFINITY, 1}};

    /* INT_MAX is no f32: it comes back as 2^31. */
    for (int i = 0; i < COUNT(saturating); i++) {
        rn_graph *g = rn_graph_new();
        rn_test_array x = rn_test_array_new(RN_F64, (rn_shape){0, {0}});
        const rn_tensor input = rn_input(g, "x", RN_F64, x.shape);
        x.at[0] = saturating[i].x;
        for (int type = RN_F32; type <= RN_F64; type++) {
            const rn_tensor y = rn_cast(rn_cast(input, (rn_type)type), RN_I32);
            rn_test_array got = rn_test_eval(y, &(rn_test_feed){input, &x}, 1);
            cr_assert(got.at[0] == saturating[i].y, "%g becomes %g", x.at[0], got.at[0]);
            rn_test_array_free(&got);
        }
        rn_test_array_free(&x);
        rn_graph_free(g);
    }
    cast_in_f64();
    expect_points(to_bool_and_back, truth, COUNT(truth));
    expect_gradient(to_i32_and_back, 2, (const double[]){1, 2}, (const double[]){3, 4},
                    (const double[]){0, 0});
}

REFUSES(cast_type, rn_cast(x_of(g, RN_F32), (rn_type)7))
static const refusal refusals_cast[] = {{cast_type, "cast: invalid type: 7: x [2,3]"}};

const record record_cast = {.name = "cast",
                            .inputs = 1,
                            .build = build_cast,
                            .reference = reference_cast,
                            SAMPLES(samples_cast),
                            .flags = EXACT | PIECEWISE,
                            REFUSALS(refusals_cast),
                            .more = more_cast};

/* ---- stop_gradient ---- */

static rn_tensor build_stop_gradient(const rn_tensor *x, const void *with)
{
    return rn_stop_gradient(x[0]);
}

static void reference_stop_gradient(const rn_test_array *x, const void *with,
                                    rn_test_array *y)
{
    *y = rn_test_array_copy(x);
}

static rn_tensor half_stopped(rn_tensor x)
{
    return rn_mul(x, rn_stop_gradient(x));
}

static void more_stop_gradient(void)
{
    expect_gradient(rn_stop_gradient, 2, (const double[]){1, 2}, (const double[]){3, 4},
                    (const double[]){0, 0});
    expect_gradient(half_stopped, 2, (const double[]){5, 7}, (const double[]){3, 4},
                    (const double[]){15, 28});
}

static const sample samples_stop_gradient[] = {
    {.x = {REAL(odd, 2, 5)}}, {.x = {BOOL(3)}}, {.x = {REAL(odd, 0)}}};
const record record_stop_gradient = {.name = "stop_gradient",
                                     .inputs = 1,
                                     .build = build_stop_gradient,
                                     .reference = reference_stop_gradient,
                                     SAMPLES(samples_stop_gradient),
                                     .flags = NO_GRADIENT,
                                     .more = more_stop_gradient};

/* ---- clip_gradient ---- */

/* With limits that nothing reaches it is the identity. */
static rn_tensor build_clip_gradient(const rn_tensor *x, const void *with)
{
    return rn_clip_gradient_norm(rn_clip_gradient(x[0], 1e30), 1e30);
}
static void reference_clip_gradient(const rn_test_array *x, const void *with,
                                    rn_test_array *y)
{
    *y = rn_test_array_copy(x);
}

static rn_tensor to_three(rn_tensor x)
{
    return rn_clip_gradient(x, 3);
}

static rn_tensor to_norm_ten(rn_tensor x)
{
    return rn_clip_gradient_norm(x, 10);
}

/* A row of two elements each. */
static rn_tensor rows_to_norm_ten(rn_tensor x)
{
    const rn_tensor rows = rn_reshape(x, rn_shape(-1, 2, 1));

    return rn_reshape(rn_clip_gradient_norm(rows, 10), rn_shape(-1));
}

/* 2 x where that is not limited; the gradient of this goes through both places of x. */
static rn_tensor gradient_of_square(rn_tensor x)
{
    rn_tensor dx = rn_null();

    rn_grad(rn_sum_all(rn_square(to_three(x))), rn_null(), &x, 1, &dx);
    return dx;
}

static void more_clip_gradient(void)
{
    const double x[] = {1, 2, 3, 4, 5, 6};

    expect_gradient(to_three, 6, x, (const double[]){2, -2, 3, -7, INFINITY, -1e30},
                    (const double[]){2, -2, 3, -3, 3, -3});
    expect_gradient(to_three, 2, x, (const double[]){NAN, 1}, (const double[]){NAN, 1});
    expect_gradient(to_norm_ten, 3, x, (const double[]){-7, -20, 30},
                    (const double[]){-7, -10, 10});
    expect_gradient(rows_to_norm_ten, 6, x, (const double[]){6, 8, 30, -40, 0, 0},
                    (const double[]){6, 8, 6, -8, 0, 0});
    expect_gradient(rows_to_norm_ten, 4, x,
                    (const double[]){0x3p90, 0x4p90, 0x3p-90, 0x4p-90},
                    (const double[]){6, 8, 0x3p-90, 0x4p-90});
    expect_gradient(gradient_of_square, 3, (const double[]){1, 2, -1},
                    (const double[]){1, 1, 10}, (const double[]){2, 0, 3});
}

REFUSES(clip_limit, rn_clip_gradient(x_of(g, RN_F32), 0))
REFUSES(clip_nan, rn_clip_gradient(x_of(g, RN_F32), NAN))
REFUSES(clip_type, rn_clip_gradient(x_of(g, RN_I32), 1))
REFUSES(clip_rows, rn_clip_gradient_norm(rn_constant_scalar(g, RN_F32, 1), 1))
static const refusal refusals_clip[] = {
    {clip_limit, "clip_gradient: the limit must be positive: 0: x [2,3]"},
    {clip_nan, "clip_gradient: the limit must be positive: nan: x [2,3]"},
    {clip_type, "clip_gradient: x must be f32 or f64: i32: x [2,3]"},
    {clip_rows, "clip_gradient: a scalar has no rows: scalar#0 []"}};

static const sample samples_clip_gradient[] = {{.x = {REAL(odd, 2, 5)}},
                                               {.x = {REAL(odd, 3)}},
                                               {.x = {REAL(odd, 2, 3, 2)}},
                                               {.x = {REAL(odd, 0, 2)}}};
const record record_clip_gradient = {.name = "clip_gradient",
                                     .inputs = 1,
                                     .build = build_clip_gradient,
                                     .reference = reference_clip_gradient,
                                     SAMPLES(samples_clip_gradient),
                                     .flags = EXACT,
                                     REFUSALS(refusals_clip),
                                     .more = more_clip_gradient};
