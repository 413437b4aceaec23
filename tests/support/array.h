/* SPDX-License-Identifier: MIT */
/*
 * Arrays of doubles that represent tensors of any type in tests: operands of references,
 * values to feed, and values read.
 */
#ifndef RN_TESTS_SUPPORT_ARRAY_H
#define RN_TESTS_SUPPORT_ARRAY_H

#include <rondo/ops.h>

/* Row by row; the values are ones that the type can hold. */
typedef struct rn_test_array {
    rn_type type;
    rn_shape shape;
    double *at;
} rn_test_array;

/* Zeros. Free with rn_test_array_free. A failed allocation fails the test. */
rn_test_array rn_test_array_new(rn_type type, rn_shape shape);
rn_test_array rn_test_array_copy(const rn_test_array *x);
void rn_test_array_free(rn_test_array *x);
int64_t rn_test_array_count(const rn_test_array *x);

/* Every value rounded to what the type can hold; i32 and bool as rn_cast does. */
void rn_test_array_round(rn_test_array *x);

/* The elements as the library takes them; free() it. And back again. */
void *rn_test_array_pack(const rn_test_array *x, size_t *bytes);
void rn_test_array_unpack(rn_test_array *x, const void *data);

/* ---- random values ---- */

/* A small generator; the same seed gives the same numbers everywhere. */
typedef struct rn_test_random {
    uint64_t state;
} rn_test_random;

double rn_test_uniform(rn_test_random *random, double low, double high);
int64_t rn_test_integer(rn_test_random *random, int64_t low, int64_t high);

/* Fills an array; the functions below, and others like them. */
typedef void rn_test_fill(rn_test_array *x, rn_test_random *random);

rn_test_fill rn_test_fill_regular;  /* within -2..2 */
rn_test_fill rn_test_fill_positive; /* within 0.2..3 */
rn_test_fill rn_test_fill_open;     /* within -0.9..0.9 */
rn_test_fill rn_test_fill_off_zero; /* 0.3 <= |x| <= 2 */
rn_test_fill rn_test_fill_large;    /* within -30..30: functions such as tanh saturate */
rn_test_fill rn_test_fill_huge;     /* within -1e30..1e30 */
rn_test_fill rn_test_fill_tiny;     /* within -1e-6..1e-6 */
rn_test_fill rn_test_fill_odd;      /* odd integers within -7..7 */
rn_test_fill rn_test_fill_distinct; /* odd integers, no two equal, in random order */
rn_test_fill rn_test_fill_bits;     /* 0 or 1 */
rn_test_fill rn_test_fill_index;    /* 0..2 */

/* ---- layouts ---- */

/* Layouts: the same values as an input (plain), or as a view of a larger or differently
 * ordered input. */
typedef enum rn_test_layout {
    RN_TEST_PLAIN,
    RN_TEST_TRANSPOSED, /* all axes in the other order */
    RN_TEST_SLICED,     /* every second element of the last axis, `junk` between */
    RN_TEST_REVERSED,   /* backwards along the first axis */
    RN_TEST_LAYOUTS
} rn_test_layout;

/* The array that must be fed, and the tensor of x's values made from its input. */
rn_test_array rn_test_spread(const rn_test_array *x, rn_test_layout layout, double junk);
rn_tensor rn_test_view(rn_tensor input, rn_test_layout layout);

#endif
