/* SPDX-License-Identifier: MIT */
/*
 * The numerical check of a gradient.
 *
 * The graph, whatever its real types, is compiled in f64; the gradient that rn_grad derives
 * is compared with differences of the loss, along random signed directions of all tensors
 * together and element by element. Both sides come with a bar, which is how far rounding,
 * and for a difference the bending of the loss, may have moved it. A comparison fails when
 * they are further apart than both bars together, so there is no tolerance to choose.
 * docs/gradcheck.md says how to read a report.
 */
#ifndef RONDO_GRADCHECK_H
#define RONDO_GRADCHECK_H

#include "culprit.h"
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
    int directions;     /* random directions of all tensors together; default 4, negative:
                           none. One more follows of each tensor that is too large to be
                           checked whole; where it fails the wrong element is located */
    int64_t exhaustive; /* a tensor of up to so many elements is checked at each of them;
                           default 64, INT64_MAX for all tensors, negative for none */
    int samples;        /* sampled elements of a larger tensor; default 8, negative: none */
    uint64_t seed;
    int worst; /* how many of the worst comparisons the report lists; default 8 */
} rn_gradcheck_options;

/* One comparison, of an element of the gradient or of the gradient along a direction. */
typedef struct rn_gradcheck_entry {
    const char *tensor; /* its name; "all tensors" for a direction of all together */
    int64_t element;    /* row by row; -1: a direction */
    double analytic, numeric;
    double analytic_bar, numeric_bar; /* their errors are all but surely smaller */
    double excess; /* |analytic - numeric| / (analytic_bar + numeric_bar); 0 when equal */
    double error;  /* |analytic - numeric|, relative to the largest of |analytic|, |numeric|
                      and, for an element, the tensor's largest gradient, for a direction
                      the root of the squares of the terms that add up to it */
    bool passed;   /* excess <= 1; false for a NaN */
    bool vague;    /* passed, but the bars are wider than what error is relative to: any
                      gradient of this size would have passed */
} rn_gradcheck_entry;

/* A tensor, and the comparison of its gradient that went worst. */
typedef struct rn_gradcheck_tensor {
    const char *name;
    int64_t elements, checked, failed; /* comparisons, of directions and elements */
    rn_gradcheck_entry worst;          /* of the largest excess, if any was checked */
} rn_gradcheck_tensor;

/* A point that was not compared: within `distance` an operator takes another side, so that
 * the loss has no derivative there, or none that a difference can measure; or the loss is
 * not finite there, or the element is so large that no step tells. Then op is "loss", and
 * node says which. */
typedef struct rn_gradcheck_kink {
    const char *tensor; /* moving this element of this tensor, -1: along a direction, */
    int64_t element;
    const char *op;   /* changes what this operator chooses, */
    const char *node; /* in this node: its name, if it has one, and its shape, */
    int32_t id;       /* its number, */
    int32_t loop;     /* of the body of this loop node; -1: of none */
    int loops;        /* at these steps of the loops around it, the outermost first, */
    int64_t step[RN_CULPRIT_STEPS];
    int64_t choice;  /* and at this element of what it chooses; */
    double distance; /* this far from the values that were checked, along the direction */
} rn_gradcheck_kink;

typedef struct rn_gradcheck_report {
    bool passed;
    rn_status status;          /* RN_OK when the check could be made */
    int64_t checked;           /* comparisons made, ... */
    int64_t failed;            /* ... and failed */
    int64_t vague;             /* of those that passed: that tell nothing */
    double largest;            /* largest error; NaN if any was */
    double excess;             /* largest excess; NaN if any was */
    rn_gradcheck_entry *worst; /* those of the largest excess, worst first */
    int worst_count;
    rn_gradcheck_tensor *tensors; /* in the order of the graph */
    int tensor_count;
    rn_gradcheck_kink *kink; /* points that were left out */
    int64_t kinks;
    rn_gradcheck_culprit culprit; /* after a failure: who is to blame, see culprit.h */
    char *text; /* all this for people, or why there is no check; never NULL */
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
