/* SPDX-License-Identifier: MIT */
/*
 * Which axis of a value in a loop's body runs over the sequences of the batch, and whether
 * the first of them can be computed without the others. That must be so that their results
 * lie together: what is computed has only axes of size 1 before that one. Views may differ.
 */
#ifndef RN_COMPILE_ROW_AXES_H
#define RN_COMPILE_ROW_AXES_H

#include "graph/node.h"

enum {
    RN__ROWS_NONE = -1,   /* no axis does */
    RN__ROWS_MIXED = -2,  /* the operator mixes rows, or may do so */
    RN__ROWS_SUMMED = -3, /* no axis does, and the value is made of sums over rows */
    RN__ROWS_INPUTS = 32  /* an operator of more operands counts as mixing */
};

typedef struct rn__row_body {
    const rn_graph *graph;
    int64_t rows;      /* of the batch */
    bool sums;         /* sums over rows are allowed */
    signed char *axis; /* by node, of the operands; RN__ROWS_NONE, RN__ROWS_SUMMED */
} rn__row_body;

/* What the rows of a node's operands are to it. */
typedef struct rn__row_use {
    int axis;                           /* of the result, RN__ROWS_NONE or RN__ROWS_MIXED */
    bool sum;                           /* a sum over the rows, which has none */
    signed char under[RN__ROWS_INPUTS]; /* by operand: the axis that goes with the rows,
                                           though it may not be known to be one; -1: none */
} rn__row_use;

rn__row_use rn__row_use_of(const rn__row_body *b, int32_t id);

/* The axis of a node's rows, given those of its operands: RN__ROWS_NONE, RN__ROWS_MIXED or
 * RN__ROWS_SUMMED if there is none. */
int rn__row_axis(const rn__row_body *b, int32_t id);

/* Whether axis `of_out` of a view is axis `of_in` of its operand, and no other axis of the
 * view moves along it. */
bool rn__row_view(const rn__node *view, const rn__node *in, int of_in, int of_out);

/* The operands of a node that has rows along `axis`, as if operand axes were known. */
rn__row_use rn__row_need(const rn__row_body *b, int32_t id, int axis);

/* The axes of all nodes of a ragged loop's body, given those of its leaves. False without
 * memory. */
bool rn__row_axes(rn__row_body *b, const rn_loop *loop, rn__arena *arena);

#endif
