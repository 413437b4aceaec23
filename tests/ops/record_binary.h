/* SPDX-License-Identifier: MIT */
/* How records of binary operators are made. */
#ifndef RN_TESTS_OPS_RECORD_BINARY_H
#define RN_TESTS_OPS_RECORD_BINARY_H

#include "records.h"

#include <math.h>

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

#define REFUSED(name_)                                                                     \
    static rn_tensor shapes_##name_(rn_graph *g)                                           \
    {                                                                                      \
        return rn_##name_(x_of(g, RN_F32), rn_input(g, "y", RN_F32, (rn_shape){1, {2}}));  \
    }                                                                                      \
    static rn_tensor types_##name_(rn_graph *g)                                            \
    {                                                                                      \
        return rn_##name_(x_of(g, RN_F32), rn_input(g, "y", RN_I32, (rn_shape){1, {3}}));  \
    }                                                                                      \
    static const refusal refusals_##name_[] = {                                            \
        {shapes_##name_, #name_ ": shapes do not broadcast: x [2,3], y [2]"},              \
        {types_##name_, #name_ ": types differ (f32, i32): x [2,3], y [3]"}};

#define BINARY(name_, reference_of, type_, ulps_, flags_, more_, ...)                      \
    static rn_tensor build_##name_(const rn_tensor *x, const void *with)                   \
    {                                                                                      \
        return rn_##name_(x[0], x[1]);                                                     \
    }                                                                                      \
    static void reference_##name_(const rn_test_array *x, const void *with,                \
                                  rn_test_array *y)                                        \
    {                                                                                      \
        map_two(reference_of, x, type_, y);                                                \
    }                                                                                      \
    static const sample samples_##name_[] = {__VA_ARGS__};                                 \
    const record record_##name_ = {.name = #name_,                                         \
                                   .inputs = 2,                                            \
                                   .build = build_##name_,                                 \
                                   .reference = reference_##name_,                         \
                                   SAMPLES(samples_##name_),                               \
                                   .flags = (flags_),                                      \
                                   .ulps = ulps_,                                          \
                                   REFUSALS(refusals_##name_),                             \
                                   .more = more_}

#endif
