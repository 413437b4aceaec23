/* SPDX-License-Identifier: MIT */
/* Arrays for tests: memory, types, random values, layouts. */
#include "array.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int64_t rn_test_array_count(const rn_test_array *x)
{
    return rn_shape_count(x->shape);
}

rn_test_array rn_test_array_new(rn_type type, rn_shape shape)
{
    rn_test_array x = {type, shape, NULL};
    const int64_t count = rn_shape_count(shape);

    cr_assert(count >= 0, "a test wants an array of no possible shape");
    x.at = (double *)calloc((size_t)count + 1, sizeof *x.at);
    cr_assert(x.at, "out of memory");
    return x;
}

rn_test_array rn_test_array_copy(const rn_test_array *x)
{
    rn_test_array copy = rn_test_array_new(x->type, x->shape);

    memcpy(copy.at, x->at, (size_t)rn_test_array_count(x) * sizeof *x->at);
    return copy;
}

void rn_test_array_free(rn_test_array *x)
{
    free(x->at);
    x->at = NULL;
}

static double rounded(rn_type type, double x)
{
    switch (type) {
    case RN_F32:
        return (double)(float)x;
    case RN_F64:
        return x;
    case RN_I32:
        if (isnan(x)) return 0;
        return trunc(fmin(fmax(x, -2147483648.0), 2147483647.0));
    case RN_BOOL:
        return x != 0;
    }
    return x;
}

void rn_test_array_round(rn_test_array *x)
{
    for (int64_t i = 0; i < rn_test_array_count(x); i++)
        x->at[i] = rounded(x->type, x->at[i]);
}

void *rn_test_array_pack(const rn_test_array *x, size_t *bytes)
{
    const int64_t count = rn_test_array_count(x);
    void *data = malloc((size_t)count * sizeof(double) + 1);

    cr_assert(data, "out of memory");
    *bytes = (size_t)count * rn_type_size(x->type);
    for (int64_t i = 0; i < count; i++) {
        const double value = rounded(x->type, x->at[i]);
        if (x->type == RN_F32) ((float *)data)[i] = (float)value;
        if (x->type == RN_F64) ((double *)data)[i] = value;
        if (x->type == RN_I32) ((int32_t *)data)[i] = (int32_t)value;
        if (x->type == RN_BOOL) ((uint8_t *)data)[i] = (uint8_t)value;
    }
    return data;
}

void rn_test_array_unpack(rn_test_array *x, const void *data)
{
    for (int64_t i = 0; i < rn_test_array_count(x); i++) {
        if (x->type == RN_F32) x->at[i] = (double)((const float *)data)[i];
        if (x->type == RN_F64) x->at[i] = ((const double *)data)[i];
        if (x->type == RN_I32) x->at[i] = (double)((const int32_t *)data)[i];
        if (x->type == RN_BOOL) x->at[i] = (double)((const uint8_t *)data)[i];
    }
}

/* ---- random values ---- */

static uint32_t next(rn_test_random *random)
{
    random->state = random->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random->state >> 32);
}

double rn_test_uniform(rn_test_random *random, double low, double high)
{
    return low + (high - low) * ((double)next(random) + 0.5) / 4294967296.0;
}

int64_t rn_test_integer(rn_test_random *random, int64_t low, int64_t high)
{
    return low + (int64_t)(next(random) % (uint64_t)(high - low + 1));
}

static void fill_between(rn_test_array *x, rn_test_random *random, double low, double high)
{
    for (int64_t i = 0; i < rn_test_array_count(x); i++)
        x->at[i] = rn_test_uniform(random, low, high);
    rn_test_array_round(x);
}

#define BETWEEN(name, low, high)                                                           \
    void rn_test_fill_##name(rn_test_array *x, rn_test_random *random)                     \
    {                                                                                      \
        fill_between(x, random, low, high);                                                \
    }
BETWEEN(regular, -2, 2)
BETWEEN(positive, 0.2, 3)
BETWEEN(open, -0.9, 0.9)
BETWEEN(large, -30, 30)
BETWEEN(huge, -1e30, 1e30)
BETWEEN(tiny, -1e-6, 1e-6)

