/* SPDX-License-Identifier: MIT */
/* What reductions share, apart from the order of terms (reduce_kernel.h). */
#ifndef RN_OPS_REDUCE_H
#define RN_OPS_REDUCE_H

#include "ops/op.h"
#include "ops/walk.h"

typedef struct rn__reduce_attributes {
    int64_t axes; /* bit i: axis i is reduced */
    int64_t keep; /* reduced axes stay, with size 1 */
} rn__reduce_attributes;

/* The shape rule: x without the reduced axes. */
const char *rn__reduce_shape(rn_typing *typing);

/* Applies a reduction, with the axes of a public function. */
rn_tensor rn__reduce(const rn_op *op, rn_tensor x, const int *axes, int count, bool keep);

/* The axes as a mask, or -1 after rn__op_refuse. */
int64_t rn__reduce_axes(const rn_op *op, rn_tensor x, const int *axes, int count);

/* The batch rule; attributes begin with those of a reduction. */
rn_tensor rn__reduce_batch(const rn_batching *b);

/* The divide rule: results of different places of a kept axis share no term. */
bool rn__reduce_divide(const rn_call *call, int axis, int *cut);

/* The number of terms of one result. */
int64_t rn__reduce_terms(rn_shape x, int64_t axes);

/* A reduction's result or cotangent with the reduced axes inserted with size 1, so that it
 * broadcasts against x. */
rn_tensor rn__reduce_keep(rn_tensor y, rn_tensor x, int64_t axes);

/* The record and the public rn_<name>(x, axes, count, keep), for a rule static void
 * gradient(p). */
#define RN_REDUCTION(name_, ...)                                                           \
    const rn_op rn__op_##name_ = {RN_NAMED(name_),                                         \
                                  .kind = RN_KIND_REDUCTION,                               \
                                  .batch = rn__reduce_batch,                               \
                                  .divide = rn__reduce_divide,                             \
                                  .inputs = 1,                                             \
                                  .gradient = gradient,                                    \
                                  __VA_ARGS__};                                            \
                                                                                           \
    rn_tensor rn_##name_(rn_tensor x, const int *axes, int count, bool keep)               \
    {                                                                                      \
        return rn__reduce(&rn__op_##name_, x, axes, count, keep);                          \
    }

/* The layout of a kernel call: `kept` visits the results in the order of the output, with
 * at[0] the offset of their first term; the other members describe the reduced axes. */
typedef struct rn__reduction {
    rn__walk kept;
    int rank;
    int64_t size[RN_RANK_MAX], stride[RN_RANK_MAX];
    int64_t outputs, terms;
} rn__reduction;

void rn__reduction_init(rn__reduction *r, const rn_call *call);

/* The offsets of terms from..from + count - 1, relative to the first. */
void rn__reduction_offsets(const rn__reduction *r, int64_t from, int64_t count,
                           int64_t *offset);

#endif
