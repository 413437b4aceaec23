/* SPDX-License-Identifier: MIT */
/*
 * The record of an operator. Built-in and user-defined operators use the same one.
 *
 * An operator has a shape rule, a kernel for each type it supports, and a gradient rule
 * that builds nodes. A record must outlive every graph and program that uses it, so make it
 * static. `examples/custom_op.c` is a complete example.
 */
#ifndef RONDO_OP_H
#define RONDO_OP_H

#include "graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An operand of a kernel. Strides are in elements; they may be 0 (broadcast) or < 0. */
typedef struct rn_array {
    void *data;
    rn_type type;
    int rank;
    int64_t size[RN_RANK_MAX];
    int64_t stride[RN_RANK_MAX];
} rn_array;

enum { RN_MESSAGE = 256 };

/* One call of a kernel. The output is dense and overlaps no input; with `add` its rows
 * along the last axis, each of them dense, may be apart. `add`, `packed` and `pack` are
 * zero unless the record has RN_OP_ADDS or a pack rule. */
typedef struct rn_call {
    const rn_array *in;
    const rn_array *out;
    const void *attributes;
    void *scratch; /* 64-byte aligned, of the size returned by the scratch rule */
    char *message; /* RN_MESSAGE bytes for an error message */
    int inputs;
    int64_t first; /* of a range of a divided call (see rn_divide_rule): the elements of the
                      whole output before it; else 0 */
    /* The kernel adds its result to in[inputs], with the bits of a result that is written
     * elsewhere and then added. That array is `out` itself or does not overlap it. It
     * broadcasts to the shape of `out`, but not along the last axis, where its elements
     * have no gaps. */
    bool add;
    void *packed; /* the operand that the pack rule names, in the kernel's own layout; the
                      kernel reads it instead of the operand. NULL: not packed */
    bool pack;    /* the kernel only writes that operand to `packed`; `out` has no data */
} rn_call;

/* Computes out and returns true. Returns false to reject its input values, such as an index
 * out of range, after writing the reason to `message`; the run then stops with that
 * message. May be called from several threads at once. Must not allocate, print or keep
 * state. */
typedef bool (*rn_kernel)(const rn_call *call);

/* An element-wise kernel: y[i] = f(x[0][i * step[0]], x[1][i * step[1]], ...) for i < n.
 * The library iterates over the axes and broadcasts. y is dense; it may be the same memory
 * as an x whose step is 1. */
typedef void (*rn_map)(int64_t n, const void *const *x, const int64_t *step, void *y,
                       const void *attributes);

/* The argument of a shape rule: types and shapes of the inputs. The rule sets `type` and
 * `shape` of the output, which are initialised to those of input 0. `variant` selects the
 * type whose kernel is called; if left at -1, the output's type. When the rule refuses its
 * inputs and their shapes do not show why, it writes the numbers to `detail`. */
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

/* Returns NULL, or the reason for a refusal as a short phrase such as "inner sizes differ".
 * The library adds the operator and the operands' names and shapes. */
typedef const char *(*rn_shape_rule)(rn_typing *typing);

/* The argument of a gradient rule. Given inputs x, output y and y's cotangent dy, of y's
 * shape, the rule sets dx[i], the cotangent of x[i], for each i with wanted[i]; a dx[i]
 * left null is zero. dx[i] must have the type and shape of x[i]. For an element-wise
 * operator it may instead have y's shape; the library then sums it to the shape of x[i].
 * Any other shape is an error of rn_grad; a smaller one is not broadcast. */
typedef struct rn_pullback {
    int inputs;
    const rn_tensor *x;
    rn_tensor y, dy;
    const bool *wanted;
    rn_tensor *dx;
    const void *attributes;
} rn_pullback;

typedef void (*rn_gradient_rule)(rn_pullback *p);

/* For an operator with branches: builds, from inputs x and output y, a tensor whose
 * elements identify the branch taken at each point, such as the sign of relu's operand or
 * the index of a maximum. Where an element changes, the operator has a kink or a jump.
 * rn_gradcheck skips points so close to one that a finite difference would cross it, and
 * reports them. Null: no branches for these types. */
typedef rn_tensor (*rn_branch_rule)(const rn_tensor *x, rn_tensor y,
                                    const void *attributes);

/* Bytes of scratch memory that a kernel call with these shapes needs; data pointers are not
 * set yet. */
typedef size_t (*rn_scratch_rule)(const rn_call *call);

/* For an operator that is faster with an operand, such as a weight, in a layout of its own:
 * sets `operand` to its index and returns the bytes that it takes packed, in memory aligned
 * to 64 bytes; or returns 0 if packing would not pay. A call with `pack` writes it; calls
 * with `packed` may then use it for as long as the operand does not change. They have the
 * types, shapes, strides and attributes of the call that packed; only the rows may differ:
 * the axes of `out` but its last one, and those axes of the other inputs that these come
 * from. When a call is divided (see rn_divide_rule), `packed` is whole in all ranges; a cut
 * through the packed operand must then start at a multiple of RN_PACKED_CUT elements of the
 * last axis, of which `first` is the number. Data pointers are not set yet. */
