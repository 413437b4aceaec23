/* SPDX-License-Identifier: MIT */
/*
 * Numbers for the values of several loops' bodies, equal where the values are equal in
 * every step.
 *
 * Two nodes get one number if they have the same operator and attributes and their operands
 * have the same numbers; two leaves, if they read the same outer tensor. Carries are equal
 * if they start equal and equal values make them so in the next step: all that start equal
 * are assumed equal, and those whose next values differ are told apart, until nothing
 * changes. The loops must run the same steps in the same direction.
 */
#ifndef RN_COMPILE_NUMBER_H
#define RN_COMPILE_NUMBER_H

#include "compile/copy.h"

typedef struct rn__numbered {
    const rn__region *body;
    const rn_loop *loop;
    int32_t *number; /* by node of the body; of those that live */
    int32_t *carry;  /* by carry: the number of its class */
} rn__numbered;

/* Numbers the bodies of `count` loops. The arrays come from the arena. How many numbers
 * there are; -1 without memory. */
int32_t rn__number_bodies(rn__numbered *loops, int count, rn__arena *arena);

/* 1 if the last loop computes something that one before it does too, and that is worth a
 * merger: a product, or what depends on a carry. 0 if not; -1 without memory. */
int rn__number_shares(const rn__numbered *loops, int count, int32_t numbers,
                      rn__arena *arena);

#endif
