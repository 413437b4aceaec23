/* SPDX-License-Identifier: MIT */
/* Reverse-mode differentiation: a gradient is more nodes of the same graph. */
#ifndef RONDO_GRAD_H
#define RONDO_GRAD_H

#include "graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sets dx[i] to the gradient of y with respect to x[i], a tensor of x[i]'s shape and type,
 * zeros where y does not depend on it. `dy` is y's cotangent, of y's shape; the null tensor
 * stands for 1 and asks for a scalar y. x may be any tensors of y's graph, not only leaves.
 * Only nodes between x and y are differentiated, and the result can be differentiated
 * again. Loops are differentiated as loops. Errors (false, message on the graph): y, dy or
 * an x that is not of a real type or from another graph; a y that is not a scalar, without
 * dy; a gradient rule that gives a tensor of another shape than the operand's, see op.h. */
RN_API bool rn_grad(rn_tensor y, rn_tensor dy, const rn_tensor *x, int count,
                    rn_tensor *dx);

#ifdef __cplusplus
}
#endif
#endif
