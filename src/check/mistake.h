/* SPDX-License-Identifier: MIT */
/* Recognising a mistake: from the gradient that is there, and by running the probe again.
 */
#ifndef RN_CHECK_MISTAKE_H
#define RN_CHECK_MISTAKE_H

#include "check/culprit.h"

typedef struct rn__finding {
    rn__probe *p;
    int i; /* the input */
    const rn__probe_input *in;
    const rn__sample *sample;
    int count;
    const double *a; /* its gradient; a copy, for the probe may run again */
} rn__finding;

/* Whether a sample is surely not zero. */
bool rn__nonzero(const rn__sample *s);

/* Whether a gradient is what input i's should be at the elements of samples [from, to),
 * with the weights that the probe has now, and not all zero. */
bool rn__fits_samples(const rn__finding *f, int i, const double *gradient, int from,
                      int to);

/* Whether each element is one term of the sum that it should be: one slice of the outputs,
 * or one of them. */
bool rn__mistake_term(const rn__finding *f);

/* NO_COTANGENT, UNIT_COTANGENT or UNKNOWN. */
rn_mistake rn__mistake_cotangent(const rn__finding *f);

#endif
