/* SPDX-License-Identifier: MIT */
/*
 * Recurrent layers of other systems, reproduced. A case has all its numbers in one array,
 * in this order; what is in brackets only if the layer has it:
 *
 *   [lengths] [mask]        as 0 and 1
 *   [initial states]        by layer, direction and state
 *   weights                 by layer and direction; the arrays of each as in its parts
 *   [dy, d final states]    with gradients: the loss is the sum of y dy and of the final
 *                           states times theirs
 *   x                       here a run begins; with several runs there are more of these
 *   y, final states
 *   [dx, d initial states, d weights]
 */
#ifndef RN_TESTS_GOLDEN_GOLDEN_H
#define RN_TESTS_GOLDEN_GOLDEN_H

#include <rondo/recurrent.h>
#include <stddef.h>

/* Steps, batch, input and hidden units, layers, directions; and all the numbers. */
typedef struct rn_test_golden {
    const char *name;
    int steps, batch, inputs, units, layers, directions;
    const double *at;
    size_t count;
} rn_test_golden;

/* One array among a system's weights of a layer and direction: blocks, one for each letter
 * of `gates`, which is the gate's name here. A capital changes the sign; a dot stands for a
 * block that is not used. */
typedef struct rn_test_part {
    const char *name; /* "w", "u", "b", "bu" or "p" */
    const char *gates;
    bool rows;  /* a matrix has a row for each unit, [k H, n], and not a column, [n, k H] */
    bool added; /* where a gate has no second bias, it is added to the first */
} rn_test_part;

enum { RN_TEST_PARTS = 5 };

/* A layer as it is called here. */
typedef struct rn_test_layer {
    const rn_test_golden *golden;
    const rn_cell *cell;
    const rn_test_part *parts;    /* RN_TEST_PARTS, or fewer and then a zeroed one */
    rn_recurrent_options options; /* besides the sizes and tensors */
    bool lengths, mask, initial;
    bool last;         /* y is `last`, not `outputs` */
    bool reversed;     /* y has its steps in the opposite order */
    bool none_is_zero; /* with lengths: sequences of length 0 end as zero there; what they
                          end as here, the initial state, is expected instead */
    bool gradients;
    int runs;         /* 0 means 1 */
    double tolerance; /* in f64; 0 means 1e-10. In f32 it is 1e-5 */
} rn_test_layer;

/* Runs the layer in both real types; the test fails unless all results agree. */
void rn_test_reproduce(rn_test_layer layer);

/* ONNX's and Keras' hard sigmoids, max(0, min(1, a x + b)), and x / (1 + |x|). */
rn_tensor rn_test_hard_sigmoid(rn_tensor x, double a, double b);
rn_tensor rn_test_softsign(rn_tensor x);

#endif
