/* SPDX-License-Identifier: MIT */
/* Errors about operands. */
#ifndef RN_GRAPH_MESSAGE_H
#define RN_GRAPH_MESSAGE_H

#include "rondo/op.h"

/* Records "<op>: <what>: <operands>" on the operands' graph. Returns the null tensor;
 * without a graph one that names the operator (null.h). */
rn_tensor rn__refuse(const rn_op *op, const rn_tensor *in, int inputs, const char *what);

/* The same with a format. ops/op.h declares both for operators. */
rn_tensor rn__op_refuse(const rn_op *op, const rn_tensor *in, int inputs,
                        const char *format, ...) RN_PRINTF(4, 5);
int rn__op_axis(const rn_op *op, rn_tensor x, int axis);

#endif