typedef size_t (*rn_pack_rule)(const rn_call *call, int *operand);

enum { RN_PACKED_CUT = 64 };

/* For an operator whose output is a strided view of its input: sets out->stride and the
 * offset of the first element in `in`, both in elements. Returns false if no strides
 * describe the view; the library then makes the input dense and calls again, and the rule
 * must succeed on a dense input. */
typedef bool (*rn_view_rule)(const rn_array *in, rn_array *out, int64_t *offset,
                             const void *attributes);

/* For an operator whose result is zero but in a strided view, where it is its operand: sets
 * part->stride and the offset of the part's first element in `whole`, both in elements.
 * `whole` is the result, dense; the part has the operand's shape. A sum of such results
 * whose parts do not overlap becomes a concatenation. */
typedef bool (*rn_part_rule)(const rn_array *whole, rn_array *part, int64_t *offset,
                             const void *attributes);

/* The argument of a batch rule or a sum rule: a node in the body of a loop of `steps`
 * steps. An operand that varies from step to step is a stack of its values, with the steps
 * as axis 0; any other operand is the tensor itself. */
typedef struct rn_batching {
    int64_t steps;
    const struct rn_op *op;
    int inputs;
    const rn_tensor *x;       /* the operands; NULL if a sum rule only answers */
    const bool *stacked;      /* by operand: it is a stack [steps, shape] */
    const rn_shape *in_shape; /* by operand: its shape in one step */
    rn_shape shape;           /* of the result in one step */
    const void *attributes;
    size_t attribute_size;
} rn_batching;

/* Computes the results of all steps at once, [steps, shape], so that the operator can leave
 * the loop. At least one operand is stacked. Must return a node of the same operator, or a
 * view of one. */
typedef rn_tensor (*rn_batch_rule)(const rn_batching *b);

/* Computes the sum of the results over all steps as one node of the same operator, whose
 * operands hold the rows of all steps along axis 0: T small products become one long one.
 * All operands are stacked. Returns false if it cannot. If `sum` is NULL it only answers.
 */
typedef bool (*rn_sum_rule)(const rn_batching *b, rn_tensor *sum);

/* The batch rule of an operator whose leading axes broadcast, such as matmul: applies it to
 * the stacks, inserting axes of size 1 where an operand's rank is lower than the result's.
 * An element-wise operator uses it by default. */
RN_API rn_tensor rn_batch_leading(const rn_batching *b);

/* How a call may be divided, among threads, or into the sequences of a batch with lengths
 * that a step of a loop runs on and those that have ended: whether the output may be cut
 * along `axis` into ranges, each computed by a call of the kernel of its own, with the same
 * bits as by one call for all. No sum may depend on where the cuts are. If so the rule sets
 * cut[i], for each input i, to the axis of which a range reads just the elements with the
 * indices of its output, or to -1 if it reads the whole input. Data pointers are not set
 * yet. All axes of the output before `axis` have size 1, so a range is dense. Inputs that
 * must be dense (no RN_OP_STRIDED) stay so only if cut[i] is their first axis, or those
 * before have size 1.
 *
 * The compiler joins products by the same rule, then for axes before `axis` of any size:
 * products that share the inputs with cut[i] = -1 become one, of the others' concatenation.
 */
typedef bool (*rn_divide_rule)(const rn_call *call, int axis, int *cut);

/* Of a product: sets inner[i], for each input i, to its axis that is summed over. All of
 * these axes have one size n, and for any m < n the result is that of the first m elements
 * of each, plus that of the others, to rounding. Returns false if there is no such axis.
 * Data pointers are not set yet. */
typedef bool (*rn_inner_rule)(const rn_call *call, int *inner);

/* What kind of work an operator does. The compiler decides by it. */
typedef enum rn_op_kind {
    RN_KIND_BY_CODE,     /* element-wise if it only has maps, a view if it has a view rule,
                            otherwise unknown */
    RN_KIND_ELEMENTWISE, /* y[i] depends on x[i] only */
    RN_KIND_REDUCTION,   /* combines the elements along some axes */
    RN_KIND_PRODUCT,     /* a contraction: expensive enough to be moved out of a loop,
                            together with what it needs and what follows from it */
    RN_KIND_VIEW,        /* reads the operand's memory in another order */
    RN_KIND_MOVEMENT,    /* copies elements, and zeros, to other positions */
    RN_KIND_RANDOM       /* draws numbers from a key and a count */
} rn_op_kind;

