/* SPDX-License-Identifier: MIT */
/*
 * The primitive operators, and composites of them.
 *
 * Each function appends nodes to the graph of its operands and returns the null tensor
 * after an error (see graph.h). All operands have the same type unless stated otherwise.
 * `[..]` is any shape. Binary operators broadcast as NumPy does: shapes are aligned at
 * their last axes, and an axis of size 1 is repeated. Negative axes count from the end; -1
 * is the last.
 */
#ifndef RONDO_OPS_H
#define RONDO_OPS_H

#include "graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- element-wise, one operand ---- */

/* The result has the shape of x. neg, abs, sign and square accept f32, f64 and i32, which
 * wraps; the others f32 and f64. */

RN_API rn_tensor rn_neg(rn_tensor x);      /* -x */
RN_API rn_tensor rn_abs(rn_tensor x);      /* |x|; the gradient at 0 is 0 */
RN_API rn_tensor rn_sign(rn_tensor x);     /* -1, 0, 1 or NaN; gradient 0 */
RN_API rn_tensor rn_floor(rn_tensor x);    /* largest integer <= x; gradient 0 */
RN_API rn_tensor rn_ceil(rn_tensor x);     /* smallest integer >= x; gradient 0 */
RN_API rn_tensor rn_round(rn_tensor x);    /* nearest integer, half to even; gradient 0 */
RN_API rn_tensor rn_square(rn_tensor x);   /* x x */
RN_API rn_tensor rn_sqrt(rn_tensor x);     /* square root */
RN_API rn_tensor rn_exp(rn_tensor x);      /* e^x */
RN_API rn_tensor rn_expm1(rn_tensor x);    /* e^x - 1, accurate near 0 */
RN_API rn_tensor rn_log(rn_tensor x);      /* natural logarithm */
RN_API rn_tensor rn_log1p(rn_tensor x);    /* log(1 + x), accurate near 0 */
RN_API rn_tensor rn_sin(rn_tensor x);      /* sine, radians */
RN_API rn_tensor rn_cos(rn_tensor x);      /* cosine, radians */
RN_API rn_tensor rn_atan(rn_tensor x);     /* arc tangent, radians */
RN_API rn_tensor rn_tanh(rn_tensor x);     /* hyperbolic tangent */
RN_API rn_tensor rn_sigmoid(rn_tensor x);  /* 1 / (1 + e^-x) */
RN_API rn_tensor rn_relu(rn_tensor x);     /* max(x, 0); the gradient at 0 is 0 */
RN_API rn_tensor rn_softplus(rn_tensor x); /* log(1 + e^x), without overflow */
RN_API rn_tensor rn_erf(rn_tensor x);      /* error function */

/* x sigmoid(x), x normal_cdf(x) and its approximation by tanh; arXiv:1606.08415. */
RN_API rn_tensor rn_silu(rn_tensor x);
RN_API rn_tensor rn_gelu(rn_tensor x);
RN_API rn_tensor rn_gelu_tanh(rn_tensor x);

/* The standard normal distribution: the cumulative distribution function, (1 + erf(x / sqrt
 * 2)) / 2, and the density, e^(-x x / 2) / sqrt(2 pi). */
RN_API rn_tensor rn_normal_cdf(rn_tensor x);
RN_API rn_tensor rn_normal_pdf(rn_tensor x);

/* ---- element-wise, two operands ---- */

/* Operands broadcast. add, sub, mul, maximum and minimum accept f32, f64 and i32, which
 * wraps. */

RN_API rn_tensor rn_add(rn_tensor x, rn_tensor y); /* x + y */
RN_API rn_tensor rn_sub(rn_tensor x, rn_tensor y); /* x - y */
RN_API rn_tensor rn_mul(rn_tensor x, rn_tensor y); /* x y, element by element */
RN_API rn_tensor rn_div(rn_tensor x, rn_tensor y); /* x / y */

/* x^y. The gradient with respect to y is 0 where x is not positive; that with respect to x
 * is 0 where y is 0. */
RN_API rn_tensor rn_pow(rn_tensor x, rn_tensor y);

/* The gradients of tanh and sigmoid, for x the value of that function and y its cotangent,
 * both real and of one type: y (1 - x x) and y x (1 - x). Operands broadcast. */
RN_API rn_tensor rn_tanh_slope(rn_tensor x, rn_tensor y);
RN_API rn_tensor rn_sigmoid_slope(rn_tensor x, rn_tensor y);

