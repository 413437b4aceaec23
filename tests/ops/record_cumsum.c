/* SPDX-License-Identifier: MIT */
/* Record of cumulative sums. */
#include "record_move.h"

#include <criterion/criterion.h>
#include <math.h>

typedef struct way {
    int axis;
    rn_cumsum_options options;
} way;

BUILD(cumsum)
{
    const way *w = (const way *)with;

    return rn_cumsum(x[0], w->axis, w->options);
}

/* Each sum on its own. */
REFERENCE(cumsum)
{
    const way *w = (const way *)with;
    const int axis = w->axis < 0 ? w->axis + x->shape.rank : w->axis;
    int64_t index[RN_RANK_MAX] = {0}, from[RN_RANK_MAX];

    *y = array_like(x, x->type);
    if (rn_test_array_count(y) > 0) do {
            for (int i = 0; i < RN_RANK_MAX; i++) from[i] = index[i];
            for (from[axis] = 0; from[axis] < x->shape.size[axis]; from[axis]++) {
                const int64_t later = from[axis] - index[axis];
                const bool before = w->options.reverse ? later > 0 : later < 0;
                if (before || (later == 0 && !w->options.exclusive))
                    *at(y, index) += *at(x, from);
            }
        } while (next_index(x->shape, index));
}

#define ALONG(...)                                                                         \
    .with = &(const way)                                                                   \
    {                                                                                      \
        __VA_ARGS__                                                                        \
    }
#define MANY_ALONG(...) ALONG(__VA_ARGS__), .values_only = true

static const sample cumsums[] = {
    {.x = {REAL(odd, 7)}, ALONG(0, {0})},
    {.x = {REAL(odd, 7)}, ALONG(-1, {.exclusive = true})},
    {.x = {REAL(odd, 7)}, ALONG(0, {.reverse = true})},
    {.x = {REAL(odd, 7)}, ALONG(0, {true, true})},
    {.x = {REAL(odd, 1)}, ALONG(0, {0})},
    {.x = {REAL(odd, 1)}, ALONG(0, {.exclusive = true})},
    {.x = {REAL(odd, 0)}, ALONG(0, {0})},
    {.x = {REAL(odd, 0)}, ALONG(0, {true, true})},
    {.x = {REAL(odd, 2, 3, 5)}, ALONG(0, {0})},
    {.x = {REAL(odd, 2, 3, 5)}, ALONG(1, {.exclusive = true})},
    {.x = {REAL(odd, 2, 3, 5)}, ALONG(1, {.reverse = true})},
    {.x = {REAL(odd, 2, 3, 5)}, ALONG(2, {true, true})},
    {.x = {REAL(odd, 3, 0, 2)}, ALONG(0, {0})},
    {.x = {REAL(odd, 3, 0, 2)}, ALONG(1, {.exclusive = true})},
    {.x = {REAL(odd, 3, 1, 2)}, ALONG(1, {.reverse = true})},
    {.x = {REAL(odd, 1, 4, 1, 2)}, ALONG(1, {0})},
    {.x = {REAL(odd, 5, 67)}, MANY_ALONG(0, {0})},
    {.x = {REAL(odd, 2, 9, 67)}, MANY_ALONG(1, {true, true})},
    {.x = {REAL(odd, 3, 1031)}, MANY_ALONG(1, {0})},
    {.x = {REAL(odd, 3, 1031)}, MANY_ALONG(-1, {.reverse = true})},
};

static rn_tensor sums_so_far(rn_tensor x)
{
    return rn_cumsum(x, 0, (rn_cumsum_options){0});
}

static rn_tensor sums_of_columns(rn_tensor x)
{
    const rn_tensor both[2] = {x, rn_scale(x, 2)};

    return rn_index(rn_cumsum(rn_stack(both, 2, 1), 0, (rn_cumsum_options){0}), 1, 0);
}

/* Sums of f32 do not lose more digits the longer they are, along any axis. */
static void long_sums(rn_tensor (*sums)(rn_tensor))
{
    enum { N = 1000000 };
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_fill(g, RN_F32, rn_shape(N), 0.1);
    rn_test_array y = rn_test_eval(sums(x), NULL, 0);

    for (int64_t i = 0; i < N; i += 99) {
        const double want = (double)(i + 1) * (double)0.1F;
        cr_assert_float_eq(y.at[i], want, 0x1p-24 * want, "%lld", (long long)i);
    }
    rn_test_array_free(&y);
    rn_graph_free(g);
}

static void more_cumsum(void)
{
    static const point far[] = {
        {1, 1}, {INFINITY, INFINITY}, {2, INFINITY}, {-INFINITY, NAN}, {3, NAN}};
    const int32_t large[3] = {INT32_MAX, 2, -1};
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_constant(g, RN_I32, rn_shape(3), large);
    rn_test_array y = rn_test_eval(sums_so_far(x), NULL, 0);

    cr_assert(y.at[0] == INT32_MAX && y.at[1] == INT32_MIN + 1 && y.at[2] == INT32_MIN);
    rn_test_array_free(&y);
    rn_graph_free(g);
    expect_points(sums_so_far, far, COUNT(far));
    expect_points(sums_of_columns, far, COUNT(far));
    long_sums(sums_so_far);
    long_sums(sums_of_columns);
}

REFUSES(cumsum_axis, rn_cumsum(x_of(g, RN_F32), 2, (rn_cumsum_options){0}))
REFUSES(cumsum_scalar,
        rn_cumsum(rn_input(g, "s", RN_F32, (rn_shape)SCALAR), 0, (rn_cumsum_options){0}))
REFUSES(cumsum_type, rn_cumsum(x_of(g, RN_BOOL), 0, (rn_cumsum_options){0}))
static const refusal refusals_cumsum[] = {
    {cumsum_axis, "cumsum: no axis 2: x [2,3]"},
    {cumsum_scalar, "cumsum: no axis 0: s []"},
    {cumsum_type, "cumsum: not defined for this type (bool): x [2,3]"},
};
MOVE(cumsum, 1, cumsums, refusals_cumsum, more_cumsum);
