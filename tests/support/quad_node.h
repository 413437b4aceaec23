/* SPDX-License-Identifier: MIT */
/* The internals of the quad evaluator, shared by its files. */
#ifndef RN_TESTS_SUPPORT_QUAD_NODE_H
#define RN_TESTS_SUPPORT_QUAD_NODE_H

#include "graph/node.h"
#include "quad.h"

typedef struct rn_test_quad_value rn_test_quad_value;

/* Computes a node's value from its operands. */
typedef void rn_test_quad_code(const rn_test_quad_value *v);

/* An operand of a node. For most operators `offset` is, for each element of the result, the
 * index of the operand's element that it is computed from; for reductions, pad and concat
 * it is, for each element of the operand, the index in the result. */
typedef struct rn_test_quad_operand {
    const quad *at;
    const rn__node *node;
    int64_t count;
    int32_t *offset; /* NULL: the operator computes the indices itself */
} rn_test_quad_operand;

struct rn_test_quad_value {
    const rn__node *node;
    int64_t count;
    quad *y;
    quad *base;              /* of a leaf: its value */
    rn_test_quad_operand *x; /* node->inputs */
    rn_test_quad_code *code; /* NULL: a leaf, a loop or an output of a loop */
    rn_test_quad *body;      /* of a loop */
    uint64_t version;        /* the clock when it was computed; 0: never */
    bool needed;
};

/* The evaluator of a graph; a body's values are those of the present step. */
struct rn_test_quad {
    const rn_graph *graph;
    rn_test_quad *outer;
    rn_test_quad_value *value; /* by id */
    int32_t count;
    int32_t *order; /* the nodes to compute, last one first */
    int32_t ordered;
    int32_t asked;  /* the node that `order` is for; -1: none yet */
    uint64_t clock; /* of the root: counts changes */
    quad *next;     /* of a body: carries after the step */
};

/* Zeros; a failed allocation fails the test. */
void *rn_test_quad_room(int64_t count, size_t size);

/* The code of an operator of ops.def, and whether it is element-wise. */
rn_test_quad_code *rn_test_quad_code_of(const rn_op *op);
bool rn_test_quad_is_map(const rn_op *op);

/* Fills x[k].offset of a node, by its operator. */
void rn_test_quad_offset(rn_test_quad_value *v, int k);

/* Records that a value has changed. */
void rn_test_quad_touch(rn_test_quad *q, rn_test_quad_value *v);

/* Lists the nodes to compute for the values that are marked as needed. */
void rn_test_quad_plan(rn_test_quad *q);

/* Computes the listed nodes that are older than their operands. */
void rn_test_quad_advance(rn_test_quad *q);

/* ---- loops ---- */

void rn_test_quad_loop_new(rn_test_quad *q, rn_test_quad_value *v);
void rn_test_quad_loop_plan(rn_test_quad *q, rn_test_quad_value *v);
void rn_test_quad_loop_run(rn_test_quad *q, rn_test_quad_value *v);

rn_test_quad *rn_test_quad_graph_new(const rn_graph *graph, rn_test_quad *outer);

/* Reads elements of leaves and constants from memory. */
void rn_test_quad_read(const rn__node *node, const void *data, quad *y, int64_t count);

#endif