typedef enum rn_op_flags {
    /* The kernel accepts inputs with any strides. Without it inputs are dense. */
    RN_OP_STRIDED = 1,
    /* Nodes with equal inputs and attributes may have different values. */
    RN_OP_IMPURE = 2,
    /* Element-wise with three inputs: the bool input 0 selects input 1 where it is true and
     * input 2 elsewhere, as rn_where does. Elements not selected do not affect the
     * gradient; see rn_where in ops.h. */
    RN_OP_CHOOSES = 4,
    /* The result is not rounded. Views and movements need no flag. */
    RN_OP_EXACT = 8,
    /* f(x + x', y + y') = f(x, y) + f(x', y') when no operand is broadcast. The compiler
     * may then sum the operands over the steps of a loop instead of the results. */
    RN_OP_ADDITIVE = 16,
    /* f(f(x)) = x. */
    RN_OP_INVOLUTION = 32,
    /* A NaN or an infinity in any operand element makes the result non-finite. */
    RN_OP_KEEPS_NAN = 64,
    /* It has no gradient on purpose, so rn_gradcheck does not report a missing one. */
    RN_OP_STOPS = 128,
    /* f(x, neutral) = x, and f(neutral, x) = x, for the member `neutral`. Must hold for NaN
     * and infinities too; only the sign of a zero may differ. */
    RN_OP_NEUTRAL_RIGHT = 256,
    RN_OP_NEUTRAL_LEFT = 512,
    /* The kernel honours `add` of rn_call. A result that is only added to a value becomes
     * one call with the addition. */
    RN_OP_ADDS = 1024,
    /* The result is the operands one after the other along one axis, as rn_concat's. */
    RN_OP_JOINS = 2048,
    /* Element-wise, and an element takes no longer than reading it from memory. A loop then
     * computes values again rather than read what another loop has kept. */
    RN_OP_CHEAP = 4096,
    /* The kernel computes the output along axis 0 one slice after the other, and may be
     * given one whose slices are apart: a call is divided along the axes after it. */
    RN_OP_APART = 8192,
    /* The result depends on the type on purpose, as a limit of the type's range does, so
     * rn_gradcheck does not compare its f32 kernel with the f64 one. */
    RN_OP_TYPED = 16384,
    /* Built-in: a reduction of one operand, whose kernel for a real type also takes two of
     * one shape; then it reduces their product, with the same bits as if that had been
     * computed. Or rn_add, whose map also takes three operands, for x y + w, or four, for
     * x y + u v. */
    RN_OP_PRODUCTS = 32768
} rn_op_flags;

/* Members may be left zero. */
typedef struct rn_op {
    const char *name;
    int inputs; /* -1: any number */
    rn_op_kind kind;
    unsigned flags;       /* of rn_op_flags */
    unsigned types;       /* bit t: supports rn_type t; 0: the types with a map or kernel */
    rn_shape_rule shape;  /* NULL: element-wise, operands broadcast and of one type */
    rn_map map[RN_TYPES]; /* by type, for an element-wise operator; NULL: unsupported */
    rn_kernel kernel[RN_TYPES]; /* by type, for any other operator; NULL: unsupported */
    rn_gradient_rule gradient;  /* NULL: not differentiable; the gradient is zero */
    rn_scratch_rule scratch;    /* NULL: no scratch memory */
    rn_pack_rule pack;          /* NULL: no operand is packed */
    rn_view_rule view;          /* instead of map and kernel */
    rn_part_rule part;          /* NULL: the result is not an operand among zeros */
    rn_branch_rule branches;    /* NULL: no branches; the operator is smooth */
    rn_batch_rule batch;        /* NULL: stays in loops, unless element-wise */
    rn_sum_rule sum_of_steps;   /* NULL: summed step by step */
    rn_divide_rule divide;      /* NULL: not divided, unless element-wise */
    rn_inner_rule inner;        /* of a product; NULL: neither split nor joined by it */
    unsigned linear;            /* of an element-wise operator, bit i: it is linear in
                                   operand i when the others are fixed */
    double neutral;             /* with RN_OP_NEUTRAL_RIGHT or RN_OP_NEUTRAL_LEFT */
    const char *expression;     /* of an element-wise operator, for back ends that write
                                   source: C in the operands x, y, z; NULL: none */
} rn_op;

/* Appends a node: `op` applied to `in`. The `size` bytes of attributes are copied. They
 * must contain no padding, because attributes are compared bytewise. */
RN_API rn_tensor rn_apply(const rn_op *op, const rn_tensor *in, int inputs,
                          const void *attributes, size_t size);

/* Broadcasts two shapes as NumPy does. False if they do not broadcast or one is not a valid
 * shape. `out` may be NULL. */
RN_API bool rn_shape_broadcast(rn_shape x, rn_shape y, rn_shape *out);

/* x summed to `shape`: the adjoint of a broadcast. Errors: `shape` does not broadcast to
 * x's shape. */
RN_API rn_tensor rn_sum_to(rn_tensor x, rn_shape shape);

#ifdef __cplusplus
}
#endif
#endif