/* x y, for a weight x and a cost y, real: 0 where x is 0, even if y is infinite. */
RN_API rn_tensor rn_weigh(rn_tensor x, rn_tensor y);

/* The larger or smaller operand; NaN if either is NaN. At a tie each gets half of the
 * gradient. */
RN_API rn_tensor rn_maximum(rn_tensor x, rn_tensor y);
RN_API rn_tensor rn_minimum(rn_tensor x, rn_tensor y);

/* Comparisons: any type -> bool. With a NaN they are false, except not_equal. */
RN_API rn_tensor rn_equal(rn_tensor x, rn_tensor y);
RN_API rn_tensor rn_not_equal(rn_tensor x, rn_tensor y);
RN_API rn_tensor rn_less(rn_tensor x, rn_tensor y);
RN_API rn_tensor rn_less_equal(rn_tensor x, rn_tensor y);
RN_API rn_tensor rn_greater(rn_tensor x, rn_tensor y);
RN_API rn_tensor rn_greater_equal(rn_tensor x, rn_tensor y);

/* Logical operators: bool -> bool. */
RN_API rn_tensor rn_logical_and(rn_tensor x, rn_tensor y);
RN_API rn_tensor rn_logical_or(rn_tensor x, rn_tensor y);
RN_API rn_tensor rn_logical_not(rn_tensor x);

/* condition ? x : y, all three broadcast; condition is bool, x and y have any type.
 * Elements that are not selected have no influence, not even NaN or infinities. This also
 * holds for the gradient, through all element-wise operators that computed x and y: where(x
 * > 0, sqrt(x), x) has the gradient 1 at 0. It does not hold beyond an operator that is not
 * element-wise, such as a product, a sum or a view: the cotangent there is 0, and an
 * infinite factor may still turn it into NaN. */
RN_API rn_tensor rn_where(rn_tensor condition, rn_tensor x, rn_tensor y);

/* x converted to `type`. To i32: truncates towards zero, saturates, and maps NaN to 0. To
 * bool: x != 0. Has a gradient only between real types. */
RN_API rn_tensor rn_cast(rn_tensor x, rn_type type);

RN_API rn_tensor rn_stop_gradient(rn_tensor x); /* x, with gradient 0 */

/* ---- reductions ---- */

/* Reductions run over the `count` listed axes of x, or over all axes if count is 0. With
 * `keep` the reduced axes stay, with size 1. */

/* The sum, 0 for no elements. Real types and i32. */
RN_API rn_tensor rn_sum(rn_tensor x, const int *axes, int count, bool keep);

/* The largest or smallest element, NaN if any is NaN; no elements are an error. Tied
 * elements share the gradient equally. */
RN_API rn_tensor rn_max(rn_tensor x, const int *axes, int count, bool keep);
RN_API rn_tensor rn_min(rn_tensor x, const int *axes, int count, bool keep);

/* A power of two by which to multiply x before squaring it. It is less than 1 if the
 * largest |x| is at least 2^60 (f32) or 2^500 (f64), so that no square overflows. With
 * `small` it is greater than 1 if the largest |x| is below 2^-60 (f32) or 2^-400 (f64), so
 * that not all squares underflow. Otherwise it is 1. */
RN_API rn_tensor rn_rescale(rn_tensor x, const int *axes, int count, bool keep, bool small);

/* The index, i32, of the largest element along an axis: the first at a tie. NaN counts as
 * the largest. */
RN_API rn_tensor rn_argmax(rn_tensor x, int axis, bool keep);

/* The product, 1 for no elements. The gradient is correct even if factors are 0. */
RN_API rn_tensor rn_prod(rn_tensor x, const int *axes, int count, bool keep);

/* The mean, finite if all elements are, and the population variance: the mean squared
 * distance from the mean. No elements are an error. */
RN_API rn_tensor rn_mean(rn_tensor x, const int *axes, int count, bool keep);
RN_API rn_tensor rn_variance(rn_tensor x, const int *axes, int count, bool keep);

/* The sum of x x, in f64 for f32 too; 0 for no elements. */
RN_API rn_tensor rn_sum_square(rn_tensor x, const int *axes, int count, bool keep);

/* The mean of x x, without intermediate overflow. No elements are an error. */
RN_API rn_tensor rn_mean_square(rn_tensor x, const int *axes, int count, bool keep);

/* The sum, mean or maximum of all elements, a scalar. */
RN_API rn_tensor rn_sum_all(rn_tensor x);
RN_API rn_tensor rn_mean_all(rn_tensor x);
RN_API rn_tensor rn_max_all(rn_tensor x);

