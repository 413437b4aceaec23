/* SPDX-License-Identifier: MIT */
/* The reads and writes of each buffer, in order of steps. */
#ifndef RN_PLAN_ACCESS_H
#define RN_PLAN_ACCESS_H

#include "plan/planner.h"

typedef struct rn__access {
    struct rn__access *next, *prior; /* of the same buffer, in order of steps */
    int32_t step;
    bool write;
    int operand;         /* of the step; -1: its limit, order or packed operand */
    rn__address address; /* in the buffer whose list this is in */
    int64_t low, high;   /* bytes that it may touch: low <= .. < high */
} rn__access;

typedef struct rn__access_list {
    rn__access *first, *last;
    rn__access *latest;       /* the first of those of the last step */
    const rn__access *writer; /* one of them */
    int32_t writers;
    bool until_known;
    int32_t until; /* if known: the last step that touches the buffer; -1: none */
} rn__access_list;

/* Lists by buffer, in the planner's arena; NULL after an error. */
rn__access_list *rn__accesses(rn__planner *p);

/* Merges the list of buffer b, which has become a part of buffer a, into that of a. Where
 * the rows of b are apart there, the operands that touch it have got their strides. */
void rn__access_merge(const rn__plan *plan, rn__access_list *lists, int32_t b, int32_t a);

/* Moves an access of a list to an earlier step, as that one's operand. */
void rn__access_move(rn__access_list *list, rn__access *access, int32_t step, int operand);

/* Whether each element of one operand is the one of the same index of the other, but for
 * axes of size 1. Both are in one buffer. */
bool rn__operands_same(const rn__operand *a, const rn__operand *b);

/* Whether two shapes are the same but for axes of size 1. */
bool rn__operands_alike(const rn__operand *a, const rn__operand *b);

/* Whether two operands in one buffer have no byte in common in the same iteration: they lie
 * one behind the other, or are different columns of rows. False if they advance
 * differently. */
bool rn__operands_apart(const rn__operand *a, const rn__operand *b);

#endif
