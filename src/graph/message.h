/* SPDX-License-Identifier: MIT */
/* Refusing operands. */
#ifndef RN_GRAPH_MESSAGE_H
#define RN_GRAPH_MESSAGE_H

#include "rondo/op.h"

/* Puts "<op>: <what>: <operands>" on the operands' graph. Returns the null tensor. */
rn_tensor rn__refuse(const rn_op *op, const rn_tensor *in, int inputs, const char *what);

/* The same with a format; also for operators, see op.h. */
rn_tensor rn__op_refuse(const rn_op *op, const rn_tensor *in, int inputs,
                        const char *format, ...) RN_PRINTF(4, 5);
int rn__op_axis(const rn_op *op, rn_tensor x, int axis);

#endif
