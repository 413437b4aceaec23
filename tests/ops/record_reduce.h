/* SPDX-License-Identifier: MIT */
/* How records of reductions are made. */
#ifndef RN_TESTS_OPS_RECORD_REDUCE_H
#define RN_TESTS_OPS_RECORD_REDUCE_H

#include "records.h"

#include <math.h>

/* What the reductions are called with. */
typedef struct over {
    int axes[4];
    int count; /* 0: all */
    bool keep;
} over;

#define OVER(keep_, ...)                                                                   \
    .with = &(const over)                                                                  \
    {                                                                                      \
        {__VA_ARGS__}, sizeof((int[]){__VA_ARGS__}) / sizeof(int), keep_                   \
    }
#define OVER_ALL(keep_)                                                                    \
    .with = &(const over)                                                                  \
    {                                                                                      \
        {0}, 0, keep_                                                                      \
    }

/* Combines every element of x into its result, beginning with `start`. */
void fold(const rn_test_array *x, const over *o, double start, double (*f)(double, double),
          rn_test_array *y);

/* How many elements make one result. */
int64_t terms(const rn_test_array *x, const over *o);

#define BUILD(name_)                                                                       \
    static rn_tensor build_##name_(const rn_tensor *x, const void *with)                   \
    {                                                                                      \
        const over *o = (const over *)with;                                                \
        return rn_##name_(x[0], o->axes, o->count, o->keep);                               \
    }

#define REFERENCE(name_)                                                                   \
    static void reference_##name_(const rn_test_array *x, const void *with,                \
                                  rn_test_array *y)

/* Refusals: an axis out of range, a repeated axis, and, if not NULL, no elements. */
#define BAD(name_, nothing)                                                                \
    static rn_tensor axis_##name_(rn_graph *g)                                             \
    {                                                                                      \
        return rn_##name_(x_of(g, RN_F32), (const int[]){2}, 1, false);                    \
    }                                                                                      \
    static rn_tensor twice_##name_(rn_graph *g)                                            \
    {                                                                                      \
        return rn_##name_(x_of(g, RN_F32), (const int[]){1, -1}, 2, false);                \
    }                                                                                      \
    static rn_tensor none_##name_(rn_graph *g)                                             \
    {                                                                                      \
        return rn_##name_(rn_input(g, "x", RN_F32, (rn_shape){2, {2, 0}}),                 \
                          (const int[]){1}, 1, false);                                     \
    }                                                                                      \
    static const refusal refusals_##name_[] = {                                            \
        {axis_##name_, #name_ ": no axis 2: x [2,3]"},                                     \
        {twice_##name_, #name_ ": axis -1 is listed twice: x [2,3]"},                      \
        {none_##name_, #name_ ": " nothing ": x [2,0]"},                                   \
    };

#define REDUCTION(name_, samples_, flags_, ulps_, floor_, more_)                           \
    const record record_##name_ = {.name = #name_,                                         \
                                   .inputs = 1,                                            \
                                   .build = build_##name_,                                 \
                                   .reference = reference_##name_,                         \
                                   SAMPLES(samples_),                                      \
                                   .flags = flags_,                                        \
                                   .ulps = ulps_,                                          \
                                   .floor = floor_,                                        \
                                   REFUSALS(refusals_##name_),                             \
                                   .more = more_}

#endif
