/* SPDX-License-Identifier: MIT */
/* The check of every operator's record. */
#ifndef RN_TESTS_OPS_CHECK_H
#define RN_TESTS_OPS_CHECK_H

#include "record.h"

/* For each sample: the value in f32 and f64 against the reference, in all layouts with the
 * same bits; the gradient and the gradient's gradient in f64 against differences; on exact
 * operators both types' gradients against the reference's differences, with no tolerance.
 * Then refusals with their messages, and what else the record wants. */
void check_record(const record *r);

#endif
