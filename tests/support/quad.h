/* SPDX-License-Identifier: MIT */
/*
 * An oracle: a graph evaluated in quadruple precision (113 bits) with plain loops, and the
 * derivative of a scalar of it from central differences, to some 25 digits. It shares
 * neither kernels nor gradient rules nor compiler with the library, so both can be measured
 * in units of the last place.
 *
 * Values of all types are quad: a cast between the real types is the identity, and a scalar
 * constant is the double that it was built from. i32 and bool are exact; i32 wraps.
 * Comparisons are made in quad. Only `uniform` takes its numbers from the library's kernel
 * for the node's type.
 *
 * All memory is allocated when the evaluator is created. If a graph is evaluated again,
 * only nodes that depend on changed leaves are computed.
 */
#ifndef RN_TESTS_SUPPORT_QUAD_H
#define RN_TESTS_SUPPORT_QUAD_H

#include <quadmath.h>
#include <rondo/ops.h>

typedef __float128 quad;

typedef struct rn_test_quad rn_test_quad;

/* An evaluator of all present nodes of a graph, which is not a loop's body. Inputs are
 * zeros until they are set; variables have their values. */
rn_test_quad *rn_test_quad_new(const rn_graph *graph);
void rn_test_quad_free(rn_test_quad *q);

/* Sets an input, variable or constant: from numbers of any type, or from elements of the
 * leaf's type as rn_feed takes them. */
void rn_test_quad_set(rn_test_quad *q, rn_tensor leaf, const double *x);
void rn_test_quad_set_data(rn_test_quad *q, rn_tensor leaf, const void *data);

/* Sets a leaf to its value plus t times a direction of its shape; NULL: restores the
 * value. */
void rn_test_quad_move(rn_test_quad *q, rn_tensor leaf, const double *direction, quad t);

/* Evaluates x, and what it needs. The values, row by row, are those of this call until the
 * next. */
const quad *rn_test_quad_run(rn_test_quad *q, rn_tensor x);

/* A leaf and where it moves. */
typedef struct rn_test_quad_path {
    rn_tensor leaf;
    const double *direction;
} rn_test_quad_path;

/*
 * The derivative of a scalar along a path of one or several leaves, and an estimate of its
 * error: the difference of two formulas of different order, plus the rounding error of the
 * scalar. It is large at a kink or a jump, and where h is not small compared with the scale
 * of the function: the step is 2^-20 in units of the direction or, if that is less
 * accurate, of the smallest or largest x / direction. The estimate does not include digits
 * lost by cancellation within the scalar. Afterwards the leaves have their values again.
 */
quad rn_test_quad_derivative(rn_test_quad *q, rn_tensor scalar,
                             const rn_test_quad_path *paths, int path_count, quad *error);

/* The derivative along one path, and then along another: (f++ - f+- - f-+ + f--) / 4 h k,
 * good to some 10 digits where the steps, `h` and `k` in units of the directions, fit the
 * function. */
quad rn_test_quad_second(rn_test_quad *q, rn_tensor scalar, rn_test_quad_path one, quad h,
                         rn_test_quad_path other, quad k);

#endif
