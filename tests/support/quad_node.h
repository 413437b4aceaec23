/* SPDX-License-Identifier: MIT */
/* The quad evaluator from inside: what its files share. */
#ifndef RN_TESTS_SUPPORT_QUAD_NODE_H
#define RN_TESTS_SUPPORT_QUAD_NODE_H

#include "graph/node.h"
#include "quad.h"

typedef struct rn_test_quad_value rn_test_quad_value;

/* Computes a node's value from its operands. */
typedef void rn_test_quad_code(const rn_test_quad_value *v);

/* An operand as the node reads it. For most operators `offset` says for each element of the
 * result which element of the operand it is made of; for reductions, pad and concat it says
 * for each element of the operand where in the result it goes. */
typedef struct rn_test_quad_operand {
    const quad *at;
    const rn__node *node;
    int64_t count;
    int32_t *offset; /* NULL: the operator finds the way itself */
} rn_test_quad_operand;

struct rn_test_quad_value {
    const rn__node *node;
    int64_t count;
    quad *y;
    quad *base;              /* of a leaf: where it was set */
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
    int32_t *order; /* what is computed, the last first */
    int32_t ordered;
    int32_t asked;  /* what `order` is for; -1: nothing yet */
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

/* Notes that a value has changed. */
void rn_test_quad_touch(rn_test_quad *q, rn_test_quad_value *v);

/* Lists what must be computed for the values that are marked as needed. */
void rn_test_quad_plan(rn_test_quad *q);

/* Computes what is listed and older than its operands. */
void rn_test_quad_advance(rn_test_quad *q);

/* ---- loops ---- */

void rn_test_quad_loop_new(rn_test_quad *q, rn_test_quad_value *v);
void rn_test_quad_loop_plan(rn_test_quad *q, rn_test_quad_value *v);
void rn_test_quad_loop_run(rn_test_quad *q, rn_test_quad_value *v);

rn_test_quad *rn_test_quad_graph_new(const rn_graph *graph, rn_test_quad *outer);

/* Elements of leaves and constants as they lie in memory. */
void rn_test_quad_read(const rn__node *node, const void *data, quad *y, int64_t count);

#endif
