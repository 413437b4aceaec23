/* SPDX-License-Identifier: MIT */
/* What the passes that make a plan share; plan.h says what each of them does. */
#ifndef RN_PLAN_PLANNER_H
#define RN_PLAN_PLANNER_H

#include "compile/copy.h"
#include "compile/row_axes.h"
#include "plan/plan.h"

/* How a node's value lies in its buffer. */
typedef struct rn__layout {
    rn__address address;
    int64_t stride[RN_RANK_MAX];
} rn__layout;

typedef struct rn__planner {
    rn__plan *plan;
    rn_graph *graph;
    rn__plan_options options;
    rn__copy_pass live;  /* what of the graph is live; its arena holds the passes' data */
    rn__layout **layout; /* by number of the graph, then by node */
    int32_t **reader;    /* likewise; tails.c */
    rn__row_body **rows; /* by number of the graph: of a ragged loop's body; else NULL */
    int32_t home;        /* the loop whose body is being scheduled; -1: none */
    int depth;           /* how many loops are around */
} rn__planner;

/* ---- layout.c: buffers and views ---- */

/* A new temporary buffer at home; -1 after an error. */
int32_t rn__plan_buffer(rn__planner *p, size_t bytes);
rn__layout *rn__plan_layout(rn__planner *p, const rn_graph *graph, int32_t id);

/* The layout of a dense array of this shape at the start of a new buffer. */
bool rn__layout_new(rn__planner *p, const rn__node *node, rn__layout *out);
bool rn__layout_is_dense(rn_shape shape, const int64_t *stride);

/* A value of this type, shape and layout as an operand. */
rn__operand rn__layout_operand(rn_type type, rn_shape shape, const rn__layout *layout);
size_t rn__node_bytes(const rn__node *node);

/* The layout of a view node in its input's memory; false when there is none. */
bool rn__layout_view(const rn__node *node, const rn__node *in, const rn__layout *from,
                     rn__layout *out);

/* ---- step.c ---- */

/* A new step with copies of inputs + 1 operands; -1 after an error. `node` may be -1. */
int32_t rn__plan_step(rn__planner *p, rn__step_kind kind, const rn_graph *graph,
                      int32_t node, int inputs, const rn__operand *operand);

/* A copy of a value of this type and shape from one layout to another. */
bool rn__plan_copy(rn__planner *p, rn_type type, rn_shape shape, const rn__layout *from,
                   const rn__layout *to);

/* Fills the slots of a dense stack (a node of its type and shape) after a limit. */
bool rn__plan_tail(rn__planner *p, rn__tail_kind kind, const rn__layout *limit,
                   const rn__node *stack, const rn__layout *layout);

/* Of a ragged loop: the axis of a node's rows, -1: none; cuts step `index` of the body, of
 * node `id`, to the rows that its iteration has; cuts a copy of rows likewise;
 * row_counts.c. */
int rn__plan_row_axis(const rn__planner *p, const rn_graph *graph, int32_t id);
void rn__plan_rows(rn__planner *p, const rn_graph *body, int32_t id, int32_t index);
void rn__plan_rows_of_copy(rn__planner *p, const rn_graph *body, int32_t index);

/* Gives a step one more input, after the others. False after an error. */
bool rn__plan_add_input(rn__planner *p, int32_t step, const rn__operand *input);

/* Moves steps: number i goes to start[i + 1] - 1. It is dropped where start[i + 1] is
 * start[i]; where there is room before it, the caller fills that in. start[steps] is the
 * new count. False after an error. */
bool rn__plan_renumber(rn__planner *p, const int32_t *start);

int64_t rn__operand_count(const rn__operand *operand);
rn_shape rn__operand_shape(const rn__operand *operand);
bool rn__operand_is_dense(const rn__operand *operand);

/* ---- tails.c ---- */

/* Whether something reads node id of a graph after this limit; true after an error. */
bool rn__plan_reads_tail(rn__planner *p, const rn_graph *graph, int32_t id, int32_t limit);

/* ---- the passes ---- */

/* schedule.c: steps for all that is live; then, after whatever reads variables, for the
 * assignments. */
bool rn__schedule_values(rn__planner *p);
bool rn__schedule_assignments(rn__planner *p);

/* Steps for one graph; for a loop, in schedule_loop.c. */
bool rn__schedule_graph(rn__planner *p, const rn_graph *graph);
bool rn__schedule_loop(rn__planner *p, const rn_graph *outer, int32_t id);

bool rn__contract(rn__planner *p);
bool rn__order(rn__planner *p);
bool rn__elide(rn__planner *p);
bool rn__accumulate(rn__planner *p);
bool rn__overlay(rn__planner *p);
bool rn__pack(rn__planner *p);
bool rn__row_blocks(rn__planner *p);
bool rn__fuse(rn__planner *p);
bool rn__place(rn__planner *p);

/* The address in the buffer that another is a part of, of an address in that one. */
rn__address rn__in_whole(const rn__buffer *part, rn__address address);

/* The address in the buffer that the address's buffer is a part of in the end. */
rn__address rn__resolve(const rn__plan *plan, rn__address address);

/* Offsets for all buffers that share a memory: the workspace or, if `tiled`, the memory for
 * tiles. Sets how long it is; offsets.c. False when it would be too long, or without
 * memory. */
bool rn__find_offsets(rn__plan *plan, rn__arena *arena, bool tiled, size_t *length);

/* watch.c */
bool rn__plan_watch_values(rn__planner *p);

#endif
