/* SPDX-License-Identifier: MIT */
/*
 * Operators whose attributes name the type of their output: cast and uniform. A program
 * that is compiled with another real type than its graph has must rewrite them.
 */
#ifndef RN_OPS_RETYPE_H
#define RN_OPS_RETYPE_H

#include "ops/op.h"

/* The attributes of such an operator begin with this member. */
typedef struct rn__named_type {
    int64_t type; /* an rn_type */
} rn__named_type;

/* In a copy of the attributes of a node of `op`: names `real` where a real type is named.
 * True if the attributes were changed. */
bool rn__op_retype(const rn_op *op, void *attributes, rn_type real);

#endif
