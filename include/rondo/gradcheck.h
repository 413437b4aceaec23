/* SPDX-License-Identifier: MIT */
/*
 * The numerical gradient check.
 *
 * rn_gradcheck compiles the graph in f64, whatever its real types, and compares the
 * gradient that rn_grad derives with finite differences of the loss: along random
 * directions of all tensors together, and element by element. Each of the two values has an
 * error bound: for the gradient that of rounding, for the difference that of rounding and
 * truncation. A comparison fails if the values differ by more than the sum of the bounds,
 * so there is no tolerance to choose. After that the f32 kernels of the loss's operators
 * are compared with the f64 ones, where the operators have both; a difference that rounding
 * does not explain fails the check, see RN_CULPRIT_KERNEL. docs/gradcheck.md explains the
 * report.
 */
#ifndef RONDO_GRADCHECK_H
#define RONDO_GRADCHECK_H

#include "culprit.h"
#include "graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The values of an input: `data` has the input's declared type and its full size. */
typedef struct rn_value {
    rn_tensor input;
    const void *data;
} rn_value;

/* Zero means the default everywhere. */
typedef struct rn_gradcheck_options {
    const rn_tensor
        *tensors; /* the tensors to check; default: all real inputs and variables */
    int tensor_count;
    const rn_value *values; /* values of inputs; by default a real input is drawn from the
                               standard normal distribution and any other is zero */
    int value_count;
    int directions;     /* random directions of all tensors together; default 4, negative:
                           none. Each tensor too large to be checked in full gets one more
                           direction of its own; if that fails, the wrong element is
                           located */
    int64_t exhaustive; /* tensors of at most this size are checked at every element;
                           default 64, INT64_MAX: all tensors, negative: none */
    int samples;        /* sampled elements of a larger tensor; default 8, negative: none */
    uint64_t seed;
    int worst; /* number of worst comparisons in the report; default 8 */
} rn_gradcheck_options;

/* One comparison: an element of the gradient, or the gradient along a direction. */
typedef struct rn_gradcheck_entry {
    const char *tensor; /* its name; "all tensors" for a direction of all tensors */
    int64_t element;    /* row-major index; -1: a direction */
    double analytic, numeric;
    double analytic_bound,
        numeric_bound; /* error bounds, exceeded with negligible probability */
    double excess; /* |analytic - numeric| / (analytic_bound + numeric_bound); 0 if equal */
    double error;  /* |analytic - numeric| relative to a scale. The scale is the largest of
                      |analytic|, |numeric| and, for an element, the tensor's largest
                      gradient; for a direction, the root of the sum of the squares of the
                      terms that add up to the gradient */
    bool passed;   /* excess <= 1; false for NaN */
    bool inconclusive; /* it passed, but the error bounds exceed the scale of
                     `error`, so that any gradient of this size would have passed */
} rn_gradcheck_entry;

/* A tensor, and the worst comparison of its gradient. */
typedef struct rn_gradcheck_tensor {
    const char *name;
    int64_t elements, checked, failed; /* checked, failed: directions and elements */
    rn_gradcheck_entry worst;          /* the one with the largest excess, if any */
} rn_gradcheck_tensor;

/* A point that was skipped. Within `distance` an operator takes another branch, so the loss
 * has no derivative there, or none that a difference can measure. Or op is "loss": the loss
 * is not finite, or the element is too large to perturb measurably; `node` says which. */
typedef struct rn_gradcheck_kink {
    const char *tensor; /* perturbing this tensor */
    int64_t element;    /* at this element, or along a direction (-1) */
    const char *op;     /* changes the branch of this operator */
    const char *node;   /* in the node with this name, if it has one, and this shape */
    int32_t id;         /* and this number */
    int32_t loop;       /* in the body of this loop node; -1: in no loop */
    int loops; /* number of enclosing loops; `step` has their steps, outermost first */
    int64_t step[RN_CULPRIT_STEPS];
    int64_t choice;  /* element of the branch tensor (rn_op.branches) that changes */
    double distance; /* distance from the checked values along the direction */
} rn_gradcheck_kink;

typedef struct rn_gradcheck_report {
    bool passed;
    rn_status status;          /* RN_OK if the check could be carried out */
    int64_t checked;           /* number of comparisons */
    int64_t failed;            /* number of those that failed */
    int64_t inconclusive;      /* number of those that passed but are inconclusive */
    double largest;            /* largest error; NaN if any is NaN */
    double excess;             /* largest excess; NaN if any is NaN */
    rn_gradcheck_entry *worst; /* the comparisons with the largest excess, worst first */
    int worst_count;
    rn_gradcheck_tensor *tensors; /* in the order of the graph */
    int tensor_count;
    rn_gradcheck_kink *kink; /* the points that were skipped */
    int64_t kinks;
    rn_gradcheck_culprit culprit; /* after a failure: what is wrong, see culprit.h */
    char *text; /* the report as text, or why the check was not possible; never NULL */
} rn_gradcheck_report;

/* Checks the gradient of a scalar loss, at the present values of the variables. It changes
 * neither the graph nor the variables, makes no assignments and holds random draws fixed.
 * Free the report with rn_gradcheck_free. NULL only if out of memory. */
RN_API rn_gradcheck_report *rn_gradcheck(rn_tensor loss, rn_gradcheck_options options);
RN_API void rn_gradcheck_free(rn_gradcheck_report *report);

#ifdef __cplusplus
}
#endif
#endif
