/* SPDX-License-Identifier: MIT */
/*
 * The graph: an append-only list of nodes, and tensors that refer to them.
 *
 * A builder (any function that returns an rn_tensor) reports an error through the graph. It
 * records a message, unless the graph already has one, and returns the null tensor. A
 * builder that is given the null tensor returns it again, so a program can write its
 * equations without checks and check once, at rn_compile.
 *
 * A builder that is given no graph, only NULL or null tensors, cannot record an error. The
 * null tensor that it returns names the builder instead, and the first builder with a graph
 * that is given this tensor, or rn_compile, records the message: "add: operand 1 is the
 * null tensor that input returned: its graph is NULL".
 *
 * Only one thread may use a graph at a time; different threads may use different graphs.
 */
#ifndef RONDO_GRAPH_H
#define RONDO_GRAPH_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rn_graph rn_graph;

/* A reference to a node's value. It is passed by value and owns nothing. It is valid as
 * long as its graph; programs compiled from the graph accept it even after that. Only
 * builders set the members. */
typedef struct rn_tensor {
    rn_graph *graph; /* NULL: the null tensor */
    int32_t id;
    uint32_t serial; /* of the graph: distinguishes it from a later one at this address */
} rn_tensor;

/* A new empty graph, or NULL if out of memory. Free with rn_graph_free. */
RN_API rn_graph *rn_graph_new(void);

/* As rn_graph_new. The graph, and programs compiled from it, use `allocator`. */
RN_API rn_graph *rn_graph_new_using(rn_allocator allocator);

/* Frees the graph with all its nodes and loops. Programs compiled from it stay valid. */
RN_API void rn_graph_free(rn_graph *graph);

/* The message of the first error, or "" if there is none. Owned by the graph. For NULL:
 * that there is no graph. */
RN_API const char *rn_graph_error(const rn_graph *graph);

/* Records an error on the graph unless it already has one; for builders outside the
 * library. Returns the null tensor; if `graph` is NULL, it names the builder by the
 * message's first word, as above. */
RN_API rn_tensor rn_fail(rn_graph *graph, const char *format, ...) RN_PRINTF(2, 3);

/* The null tensor, and whether a tensor is null. */
RN_API rn_tensor rn_null(void);
RN_API bool rn_is_null(rn_tensor x);

/* Shape and type of a tensor; rank -1 and RN_F32 for the null tensor. rn_size accepts
 * negative axes, -1 being the last. rn_rank and rn_size return -1 for the null tensor,
 * rn_size also if there is no such axis. */
RN_API rn_shape rn_shape_get(rn_tensor x);
RN_API rn_type rn_type_get(rn_tensor x);
RN_API int rn_rank(rn_tensor x);
RN_API int64_t rn_size(rn_tensor x, int axis);

/* Names a node, for messages and printing. `name` is copied. Returns x. */
RN_API rn_tensor rn_name(rn_tensor x, const char *name);

/* The node's name, or "" if it has none. Owned by the graph. */
RN_API const char *rn_name_get(rn_tensor x);

/* A tensor whose values are fed with rn_feed. `name` is copied. Errors: a bad type or
 * shape, a call in a loop's body. */
RN_API rn_tensor rn_input(rn_graph *graph, const char *name, rn_type type, rn_shape shape);

/* A tensor of fixed values in row-major order. `data` holds elements of `type` and is
 * copied. */
RN_API rn_tensor rn_constant(rn_graph *graph, rn_type type, rn_shape shape,
                             const void *data);

/* A scalar of the given type. For a real type the value is rounded to nearest as in IEEE
 * 754, to infinity beyond the range; a bool is true if the value is not 0. Errors: a value
 * that i32 cannot hold, that is a fraction, an integer out of range or NaN. The functions
 * below that take a value, and rn_scale and rn_offset, refuse such values too. */
RN_API rn_tensor rn_constant_scalar(rn_graph *graph, rn_type type, double value);

/* A scalar of x's type in x's graph, which broadcasts against x. */
RN_API rn_tensor rn_constant_like(rn_tensor x, double value);

/* A tensor of the given shape, or of x's shape, with all elements equal to `value`. */
RN_API rn_tensor rn_fill(rn_graph *graph, rn_type type, rn_shape shape, double value);
RN_API rn_tensor rn_fill_like(rn_tensor x, double value);

/* ---- variables: values that persist between runs ---- */

/* A named array that graphs refer to and that programs read and assign. It is
 * reference-counted; graphs and programs that use it keep it alive. A model (model.h) is a
 * set of variables. */
typedef struct rn_variable rn_variable;

/* A new variable of zeros with one reference. NULL if out of memory, or if the name is
 * missing or the type or shape is not valid. */
RN_API rn_variable *rn_variable_new(rn_allocator allocator, const char *name, rn_type type,
                                    rn_shape shape);
RN_API rn_variable *rn_variable_retain(rn_variable *variable);
RN_API void rn_variable_release(rn_variable *variable);

/* Name, type and shape; for NULL "", RN_F32 and rank -1. */
RN_API const char *rn_variable_name(const rn_variable *variable);
RN_API rn_type rn_variable_type(const rn_variable *variable);
RN_API rn_shape rn_variable_shape(const rn_variable *variable);

/* The values, row-major and 64-byte aligned; NULL for NULL. Do not read or write them while
 * a program that uses the variable runs. */
RN_API void *rn_variable_data(rn_variable *variable);

/* The variable's value at the start of a run, as a tensor. A second call returns the same
 * node. */
RN_API rn_tensor rn_read_variable(rn_graph *graph, rn_variable *variable);

/* Assigns `value` to a variable at the end of each run of a program compiled from the
 * graph. `variable` is a tensor from rn_read_variable; `value` must have its shape and
 * type. Of several assignments to a variable the last counts. All reads in a run see the
 * old value. Returns value. */
RN_API rn_tensor rn_assign(rn_tensor variable, rn_tensor value);

/* ---- printing ---- */

/* Writes the graph as text, one line a node: operator, name, type, shape and inputs; loop
 * bodies are indented. Like snprintf, writes at most `capacity` bytes with the terminating
 * 0 and returns the length of the whole text. `text` may be NULL: nothing is written. */
RN_API size_t rn_graph_print(const rn_graph *graph, char *text, size_t capacity);

#ifdef __cplusplus
}
#endif
#endif
