/* SPDX-License-Identifier: MIT */
/*
 * The operators, and composites of them.
 *
 * Every function appends nodes to the graph of its operands and returns the null tensor
 * after an error (see graph.h). Operands have one type unless said otherwise. `[..]` is any
 * shape. Binary operators broadcast as NumPy does: shapes are aligned at their last axes,
 * and an axis of size 1 is repeated. Axes may be negative, -1 being the last.
 */
#ifndef RONDO_OPS_H
#define RONDO_OPS_H

#include "graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- element-wise, one operand: y [..] of the shape of x
 * ------------------------------------ neg, abs, sign and square also for i32 (which
 * wraps); the others for f32 and f64. */

RN_API rn_tensor rn_neg(rn_tensor x);      /* -x */
RN_API rn_tensor rn_abs(rn_tensor x);      /* |x|; the gradient at 0 is 0 */
RN_API rn_tensor rn_sign(rn_tensor x);     /* -1, 0 or 1; NaN stays; gradient 0 */
RN_API rn_tensor rn_square(rn_tensor x);   /* x x */
RN_API rn_tensor rn_sqrt(rn_tensor x);     /* square root */
RN_API rn_tensor rn_exp(rn_tensor x);      /* e^x */
RN_API rn_tensor rn_expm1(rn_tensor x);    /* e^x - 1, accurate near 0 */
RN_API rn_tensor rn_log(rn_tensor x);      /* natural logarithm */
RN_API rn_tensor rn_log1p(rn_tensor x);    /* log(1 + x), accurate near 0 */
RN_API rn_tensor rn_sin(rn_tensor x);      /* sine, radians */
RN_API rn_tensor rn_cos(rn_tensor x);      /* cosine, radians */
RN_API rn_tensor rn_tanh(rn_tensor x);     /* hyperbolic tangent */
RN_API rn_tensor rn_sigmoid(rn_tensor x);  /* 1 / (1 + e^-x) */
RN_API rn_tensor rn_relu(rn_tensor x);     /* max(x, 0); the gradient at 0 is 0 */
RN_API rn_tensor rn_softplus(rn_tensor x); /* log(1 + e^x), without overflow */
RN_API rn_tensor rn_erf(rn_tensor x);      /* error function */

/* x sigmoid(x), and x normal_cdf(x); arXiv:1606.08415. */
RN_API rn_tensor rn_silu(rn_tensor x);
RN_API rn_tensor rn_gelu(rn_tensor x);

/* The standard normal distribution's function, (1 + erf(x / sqrt 2)) / 2, and its density,
 * e^(-x x / 2) / sqrt(2 pi). */
RN_API rn_tensor rn_normal_cdf(rn_tensor x);
RN_API rn_tensor rn_normal_pdf(rn_tensor x);

/* ---- element-wise, two operands, broadcast
 * ---------------------------------------------------- add, sub, mul, maximum and minimum
 * also for i32 (which wraps). */

RN_API rn_tensor rn_add(rn_tensor x, rn_tensor y); /* x + y */
RN_API rn_tensor rn_sub(rn_tensor x, rn_tensor y); /* x - y */
RN_API rn_tensor rn_mul(rn_tensor x, rn_tensor y); /* x y, element by element */
RN_API rn_tensor rn_div(rn_tensor x, rn_tensor y); /* x / y */

/* x^y. The gradient for y is 0 where x is not positive, that for x where x and y are 0. */
RN_API rn_tensor rn_pow(rn_tensor x, rn_tensor y);

/* x y for weights and costs, real: 0 where the weight is 0, though the cost is infinite. */
RN_API rn_tensor rn_weigh(rn_tensor x, rn_tensor y);

/* The larger or smaller of the two; NaN if either is. Where they are equal the gradient
 * goes half to each. */
RN_API rn_tensor rn_maximum(rn_tensor x, rn_tensor y);
RN_API rn_tensor rn_minimum(rn_tensor x, rn_tensor y);

/* Comparisons of any type give bool; false for a NaN, but not_equal, which is true. */
RN_API rn_tensor rn_equal(rn_tensor x, rn_tensor y);
RN_API rn_tensor rn_not_equal(rn_tensor x, rn_tensor y);
RN_API rn_tensor rn_less(rn_tensor x, rn_tensor y);
RN_API rn_tensor rn_less_equal(rn_tensor x, rn_tensor y);
RN_API rn_tensor rn_greater(rn_tensor x, rn_tensor y);
RN_API rn_tensor rn_greater_equal(rn_tensor x, rn_tensor y);

