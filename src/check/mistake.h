/* SPDX-License-Identifier: MIT */
/* Recognising a mistake: from the gradient that is there, and by running the trial again.
 */
#ifndef RN_CHECK_MISTAKE_H
#define RN_CHECK_MISTAKE_H

#include "culprit.h"

typedef struct rn__puzzle {
    rn__trial *t;
    int i; /* the input */
    const rn__trial_input *in;
    const rn__probe *probe;
    int count;
    const double *a; /* its gradient; a copy, for the trial may run again */
} rn__puzzle;

/* Whether a probe tells anything but zero. */
bool rn__telling(const rn__probe *p);

/* Whether each element is one term of the sum that it should be: one slice of the outputs,
 * or one of them. */
bool rn__mistake_term(const rn__puzzle *p);

/* NO_COTANGENT, UNIT_COTANGENT or UNKNOWN. */
rn_mistake rn__mistake_cotangent(const rn__puzzle *p);

#endif
