/* SPDX-License-Identifier: MIT */
/* What operators that choose have in common: rules that give the sides. */
#ifndef RN_OPS_SIDES_H
#define RN_OPS_SIDES_H

#include "ops/op.h"

/* sign x */
rn_tensor rn__sides_sign(const rn_tensor *x, rn_tensor y, const void *attributes);

/* sign (x - y), of the two operands */
rn_tensor rn__sides_order(const rn_tensor *x, rn_tensor y, const void *attributes);

/* The result itself, for one that does not move but jumps. */
rn_tensor rn__sides_result(const rn_tensor *x, rn_tensor y, const void *attributes);

/* The second operand, which is the indices. */
rn_tensor rn__sides_indices(const rn_tensor *x, rn_tensor y, const void *attributes);

#endif