void rn_test_fill_off_zero(rn_test_array *x, rn_test_random *random)
{
    for (int64_t i = 0; i < rn_test_array_count(x); i++)
        x->at[i] = rn_test_uniform(random, 0.3, 2) * (next(random) & 1 << 20 ? 1 : -1);
    rn_test_array_round(x);
}

void rn_test_fill_odd(rn_test_array *x, rn_test_random *random)
{
    for (int64_t i = 0; i < rn_test_array_count(x); i++)
        x->at[i] = (double)(2 * rn_test_integer(random, -4, 3) + 1);
}

void rn_test_fill_distinct(rn_test_array *x, rn_test_random *random)
{
    const int64_t n = rn_test_array_count(x);

    for (int64_t i = 0; i < n; i++) {
        const int64_t j = rn_test_integer(random, 0, i);
        x->at[i] = x->at[j];
        x->at[j] = (double)(2 * (i - n / 2) + 1);
    }
}

void rn_test_fill_bits(rn_test_array *x, rn_test_random *random)
{
    for (int64_t i = 0; i < rn_test_array_count(x); i++)
        x->at[i] = (double)rn_test_integer(random, 0, 1);
}

void rn_test_fill_index(rn_test_array *x, rn_test_random *random)
{
    for (int64_t i = 0; i < rn_test_array_count(x); i++)
        x->at[i] = (double)rn_test_integer(random, 0, 2);
}

/* ---- layouts ---- */

static rn_shape spread_shape(rn_shape s, rn_test_layout layout)
{
    rn_shape to = s;

    if (layout == RN_TEST_TRANSPOSED)
        for (int i = 0; i < s.rank; i++) to.size[i] = s.size[s.rank - 1 - i];
    if (layout == RN_TEST_SLICED && s.rank > 0)
        to.size[s.rank - 1] = 2 * s.size[s.rank - 1] + 2;
    return to;
}

/* The offset of the element with this index of an array of shape `s` in the given
 * layout. */
static int64_t offset_of(rn_shape s, const int64_t *index, rn_test_layout layout)
{
    const rn_shape to = spread_shape(s, layout);
    int64_t at = 0;

    for (int i = 0; i < s.rank; i++) {
        int64_t j = index[layout == RN_TEST_TRANSPOSED ? s.rank - 1 - i : i];
        if (layout == RN_TEST_SLICED && i == s.rank - 1) j = 1 + 2 * j;
        if (layout == RN_TEST_REVERSED && i == 0) j = s.size[0] - 1 - j;
        at = at * to.size[i] + j;
    }
    return at;
}

rn_test_array rn_test_spread(const rn_test_array *x, rn_test_layout layout, double junk)
{
    rn_test_array to = rn_test_array_new(x->type, spread_shape(x->shape, layout));
    int64_t index[RN_RANK_MAX] = {0};

    for (int64_t i = 0; i < rn_test_array_count(&to); i++) to.at[i] = junk;
    for (int64_t i = 0; i < rn_test_array_count(x); i++) {
        to.at[offset_of(x->shape, index, layout)] = x->at[i];
        for (int axis = x->shape.rank - 1; axis >= 0; axis--) {
            if (++index[axis] < x->shape.size[axis]) break;
            index[axis] = 0;
        }
    }
    return to;
}

rn_tensor rn_test_view(rn_tensor input, rn_test_layout layout)
{
    const int rank = rn_rank(input);
    int order[RN_RANK_MAX];

    if (rank < 1 || layout == RN_TEST_PLAIN) return input;
    if (layout == RN_TEST_SLICED) return rn_slice(input, -1, 1, rn_size(input, -1) - 1, 2);
    if (layout == RN_TEST_REVERSED) return rn_reverse(input, 0);
    for (int i = 0; i < rank; i++) order[i] = rank - 1 - i;
    return rn_permute(input, order);
}
