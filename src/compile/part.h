/* SPDX-License-Identifier: MIT */
/* Tensors as parts of others along an axis: ranges, and concatenations. */
#ifndef RN_COMPILE_PART_H
#define RN_COMPILE_PART_H

#include "graph/node.h"

/* A range of `of` along an axis; all of it, with axis -1, if the tensor is no view of one.
 */
typedef struct rn__range {
    rn_tensor of;
    int axis;
    int64_t start, stop;
} rn__range;

static inline rn_tensor rn__node_as_tensor(const rn_graph *graph, int32_t id)
{
    return rn__tensor(graph->loop ? graph->loop->body : graph->root, id);
}

/* The tensor of an outer graph that a capture reads, or x. */
rn_tensor rn__uncaptured(rn_tensor x);

rn__range rn__range_of(rn_tensor x);

/* The range of a node that is its operand, with zeros elsewhere; its `of` is null. False if
 * the node is something else. */
bool rn__part_of(const rn_graph *graph, const rn__node *node, rn__range *r);

/* Whether these are adjacent ranges of one tensor along an axis, in order; that range. */
bool rn__adjacent(const rn_tensor *x, int count, int axis, rn__range *all);

/* The tensors one after the other along an axis: a range where they are adjacent. */
rn_tensor rn__concatenated(const rn_tensor *x, int count, int axis);

/* Whether two shapes are equal but for the size of an axis; -1: of none. */
bool rn__shapes_but(rn_shape x, rn_shape y, int axis);

/* A node's operands as a call without data, for the rules of its record. */
enum { RN__FORM_INPUTS = 4 };
typedef struct rn__form {
    rn_array in[RN__FORM_INPUTS], out;
    rn_call call;
} rn__form;

/* False if it has too many operands. */
bool rn__form_of(rn__form *form, const rn_graph *graph, const rn__node *node);

/* For each operand the axis that `axis` of the result is cut along, -1: none; false if the
 * operator does not divide there. And the axis that it sums over; false if there is none.
 * What a rule returns is checked. */
bool rn__form_cut(const rn__form *form, const rn__node *node, int axis, int *cut);
bool rn__form_inner(const rn__form *form, const rn__node *node, int *inner);

#endif
