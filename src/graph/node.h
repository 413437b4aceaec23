/* SPDX-License-Identifier: MIT */
/*
 * The internals of a graph: nodes, bodies of loops, assignments.
 *
 * A graph is an append-only array of nodes. A node refers to earlier nodes only, so order
 * of creation is order of evaluation. The body of a loop is a graph too. Its `parent` is
 * the graph that contains the loop. The outermost graph, the `root`, owns all memory and
 * the error. A body reads tensors of its parent through captures.
 */
#ifndef RN_GRAPH_NODE_H
#define RN_GRAPH_NODE_H

#include <stdatomic.h>

#include "base/arena.h"
#include "graph/index.h"
#include "graph/null.h"
#include "kernel/ieee.h"
#include "rondo/graph.h"
#include "rondo/loop.h"
#include "rondo/op.h"

/* Set by hoisting out of a loop with a limit. Of these operands (bit i: input i; bit
 * `inputs`: the output) only the first of the `steps` slices along the first axis are read
 * or written, as many as the scalar's value. The others are undefined. */
typedef struct rn__limit {
    int32_t id; /* i32 scalar of the same graph; -1: no limit */
    uint32_t operands;
    int64_t steps;
    /* Of packed rows (compile/ragged.h): how many of the operands' `row_count` rows are
     * read, an i32 scalar that may end within a slice; -1: whole slices. */
    int32_t rows;
    int64_t row_count;
    int32_t order; /* i32: which of the rows would each packed row be; -1: not packed */
} rn__limit;

typedef struct rn__node {
    const rn_op *op;
    rn_type type;
    rn_type variant; /* whose kernel is called */
    rn_shape shape;
    int inputs;
    bool gradient;      /* built by rn_grad */
    int32_t assignment; /* of a variable leaf: the number of its assignment, from 1; 0:
                           none */
    int32_t frame;      /* the function that it was built in: 1 + the index in the root's
                           `frames`; 0: none */
    int32_t *in;        /* ids in the same graph */
    const void *attributes;
    size_t attribute_size;
    const char *name;      /* NULL: none */
    const char *context;   /* texts before and, following the 0, after the kernel's message
                              when it rejects values; NULL: none. See frame.h */
    rn_variable *variable; /* of a variable leaf */
    rn_loop *loop;         /* of a loop node, its outputs, and the leaves of its body */
    rn__limit limit;
} rn__node;

typedef struct rn__frame rn__frame;

typedef struct rn__assignment {
    int32_t variable, value;
} rn__assignment;

/* A growing list of ids or records, in the arena. */
typedef struct rn__list {
    void *at;
    int count, capacity;
} rn__list;

struct rn_graph {
    rn__node **node;
    int32_t count, capacity;
    rn_graph *root, *parent;
    rn_loop *loop; /* the loop that this is the body of; NULL for the root */
    rn_graph *next_body;
    uint32_t serial; /* the root's; different for every graph, never 0 */
    int32_t number;  /* of a body, from 1; of the root 0 */

    /* Of the root alone. */
    rn_allocator allocator;
    rn__arena arena;
    rn__index index;
    rn_graph *bodies; /* all bodies, to be freed */
    int32_t body_count;
    rn__assignment *assignment;
    int assignments, assignment_capacity;
    rn__list draws;         /* number of draws for each key; nn/random.c */
    uint32_t shares;        /* number of calls of rn_share; nn/scope.c */
    rn__list observed;      /* values inside cells, by name; nn/observe.c */
    rn__frame *frame;       /* the innermost function that is building; frame.h */
    rn__list frames;        /* rn__frame_record: functions that have built nodes */
    bool gradient;          /* nodes that are appended now are a gradient's */
    bool trains, infers;    /* a scope for training, for inference has used a weight */
    bool failed, no_memory; /* no_memory: that was the error */
    char error[512];
};

#include "graph/loop_record.h"

/* ---- operators of structure, which have no file in ops/ ---- */

extern const rn_op rn__op_input;    /* fed */
extern const rn_op rn__op_constant; /* attributes: the elements */
extern const rn_op rn__op_scalar;   /* attributes: one double */
extern const rn_op rn__op_variable;
extern const rn_op rn__op_each;    /* leaf of a body: this step's slice */
extern const rn_op rn__op_carry;   /* leaf: a carried value */
extern const rn_op rn__op_capture; /* leaf: an outer tensor */
extern const rn_op rn__op_index;   /* leaf: the step's index */
extern const rn_op rn__op_loop;    /* inputs: initial carries, each, captures */
extern const rn_op rn__op_get;     /* an output of a loop, attributes: rn__get */

/* ---- building ---- */

#define rn__at(graph, id)          ((graph)->node[id])
#define rn__list_at(list, type, i) (((type *)(list).at) + (i))

static inline rn_tensor rn__tensor(rn_graph *graph, int32_t id)
{
    return (rn_tensor){graph, id, graph->serial};
}

/* Whether the tensor exists: its graph is still the one that it was built in, and has the
 * node. Serial 0, of a tensor that no builder made, matches any graph. */
static inline bool rn__exists(rn_tensor x)
{
    return x.graph && x.id >= 0 && x.id < x.graph->count &&
           (x.serial == x.graph->serial || x.serial == 0);
}

/* Of a tensor that exists. */
static inline rn__node *rn__node_of(rn_tensor x)
{
    return x.graph->node[x.id];
}

