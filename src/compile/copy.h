/* SPDX-License-Identifier: MIT */
/*
 * Copying the live part of a graph: the framework of every graph-to-graph pass.
 *
 * A pass is a hook that builds one node of the copy, given the new operands. The framework
 * finds the nodes that the roots need, including the step inputs, carries and stacks of
 * loops that are read, and rebuilds loops. A node of a body that depends on nothing in the
 * body moves out automatically, because an operator belongs to the innermost graph of its
 * operands.
 */
#ifndef RN_COMPILE_COPY_H
#define RN_COMPILE_COPY_H

#include "graph/node.h"

typedef struct rn__copy_pass rn__copy_pass;
typedef struct rn__merge rn__merge;
typedef struct rn__ragging rn__ragging;
typedef struct rn__products rn__products;
typedef struct rn__parts rn__parts;
typedef struct rn__again rn__again;
typedef struct rn__checkpoints rn__checkpoints;

/* The state of one graph of the source: the root, or a loop's body. */
typedef struct rn__region {
    const rn_graph *graph;
    bool *live;
    rn_tensor *to;      /* by node: its copy; null: none yet */
    bool *carried;      /* by carry: its leaf, final value or history is read */
    rn_tensor *stack;   /* of a body, by node: the stack of a node that left the loop; NULL:
                           none left */
    rn_tensor *total;   /* of a body, by carry: its final value, if that left the loop */
    rn_tensor *history; /* likewise: its history; NULL: none left */
    rn_tensor *slots[2]; /* likewise: T slots of it, from the first and second; or NULL */
    rn__merge *merge;    /* groups of its loops; merge.c */
    rn__products *products;       /* what becomes of its products; products.h */
    rn__parts **parts;            /* by node: the sum of parts that it is; parts.c */
    rn__again **again;            /* of a body, by leaf: how its value is computed again;
                                     recompute.c */
    bool *kept;                   /* by node: see spread.c */
    rn__checkpoints *checkpoints; /* which of its loops are divided; checkpoint.h */
    const int32_t *order; /* its nodes, in the order in which they are copied; NULL: in
                             that of their ids */
} rn__region;

/* Builds the copy of a node that is neither a leaf nor a loop, in the graph where it
 * belongs. */
typedef rn_tensor (*rn__copy_node)(rn__copy_pass *pass, const rn__node *node,
                                   const rn_tensor *in);

/* Builds the copy of a leaf of the outermost graph, or of a constant, which belongs there
 * too. */
typedef rn_tensor (*rn__copy_leaf)(rn__copy_pass *pass, const rn__node *leaf);

/* For hooks: the same operator on the new operands, with the same limit; the text of where
 * it was built; the same leaf. */
rn_tensor rn__copy_as_is(const rn__copy_pass *pass, const rn__node *node,
                         const rn_tensor *in);
bool rn__copy_context(rn__copy_pass *pass, const rn__node *from, rn__node *to);
rn_tensor rn__copy_leaf_as_is(const rn__copy_pass *pass, const rn__node *leaf);

/* Builds the copy of a loop with live outputs, instead of rn__copy_loop. */
typedef bool (*rn__copy_loop_hook)(rn__copy_pass *pass, rn__region *outer,
                                   const rn__node *node, rn_graph *to);

/* Builds the copy of a loop's output, instead of rn__copy_get. */
typedef rn_tensor (*rn__copy_get_hook)(rn__copy_pass *pass, const rn__region *region,
                                       const rn__node *node);

typedef struct rn__roots {
    const int32_t *id;
    int count;
} rn__roots;

/* Prepares a graph of the source before its nodes are copied. */
typedef bool (*rn__copy_prepare)(rn__copy_pass *pass, rn__region *region);

struct rn__copy_pass {
    const rn_graph *from;
    rn_graph *to;
    rn__copy_node node;
    rn__copy_leaf leaf;                 /* NULL: rn__copy_leaf_as_is */
    void *data;                         /* of the pass */
    rn__region *at;                     /* the graph of the node being copied, */
    int32_t id;                         /* its id, */
    rn_tensor limit;                    /* and its limit in the copy; null: none */
    rn_tensor limit_rows, limit_order;  /* likewise */
    rn__copy_loop_hook loop;            /* NULL: rn__copy_loop */
    rn__copy_get_hook get;              /* NULL: rn__copy_get */
    rn__copy_prepare prepare;           /* NULL: nothing */
    const rn__roots *roots;             /* for ragged.c, recompute.c and checkpoint.c */
    rn__ragging *ragging;               /* what ragged.c finds */
    const char *context, *context_copy; /* the last context of a node, and its copy;
                                           frame.h */
    rn__arena arena;
    rn__region **region; /* by number of the graph; NULL: not visited */
    int32_t regions;
};

/* Runs the pass. Roots are ids of pass->from; `assigned` adds its assignments to them.
 * False with an error on pass->to. rn__copied returns the copy of a node. rn__copy_finish
 * frees the pass's memory. */
bool rn__copy_run(rn__copy_pass *pass, const int32_t *roots, int count, bool assigned);
rn_tensor rn__copied(const rn__copy_pass *pass, int32_t id);
void rn__copy_finish(rn__copy_pass *pass);

/* The copy of a loop's output, for hooks. */
rn_tensor rn__copy_get(rn__copy_pass *pass, const rn__region *region, const rn__node *node);

/* Copying a loop, for hooks: all of it; or in parts: a new loop of the same form; its
 * leaves; the body's nodes, except those that have a copy already; the collected values;
 * next values and the end. */
bool rn__copy_loop(rn__copy_pass *pass, rn__region *outer, const rn__node *node,
                   rn_graph *to);
rn_loop *rn__copy_loop_begin(const rn__region *outer, const rn__node *node, rn_graph *to);
bool rn__copy_leaves(const rn__region *outer, rn__region *body, const rn_loop *old,
                     rn_loop *loop);
bool rn__copy_body(rn__copy_pass *pass, rn__region *body, rn_graph *to);
bool rn__copy_loop_end(rn__region *outer, rn__region *body, const rn_loop *old,
                       rn_loop *loop);

/* The parts of the end, for several loops that become one: what each collects, and the next
 * values of its carries. A copy of a carry takes the first that it is given. */
void rn__copy_nexts(const rn__region *outer, rn__region *body, const rn_loop *old,
                    rn_loop *loop);

/* Copies one node, if it lives and has no copy yet. */
bool rn__copy_one(rn__copy_pass *pass, rn__region *region, int32_t id, rn_graph *to);

/* The first slot of a view of a history that is `steps` slots of it, 0 or 1; -1: it is
 * something else. In ragged_history.c. */
int rn__history_slots(const rn__node *view, const rn__node *history);

/* What a node reads besides its operands: what limits it; of a loop also its lengths and
 * arrays. Fills `id` and returns how many. */
enum { RN__READS = RN__RAGGED_ARRAYS + 2 };
int rn__copy_reads(const rn__node *node, int32_t *id);

/* Liveness alone; see live.c. */
bool rn__copy_live(rn__copy_pass *pass, const int32_t *roots, int count, bool assigned);
rn__region *rn__copy_region(const rn__copy_pass *pass, const rn_graph *graph);

#endif
