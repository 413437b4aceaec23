/* SPDX-License-Identifier: MIT */
/*
 * Operators whose attributes hold the type of their output: cast and uniform. A program
 * that is compiled in another real type than its graph's must rewrite them.
 */
#ifndef RN_OPS_RETYPE_H
#define RN_OPS_RETYPE_H

#include "ops/op.h"

/* The attributes of such an operator begin with this member. */
typedef struct rn__named_type {
    int64_t type; /* an rn_type */
} rn__named_type;

/* Changes a real type in a copy of the attributes of a node of `op` to `real`. True if it
 * was changed. */
bool rn__op_retype(const rn_op *op, void *attributes, rn_type real);

#endif
