/* SPDX-License-Identifier: MIT */
/*
 * Branches: which branch every element took, of the operators that choose (relu, abs, max,
 * where, comparisons, ..., and users' that have the rule). Where a step changes a branch, a
 * difference says nothing about the gradient.
 */
#ifndef RN_CHECK_BRANCH_H
#define RN_CHECK_BRANCH_H

#include "compile/copy.h"
#include "rondo/program.h"

/* The choices of one operator, for all steps of the loops around it. */
typedef struct rn__choice {
    rn_graph *graph;
    int32_t id;
    rn_tensor branches; /* in the outermost graph */
    int64_t each;       /* elements in one step of the loops around it */
    size_t bytes;
    char *here; /* the branches at the point that is checked */
} rn__choice;

typedef struct rn__branches {
    rn__list choices;    /* rn__choice */
    rn_program *program; /* gives all branches; NULL: nothing chooses */
    char *now;           /* room for the largest */
} rn__branches;

/* Finds the choices that the loss is made from, adding nodes to its graph. False without
 * memory. Free the program. */
bool rn__branches_find(rn__branches *b, rn_tensor loss, rn__arena *arena);

/* After feeding the program: keeps the branches of this point. */
bool rn__branches_keep(rn__branches *b);

/* Whether all branches are those that were kept; if not, says at whose element in *which,
 * *element. False too when the program fails, with *which NULL. */
bool rn__branches_same(rn__branches *b, const rn__choice **which, int64_t *element);

/* A body's value as a stack over the steps of all loops around it. A step's slice is part
 * of a stack already. */
rn_tensor rn__lift(rn_tensor x);

#endif