/* The same along one axis, which is removed. */
RN_API rn_tensor rn_sum_axis(rn_tensor x, int axis);
RN_API rn_tensor rn_mean_axis(rn_tensor x, int axis);
RN_API rn_tensor rn_max_axis(rn_tensor x, int axis);

/* log(sum(exp x)) along one axis, without overflow. -inf if all elements are -inf; +inf if
 * one is +inf. */
RN_API rn_tensor rn_logsumexp(rn_tensor x, int axis, bool keep);

/* ---- along one axis ---- */

/* The sums so far, x[0] + .. + x[i]; if exclusive without x[i], if reverse from the end.
 * Real types and i32, which wraps. Terms are added in order, those of f32 in f64. */
typedef struct rn_cumsum_options {
    bool exclusive, reverse;
} rn_cumsum_options;
RN_API rn_tensor rn_cumsum(rn_tensor x, int axis, rn_cumsum_options options);

/* A linear recurrence over the first axis, element by element, as of an exponential average
 * or a diagonal state space model: all states, the initial one first,
 *
 *   h[0] = initial,  h[t + 1] = a[t] h[t] + b[t]          [T + 1, ..]
 *
 * a and b are [T, ..], or [1, ..] if they are the same in all steps; their other axes and
 * those of `initial` broadcast. If reverse from the end: h[T] = initial, and h[t] = a[t]
 * h[t + 1] + b[t]. f32 or f64, all of one type. The bits are those of a loop of rn_mul and
 * rn_add. Loops that compute this become it when they are compiled. */
typedef struct rn_linear_scan_options {
    bool reverse;
} rn_linear_scan_options;
RN_API rn_tensor rn_linear_scan(rn_tensor a, rn_tensor b, rn_tensor initial,
                                rn_linear_scan_options options);

/* The indices, i32, that sort x, of any type, and the sorted elements, whose gradient goes
 * to where they came from. Equal elements keep their order, also if descending. NaN counts
 * as the largest. Errors: an axis too long for an i32. */
RN_API rn_tensor rn_argsort(rn_tensor x, int axis, bool descending);
RN_API rn_tensor rn_sort(rn_tensor x, int axis, bool descending);

/* The first k of these, the largest or smallest first. Errors: k outside 0..n. */
RN_API rn_tensor rn_top_k_indices(rn_tensor x, int axis, int64_t k, bool smallest);
RN_API rn_tensor rn_top_k(rn_tensor x, int axis, int64_t k, bool smallest);

/* ---- matrix products ---- */

typedef enum rn_transposition {
    RN_TRANSPOSE_NONE = 0,
    RN_TRANSPOSE_X = 1,
    RN_TRANSPOSE_Y = 2
} rn_transposition;

/* x [.., M, K] times y [.., K, N] -> [.., M, N]. Leading axes broadcast; ranks are >= 2. */
RN_API rn_tensor rn_matmul(rn_tensor x, rn_tensor y);

/* The same with the last two axes of x or y transposed. */
RN_API rn_tensor rn_matmul_transposed(rn_tensor x, rn_tensor y, rn_transposition which);

/* ---- movement ---- */

/* The same elements in another shape. One size may be -1, to be computed from the rest. */
RN_API rn_tensor rn_reshape(rn_tensor x, rn_shape shape);

/* Reorders the axes: axis i of the result is axis order[i] of x; order has rank(x) ints. */
RN_API rn_tensor rn_permute(rn_tensor x, const int *order);

RN_API rn_tensor rn_transpose(rn_tensor x); /* exchanges the last two axes */

/* x broadcast to `shape`. */
RN_API rn_tensor rn_broadcast(rn_tensor x, rn_shape shape);

/* Inserts an axis of size 1 before `axis` (-1: after the last), or removes one. */
RN_API rn_tensor rn_expand(rn_tensor x, int axis);
RN_API rn_tensor rn_squeeze(rn_tensor x, int axis);

/* Elements start, start + step, ... before stop along one axis; step >= 1. A negative start
 * or stop counts from the end. Both are clamped to the axis, so INT64_MAX means its end. */
RN_API rn_tensor rn_slice(rn_tensor x, int axis, int64_t start, int64_t stop, int64_t step);

/* Element `index` along one axis, which is removed. */
RN_API rn_tensor rn_index(rn_tensor x, int axis, int64_t index);

/* Pads an axis with zeros: `before` it, `after` it and `between` any two elements. */
RN_API rn_tensor rn_pad(rn_tensor x, int axis, int64_t before, int64_t after,
                        int64_t between);

