/* SPDX-License-Identifier: MIT */
/* Reference values of a recurrent layer from another library. */
#ifndef RN_TESTS_GOLDEN_GOLDEN_H
#define RN_TESTS_GOLDEN_GOLDEN_H

#include <stddef.h>

/* Steps, batch, input and hidden units, layers, directions; and all the numbers, in an
 * order that stands above them. */
typedef struct rn_test_golden {
    int steps, batch, inputs, units, layers, directions;
    const double *at;
    size_t count;
} rn_test_golden;

#endif
