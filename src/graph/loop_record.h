/* SPDX-License-Identifier: MIT */
/* The record of a loop: its inputs, carries and outputs. A part of node.h. */
#ifndef RN_GRAPH_LOOP_RECORD_H
#define RN_GRAPH_LOOP_RECORD_H

#include "graph/node.h"

/* The values of a carry: `leaf` and `next` are of the body, `initial` is of the outer
 * graph. */
typedef struct rn__carry {
    int32_t initial, leaf, next; /* next -1: not set yet */
    int32_t seen; /* what the body reads: the leaf, or with lengths a selection */
    bool rows;    /* of a ragged loop: its rows are sequences, in order of their lengths */
} rn__carry;

/* How the slots of a stack lie in memory. Of a ragged loop those of a history have their
 * rows in order of the lengths, and those of other stacks of rows are packed too. */
typedef enum rn__slots { RN__SLOTS_PLAIN, RN__SLOTS_SORTED, RN__SLOTS_PACKED } rn__slots;

/* An outer tensor and the body's leaf for it: a step's slice, or a capture. */
typedef struct rn__pair {
    int32_t outer, leaf;
    rn__slots slots; /* of a stack */
} rn__pair;

enum { RN__RAGGED_ARRAYS = 7 };

struct rn_loop {
    rn_graph *outer, *body;
    int32_t node; /* in outer; -1 before the end */
    int64_t steps;
    bool steps_known, reverse, ended;
    int64_t checkpoint; /* memory budget, see rn_loop_checkpoint; 0: none */
    bool segments;      /* its steps are segments of another loop; nothing leaves it */
    /* With lengths; see ops/composite/padding.h. */
    rn_tensor lengths; /* of the outer graph, i32 [B]; null: none */
    rn_tensor mask;    /* of the body: bool [B], true while the sequence lasts */
    rn_tensor row;     /* of the outer graph, i32 [B]: the sequence whose first step
                          replaces padding */
    int64_t batch;
    int32_t limit; /* of the outer graph: i32 scalar in 0..steps, the number of steps that
                      run; -1: all. Later steps change no carry and collect 0 */
    int32_t index; /* the leaf of the step's index; -1: not used */
    bool blocks;   /* made by compile/scan.c: a step is a block of steps of another loop.
                      What is in it stays there, where its operands are in the cache */

    /* With lengths, also of copies and gradients of the loop: i32 [B] of the outer graph,
     * checked. At steps that a sequence does not have, its rows change no carry, are 0
     * where they are collected, and add 0 to sums. -1: no lengths. */
    int32_t row_steps;
    int32_t row_mask; /* of the body: the mask, or a copy of it; -1: not used */
    bool row_sums;    /* of a gradient: sums over rows are such sums */
    /* Of a ragged loop, which runs a step on the rows that have it: arrays of the outer
     * graph, by rn__ragged (ops/ragged.h). -1: all rows run. See compile/ragged.h. */
    int32_t ragged[RN__RAGGED_ARRAYS];

    /* In order of their leaves. */
    rn__list each;    /* rn__pair */
    rn__list carry;   /* rn__carry */
    rn__list capture; /* rn__pair */
    rn__list output;  /* int32_t: its get nodes, in order */
};

/* The pair of this leaf, or NULL; the position of this leaf's carry in its list, or -1. */
rn__pair *rn__pair_of(const rn__list *pairs, int32_t leaf);
int rn__carry_of(const rn_loop *loop, int32_t leaf);

/* What a get node takes from its loop. */
typedef enum rn__get_kind { RN__COLLECT, RN__FINAL, RN__HISTORY } rn__get_kind;
typedef struct rn__get {
    int64_t kind;
    int64_t id; /* of the body: what is collected, or the carry's leaf */
} rn__get;

#endif
