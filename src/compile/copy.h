/* SPDX-License-Identifier: MIT */
/*
 * Copying what lives of a graph: the frame of every pass that rewrites.
 *
 * A pass is a hook that makes one node of the copy, given the new operands; the frame finds
 * what the roots need (of loops too: the steps' inputs, carries and stacks that somebody
 * reads) and rebuilds loops. What in a body depends on nothing of the body moves out of it
 * by itself, for an operator belongs to the innermost graph of its operands.
 */
#ifndef RN_COMPILE_COPY_H
#define RN_COMPILE_COPY_H

#include "graph/node.h"

typedef struct rn__copy_pass rn__copy_pass;
typedef struct rn__merge rn__merge;

/* What is known of one graph of the source: the root, or a loop's body. */
typedef struct rn__region {
    const rn_graph *graph;
    bool *live;
    rn_tensor *to;    /* what became of each node; null: nothing */
    bool *carried;    /* by carry: somebody reads its leaf, its end or its history */
    rn_tensor *stack; /* of a body: what left the loop, for all steps; NULL: nothing */
    rn_tensor *total; /* of a body, by carry: its end, where that left the loop */
    rn__merge *merge; /* groups of its loops; merge.c */
} rn__region;

/* Makes the copy of a node that is no leaf and no loop, in the graph where it belongs. */
typedef rn_tensor (*rn__copy_node)(rn__copy_pass *pass, const rn__node *node,
                                   const rn_tensor *in);

/* Makes the copy of a leaf of the outermost graph, or of a constant, which belongs
 * there. */
typedef rn_tensor (*rn__copy_leaf)(rn__copy_pass *pass, const rn__node *leaf);

/* For hooks: the same operator on the new operands, with the same limit; the same leaf. */
rn_tensor rn__copy_as_is(const rn__copy_pass *pass, const rn__node *node,
                         const rn_tensor *in);
rn_tensor rn__copy_leaf_as_is(const rn__copy_pass *pass, const rn__node *leaf);

/* Makes the copy of a loop whose outputs live, in place of rn__copy_loop. */
typedef bool (*rn__copy_loop_hook)(rn__copy_pass *pass, rn__region *outer,
                                   const rn__node *node, rn_graph *to);

struct rn__copy_pass {
    const rn_graph *from;
    rn_graph *to;
    rn__copy_node node;
    rn__copy_leaf leaf;           /* NULL: rn__copy_leaf_as_is */
    void *data;                   /* of the pass */
    rn_tensor limit;              /* of the node being copied, in the copy; null: none */
    rn__copy_loop_hook loop;      /* NULL: rn__copy_loop */
    const char *told, *told_copy; /* the last of these texts, and its copy; frame.h */
    rn__arena arena;
    rn__region **region; /* by number of the graph; NULL: not seen */
    int32_t regions;
};

/* Roots are ids of pass->from, `assigned` adds its assignments to them. False after an
 * error on pass->to. Then rn__copied gives the copies; rn__copy_finish frees what the pass
 * keeps. */
bool rn__copy_run(rn__copy_pass *pass, const int32_t *roots, int count, bool assigned);
rn_tensor rn__copied(const rn__copy_pass *pass, int32_t id);
void rn__copy_finish(rn__copy_pass *pass);

/* The parts of copying a loop, for hooks: the whole of it; a new loop of the same form; its
 * leaves; the body's nodes (those that have a copy already keep it); what is collected;
 * nexts and end. */
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

/* The liveness part alone; see live.c. */
bool rn__copy_live(rn__copy_pass *pass, const int32_t *roots, int count, bool assigned);
rn__region *rn__copy_region(const rn__copy_pass *pass, const rn_graph *graph);

#endif
