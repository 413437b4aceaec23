/* SPDX-License-Identifier: MIT */
/*
 * The record of an operator, the same for those of the library and for a user's own.
 *
 * An operator is a shape rule, a kernel for each type it works on, and a gradient rule that
 * builds nodes. A record must outlive every graph and program that uses it; make it static.
 * `examples/custom_op.c` is a complete one.
 */
#ifndef RONDO_OP_H
#define RONDO_OP_H

#include "graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An operand as a kernel sees it. Strides are in elements and may be 0 (broadcast) or
 * negative. */
typedef struct rn_array {
    void *data;
    rn_type type;
    int rank;
    int64_t size[RN_RANK_MAX];
    int64_t stride[RN_RANK_MAX];
} rn_array;

enum { RN_MESSAGE = 256 };

/* One call of a kernel. The output is dense and overlaps no input. */
typedef struct rn_call {
    const rn_array *in;
    const rn_array *out;
    const void *attributes;
    void *scratch; /* 64-byte aligned, of the size that the scratch rule gave */
    char *message; /* RN_MESSAGE bytes for the text of a failure */
    int inputs;
} rn_call;

/* Computes out. Returns true, or false after writing to `message` what is wrong with the
 * values (an index out of range); the run then stops with that message. May be called from
 * several threads at once; must not allocate, print or keep state. */
typedef bool (*rn_kernel)(const rn_call *call);

/* An element-wise kernel: y[i] = f(x[0][i * step[0]], x[1][i * step[1]], ...) for i < n.
 * The library walks the axes and broadcasts. y is dense and may be one of the x of the same
 * step. */
typedef void (*rn_map)(int64_t n, const void *const *x, const int64_t *step, void *y,
                       const void *attributes);

/* What a shape rule is asked: types and shapes of the inputs; it sets the output's, which
 * begin as those of input 0. `variant` is the type whose kernel is called; left at -1 it is
 * the output's type. `detail` takes the numbers behind a refusal, when the shapes do not
 * tell. */
typedef struct rn_typing {
    int inputs;
    const rn_type *in_type;
    const rn_shape *in_shape;
    const void *attributes;
    rn_type type;
    rn_shape shape;
    int variant;
    char detail[RN_MESSAGE];
} rn_typing;

/* Returns NULL, or a plain phrase such as "inner sizes differ"; the library adds the
 * operator, the operands' names and shapes. */
typedef const char *(*rn_shape_rule)(rn_typing *typing);

/* What a gradient rule is asked: given inputs x, output y and the cotangent dy (the shape
 * of y), set dx[i] to the cotangent of each x[i] for which wanted[i]; left null it is zero.
 * dx[i] has the type and shape of x[i]. For an element-wise operator it may have y's shape:
 * the library sums it to that of x[i]. Anything else is an error of rn_grad; what is
 * smaller than x[i] is not repeated. */
typedef struct rn_pullback {
    int inputs;
    const rn_tensor *x;
    rn_tensor y, dy;
    const bool *wanted;
    rn_tensor *dx;
    const void *attributes;
} rn_pullback;

typedef void (*rn_gradient_rule)(rn_pullback *p);

/* For an operator that chooses: a tensor made from inputs x and output y, of which an
 * element changes with the choice that is made there, such as the sign of a relu's operand
 * or an index that is taken. There the operator has a kink or a jump; rn_gradcheck leaves
 * out points so near to one that a difference would cross it, and says so. Null: for these
 * types there is no choice. */
typedef rn_tensor (*rn_sides_rule)(const rn_tensor *x, rn_tensor y, const void *attributes);

/* Bytes of scratch that a kernel call with these shapes needs (data pointers are not set).
 */
typedef size_t (*rn_scratch_rule)(const rn_call *call);

/* For an operator whose value is its input's memory read in another way: sets out->stride
 * and the offset of its first element in `in`, in elements. False when no strides can say
 * it; the library then makes the input dense first, for which it must be possible. */
typedef bool (*rn_view_rule)(const rn_array *in, rn_array *out, int64_t *offset,
                             const void *attributes);

typedef enum rn_op_flags {
    /* The kernel takes inputs of any strides; otherwise they are dense. */
    RN_OP_STRIDED = 1,
    /* Two nodes with equal inputs and attributes are not the same value. */
    RN_OP_IMPURE = 2,
    /* Element-wise, of three inputs: input 0 is a bool that chooses input 1 where it is
     * true, else input 2, as where does. What is not chosen has no influence on the
     * gradient, see ops.h. */
    RN_OP_CHOOSES = 4
} rn_op_flags;

typedef struct rn_op {
    const char *name;
    int inputs; /* -1: any number */
    unsigned flags;
    rn_shape_rule shape;        /* NULL: element-wise, broadcast, one type */
    rn_map map[RN_TYPES];       /* an element-wise operator has maps, ... */
    rn_kernel kernel[RN_TYPES]; /* ... any other kernels, by type; NULL: not for it */
    rn_gradient_rule gradient;  /* NULL: not differentiable, the gradient is zero */
    rn_scratch_rule scratch;    /* NULL: none */
    rn_view_rule view;          /* instead of map and kernel */
    rn_sides_rule sides;        /* NULL: it never chooses, and is smooth */
} rn_op;

/* Appends a node: op applied to `in`, with `size` bytes of attributes that are copied and
 * that must not hold padding (equal attributes are compared as bytes). */
RN_API rn_tensor rn_apply(const rn_op *op, const rn_tensor *in, int inputs,
                          const void *attributes, size_t size);

/* The shape of x and y broadcast against each other as NumPy does; false if they cannot, or
 * if one is no shape. `out` may be NULL. */
RN_API bool rn_shape_broadcast(rn_shape x, rn_shape y, rn_shape *out);

/* x summed to `shape`, undoing a broadcast. Error: no broadcast of `shape` gives that of x.
 */
RN_API rn_tensor rn_sum_to(rn_tensor x, rn_shape shape);

#ifdef __cplusplus
}
#endif
#endif
