/* SPDX-License-Identifier: MIT */
/*
 * The graph: an append-only list of nodes, and tensors as names for them.
 *
 * Builders (everything that returns an rn_tensor) never fail loudly. Given nonsense they
 * keep the first error on the graph and return the null tensor, which every builder passes
 * on; so a script checks once, at rn_compile. Where an operator is given null tensors alone
 * there is no graph to keep an error: the first function that has one says which operator
 * that was. A graph may be used by one thread at a time;
 * different graphs by different threads.
 */
#ifndef RONDO_GRAPH_H
#define RONDO_GRAPH_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rn_graph rn_graph;

/* The name of a node's value. Passed by value, owns nothing; valid as long as its graph,
 * though programs know it for longer. Builders make it; the members are not for writing. */
typedef struct rn_tensor {
    rn_graph *graph; /* NULL: the null tensor */
    int32_t id;
    uint32_t serial; /* the graph's: tells it from a later one at the same address */
} rn_tensor;

/* A new empty graph, or NULL without memory. Free with rn_graph_free. */
RN_API rn_graph *rn_graph_new(void);

/* The same with all its memory, and that of programs compiled from it, from `allocator`. */
RN_API rn_graph *rn_graph_new_using(rn_allocator allocator);

/* Frees the graph and all that its builders made. Programs compiled from it stay valid. */
RN_API void rn_graph_free(rn_graph *graph);

/* The first error's message, "" when there is none. Owned by the graph. Of NULL: that there
 * is no graph. */
RN_API const char *rn_graph_error(const rn_graph *graph);

/* Puts an error on the graph unless it has one; for builders written outside the library.
 * Returns the null tensor. */
RN_API rn_tensor rn_fail(rn_graph *graph, const char *format, ...) RN_PRINTF(2, 3);

/* The null tensor, and the question whether a tensor is it. */
RN_API rn_tensor rn_null(void);
RN_API bool rn_is_null(rn_tensor x);

/* Shape and type of a tensor; rank -1 and RN_F32 for the null tensor. rn_rank and rn_size
 * (axis may be negative: -1 is the last) give -1 where there is no such thing. */
RN_API rn_shape rn_shape_get(rn_tensor x);
RN_API rn_type rn_type_get(rn_tensor x);
RN_API int rn_rank(rn_tensor x);
RN_API int64_t rn_size(rn_tensor x, int axis);

/* Gives a node a name for messages, printing and look-up; copied. Returns x. */
RN_API rn_tensor rn_name(rn_tensor x, const char *name);

/* The node's name, or "" when it has none. Owned by the graph. */
RN_API const char *rn_name_get(rn_tensor x);

/* A tensor whose values are fed before each run with rn_feed. */
RN_API rn_tensor rn_input(rn_graph *graph, const char *name, rn_type type, rn_shape shape);

/* A tensor of fixed values, row by row; `data` holds elements of `type` and is copied. */
RN_API rn_tensor rn_constant(rn_graph *graph, rn_type type, rn_shape shape,
                             const void *data);

/* A scalar of the given type. A real value is rounded to the nearest, as IEEE 754 says: to
 * infinity from beyond the range. bool is whether the value is not 0. Errors: a value that
 * i32 cannot hold: a fraction, one beyond its range, NaN. The functions below that are
 * given a value, and rn_scale and rn_offset, refuse it likewise. */
RN_API rn_tensor rn_constant_scalar(rn_graph *graph, rn_type type, double value);

/* A scalar of x's type in x's graph: what broadcasts against x in an equation. */
RN_API rn_tensor rn_constant_like(rn_tensor x, double value);

/* A tensor of the given shape, or the shape of x, with every element the same. */
RN_API rn_tensor rn_fill(rn_graph *graph, rn_type type, rn_shape shape, double value);
RN_API rn_tensor rn_fill_like(rn_tensor x, double value);

/* ---- variables: values that outlive a run ---- */

/* A named array that graphs refer to and programs read and assign. Reference-counted:
 * graphs and programs that mention it keep it alive. Models (model.h) hold variables by
 * name. */
typedef struct rn_variable rn_variable;

/* A new variable of zeros with one reference, or NULL without memory, without a name or
 * with a bad type or shape. */
RN_API rn_variable *rn_variable_new(rn_allocator allocator, const char *name, rn_type type,
                                    rn_shape shape);
RN_API rn_variable *rn_variable_retain(rn_variable *variable);
RN_API void rn_variable_release(rn_variable *variable);

/* What it is; of NULL "", RN_F32, rank -1 and NULL. */
RN_API const char *rn_variable_name(const rn_variable *variable);
RN_API rn_type rn_variable_type(const rn_variable *variable);
RN_API rn_shape rn_variable_shape(const rn_variable *variable);

/* The values, row by row, 64-byte aligned. Not to be touched while a program runs that
 * mentions the variable. */
RN_API void *rn_variable_data(rn_variable *variable);

/* The variable's value at the start of a run, as a tensor. Asking again gives the same
 * node. */
RN_API rn_tensor rn_read_variable(rn_graph *graph, rn_variable *variable);

/* At the end of each run of a program compiled from the graph, the variable becomes
 * `value`, which must have its shape and type. The later of two assignments holds. Every
 * reading in the run sees the old value. `variable` is a tensor from rn_read_variable.
 * Returns value. */
RN_API rn_tensor rn_assign(rn_tensor variable, rn_tensor value);

/* ---- printing ---- */

/* The graph as text, one node a line with operator, name, type, shape and inputs, loop
 * bodies indented. Writes at most `capacity` bytes with the final 0; returns the length of
 * the whole text, like snprintf. `text` NULL: nothing is written. */
RN_API size_t rn_graph_print(const rn_graph *graph, char *text, size_t capacity);

#ifdef __cplusplus
}
#endif
#endif