static inline bool rn__is_real(rn_type type)
{
    return type == RN_F32 || type == RN_F64;
}

/* Appends a record to a list in the root's arena and returns its address; NULL after an
 * error. */
void *rn__list_add(rn_graph *graph, rn__list *list, size_t size);

/* Adds a key and its node to the graph's index; false after an error. */
bool rn__remember(rn_graph *graph, rn__key key, int32_t node);

/* Appends a node of this type and shape; inputs and attributes are copied. */
rn_tensor rn__append(rn_graph *graph, const rn_op *op, rn_type type, rn_shape shape,
                     const int32_t *in, int inputs, const void *attributes, size_t size);

/* x as a tensor of `graph`: itself, or a capture of an outer tensor. Null with an error on
 * the graph when it is neither; `what` begins the message. */
rn_tensor rn__adopt(rn_graph *graph, rn_tensor x, const char *what);

/* The graph that an operator on these tensors belongs to: the innermost. NULL if all
 * null. */
rn_graph *rn__innermost(const rn_tensor *x, int count);

/* Whether `outer` is `inner` or encloses it. */
bool rn__encloses(const rn_graph *outer, const rn_graph *inner);

/* Prefixes the graph's error with "<what>: ", unless it is lack of memory. */
void rn__fail_within(rn_graph *graph, const char *what);

/* Copies the error of another graph to this one; if it has none, records that a pass
 * failed. */
void rn__fail_as(rn_graph *graph, const rn_graph *other);

/* Records "out of memory" on the graph. Returns the null tensor. */
rn_tensor rn__no_memory(rn_graph *graph);

/* The same for an array, with its owner (`name` may be ""), type, shape and size in
 * bytes. */
rn_tensor rn__no_memory_for(rn_graph *graph, const char *what, const char *name,
                            rn_type type, rn_shape shape);

/* A new body for a loop, owned by the root. NULL after an error. */
rn_graph *rn__body_new(rn_graph *parent, rn_loop *loop);

/* The kind of an operator, and whether it has a kernel for a type; see op.h. */
rn_op_kind rn__op_kind(const rn_op *op);
bool rn__op_takes(const rn_op *op, rn_type variant);

/* Whether an operator is computed by a map for this type, and not by a kernel. */
bool rn__op_maps(const rn_op *op, rn_type variant);

/* NULL, or the contradiction in a record. */
const char *rn__op_fault(const rn_op *op);

static inline bool rn__is_elementwise(const rn_op *op)
{
    return rn__op_kind(op) == RN_KIND_ELEMENTWISE;
}

/* Whether the operator is the sum of its two operands. */
bool rn__op_adds(const rn_op *op);

/* Whether the operator is the product of its two operands. */
bool rn__op_multiplies(const rn_op *op);

/* The axis along which a node is its operands one after the other, at least two and none of
 * them empty; -1: it is something else. */
int rn__node_joins(const rn_graph *graph, const rn__node *node);

/* What the record answers to rn_divide_rule; an element-wise operator's rule is implied. */
bool rn__op_divides(const rn_op *op, const rn_call *call, int axis, int *cut);

/* The axis of x that lies under an axis of y when x is broadcast to it; -1 where x repeats.
 */
int rn__axis_under(const rn_array *x, const rn_array *y, int axis);

/* Strides of a dense array. */
void rn__layout_dense(rn_shape shape, int64_t *stride);

/* Calls the rule of a view on a dense operand of this type and shape, and fills `in`, `out`
 * and `offset`. False if no strides describe the view. */
bool rn__view_of_dense(const rn__node *view, rn_type type, rn_shape shape, rn_array *in,
                       rn_array *out, int64_t *offset);

/* The type and shape of an operator's result: fills t->type, t->shape and t->variant from
 * the other members. Returns NULL or the reason for a refusal. */
const char *rn__op_type(const rn_op *op, rn_typing *t);

/* ---- words for messages ---- */

/* "lstm/w [64,512]"; for a node without a name, its operator and id. At most `capacity`
 * bytes with the 0. Returns text. */
char *rn__describe(rn_tensor x, char *text, size_t capacity);

/* The same without the id, for a node of a private copy, where ids differ. */
char *rn__describe_copied(rn_tensor x, char *text, size_t capacity);
char *rn__shape_text(rn_shape shape, char *text, size_t capacity);

/* ---- scalars ---- */

/* Whether a scalar of this type can be `value`: for i32 it must be an integer in range. */
bool rn__scalar_fits(rn_type type, double value);

/* Stores a double that fits as an element of `type`: rounded to f32, to infinity beyond its
 * range; for bool, value != 0. */
void rn__scalar_store(rn_type type, double value, void *at);

/* Whether leaves of this type and shape may be added; false with an error. */
bool rn__leaf_valid(rn_graph *graph, const char *what, const char *name, rn_type type,
                    rn_shape shape);

/* A constant scalar. `what` begins the message about a value that the type cannot hold, and
 * `of` ends it. rn__scalar_like: of x's type, with x in the message. */
rn_tensor rn__scalar(rn_graph *graph, const char *what, rn_type type, double value,
                     const char *of);
rn_tensor rn__scalar_like(const char *what, rn_tensor x, double value);

/* ---- variables ---- */

struct rn_variable {
    rn_allocator allocator;
    atomic_int references;
    bool trained;
    void *owner; /* the model; NULL after it was freed */
    char *name;
    rn_type type;
    rn_shape shape;
    size_t bytes;
    void *data;
};

#endif
