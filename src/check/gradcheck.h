/* SPDX-License-Identifier: MIT */
/* The numerical check from inside: the report as it grows. */
#ifndef RN_CHECK_GRADCHECK_H
#define RN_CHECK_GRADCHECK_H

#include "node.h"
#include "numeric.h"
#include "rondo/gradcheck.h"

/* An empty report, and its end. */
rn_gradcheck_report *rn__report_new(rn_allocator allocator, int worst);

/* Compares, counts, and keeps the entry if it is among the worst. */
void rn__report_add(rn_gradcheck_report *report, const char *tensor, int64_t element,
                    double analytic, rn__derivative numeric, double tolerance);

/* Writes the text. With a message the check could not be made. */
void rn__report_end(rn_gradcheck_report *report, rn_status status, const char *message);

#endif