/* For bool. */
RN_API rn_tensor rn_logical_and(rn_tensor x, rn_tensor y);
RN_API rn_tensor rn_logical_or(rn_tensor x, rn_tensor y);
RN_API rn_tensor rn_logical_not(rn_tensor x);

/* condition ? x : y, all three broadcast. condition is bool, x and y of any one type. What
 * is not chosen has no influence, be it NaN or infinite. That holds for the gradient too,
 * and through the element-wise operators that x and y are made by: where(x > 0, sqrt(x), x)
 * has the gradient 1 at 0. It ends at the first operator that is not element-wise (a
 * product, a sum, a view): that one is given zeros, which its own factors may turn into
 * NaN. */
RN_API rn_tensor rn_where(rn_tensor condition, rn_tensor x, rn_tensor y);

/* x converted. To i32: towards zero, saturating, NaN to 0. To bool: x != 0. Between the
 * real types it has a gradient. */
RN_API rn_tensor rn_cast(rn_tensor x, rn_type type);

/* x, with gradient 0. */
RN_API rn_tensor rn_stop_gradient(rn_tensor x);

/* ---- reductions
 * ----------------------------------------------------------------------------- Over
 * `count` axes of x, or over all when count is 0. keep: reduced axes stay, with size 1. */

/* Sums; 0 over nothing. Real types and i32. */
RN_API rn_tensor rn_sum(rn_tensor x, const int *axes, int count, bool keep);

/* The largest, NaN if one is; over nothing an error. Equal ones share the gradient evenly.
 */
RN_API rn_tensor rn_max(rn_tensor x, const int *axes, int count, bool keep);
RN_API rn_tensor rn_min(rn_tensor x, const int *axes, int count, bool keep);

/* Powers of two to multiply x by before it is squared: 1 where the largest |x| is of a
 * usual size, a small one from 2^60 up (f32; f64: 2^500), so that no square overflows. With
 * `small` also a large one where it is below 2^-60 (2^-400), so that not all squares
 * vanish. */
RN_API rn_tensor rn_rescale(rn_tensor x, const int *axes, int count, bool keep, bool small);

/* The index along one axis of the first largest element (a NaN counts as largest), i32. */
RN_API rn_tensor rn_argmax(rn_tensor x, int axis, bool keep);

/* Products; 1 over nothing. The gradient is right with zeros among the factors. */
RN_API rn_tensor rn_prod(rn_tensor x, const int *axes, int count, bool keep);

/* Sum / number of elements, finite where all of them are, and the mean squared distance
 * from it (divided by the number); over nothing an error. */
RN_API rn_tensor rn_mean(rn_tensor x, const int *axes, int count, bool keep);
RN_API rn_tensor rn_variance(rn_tensor x, const int *axes, int count, bool keep);

/* The mean of x x, finite where it is a number of the type; over nothing an error. */
RN_API rn_tensor rn_mean_square(rn_tensor x, const int *axes, int count, bool keep);

/* Sum, mean or largest of everything: a scalar. */
RN_API rn_tensor rn_sum_all(rn_tensor x);
RN_API rn_tensor rn_mean_all(rn_tensor x);
RN_API rn_tensor rn_max_all(rn_tensor x);

/* The same along one axis, which goes. */
RN_API rn_tensor rn_sum_axis(rn_tensor x, int axis);
RN_API rn_tensor rn_mean_axis(rn_tensor x, int axis);
RN_API rn_tensor rn_max_axis(rn_tensor x, int axis);

/* log(sum(exp x)) along one axis, without overflow; all -inf gives -inf, a +inf gives +inf.
 */
RN_API rn_tensor rn_logsumexp(rn_tensor x, int axis, bool keep);

/* ---- matrix products ---- */

typedef enum rn_transposition {
    RN_NONE = 0,
    RN_TRANSPOSE_X = 1,
    RN_TRANSPOSE_Y = 2
} rn_transposition;

/* x [.., M, K] times y [.., K, N] -> [.., M, N]; leading axes are broadcast. Ranks >= 2. */
RN_API rn_tensor rn_matmul(rn_tensor x, rn_tensor y);

/* The same with the last two axes of x or y read exchanged. */
RN_API rn_tensor rn_matmul_transposed(rn_tensor x, rn_tensor y, rn_transposition which);

/* ---- movement ---- */

/* The same elements in another shape; one size may be -1, and is found from the others. */
RN_API rn_tensor rn_reshape(rn_tensor x, rn_shape shape);

/* Axis i of the result is axis order[i] of x; order has rank(x) entries. */
RN_API rn_tensor rn_permute(rn_tensor x, const int *order);

/* The last two axes exchanged. */
RN_API rn_tensor rn_transpose(rn_tensor x);

