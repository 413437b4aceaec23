/* SPDX-License-Identifier: MIT */
/*
 * The plan: what a program does. How a machine does it is a back end's business.
 *
 * Of the machine a plan depends on two things, which the back end gives: how large the
 * tiles of its chains are, and how many bytes an operand takes in a kernel's own layout.
 *
 * A plan is a flat list of steps, the list of their operands and a list of buffers. There
 * is no pointer in any of the three, no kernel, no instruction set and no thread: a step
 * refers to a node by its graph and id, an operand to a buffer by its number, and all
 * buffers have their offsets in one workspace whose memory the back end makes. Every offset
 * of a buffer is a multiple of 64 bytes.
 *
 * The first byte of an operand is at
 *
 *   buffer + offset + sum over the loops around the step of (that loop's index) * advance
 *
 * and the same again of the packed row at which the loop's step begins, where the loop is
 * ragged (compile/ragged.h).
 *
 * A loop and a chain are blocks: a step, followed by the steps `[its own + 1, end)`.
 *
 * The passes that make a plan, what each relies on and what it leaves true:
 *
 *   schedule  All live nodes, in the order of their ids, each with a buffer of its own.
 *             Carries and stacks are copied at the end of a loop's body. A step reads only
 *             what an earlier step wrote, or a leaf.
 *   contract  Reductions and additions read the factors of a product in place of the
 *             product: such a step has one input more than its operator, and both factors
 *             of a reduction have one shape. Relies on schedule's buffers, each with one
 *             value.
 *   order     In the body of a loop with reductions within rows, steps that can run row by
 *             row come together. Relies on schedule's buffers, each with one value. A step
 *             reads what it read before.
 *   elide     Buffers become parts of others, and copies whose source is their target go.
 *             A map may now write rows that are apart, each of them dense.
 *             Relies on schedule's order. Every value is still there at each of its reads.
 *   accumulate  A kernel adds its result to a value, in its place or not, instead of an
 *             element-wise step after it. Such a kernel may write rows that are apart.
 *             Relies on resolved addresses.
 *   overlay   Buffers become parts of others that are not read again. An element-wise step
 *             may now overwrite an operand, at the same elements. Relies on resolved
 *             addresses.
 *   pack      Steps before a loop bring operands that it does not change into the layout of
 *             the kernels that read them. Relies on resolved addresses.
 *   row_blocks  Neighbouring reductions within rows and element-wise steps become chains by
 *             rows, each run some rows at a time. Relies on resolved addresses. In such a
 *             chain any rows may run before any others, and a buffer that only the chain
 *             touches holds so many rows as run at a time.
 *   fuse      Neighbouring element-wise steps become chains, each run tile by tile. Relies
 *             on resolved addresses. In a chain any tile may run before any other, and a
 *             buffer that only the chain touches holds one tile, from the step that writes
 *             it to the last that reads it.
 *   place     Offsets for all buffers, by lifetimes. Relies on the final order of steps.
 *             Buffers that hold something at the same time have no byte in common.
 *   watch     Lists what a run checks for values that are not finite. Changes nothing.
 */
#ifndef RN_PLAN_PLAN_H
#define RN_PLAN_PLAN_H

#include "base/text.h"
#include "graph/node.h"
#include "rondo/program.h"

/* A map has at most so many inputs. */
enum { RN__MAP_OPERANDS = 16, RN__ADVANCES = 2 * RN_LOOP_DEPTH };

/* Where an operand's first element is. */
typedef struct rn__address {
    int32_t buffer; /* -1: none */
    int64_t offset; /* bytes */
    /* By depth of the loop, bytes for each iteration; then for each packed row. */
    int64_t advance[RN__ADVANCES];
} rn__address;

typedef struct rn__operand {
    rn_type type;
    int rank;
    int64_t size[RN_RANK_MAX];
    int64_t stride[RN_RANK_MAX]; /* elements; may be 0 or negative */
    rn__address at;
    /* Of a step with a limit: how many rows of an axis, most often the first, an iteration
     * has. 0: the limit does not cut this operand. */
    int64_t limit_rows;
    int limit_axis;
} rn__operand;

