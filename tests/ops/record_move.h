/* SPDX-License-Identifier: MIT */
/* How records of operators that only move elements are made. */
#ifndef RN_TESTS_OPS_RECORD_MOVE_H
#define RN_TESTS_OPS_RECORD_MOVE_H

#include "records.h"

#define BUILD(name_) static rn_tensor build_##name_(const rn_tensor *x, const void *with)
#define REFERENCE(name_)                                                                   \
    static void reference_##name_(const rn_test_array *x, const void *with,                \
                                  rn_test_array *y)

#define MOVE(name_, inputs_, samples_, refusals_, more_)                                   \
    const record record_##name_ = {.name = #name_,                                         \
                                   .inputs = inputs_,                                      \
                                   .build = build_##name_,                                 \
                                   .reference = reference_##name_,                         \
                                   SAMPLES(samples_),                                      \
                                   .flags = EXACT | INTEGERS_TOO,                          \
                                   REFUSALS(refusals_),                                    \
                                   .more = more_}

/* For each index of *y, whose type and shape are set: y[index] = x[from(index)], where
 * `statement` makes the index `from` out of `to`. */
#define EACH_INDEX(x, y, statement)                                                        \
    do {                                                                                   \
        int64_t to[RN_RANK_MAX] = {0}, from[RN_RANK_MAX] = {0};                            \
        if (rn_test_array_count(y) > 0) do {                                               \
                statement;                                                                 \
                *at(y, to) = *at(x, from);                                                 \
            } while (next_index((y)->shape, to));                                          \
    } while (0)

#endif
