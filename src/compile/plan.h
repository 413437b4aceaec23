/* SPDX-License-Identifier: MIT */
/*
 * The plan: from a graph to calls and buffers.
 *
 * schedule.c lists calls in order, naive in memory: every node has a buffer of its own, and
 * what a loop carries or collects is copied at the end of each step. elide.c then makes
 * buffers parts of one another so that most copies vanish, place.c lays them out by
 * lifetimes.
 */
#ifndef RN_COMPILE_PLAN_H
#define RN_COMPILE_PLAN_H

#include "compile/copy.h"
#include "compile/program.h"

typedef enum rn__buffer_kind {
    RN__TEMPORARY,
    RN__KEPT,    /* inputs and constants: theirs all the time */
    RN__EXTERNAL /* a variable's own memory */
} rn__buffer_kind;

typedef struct rn__buffer {
    rn__buffer_kind kind;
    size_t bytes;
    int32_t home;   /* the loop call whose body it belongs to; -1: the outermost */
    int32_t parent; /* the buffer that it has become a part of; -1: none */
    int64_t offset; /* there, with advances */
    int64_t advance[RN_LOOP_DEPTH];
    int32_t first, last;      /* calls between which it holds something */
    bool lasting;             /* read after the run */
    const rn__node *constant; /* fills it when the program is made */
    rn_variable *variable;
    const rn__node *leaf; /* of the variable */
    size_t place;         /* bytes from the workspace's start */
} rn__buffer;

/* How a node's value lies in its buffer. */
typedef struct rn__layout {
    rn__address address;
    int64_t stride[RN_RANK_MAX];
} rn__layout;

typedef struct rn__plan {
    rn_program *program;
    rn_graph *graph;
    rn__copy_pass live;  /* what of the graph lives */
    rn__layout **layout; /* by number of the graph, then by node */
    int32_t **reader;    /* likewise; tails.c */
    rn__buffer *buffer;
    int32_t buffers, buffer_capacity, call_capacity;
    int32_t home; /* loop whose body is being scheduled */
    int depth;
    rn_watch watch; /* as the options say */
    bool minimizes;
    const int32_t *wanted; /* the outputs */
    int wanted_count;
} rn__plan;

/* ---- layout.c: buffers and views ---- */

/* A new temporary buffer at home; -1 after an error. */
int32_t rn__plan_buffer(rn__plan *plan, size_t bytes);
rn__layout *rn__plan_layout(rn__plan *plan, const rn_graph *graph, int32_t id);

/* Whether something reads node id of a graph behind this limit; true after an error. */
bool rn__plan_reads_tail(rn__plan *plan, const rn_graph *graph, int32_t id, int32_t limit);

/* The layout of a dense array of this shape at the start of a new buffer. */
bool rn__layout_new(rn__plan *plan, const rn__node *node, rn__layout *out);
bool rn__layout_is_dense(rn_shape shape, const int64_t *stride);

/* The array that a kernel sees, without its address. */
rn_array rn__layout_array(rn_type type, rn_shape shape, const rn__layout *layout);
size_t rn__node_bytes(const rn__node *node);

/* The layout of a view node in its input's memory; false when there is none. */
bool rn__layout_view(const rn__node *node, const rn__node *in, const rn__layout *from,
                     rn__layout *out);

/* ---- schedule.c ---- */

/* Calls for all that lives; then, after whatever reads variables, for the assignments. */
bool rn__schedule_values(rn__plan *plan);
bool rn__schedule_assignments(rn__plan *plan);

/* A new call with room for its operands, copied from arrays of inputs + 1; -1 after an
 * error. */
int32_t rn__plan_call(rn__plan *plan, rn__call_kind kind, const rn__node *node, int inputs,
                      const rn_array *array, const rn__address *address);

/* A copy of a value of this type and shape from one layout to another. */
bool rn__plan_copy(rn__plan *plan, rn_type type, rn_shape shape, const rn__layout *from,
                   const rn__layout *to);

/* Fills the slots of a dense stack (a node of its type and shape) behind a limit. */
bool rn__plan_tail(rn__plan *plan, rn__tail_kind kind, const rn__layout *limit,
                   const rn__node *stack, const rn__layout *layout);

/* tails.c: by node of a graph, where its readers stop, in the plan's passing arena; NULL
 * after an error. Whether one of them reads behind the limit. */
int32_t *rn__tails_find(rn__plan *plan, const rn_graph *graph);
bool rn__tail_is_read(const int32_t *reader, int32_t id, int32_t limit);

/* schedule_loop.c */
bool rn__schedule_graph(rn__plan *plan, const rn_graph *graph);
bool rn__schedule_loop(rn__plan *plan, const rn_graph *outer, int32_t id);

/* ---- elide.c, fuse.c, place.c ---- */

/* Takes out copies by making buffers parts of others, and lets maps write over an
 * operand. */
bool rn__elide(rn__plan *plan);

/* The address in the buffer that the address's buffer is a part of in the end. */
rn__address rn__resolve(const rn__plan *plan, rn__address address);

/* Runs chains of maps tile by tile; what only a chain reads gets memory for one tile. */
bool rn__fuse(rn__plan *plan);

/* Offsets of all buffers in one workspace, whose memory it makes and fills with
 * constants. */
bool rn__place(rn__plan *plan);

/* Gives the buffers their places and tells how long the workspace is; offsets.c. False
 * when it would be too long, or without memory. */
bool rn__find_offsets(rn__plan *plan, size_t *workspace);

/* ---- watch.c ---- */

/* Lists what a run checks for values that are not finite, once all has its place. */
bool rn__plan_watch(rn__plan *plan);

#endif
