/* SPDX-License-Identifier: MIT */
/* What of a loop's body leaves it, and in which way. */
#ifndef RN_COMPILE_HOIST_H
#define RN_COMPILE_HOIST_H

#include "compile/copy.h"

typedef enum rn__hoist_target {
    RN__STAYS,
    RN__BEFORE, /* depends on no carry: for all steps at once, before the loop */
    RN__AFTER   /* no carry depends on it: the same, after the loop */
} rn__hoist_target;

typedef struct rn__hoist {
    const rn__region *outer, *body;
    const rn_loop *loop;
    unsigned char *target;   /* by node of the body */
    bool *varies, *of_carry; /* depends on the step; on a carry */
    bool *inside;            /* has to be computed in the body */
    bool *in_sum;     /* an addition or a product that a sum over the steps replaces */
    bool *summed;     /* by carry: it only adds up, and the sum is made after the loop */
    int32_t *readers; /* how often a node is read: by live nodes, as a next, collected */
    int32_t *stack;   /* room for all nodes */
    bool any;         /* something leaves */
} rn__hoist;

/* Fills in the arrays, from the arena. False without memory. */
bool rn__hoist_classify(rn__hoist *hoist, rn__arena *arena);

/* What a carry that only adds up adds, or -1: of carry = carry + increment. */
int32_t rn__hoist_increment(const rn_loop *loop, int carry);

/* Whether node `id` is x' y of two matrices that change from step to step. */
bool rn__hoist_product(const rn__hoist *hoist, int32_t id);

#endif
