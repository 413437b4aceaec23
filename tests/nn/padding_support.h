/* SPDX-License-Identifier: MIT */
/* Batches with padding, for tests that it has no effect. */
#ifndef RN_TESTS_NN_PADDING_SUPPORT_H
#define RN_TESTS_NN_PADDING_SUPPORT_H

#include "nn_support.h"

enum { T = 5, B = 4, I = 2, H = 3 };

/* Lengths. */
static const int32_t patterns[][B] = {{5, 3, 1, 2}, {0, 4, 0, 1}, {5, 5, 5, 5},
                                      {1, 1, 1, 1}, {0, 0, 0, 0}, {2, 0, 3, 3}};
enum { PATTERNS = sizeof patterns / sizeof *patterns };

/* x in 0.5 .. 1.5 where a sequence lasts, else the padding; initial states are lengths. */
static inline void fill(double *x, double *initial, const int32_t *lengths, double padding)
{
    for (int t = 0; t < T; t++)
        for (int i = 0; i < B * I; i++)
            x[t * B * I + i] = t < lengths[i / I]
                                   ? 1 + 0.5 * rn_test_number((uint64_t)(t * B * I + i))
                                   : padding;
    for (int i = 0; i < B * H; i++) initial[i] = lengths[i / H];
}

#endif
