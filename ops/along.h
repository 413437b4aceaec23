/* SPDX-License-Identifier: MIT */
/* What operators that work along one axis share. Their attributes begin with the axis. */
#ifndef RN_OPS_ALONG_H
#define RN_OPS_ALONG_H

#include "ops/op.h"

/* The batch rule: attributes are int64_t, at most four. */
rn_tensor rn__along_batch(const rn_batching *b);

/* The divide rule of an operator with one operand: by any other axis. */
bool rn__along_divide(const rn_call *call, int axis, int *cut);

/* ---- cumulative sums ---- */

typedef struct rn__cumsum_attributes {
    int64_t axis, exclusive, reverse;
} rn__cumsum_attributes;

/* The kernel of all types (cumsum_run.c). */
bool rn__cumsum(const rn_call *call);

/* ---- gathering and scattering ---- */

/* The shape of gather(x, indices), from operands 0 and 1; NULL, or the refusal. */
const char *rn__gather_shape(const rn_typing *t, rn_shape *shape);

/* The rules of scatter and scatter_add. */
const char *rn__scatter_shape(rn_typing *t);
bool rn__scatter_divide(const rn_call *call, int axis, int *cut);

/* The public function of either. */
rn_tensor rn__scatter(const rn_op *op, rn_tensor x, rn_tensor indices, rn_tensor updates,
                      int axis);

/* The kernels of all types (gather_run.c). With `add`, the map of the operator, updates are
 * added; without they are written. */
bool rn__gather_run(const rn_call *call);
bool rn__scatter_run(const rn_call *call, rn_map add);

/* ---- sorting ---- */

typedef struct rn__argsort_attributes {
    int64_t axis, count, descending; /* the first `count` indices */
} rn__argsort_attributes;

/* The kernel of all types, and its scratch rule (argsort_run.c). */
bool rn__argsort_run(const rn_call *call);
size_t rn__argsort_scratch(const rn_call *call);

#endif
