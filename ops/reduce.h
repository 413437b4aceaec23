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
void rn__reduction_offsets(int rank, const int64_t *size, const int64_t *stride,
                           int64_t from, int64_t count, int64_t *offset);

/* ---- the loops of a reduction ---- */

enum {
    RN__REDUCE_LANES = 64,
    RN__REDUCE_BLOCK = 1024,
    RN__REDUCE_WIDE = 128, /* bytes of the results of a tile, */
    RN__REDUCE_NARROW = 32 /* and of a part of one */
};

typedef void rn__reduce_columns(const void *x, const int64_t *offset, int64_t n, void *y);

/* What a reduction does with elements; reduce_kernel.h makes them. x is the first term or
 * result, y the memory for the totals, n the number of terms, at most a block of them. */
typedef struct rn__reducing {
    /* The total of contiguous terms. */
    void (*block)(const void *x, int64_t n, void *y);
    /* The totals of adjacent results, whose terms are at these offsets. */
    rn__reduce_columns *wide, *narrow;
    /* Combines n totals with others. */
    void (*totals)(void *y, const void *x, int64_t n);
    int64_t element, total; /* bytes: 4 or 8 */
} rn__reducing;

void rn__reduce_run(const rn_call *call, const rn__reducing *with);

/* ---- sums of the products of two operands ---- */

/* What a sum of products does with elements; reduce_products.h makes them. n is the number
 * of terms, at most a block of them. */
typedef struct rn__products {
    /* Totals of so many rows of contiguous terms, whose first ones are by_x and by_y
     * elements apart. */
    void (*rows)(int64_t rows, const void *x, int64_t by_x, const void *y, int64_t by_y,
                 int64_t n, void *out);
    /* The totals of `columns` adjacent results, of 4, 8, .. or 64 terms at these offsets; y
     * is the same for all of them if it is repeated. */
    void (*wide)(const void *x, const int64_t *at_x, const void *y, const int64_t *at_y,
                 int64_t n, bool repeated, void *out);
    void (*block)(const void *x, int64_t n, void *y); /* as in rn__reducing */
    void (*totals)(void *y, const void *x, int64_t n);
    int64_t columns, element;
} rn__products;

void rn__reduce_products(const rn_call *call, const rn__products *with);

/* The index of one term for each result: of the first largest, by `find`. y is i32. */
void rn__reduce_to_index(const rn_call *call, int64_t element,
                         int32_t (*find)(const void *x, int64_t n, int64_t stride));

/*
 * Divides sums by the number of their terms, for a mean, or a mean of squares. A sum that
 * is not finite is computed again from small terms, scale x or (scale x)^2, which are
 * doubles whose sum does not overflow: a mean of finite terms is finite.
 */
void rn__divide_sums(const rn_call *call, double scale, bool squares);

#endif
