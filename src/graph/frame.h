/* SPDX-License-Identifier: MIT */
/*
 * Functions that are made of operators, such as softmax or a layer: what goes wrong inside
 * is told as theirs, of the tensors that the user gave them.
 *
 *     rn__frame f;
 *     rn__frame_enter(&f, "softmax", NULL, x, rn_null());
 *     ..
 *     return rn__frame_leave(&f, y);
 *
 * An error between the two begins with the function, and with the layer's name where it has
 * one. A node made there whose kernel may reject values remembers the function for the
 * message of the run. Of frames within frames the outermost counts: it is what the user
 * called.
 */
#ifndef RN_GRAPH_FRAME_H
#define RN_GRAPH_FRAME_H

#include "graph/node.h"

enum { RN__FRAME_OPERANDS = 2 };

typedef struct rn__frame {
    rn_graph *root;          /* NULL: it was not entered, for there is no graph */
    rn__frame *outer;        /* the one around it */
    const char *what, *name; /* "embedding", "embed"; name NULL: none */
    const char *noun;        /* what an i32 operand holds, as "target"; NULL: it says so */
    rn_tensor operand[RN__FRAME_OPERANDS];
    const char *context; /* how messages of runs begin, once a node asked */
} rn__frame;

void rn__frame_enter(rn__frame *frame, const char *what, const char *name, rn_tensor x,
                     rn_tensor y);

/* The same for one x that must be real: false after an error and for a null x. */
bool rn__frame_enter_real(rn__frame *frame, const char *what, rn_tensor x);

/* Returns y; without a graph the null tensor that names the function. */
rn_tensor rn__frame_leave(rn__frame *frame, rn_tensor y);

/* Puts the outermost frame's function before the error on the root, unless it is there. */
void rn__frame_blame(rn_graph *root);

/* "softmax: what in exp: x [2,3]" of an operator that refuses its operands in a frame.
 * False without one, or when the operator is the function itself. */
bool rn__frame_refuse(rn_graph *graph, const rn_op *op, const char *what);

/* Notes on a node what its kernel's message is to be told as. */
void rn__frame_note(rn_tensor y);

#endif