/* Joins tensors along an axis, where all other sizes are equal, or stacks them along a new
 * axis. Without tensors (count below 1, or no list) the result is null. */
RN_API rn_tensor rn_concat(const rn_tensor *x, int count, int axis);
RN_API rn_tensor rn_stack(const rn_tensor *x, int count, int axis);

RN_API rn_tensor rn_reverse(rn_tensor x, int axis); /* the other order along an axis */

/* Selects rows of x [N, ..] by indices i32 [I..] -> [I.., ..]. An index outside 0..N-1
 * makes the run fail with a message. */
RN_API rn_tensor rn_take(rn_tensor x, rn_tensor indices);

/* x, i32. A run fails with a message if an element is outside low..high. Errors: another
 * type; low above high. No gradient. */
RN_API rn_tensor rn_check_range(rn_tensor x, int64_t low, int64_t high);

/* x [N, ..] with updates [I.., ..] added to the rows selected by indices i32 [I..], in
 * order. */
RN_API rn_tensor rn_add_at(rn_tensor x, rn_tensor indices, rn_tensor updates);

/* y[.., j, ..] = x[.., indices[.., j, ..], ..] along one axis: x [.., n, ..], indices i32
 * [.., m, ..] -> [.., m, ..]. Ranks are equal, and so are sizes besides the axis, or one of
 * them is 1 and repeated. An index outside 0..n-1 makes the run fail with a message. */
RN_API rn_tensor rn_gather(rn_tensor x, rn_tensor indices, int axis);

/* x with updates, of the shape of rn_gather(x, i, axis), added at the indices i: the
 * adjoint of gather. Real types and i32, which wraps. Updates are added in order; an axis
 * of size 1 in x alone is summed over. rn_scatter writes updates, of any type: of several
 * for one element the last one stays, and the others have no gradient. */
RN_API rn_tensor rn_scatter_add(rn_tensor x, rn_tensor i, rn_tensor updates, int axis);
RN_API rn_tensor rn_scatter(rn_tensor x, rn_tensor i, rn_tensor updates, int axis);

/* ---- random ---- */

/* A draw is a function of its arguments: element i is Philox4x32-10 of the counter (i,
 * ticks) under the key. `ticks`, i32 [n] with n <= 2, distinguishes draws under one key,
 * for example by the number of the run and the step of the loop. Gradient 0. */

/* Uniform in [0, 1): multiples of 2^-24 (f32) or 2^-53 (f64; the first 24 bits agree). */
RN_API rn_tensor rn_uniform(rn_tensor ticks, uint64_t key, rn_type type, rn_shape shape);

/* Standard normal, by the Box-Muller method. */
RN_API rn_tensor rn_normal(rn_tensor ticks, uint64_t key, rn_type type, rn_shape shape);

/* ---- composites ---- */

RN_API rn_tensor rn_scale(rn_tensor x, double factor);  /* factor x */
RN_API rn_tensor rn_offset(rn_tensor x, double amount); /* x + amount */
RN_API rn_tensor rn_one_minus(rn_tensor x);             /* 1 - x */
RN_API rn_tensor rn_reciprocal(rn_tensor x);            /* 1 / x */

/* True where x is neither NaN nor infinite. */
RN_API rn_tensor rn_is_finite(rn_tensor x);

/* softmax, exp(x - logsumexp x), along one axis, and its logarithm. */
RN_API rn_tensor rn_softmax(rn_tensor x, int axis);
RN_API rn_tensor rn_log_softmax(rn_tensor x, int axis);

/* (x - mean) / sqrt(variance + epsilon) along the last axis; arXiv:1607.06450 without gain.
 * Squares do not overflow, and do not underflow to 0 if epsilon is 0. */
RN_API rn_tensor rn_normalize(rn_tensor x, double epsilon);

/* gain normalize(x) + bias. gain and bias have the size of the last axis, or are null. The
 * layer with weights is rn_layer_norm (layers.h). */
RN_API rn_tensor rn_normalize_affine(rn_tensor x, rn_tensor gain, rn_tensor bias,
                                     double epsilon);

/* 1 at the index, 0 elsewhere: indices i32 [..] -> [.., classes] of `type`. An index
 * outside 0..classes-1 gives a row of zeros. */
RN_API rn_tensor rn_one_hot(rn_tensor indices, int64_t classes, rn_type type);

/* 0, 1, .. count-1 as i32 [count]. */
RN_API rn_tensor rn_range(rn_graph *graph, int64_t count);

#ifdef __cplusplus
}
#endif
#endif
