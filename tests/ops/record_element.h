/* SPDX-License-Identifier: MIT */
/* How records of element-wise operators are made, and the words for their samples. */
#ifndef RN_TESTS_OPS_RECORD_ELEMENT_H
#define RN_TESTS_OPS_RECORD_ELEMENT_H

#include "records.h"

#include <math.h>

/* A scalar, sizes 0 and 1, a prime, several axes; more than one vector; a few. */
#define SHAPES(fill)                                                                       \
    {.x = {REAL_SCALAR(fill)}}, {.x = {REAL(fill, 0)}}, {.x = {REAL(fill, 1)}},            \
        {.x = {REAL(fill, 7)}}, {.x = {REAL(fill, 2, 3, 5)}},                              \
    {                                                                                      \
        .x = { REAL(fill, 3, 0, 2) }                                                       \
    }
#define MANY(fill)                                                                         \
    {                                                                                      \
        .x = {REAL(fill, 1031)}, .values_only = true                                       \
    }
#define FEW(fill)                                                                          \
    {                                                                                      \
        .x = { REAL(fill, 9) }                                                             \
    }

/* Equal shapes; each side broadcast, both, and against a scalar; sizes 0 and 1. */
#define PAIRS(fill, of)                                                                    \
    {.x = {REAL(fill, 7), REAL(of, 7)}}, {.x = {REAL(fill, 3, 5), REAL(of, 5)}},           \
        {.x = {REAL(fill, 5), REAL(of, 2, 3, 5)}},                                         \
        {.x = {REAL(fill, 3, 1), REAL(of, 1, 5)}},                                         \
        {.x = {REAL(fill, 2, 1, 3), REAL(of, 4, 1)}},                                      \
        {.x = {REAL_SCALAR(fill), REAL(of, 2, 3)}},                                        \
        {.x = {REAL(fill, 2, 3), REAL(of, 1)}},                                            \
        {.x = {REAL_SCALAR(fill), REAL_SCALAR(of)}},                                       \
        {.x = {REAL(fill, 0, 3), REAL(of, 1, 3)}}, {.x = {REAL(fill, 1), REAL(of, 0)}},    \
        {.x = {REAL(fill, 17, 61), REAL(of, 17, 61)}, .values_only = true},                \
    {                                                                                      \
        .x = {REAL(fill, 17, 61), REAL(of, 17, 1)}, .values_only = true                    \
    }

/* The same of bools. */
#define BITS                                                                               \
    {.x = {BOOL(2, 33)}},                                                                  \
    {                                                                                      \
        .x = { BOOL(0) }                                                                   \
    }
#define PAIRS_OF_BITS                                                                      \
    {.x = {BOOL(7), BOOL(7)}}, {.x = {BOOL(67), BOOL(67)}},                                \
        {.x = {BOOL(3, 1), BOOL(1, 5)}}, {.x = {BOOL(1), BOOL(2, 33)}},                    \
        {.x = {BOOL(0), BOOL(1)}},                                                         \
    {                                                                                      \
        .x = { BOOL(2, 3, 4), BOOL(4) }                                                    \
    }

/* The record of one or two operands; `call` of x[0] and x[1]. */
#define ELEMENTWISE(name_, inputs_, call_, mapped_, ulps_, flags_, ...)                    \
    static rn_tensor build_##name_(const rn_tensor *x, const void *with)                   \
    {                                                                                      \
        return call_;                                                                      \
    }                                                                                      \
    static void reference_##name_(const rn_test_array *x, const void *with,                \
                                  rn_test_array *y)                                        \
    {                                                                                      \
        mapped_;                                                                           \
    }                                                                                      \
    static const sample samples_##name_[] = {__VA_ARGS__};                                 \
    const record record_##name_ = {.name = #name_,                                         \
                                   .inputs = inputs_,                                      \
                                   .build = build_##name_,                                 \
                                   .reference = reference_##name_,                         \
                                   SAMPLES(samples_##name_),                               \
                                   .flags = (flags_),                                      \
                                   .ulps = ulps_,                                          \
                                   REFUSALS(refusals_##name_),                             \
                                   .more = more_##name_};

#endif