/* x repeated to `shape`, by the rules of broadcasting. */
RN_API rn_tensor rn_broadcast(rn_tensor x, rn_shape shape);

/* x with an axis of size 1 put in before `axis` (-1: after the last), or one such taken
 * out. */
RN_API rn_tensor rn_expand(rn_tensor x, int axis);
RN_API rn_tensor rn_squeeze(rn_tensor x, int axis);

/* Elements start, start + step, ... before stop along one axis; start and stop may count
 * from the end when negative and are cut to the axis (INT64_MAX: to its end); step >= 1. */
RN_API rn_tensor rn_slice(rn_tensor x, int axis, int64_t start, int64_t stop, int64_t step);

/* Element `index` along one axis, which goes. */
RN_API rn_tensor rn_index(rn_tensor x, int axis, int64_t index);

/* `before` and `after` zeros round an axis, `between` zeros between any two of its
 * elements. */
RN_API rn_tensor rn_pad(rn_tensor x, int axis, int64_t before, int64_t after,
                        int64_t between);

/* One after the other along an axis (all other sizes equal), or along a new axis. Of no
 * tensors (a count below 1, or no list) the result is null, and as they have no graph there
 * is no message. */
RN_API rn_tensor rn_concat(const rn_tensor *x, int count, int axis);
RN_API rn_tensor rn_stack(const rn_tensor *x, int count, int axis);

/* The order along an axis turned round. */
RN_API rn_tensor rn_reverse(rn_tensor x, int axis);

/* Rows of a table: x [N, ..] and indices [I..] of type i32 -> [I.., ..]. An index outside
 * 0..N-1 makes the run fail with a message. */
RN_API rn_tensor rn_take(rn_tensor x, rn_tensor indices);

/* x, of type i32; a run fails with a message when an element lies outside low..high.
 * Errors: another type, low above high. No gradient. */
RN_API rn_tensor rn_check_range(rn_tensor x, int64_t low, int64_t high);

/* x [N, ..] with updates [I.., ..] added to the rows that indices [I..] name, in their
 * order. */
RN_API rn_tensor rn_add_at(rn_tensor x, rn_tensor indices, rn_tensor updates);

/* ---- random
 * --------------------------------------------------------------------------------- A
 * function of its arguments alone: element i of a draw is Philox4x32-10 of the counter (i,
 * ticks) under the key. `ticks` is i32 [n], n <= 2: what must make this draw another one
 * than the last, such as the number of the run and the loop's step. Gradient 0. */

/* Uniform in [0, 1), a multiple of 2^-24 (f32) or 2^-53 (f64; its first 24 bits are f32's).
 */
RN_API rn_tensor rn_uniform(rn_tensor ticks, uint64_t key, rn_type type, rn_shape shape);

/* Standard normal, by Box and Muller's method. */
RN_API rn_tensor rn_normal(rn_tensor ticks, uint64_t key, rn_type type, rn_shape shape);

/* ---- composites ---- */

RN_API rn_tensor rn_scale(rn_tensor x, double factor);  /* factor x */
RN_API rn_tensor rn_offset(rn_tensor x, double amount); /* x + amount */
RN_API rn_tensor rn_one_minus(rn_tensor x);             /* 1 - x */
RN_API rn_tensor rn_reciprocal(rn_tensor x);            /* 1 / x */

/* True where x is neither NaN nor infinite. */
RN_API rn_tensor rn_is_finite(rn_tensor x);

/* exp(x - logsumexp x) along one axis, and its logarithm. */
RN_API rn_tensor rn_softmax(rn_tensor x, int axis);
RN_API rn_tensor rn_log_softmax(rn_tensor x, int axis);

/* (x - mean) / sqrt(variance + epsilon) along the last axis; arXiv:1607.06450 without gain.
 * No square overflows, nor vanishes beside an epsilon of 0. */
RN_API rn_tensor rn_normalize(rn_tensor x, double epsilon);

/* gain normalize(x) + bias; gain and bias [size of the last axis], or null for none. */
RN_API rn_tensor rn_layer_norm(rn_tensor x, rn_tensor gain, rn_tensor bias, double epsilon);

/* 1 at the index, 0 elsewhere: indices [..] i32 -> [.., classes] of `type`; an index
 * outside 0..classes-1 gives a row of zeros. */
RN_API rn_tensor rn_one_hot(rn_tensor indices, int64_t classes, rn_type type);

/* 0, 1, .. count-1 as i32 [count]. */
RN_API rn_tensor rn_range(rn_graph *graph, int64_t count);

#ifdef __cplusplus
}
#endif
#endif
