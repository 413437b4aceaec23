/* SPDX-License-Identifier: MIT */
/*
 * The numerical check of a gradient.
 *
 * The graph, whatever its real types, is compiled in f64; the gradient that rn_grad derives
 * is compared with differences of the loss. Tensors of up to `exhaustive` elements are
 * checked element by element, larger ones along random signed directions and at a sample of
 * elements.
 */
#ifndef RONDO_GRADCHECK_H
#define RONDO_GRADCHECK_H

#include "graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A value for an input: `data` in the input's declared type, of its whole size. */
typedef struct rn_value {
    rn_tensor input;
    const void *data;
} rn_value;

/* Zero means the default everywhere. */
typedef struct rn_gradcheck_options {
    const rn_tensor
        *tensors; /* with respect to what; default: all real inputs and variables */
    int tensor_count;
    const rn_value *values; /* of inputs; a real one that is not named here is drawn from a
                               normal distribution, another one is zero */
    int value_count;
    double tolerance;   /* largest relative error that passes; default 1e-7 */
    int64_t exhaustive; /* default 64 elements */
    int directions;     /* random directions for a larger tensor; default 4 */
    int samples;        /* sampled elements of a larger tensor; default 16 */
    uint64_t seed;
    int worst; /* how many of the worst entries the report lists; default 8 */
} rn_gradcheck_options;

/* One comparison. error = |analytic - numeric| / max(|analytic|, |numeric|, floor), where
 * the floor is what rounding alone can move the difference by, divided by the tolerance. */
typedef struct rn_gradcheck_entry {
    const char *tensor; /* its name */
    int64_t element;    /* row by row; -1: a direction */
    double analytic, numeric, error;
    bool passed; /* false for a NaN */
} rn_gradcheck_entry;

typedef struct rn_gradcheck_report {
    bool passed;
    rn_status status; /* RN_OK when the check could be made */
    int64_t checked;  /* comparisons made, ... */
    int64_t failed;   /* ... and failed */
    int64_t kinks;    /* points left out: an operator chooses another side next to
                         them, so there is no derivative */
    char kink[256];   /* the first of them: operator, node, step, element, distance */
    double largest;   /* largest error; NaN if any was */
    rn_gradcheck_entry *worst; /* worst first */
    int worst_count;
    char culprit[512]; /* after a failure: which operator's gradient rule is wrong, with
                          node, step and ratio, or that every rule agrees with its operator
                        */
    char *text;        /* all this for people, or why there is no check */
} rn_gradcheck_report;

/* Checks the gradient of a scalar loss. Variables have their present values and are not
 * changed; assignments of the graph are not made; random draws are held fixed. The graph is
 * left as it was. Free the report with rn_gradcheck_free; NULL only without memory. */
RN_API rn_gradcheck_report *rn_gradcheck(rn_tensor loss, rn_gradcheck_options options);
RN_API void rn_gradcheck_free(rn_gradcheck_report *report);

#ifdef __cplusplus
}
#endif
#endif
