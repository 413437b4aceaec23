/* SPDX-License-Identifier: MIT */
/*
 * How honest rn_gradcheck is about itself: operators at random points of all sizes, ties
 * and zeros among them, each element's gradient compared by the check, and both of its
 * numbers with the true derivative, by the quad oracle. A right rule must not fail; the
 * errors must be within the bounds; and where an operator has a kink or a jump within the
 * shortest step, that must be reported.
 */
#ifndef RN_TESTS_QUAD_HONESTY_H
#define RN_TESTS_QUAD_HONESTY_H

#include "record.h"

/* Of one side, numeric or analytic. */
typedef struct honesty_side {
    int64_t judged, outside; /* samples, and those further from the truth than the bound */
    double worst;            /* the largest error, in bounds */
} honesty_side;

typedef struct honesty {
    int64_t graphs, not_finite; /* graphs, and those whose loss was no number */
    int64_t points;             /* elements that were compared */
    int64_t alarms;             /* comparisons that failed, directions among them */
    int64_t left_out,
        inconclusive; /* at kinks of operators, and where the loss tells nothing */
    int64_t straddled, unreported; /* kinks within the shortest step, and not left out */
    honesty_side numeric, analytic;
    char alarm[4000]; /* the report of the first failure */
} honesty;

/* All operators and composites that have a real operand, in the order of their lists. */
extern const record *const honesty_records[];
extern const int honesty_record_count;

/* Whether rn_gradcheck can say anything of it: it has real operands, and its gradient is
 * meant to be its derivative. */
bool honesty_applies(const record *r);

/* Checks graphs of the operator until so many elements are compared; the oracle is asked
 * about every `stride`-th of them. */
honesty honesty_of(const record *r, int64_t points, int64_t stride, uint64_t seed);

#endif
