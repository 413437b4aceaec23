/* SPDX-License-Identifier: MIT */
/*
 * A trial: a function y(x) with a gradient that is judged alone, in a graph of its own. It
 * is one operator with its rule (rule.c) or one loop (loop_alone.c).
 *
 * With a random cotangent dy the gradient dx is compared with the derivative of
 *
 *   f(t) = sum dy (y(x + t v) - y(x))
 *
 * Outputs that do not move drop out of f without rounding, so that large values beside a
 * small one do not hide it.
 */
#ifndef RN_CHECK_TRIAL_H
#define RN_CHECK_TRIAL_H

#include "branch.h"
#include "node.h"
#include "rondo/culprit.h"
#include "rondo/program.h"

typedef struct rn__trial_input {
    rn_tensor x, dx; /* dx null: the gradient is zero */
    bool judged;     /* real, and what the loss depends on reaches it */
    int64_t count;
    const void *value;
    double *gradient, *moved; /* NULL unless judged */
    double largest;           /* |value| */
} rn__trial_input;

typedef struct rn__trial_output {
    rn_tensor y, dy;
    int64_t count;
    double *weight; /* dy */
    double *here, *there;
    bool *depends; /* on what is being moved */
} rn__trial_output;

typedef struct rn__trial {
    rn_graph *graph;
    rn__arena arena;
    rn__trial_input *input;
    rn__trial_output *output;
    int inputs, outputs;
    bool has_rule;
    bool map;          /* of one operator that is element-wise, ... */
    bool element_wise; /* ... of operands of one shape: nothing is summed over */
    bool finite;       /* all outputs are numbers, in the last run */
    bool no_memory;    /* since it was made */
    rn_program *forward, *backward; /* backward NULL: all gradients are zero */
    rn__branches branches;
    int stream; /* of the cotangents */
    /* What is being differentiated. */
    int along;
    const double *direction; /* NULL: along one element */
    int64_t element;
    double offset; /* added to f */
} rn__trial;

/* The derivative of f, and what may be between it and a right gradient. */
typedef struct rn__slope {
    double value, error; /* error infinite: it cannot be told, as at a kink */
    double scale;        /* of the steps */
    bool bent;           /* y may have a pole here */
} rn__slope;

/* ---- making one ---- */

/* An empty trial with room for so many inputs and outputs; false without memory. */
bool rn__trial_init(rn__trial *t, rn_allocator allocator, int inputs, int outputs);

/* After x, dx, y, dy and judged are set: programs and room. False when it cannot be. */
bool rn__trial_compile(rn__trial *t);
void rn__trial_finish(rn__trial *t);

/* ---- using it ---- */

/* The value of an input, which must stay. */
bool rn__trial_set(rn__trial *t, int i, const void *value);

/* Draws the cotangents of this stream, signed and none near 0, or makes them all 1; runs
 * the gradient and the function. False when a run fails. */
enum { RN__ONES = -1 };
bool rn__trial_run(rn__trial *t, int stream);

/* Gives other weights to f alone: those of `output` are multiplied by `mask`, all others
 * are 0. NULL: what was drawn. */
void rn__trial_mask(rn__trial *t, int output, const double *mask);

/* The derivative along the direction or, that being NULL, the element of input i. False
 * when a run fails. */
bool rn__trial_slope(rn__trial *t, int i, const double *direction, int64_t element,
                     rn__slope *out);

/* The same again, where shorter steps clearly tell something else: as next to what is
 * narrower than the first ones, or in a fast wave. */
bool rn__trial_closer(rn__trial *t, rn__slope *slope);

/* Whether f has a kink here that could make a right gradient differ from the slope by so
 * much. */
bool rn__trial_kinked(rn__trial *t, const rn__slope *slope, double difference);

/* Number k of a stream, uniform in (-1, 1). */
double rn__trial_random(int stream, uint64_t k);

#endif
