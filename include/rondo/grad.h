/* SPDX-License-Identifier: MIT */
/* Reverse-mode differentiation: a gradient is built as nodes of the same graph. */
#ifndef RONDO_GRAD_H
#define RONDO_GRAD_H

#include "graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sets dx[i] to the gradient of y with respect to x[i], a tensor of x[i]'s shape and type;
 * zeros if y does not depend on x[i]. `dy` is the cotangent of y and has y's shape; the
 * null tensor means 1 and requires a scalar y. The x may be any tensors of y's graph, not
 * only leaves. Only nodes between x and y are differentiated. The result can be
 * differentiated again, and the gradient of a loop is a loop. Errors (false, message on the
 * graph): y, dy or an x that is not real or belongs to another graph; a y that is not a
 * scalar, without dy; a gradient rule whose result does not have the operand's shape, see
 * op.h. */
RN_API bool rn_grad(rn_tensor y, rn_tensor dy, const rn_tensor *x, int count,
                    rn_tensor *dx);

/* x, real, with a limited gradient: each element of it in [-limit, limit], or each row
 * along the first axis scaled down so that its norm is at most the limit. Pascanu et al.
 * 2013, arXiv:1211.5063. The result is not the derivative, so rn_gradcheck fails where a
 * limit acts; check the graph with the limit INFINITY, which limits nothing. The second
 * derivative is that of the limited gradient. Errors: limit <= 0 or NaN; for rows, a
 * scalar. */
RN_API rn_tensor rn_clip_gradient(rn_tensor x, double limit);
RN_API rn_tensor rn_clip_gradient_norm(rn_tensor x, double limit);

#ifdef __cplusplus
}
#endif
#endif