typedef enum rn__step_kind {
    RN__STEP_MAP,    /* element-wise */
    RN__STEP_KERNEL, /* any other operator */
    RN__STEP_COPY,   /* operand 0 to the output, both of its shape */
    RN__STEP_PACK, /* an operand of a kernel to the output, in that kernel's own layout; see
                      `packs` */
    RN__STEP_TAIL, /* fills the slots of a stack that no iteration of a loop with a limit
                      reached; operand 0: the limit, the output: the stack */
    RN__STEP_LOOP, /* a block; operand 0: the limit, if `inputs` is not 0; operand 1: of a
                      ragged loop, the packed row at which each step begins; the output: the
                      index, i32, of buffer -1 if nothing reads it */
    RN__STEP_CHAIN /* a block of maps whose outputs have one shape or, by rows, of maps and
                      kernels whose outputs have the same rows; no operands */
} rn__step_kind;

/* What a tail is filled with. */
typedef enum rn__tail_kind {
    RN__TAIL_ZERO,  /* slots from the limit on */
    RN__TAIL_HELD,  /* slots after the limit: what slot `limit` holds */
    RN__TAIL_BEGIN, /* slots from the limit to the last but one: what the last one holds */
    /* Of a ragged loop: */
    RN__TAIL_ROWS,  /* rows from the limit to the end of a slot: the row before */
    RN__TAIL_ENDS,  /* row j of the last slot: that of slot n(j), which operand 0 has */
    RN__TAIL_BEGINS /* row j of slot n(j): that of the last slot */
} rn__tail_kind;

typedef struct rn__step {
    rn__step_kind kind;
    int32_t graph, node; /* number and id of the operator's node; -1: the planner's own */
    /* Of a kernel that adds its result to its last input, which lies where its output does
     * or apart, and may be a row for all rows: the id of the addition's node; else -1. */
    int32_t added;
    int inputs;
    int32_t operand; /* the first: the inputs, then the output */
    int32_t block;   /* the innermost block around it; -1: none */
    int depth;       /* how many loops are around it */

    int32_t end;        /* of a block: the first step after it */
    int64_t iterations; /* of a loop */
    bool reverse;
    /* Of a chain by rows: how many rows; else 0. */
    int64_t chain_rows;
    int64_t tile; /* of a chain: elements of the output, or rows, that run at a time */
    rn__tail_kind tail;

    /* Of a step that a limit cuts: the i32 scalar (buffer -1: none), and out of how many
     * iterations. */
    rn__address limit;
    int64_t limit_of;

    /* Of a watched step whose operands that the limit cuts have rows in order of lengths:
     * which of the `rows` each one would be without that order, i32; buffer -1: none. */
    rn__address order;
    int64_t rows;

    /* Of a kernel one of whose operands was packed: where that is (buffer -1: nowhere), and
     * which operand it is. The step that packs has the kernel's inputs and output as
     * inputs: of all but this one only the shape counts, and their buffer is -1. */
    rn__address packed;
    int packs;
} rn__step;

typedef enum rn__buffer_kind {
    RN__BUFFER_TEMPORARY,
    RN__BUFFER_KEPT,    /* an input's or a constant's, never reused */
    RN__BUFFER_VARIABLE /* a variable's own memory, not in the workspace */
} rn__buffer_kind;

typedef struct rn__buffer {
    rn__buffer_kind kind;
    size_t bytes;
    int32_t leaf;        /* the input, constant or variable: a node of the root; -1: none */
    int32_t home;        /* the loop whose body it belongs to; -1: none */
    rn__address part;    /* where in the buffer that it has become a part of; -1: none */
    int64_t row, pitch;  /* of a part with rows apart: their bytes and distance; else 0 */
    int32_t first, last; /* steps between which it holds something */
    bool lasting;        /* read after the run */
    bool tiled;          /* holds one tile of its chain; its offset is in the tile memory */
    size_t offset;       /* bytes from the start of the workspace or tile memory */
} rn__buffer;

/* An input or output of the program. */
typedef struct rn__plan_port {
    int32_t node; /* of the root graph */
    rn__operand value;
} rn__plan_port;

/* Real values in memory that a run may check. */
typedef struct rn__watched {
    rn_origin origin;
    int32_t leaf; /* of an input or variable: the node; -1: a result */
    rn__operand value;
} rn__watched;

/* What a run checks for values that are not finite. */
typedef struct rn__plan_watch {
    bool on;
    /* Steps before this one change neither inputs nor variables, so that repeating them
     * gives the same values. Never inside a block. */
    int32_t repeatable;
    rn__watched *leaf;   /* inputs and variables, as they are before a run */
    rn__watched *result; /* what the repeatable steps leave to be read */
    int leaves, results;
} rn__plan_watch;

