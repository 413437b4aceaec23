/* SPDX-License-Identifier: MIT */
/*
 * Frames: a function made of operators, such as softmax or a layer, reports the errors of
 * these operators under its own name, with the tensors that the user gave it.
 *
 *     rn__frame f;
 *     rn__frame_enter(&f, "softmax", NULL, x, rn_null());
 *     ..
 *     return rn__frame_leave(&f, y);
 *
 * A message between the two begins with the function and the name of the layer, if it has
 * one. A node built there whose kernel may reject values keeps the function's name for the
 * message of a run. If frames are nested, the outermost counts: it is the function that the
 * user called.
 */
#ifndef RN_GRAPH_FRAME_H
#define RN_GRAPH_FRAME_H

#include "graph/node.h"

enum { RN__FRAME_OPERANDS = 2 };

typedef struct rn__frame {
    rn_graph *root;          /* NULL: not entered, because there is no graph */
    rn__frame *outer;        /* the enclosing frame */
    const char *what, *name; /* "embedding", "embed"; name NULL: none */
    const char *noun;        /* what an i32 operand holds, such as "target"; NULL: the
                                kernel's message names it */
    rn_tensor operand[RN__FRAME_OPERANDS];
    const char *context; /* the context of messages in runs, once a node has needed it */
    int32_t record;      /* 1 + its index in the root's `frames`; 0: none yet */
} rn__frame;

/* A frame that nodes were built in, for pictures of the graph. */
typedef struct rn__frame_record {
    const char *what, *name; /* name: "" if none */
    int32_t outer;           /* as rn__frame.record; 0: none */
} rn__frame_record;

/* The record of the innermost frame; 0 if there is none, or after an error. */
int32_t rn__frame_recorded(rn_graph *root);

void rn__frame_enter(rn__frame *frame, const char *what, const char *name, rn_tensor x,
                     rn_tensor y);

/* The same for one x that must be real: false after an error and for a null x. */
bool rn__frame_enter_real(rn__frame *frame, const char *what, rn_tensor x);

/* Returns y, or without a graph a null tensor that names the function (null.h). */
rn_tensor rn__frame_leave(rn__frame *frame, rn_tensor y);

/* Prefixes the root's error with the function of the outermost frame, unless it begins with
 * it. */
void rn__frame_blame(rn_graph *root);

/* Records "softmax: what, in exp: x [2,3]" for an operator that refuses its operands within
 * a frame. False if there is no frame or the operator is the function itself. */
bool rn__frame_refuse(rn_graph *graph, const rn_op *op, const char *what);

/* Stores in a node the context of its kernel's messages. */
void rn__frame_note(rn_tensor y);

#endif
