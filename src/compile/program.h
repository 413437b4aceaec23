/* SPDX-License-Identifier: MIT */
/*
 * A compiled program: a flat list of calls whose addresses are fixed but for a stride a
 * step.
 *
 * The address of an operand in a call is
 *
 *   base + sum over the loops around the call of (that loop's step) * advance
 *
 * The compiler fills all this in; the run time only walks it.
 */
#ifndef RN_COMPILE_PROGRAM_H
#define RN_COMPILE_PROGRAM_H

#include "graph/node.h"
#include "ops/table.h"
#include "rondo/program.h"

/* An element-wise operator has at most so many inputs. */
enum { RN__MAP_OPERANDS = 16 };

/* Where an operand's first element is: at first within a buffer of the plan, at last in
 * memory. */
typedef struct rn__address {
    char *base;
    int32_t buffer;
    int64_t offset;                 /* bytes */
    int64_t advance[RN_LOOP_DEPTH]; /* bytes a step, by depth of loop */
} rn__address;

typedef enum rn__call_kind {
    RN__MAP,    /* element-wise, axes collapsed */
    RN__KERNEL, /* any other operator */
    RN__COPY,   /* operand 0 to the output, both of its shape */
    RN__LOOP, /* the calls up to `end`, steps times; operand 0: the limit, if it has one */
    RN__TAIL  /* fills the slots of a stack that no step of a loop with a limit reached;
                 operand 0: the limit, the output: the stack */
} rn__call_kind;

/* What a tail is filled with. */
typedef enum rn__tail_kind {
    RN__TAIL_ZERO, /* slots from the limit on */
    RN__TAIL_HELD, /* slots behind the limit: what slot `limit` holds */
    RN__TAIL_BEGIN /* slots from the limit to the last but one: what the last one holds */
} rn__tail_kind;

/* Operands are the inputs and then the output. */
typedef struct rn__call {
    rn__call_kind kind;
    int inputs;
    rn_array *array;      /* of operands; data is set before each call */
    rn__address *address; /* of operands; a loop's output is its index, buffer -1: none */
    rn__code code;
    const void *attributes;
    rn__address scratch;
    size_t scratch_bytes;
    const rn__node
        *node; /* for messages and printing; NULL: a copy of the compiler's own */
    const rn_graph *graph; /* the node's */
    int depth;             /* number of loops around it */
    int32_t home;          /* the innermost of them, as a call; -1: none */

    /* Of a map: axes collapsed over all operands. */
    int rank;
    int64_t size[RN_RANK_MAX];
    int64_t *stride; /* [operand][RN_RANK_MAX], in elements */
    size_t *bytes;   /* of an element, by operand */

    /* Of the first map of a chain: the calls up to tiles_end run tile by tile, `tile`
     * elements of the output at a time. tiles_end 0: no chain. */
    int32_t tiles_end;
    int64_t tile;
    int32_t chain; /* the first call of the chain that this one is in; -1: none */
    bool *local;   /* by operand: it has memory for one tile only; NULL: none has */

    /* Of a loop. */
    int32_t end; /* index of the first call after it */
    int64_t steps;
    bool reverse;

    rn__tail_kind tail; /* of a tail */

    /* Of a call that a limit cuts: the i32 scalar (buffer -1: none), of how many steps, and
     * the rows of the first axis that a step has, by operand; 0: all are used. */
    rn__address limit;
    int64_t limit_steps;
    int64_t *limit_rows;
} rn__call;

/* An input or an output, by the tensor of the user's graph. */
typedef struct rn__port {
    rn_graph *graph; /* may have been freed */
    uint32_t serial;
    int32_t id;
    const char *name;
    bool used, fed; /* of an input: calls read it; it has values */
    rn_array array; /* data is set once memory is placed */
    rn__address address;
    size_t bytes; /* of all elements, dense */
} rn__port;

/* Real values in memory that a run may check: axes collapsed, data in its place. */
typedef struct rn__values {
    rn_array array;
    const char *name;
    rn_origin origin;
    rn_shape shape;
} rn__values;

/* What a run needs that watches for values that are not finite; run/look.h. */
typedef struct rn__watching {
    bool on;
    /* Calls before this one change neither inputs nor variables, so that doing them again
     * gives the same: all before the first, not in a loop or chain, to write a variable. */
    int32_t settled;
    rn__values *leaf;   /* what is there before a run */
    rn__values *result; /* what those calls leave to be read */
    int leaves, results;
    /* Runs so far that gave grounds to look again, of either kind; run/watch.c. */
    int64_t raised, reached;
    rn_nonfinite found[RN_NONFINITE_MOST];
    int count;
} rn__watching;

typedef enum rn__outcome { RN__NEVER_RUN, RN__RUN_FAILED, RN__RUN_DONE } rn__outcome;

struct rn_program {
    rn_allocator allocator;
    rn_graph *graph; /* the rewritten graph, whose arena holds what the calls point to */
    char *workspace;
    size_t workspace_bytes;
    rn__call *call;
    int32_t calls;
    rn__port *input, *output;
    int inputs, outputs;
    uint32_t serial; /* of the user's graph */
    rn__watching watching;
    bool all_fed;     /* known to be so */
    rn__outcome last; /* what became of the last run */
    char error[512];
    char failure[512]; /* why it failed */
};

#endif
