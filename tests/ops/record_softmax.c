/* SPDX-License-Identifier: MIT */
/* Records of softmax and related functions, and of the normalisations. */
#include "record_move.h"

#include <criterion/criterion.h>
#include <math.h>
#include <rondo/grad.h>
#include <string.h>

typedef struct along {
    int axis;
    bool keep;
} along;

#define ALONG(axis_, keep_)                                                                \
    .with = &(const along)                                                                 \
    {                                                                                      \
        axis_, keep_                                                                       \
    }

static const sample rows[] = {
    {.x = {REAL(regular, 5)}, ALONG(0, false)},
    {.x = {REAL(regular, 3, 5)}, ALONG(-1, false)},
    {.x = {REAL(regular, 3, 5)}, ALONG(0, true)},
    {.x = {REAL(large, 2, 3, 4)}, ALONG(1, true)},
    {.x = {REAL(regular, 0, 3)}, ALONG(1, false)},
    {.x = {REAL(regular, 4, 1)}, ALONG(1, false)},
    {.x = {REAL(huge, 4, 7)}, ALONG(1, false), .values_only = true},
    {.x = {REAL(large, 5, 131)}, ALONG(1, false), .values_only = true},
};

/* log(sum(exp x)) of the row through an index, with the largest taken out. */
static double log_of_sum(const rn_test_array *x, const int64_t *index, int axis)
{
    int64_t i[RN_RANK_MAX];
    double largest = -INFINITY, sum = 0;

    memcpy(i, index, sizeof i);
    for (i[axis] = 0; i[axis] < x->shape.size[axis]; i[axis]++)
        largest = fmax(largest, *at(x, i));
    for (i[axis] = 0; i[axis] < x->shape.size[axis]; i[axis]++)
        sum += exp(*at(x, i) - largest);
    return log(sum) + largest;
}

static int axis_of(const rn_test_array *x, const void *with)
{
    return (((const along *)with)->axis + x->shape.rank) % x->shape.rank;
}

BUILD(logsumexp)
{
    const along *a = (const along *)with;

    return rn_logsumexp(x[0], a->axis, a->keep);
}
REFERENCE(logsumexp)
{
    const int axis = axis_of(x, with);
    rn_shape kept = x->shape, without = {.rank = kept.rank - 1};

    for (int i = 0; i < without.rank; i++)
        without.size[i] = kept.size[i < axis ? i : i + 1];
    kept.size[axis] = 1;
    *y = rn_test_array_new(x->type, kept);
    int64_t index[RN_RANK_MAX] = {0};
    if (rn_test_array_count(y) > 0) do
            *at(y, index) = log_of_sum(x, index, axis);
        while (next_index(kept, index));
    if (!((const along *)with)->keep) y->shape = without;
}

BUILD(log_softmax)
{
    return rn_log_softmax(x[0], ((const along *)with)->axis);
}
REFERENCE(log_softmax)
{
    *y = array_like(x, x->type);
    EACH_INDEX(x, y, memcpy(from, to, sizeof from));
    int64_t index[RN_RANK_MAX] = {0};
    if (rn_test_array_count(y) > 0) do
            *at(y, index) -= log_of_sum(x, index, axis_of(x, with));
        while (next_index(x->shape, index));
}

BUILD(softmax)
{
    return rn_softmax(x[0], ((const along *)with)->axis);
}
REFERENCE(softmax)
{
    reference_log_softmax(x, with, y);
    map_one(exp, &(const rn_test_array){y->type, y->shape, y->at}, y);
}

/* Rows: ordinary but for a -inf, all -inf, with a +inf, all very low. */
static const double odd_rows[12] = {0, -INFINITY, 0, -INFINITY, -INFINITY, -INFINITY,
                                    1, INFINITY,  2, -1e30,     -1e30,     -1e30};

static void expect_rows(rn_tensor (*op)(rn_tensor), const double *y, const double *dx,
                        int64_t count)
{
    rn_graph *g = rn_graph_new();
    rn_test_array x = rn_test_array_new(RN_F64, (rn_shape){2, {4, 3}});
    const rn_tensor input = rn_input(g, "x", RN_F64, x.shape);
    rn_tensor out[2] = {op(input)};
    rn_test_array got[2];

    memcpy(x.at, odd_rows, sizeof odd_rows);
    cr_assert(rn_grad(out[0], rn_fill_like(out[0], 1), &input, 1, &out[1]));
    rn_test_run(out, 2, &(rn_test_feed){input, &x}, 1, got);
    rn_test_array want[2] = {rn_test_array_copy(&got[0]), rn_test_array_copy(&got[1])};
    memcpy(want[0].at, y, (size_t)count * sizeof *y);
    memcpy(want[1].at, dx, 12 * sizeof *dx);
    rn_test_compare(&got[0], &want[0], 1e-14, 1, "value");
    rn_test_compare(&got[1], &want[1], 1e-14, 1, "gradient");
    for (int i = 0; i < 2; i++) {
        rn_test_array_free(&want[i]);
        rn_test_array_free(&got[i]);
    }
    rn_test_array_free(&x);
    rn_graph_free(g);
}

static rn_tensor logsumexp_of_rows(rn_tensor x)
{
    return rn_logsumexp(x, 1, false);
}

static rn_tensor softmax_of_rows(rn_tensor x)
{
    return rn_softmax(x, 1);
}

static rn_tensor log_softmax_of_rows(rn_tensor x)
{
    return rn_log_softmax(x, 1);
}

