/* SPDX-License-Identifier: MIT */
/* What comparisons share: broadcast operands of one type, a bool result. */
#ifndef RN_OPS_COMPARE_H
#define RN_OPS_COMPARE_H

#include "ops/op.h"

/* The shape rule of every comparison. Its kernel is that of the operands' type. */
const char *rn__compare_shape(rn_typing *typing);

#endif
