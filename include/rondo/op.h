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

/* What a batch rule or a sum rule is asked about: a node in the body of a loop of `steps`
 * steps. An operand that changes from step to step is a stack of its values, with the steps
 * as axis 0; another is the same tensor in every step. */
typedef struct rn_batching {
    int64_t steps;
    const struct rn_op *op;
    int inputs;
    const rn_tensor *x;       /* the operands; NULL when a sum rule is only asked */
    const bool *stacked;      /* by operand: [steps, shape] instead of its shape */
    const rn_shape *in_shape; /* of the operands in a step */
    rn_shape shape;           /* of the result in a step */
    const void *attributes;
    size_t attribute_size;
} rn_batching;

/* The results of all steps, [steps, shape], so that the operator can leave the loop. At
 * least one operand is stacked. The rule must return a node of the same operator, or a view
 * of one. */
typedef rn_tensor (*rn_batch_rule)(const rn_batching *b);

/* The sum of the results over all steps, made by one node of the same operator, whose axis
 * 0 holds the rows of all steps; as a product of T small matrices added up is one product
 * of long ones. All operands are stacked. False: there is no such way. With a NULL `sum`
 * the rule only answers. */
typedef bool (*rn_sum_rule)(const rn_batching *b, rn_tensor *sum);

/* The batch rule of an operator whose leading axes broadcast, as those of matmul do:
 * applies it to the stacks, with axes of size 1 where a rank is lower than the result's.
 * Element-wise operators have it without asking. */
RN_API rn_tensor rn_batch_leading(const rn_batching *b);

/* What an operator does, as far as the compiler wants to know. */
typedef enum rn_op_kind {
    RN_KIND_BY_CODE,     /* element-wise if it has maps alone, a view if it has a view rule,
                            else nothing is known of it */
    RN_KIND_ELEMENTWISE, /* y[i] depends on x[i] alone */
    RN_KIND_REDUCTION,   /* along axes, so the result is small */
    RN_KIND_PRODUCT,     /* a contraction: dear enough to be made for all steps of a loop at
                            once, with what it needs and what follows from it */
    RN_KIND_VIEW,        /* the operand's memory read in another way */
    RN_KIND_MOVEMENT,    /* copies elements, and zeros, to other places */
    RN_KIND_RANDOM       /* numbers drawn from a key and a count */
} rn_op_kind;

typedef enum rn_op_flags {
    /* The kernel takes inputs of any strides; otherwise they are dense. */
    RN_OP_STRIDED = 1,
    /* Two nodes with equal inputs and attributes are not the same value. */
    RN_OP_IMPURE = 2,
    /* Element-wise, of three inputs: input 0 is a bool that chooses input 1 where it is
     * true, else input 2, as where does. What is not chosen has no influence on the
     * gradient, see ops.h. */
    RN_OP_CHOOSES = 4,
    /* The result is not rounded. So is that of every view and movement. */
    RN_OP_EXACT = 8,
    /* f(x + x', y + y') = f(x, y) + f(x', y') where no operand is broadcast, and the
     * compiler may add up the operands instead of the results. */
    RN_OP_ADDITIVE = 16,
    /* f(f(x)) = x. */
    RN_OP_INVOLUTION = 32,
    /* A NaN or an infinity in any element of an operand reaches the result. */
    RN_OP_KEEPS_NAN = 64,
    /* It has no gradient on purpose: the check of gradients does not miss it. */
    RN_OP_STOPS = 128,
    /* f(x, neutral) = x and f(neutral, x) = x for the member `neutral`, NaN and infinities
     * included (only the sign of a zero may be lost). */
    RN_OP_NEUTRAL_RIGHT = 256,
    RN_OP_NEUTRAL_LEFT = 512
} rn_op_flags;

/* Members that are left zero mean: nothing of the kind. */
typedef struct rn_op {
    const char *name;
    int inputs; /* -1: any number */
    rn_op_kind kind;
    unsigned flags;             /* of rn_op_flags */
    unsigned types;             /* bit t: it works on the rn_type t, of the variant; 0: on
                                   those that it has a map or kernel for */
    rn_shape_rule shape;        /* NULL: element-wise, broadcast, one type */
    rn_map map[RN_TYPES];       /* an element-wise operator has maps, ... */
    rn_kernel kernel[RN_TYPES]; /* ... any other kernels, by type; NULL: not for it */
    rn_gradient_rule gradient;  /* NULL: not differentiable, the gradient is zero */
    rn_scratch_rule scratch;    /* NULL: none */
    rn_view_rule view;          /* instead of map and kernel */
    rn_sides_rule sides;        /* NULL: it never chooses, and is smooth */
    rn_batch_rule batch;        /* NULL: it stays in loops, unless it is element-wise */
    rn_sum_rule sum_of_steps;   /* NULL: it is added up step by step */
    double neutral;             /* with RN_OP_NEUTRAL_RIGHT, RN_OP_NEUTRAL_LEFT */
    const char *expression; /* of an element-wise one, for back ends that write source: C
                               in the operands x, y, z; NULL: none */
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