typedef struct rn__plan {
    rn_allocator allocator;
    rn_graph *graph;         /* the root that the nodes are of; it must outlive the plan */
    const rn_graph **graphs; /* the root and all bodies, by number */
    rn__step *step;
    rn__operand *operand;
    rn__buffer *buffer;
    int32_t steps, operands, buffers;
    int32_t step_capacity, operand_capacity, buffer_capacity;
    rn__plan_port *input, *output;
    int inputs, outputs;
    bool placed; /* buffers have their offsets */
    size_t workspace_bytes;
    size_t
        tile_memory_bytes; /* of the memory for tiles, of which every thread has its own */
    rn__plan_watch watch;
    bool profile; /* runs measure each step */
} rn__plan;

typedef struct rn__plan_options {
    const int32_t *wanted; /* ids of the outputs in the graph */
    int count;
    size_t tile_bytes; /* what the elements of a tile take in one operand; 0: no chains */
    /* Bytes of the operand of a step's kernel that is to be packed, and which one it is; 0:
     * none. SIZE_MAX: out of memory. NULL: nothing is packed. */
    size_t (*packed)(const rn__plan *plan, const rn__step *step, int *operand);
    bool watch;
    unsigned without; /* passes to leave out, of rn_pass */
    rn_trace trace;   /* shown the plan after each pass */
    void *trace_with;
} rn__plan_options;

/* Plans a graph. False with an error on the graph. In both cases call rn__plan_finish,
 * which frees everything that is not in the graph's arena. */
bool rn__plan_make(rn__plan *plan, rn_graph *graph, const rn__plan_options *options);
void rn__plan_finish(rn__plan *plan);

/* How many operands a step has, the output included. */
static inline int rn__step_operand_count(const rn__step *step)
{
    return step->kind == RN__STEP_CHAIN ? 0 : step->inputs + 1;
}

/* The operands of a step: inputs, then the output. */
static inline rn__operand *rn__step_operands(const rn__plan *plan, const rn__step *step)
{
    return plan->operand + step->operand;
}

static inline rn__operand *rn__step_output(const rn__plan *plan, const rn__step *step)
{
    return plan->operand + step->operand + step->inputs;
}

/* How many inputs the operator of a kernel's step has. */
static inline int rn__step_kernel_inputs(const rn__step *step)
{
    return step->inputs - (step->added >= 0);
}

/* The node that a step computes; NULL: it is a block's or a copy of the planner's own. */
static inline const rn__node *rn__step_node(const rn__plan *plan, const rn__step *step)
{
    return step->node < 0 ? NULL : rn__at(plan->graphs[step->graph], step->node);
}

/* Whether a step reduces the product of its two inputs, whose operator has one
 * (contract.c).
 */
static inline bool rn__reduces_product(const rn__plan *plan, const rn__step *step)
{
    return step->kind == RN__STEP_KERNEL && rn__step_kernel_inputs(step) == 2 &&
           rn__step_node(plan, step)->inputs == 1;
}

/* Whether a map adds the product of its first two inputs, in place of operand `packs` of
 * its operator, to the third or to the product of the other two (contract.c). */
static inline bool rn__adds_product(const rn__plan *plan, const rn__step *step)
{
    return step->kind == RN__STEP_MAP && step->inputs > 2 &&
           (rn__step_node(plan, step)->op->flags & RN_OP_PRODUCTS);
}

/* The axes of a map, collapsed over all its operands (kernel/strided.h): sizes, and strides
 * by operand, RN_RANK_MAX for each, in elements. Returns the rank. */
int rn__map_axes(const rn__plan *plan, const rn__step *step, int64_t *size,
                 int64_t *stride);

/* How the rows of an operand lie. The rows of an output are the indices of its leading
 * axes; row r of an operand of a map is what row r of the output is computed from. */
typedef struct rn__row_form {
    int axis;          /* the last of the leading axes; -1: it is not there, or of size 1 */
    int64_t stride;    /* bytes from one row to the next; 0: all read the same */
    int64_t low, high; /* bytes of row 0 from the start of the buffer: low <= .. < high */
} rn__row_form;

/* The rows of operand i of a map or of a kernel; rows.c. False if they are not `rows` rows
 * at equal distances. */
bool rn__find_row_form(const rn__plan *plan, const rn__step *step, int i, int64_t rows,
                       rn__row_form *found);

/* Appends the plan as text: steps in order, those of a block indented. */
void rn__plan_print(const rn__plan *plan, rn__text *text);

/* The value that takes most of the workspace, for a message; "" if there is none. */
char *rn__plan_largest(const rn__plan *plan, char *text, size_t capacity);

#endif
