/* SPDX-License-Identifier: MIT */
/* The operators' code by variant, and how the rest of the library asks for it. */
#ifndef RN_OPS_TABLE_H
#define RN_OPS_TABLE_H

#include "rondo/op.h"

/* What a node of some type calls: one of the two, or neither for a view. */
typedef struct rn__code {
    rn_map map;
    rn_kernel kernel;
} rn__code;

/* The code of an operator, built in or a user's, for a variant's type on this machine. Both
 * members are NULL when the operator does not work on that type. */
rn__code rn__op_code(const rn_op *op, rn_type variant);

/* The built-in operators in the order of ops.def, and how many there are. */
extern const rn_op *const rn__ops[];
extern const int rn__op_count;

#endif
