/* SPDX-License-Identifier: MIT */
/* The kernels of operators by variant. */
#ifndef RN_OPS_TABLE_H
#define RN_OPS_TABLE_H

#include "rondo/op.h"

/* The kernel of a node: one of the two, or neither for a view. */
typedef struct rn__code {
    rn_map map;
    rn_kernel kernel;
} rn__code;

/* The kernel of an operator, built-in or a user's, for a type on this machine. Both members
 * are NULL if the operator does not support the type. */
rn__code rn__op_code(const rn_op *op, rn_type variant);

/* The attributes by which the map of rn_add takes three operands: it adds the product of
 * the first two to the third, with the bits of two operators. It computes rows of elements:
 * after the steps follow how many rows, and the bytes from one row to the next, by operand,
 * the result's last. */
extern const char rn__of_product[];

extern const char rn__of_products[]; /* of four: x y + u v */

/* The built-in operators in the order of ops.def, and their number. */
extern const rn_op *const rn__ops[];
extern const int rn__op_count;

#endif