#define THIRD (1.0 / 3)
static void more_logsumexp(void)
{
    expect_rows(logsumexp_of_rows,
                (const double[]){0.69314718055994531, -INFINITY, INFINITY, -1e30},
                (const double[]){0.5, 0, 0.5, 0, 0, 0, 0, NAN, 0, THIRD, THIRD, THIRD}, 4);
}

static void more_softmax(void)
{
    expect_rows(softmax_of_rows,
                (const double[]){0.5, 0, 0.5, 0, 0, 0, 0, NAN, 0, THIRD, THIRD, THIRD},
                (const double[]){0, 0, 0, 0, 0, 0, NAN, NAN, NAN, 0, 0, 0}, 12);
}

static void more_log_softmax(void)
{
    const double half = -0.69314718055994531, third = -1.0986122886681098;

    expect_rows(log_softmax_of_rows,
                (const double[]){half, -INFINITY, half, -INFINITY, -INFINITY, -INFINITY,
                                 -INFINITY, NAN, -INFINITY, third, third, third},
                (const double[]){-0.5, 1, -0.5, 1, 1, 1, 1, NAN, 1, 0, 0, 0}, 12);
}

#define ROWS(name_, call, ulps_)                                                           \
    REFUSES(axis_##name_, call)                                                            \
    static const refusal refusals_##name_[] = {                                            \
        {axis_##name_, #name_ ": no axis 2, in max: x [2,3]"}};                            \
    const record record_##name_ = {.name = #name_,                                         \
                                   .inputs = 1,                                            \
                                   .build = build_##name_,                                 \
                                   .reference = reference_##name_,                         \
                                   SAMPLES(rows),                                          \
                                   .ulps = ulps_,                                          \
                                   .floor = 1,                                             \
                                   REFUSALS(refusals_##name_),                             \
                                   .more = more_##name_}
ROWS(logsumexp, rn_logsumexp(x_of(g, RN_F32), 2, false), 8);
ROWS(softmax, rn_softmax(x_of(g, RN_F32), 2), 64);
ROWS(log_softmax, rn_log_softmax(x_of(g, RN_F32), 2), 8);

/* ---- normalisations ---- */

static const double epsilon = 1e-3;

BUILD(normalize)
{
    return rn_normalize(x[0], epsilon);
}
REFERENCE(normalize)
{
    const int64_t n = x->shape.size[x->shape.rank - 1];

    *y = rn_test_array_copy(x);
    for (int64_t row = 0; row + n <= rn_test_array_count(x); row += n) {
        double mean = 0, variance = 0;
        for (int64_t i = 0; i < n; i++) mean += x->at[row + i] / (double)n;
        for (int64_t i = 0; i < n; i++)
            variance += (x->at[row + i] - mean) * (x->at[row + i] - mean) / (double)n;
        for (int64_t i = 0; i < n; i++)
            y->at[row + i] = (x->at[row + i] - mean) / sqrt(variance + epsilon);
    }
}
static const sample normalized[] = {
    {.x = {REAL(regular, 5)}},       {.x = {REAL(regular, 3, 7)}},
    {.x = {REAL(regular, 2, 3, 4)}}, {.x = {REAL(regular, 0, 3)}},
    {.x = {REAL(regular, 3, 1)}},    {.x = {REAL(large, 3, 131)}, .values_only = true},
};
REFUSES(normalize_rank, rn_normalize(rn_input(g, "x", RN_F32, (rn_shape)SCALAR), epsilon))
static const refusal refusals_normalize[] = {
    {normalize_rank, "normalize: no axis -1, in mean: x []"}};
const record record_normalize = {.name = "normalize",
                                 .inputs = 1,
                                 .build = build_normalize,
                                 .reference = reference_normalize,
                                 SAMPLES(normalized),
                                 .ulps = 32,
                                 .floor = 1,
                                 REFUSALS(refusals_normalize)};

BUILD(normalize_affine)
{
    return rn_normalize_affine(x[0], x[1], x[2], epsilon);
}
REFERENCE(normalize_affine)
{
    const int64_t n = x->shape.size[x->shape.rank - 1];

    reference_normalize(x, with, y);
    for (int64_t i = 0; i < rn_test_array_count(y); i++)
        y->at[i] = x[1].at[i % n] * y->at[i] + x[2].at[i % n];
}

static rn_tensor without_gain_and_bias(rn_tensor x)
{
    return rn_sub(rn_normalize_affine(x, rn_null(), rn_null(), epsilon),
                  rn_normalize(x, epsilon));
}

static void more_normalize_affine(void)
{
    const point zero = {3, 0};

    expect_points(without_gain_and_bias, &zero, 1);
}
static const sample layers[] = {
    {.x = {REAL(regular, 3, 7), REAL(regular, 7), REAL(regular, 7)}},
    {.x = {REAL(regular, 2, 3, 4), REAL(positive, 4), REAL(regular, 4)}},
};
REFUSES(normalize_affine_rank,
        rn_normalize_affine(rn_input(g, "x", RN_F32, (rn_shape)SCALAR), rn_null(),
                            rn_null(), 1))
static const refusal refusals_normalize_affine[] = {
    {normalize_affine_rank, "normalize_affine: no axis -1, in mean: x []"}};
const record record_normalize_affine = {.name = "normalize_affine",
                                        .inputs = 3,
                                        .build = build_normalize_affine,
                                        .reference = reference_normalize_affine,
                                        SAMPLES(layers),
                                        .ulps = 64,
                                        .floor = 1,
                                        REFUSALS(refusals_normalize_affine),
                                        .more = more_normalize_affine};
