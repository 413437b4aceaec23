/* SPDX-License-Identifier: MIT */
/*
 * How reliable the error bounds of rn_gradcheck are: operators at random points of all
 * sizes, including ties and zeros. The check compares each element's gradient, and the quad
 * oracle compares both of its values with the true derivative. A right rule must not fail,
 * errors must be within their bounds, and a kink or jump within the shortest step must be
 * reported.
 */
#ifndef RN_TESTS_QUAD_HONESTY_H
#define RN_TESTS_QUAD_HONESTY_H

#include "record.h"

/* Of one side, numeric or analytic. */
typedef struct honesty_side {
    int64_t judged, outside; /* samples, and those whose error exceeds the bound */
    double worst;            /* the largest error, relative to the bound */
} honesty_side;

typedef struct honesty {
    int64_t graphs, not_finite;     /* graphs, and those whose loss was no number */
    int64_t points;                 /* elements that were compared */
    int64_t alarms;                 /* comparisons that failed, directions among them */
    int64_t left_out, inconclusive; /* skipped at kinks of operators, and where the loss is
                                   not finite */
    int64_t straddled, unreported;  /* kinks within the shortest step, and not left out */
    honesty_side numeric, analytic;
    char alarm[4000]; /* the report of the first failure */
} honesty;

/* All operators and composites that have a real operand, in the order of their lists. */
extern const record *const honesty_records[];
extern const int honesty_record_count;

/* Whether rn_gradcheck applies: the operator has real operands, and its gradient is its
 * derivative. */
bool honesty_applies(const record *r);

/* Checks graphs of the operator until this many elements are compared; the oracle computes
 * every `stride`-th of them. */
honesty honesty_of(const record *r, int64_t points, int64_t stride, uint64_t seed);

#endif
