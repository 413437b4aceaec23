/* SPDX-License-Identifier: MIT */
/* Branch rules that several operators share: what rn_op.branches is set to. */
#ifndef RN_OPS_BRANCHES_H
#define RN_OPS_BRANCHES_H

#include "ops/op.h"

/* sign x: for a kink at 0. */
rn_tensor rn__branch_sign(const rn_tensor *x, rn_tensor y, const void *attributes);

/* sign(x - y): for a kink where the two operands are equal. */
rn_tensor rn__branch_order(const rn_tensor *x, rn_tensor y, const void *attributes);

/* The result itself: for an operator that is constant between jumps. */
rn_tensor rn__branch_result(const rn_tensor *x, rn_tensor y, const void *attributes);

/* The second operand: for indices. */
rn_tensor rn__branch_indices(const rn_tensor *x, rn_tensor y, const void *attributes);

#endif
