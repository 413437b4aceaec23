/* SPDX-License-Identifier: MIT */
/* Running graphs in tests. Any failure fails the test with a message. */
#ifndef RN_TESTS_SUPPORT_EVAL_H
#define RN_TESTS_SUPPORT_EVAL_H

#include "array.h"

/* The values for an input: an array of its shape. */
typedef struct rn_test_feed {
    rn_tensor input;
    const rn_test_array *value;
} rn_test_feed;

/* Compiles the tensors' graph as it is, feeds, runs once, and sets y[i] to the value of
 * x[i], a new array of its type. */
void rn_test_run(const rn_tensor *x, int count, const rn_test_feed *feeds, int feed_count,
                 rn_test_array *y);

/* The same for one tensor. */
rn_test_array rn_test_eval(rn_tensor x, const rn_test_feed *feeds, int feed_count);

/* Runs, and expects the run to stop with this message. */
void rn_test_run_fails(rn_tensor x, const rn_test_feed *feeds, int feed_count,
                       const char *message);

/* A constant of these values. */
rn_tensor rn_test_constant(rn_graph *graph, const rn_test_array *value);

/* The sum of x times constants: integers within -4..4, or numbers within -2..2. So the
 * gradient of the loss differs for every element of x. */
rn_tensor rn_test_project(rn_tensor x, rn_test_random *random, bool integers);

/* rn_gradcheck of the loss at these values must pass; `what` begins the message. */
void rn_test_gradcheck(rn_tensor loss, const rn_test_feed *feeds, int feed_count,
                       const char *what);

/* Element by element: |got - want| <= tolerance max(|want|, floor); NaN only where NaN is
 * wanted, infinities exactly; shapes and types equal. With tolerance 0 the values are the
 * same, zeros of either sign being one. */
void rn_test_compare(const rn_test_array *got, const rn_test_array *want, double tolerance,
                     double floor, const char *what);

#endif
