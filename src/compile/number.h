/* SPDX-License-Identifier: MIT */
/*
 * Which values of two loops' bodies are equal in every step.
 *
 * Two nodes are equal if they have the same operator and attributes and equal operands; two
 * leaves, if they read equal outer tensors. Carries are equal if they start equal and equal
 * values make them so in the next step: all that start equal are assumed equal, and those
 * whose next values differ are told apart, round after round, until nothing changes. The
 * loops must run the same steps in the same direction.
 */
#ifndef RN_COMPILE_NUMBER_H
#define RN_COMPILE_NUMBER_H

#include "compile/copy.h"

typedef struct rn__numbered {
    const rn__region *body;
    const rn_loop *loop;
    int32_t
        *number; /* by node of the body; equal numbers are equal values. Live ones only */
    int32_t *carry; /* by carry: the number of its class */
} rn__numbered;

/* Numbers two bodies; same[i] is the first outer node that node i is equal to. The arrays
 * come from the arena. How many numbers there are; 0 if it takes too many rounds; -1
 * without memory. */
int32_t rn__number_pair(rn__numbered *pair, const int32_t *same, rn__arena *arena);

/* 1 if both compute something that is worth a merger: what depends on a carry, or a product
 * that cannot leave its loop. 0 if not; -1 without memory. */
int rn__number_shares(const rn__numbered *pair, int32_t numbers, rn__arena *arena);

/* merge_pair.c: the carry of the first loop that is equal to carry i of the second; -1:
 * none. Sets same[] of the outputs of the second loop that are equal to outputs of the
 * first. */
int32_t rn__pair_carry(const rn__numbered *pair, int i);
void rn__pair_outputs(const rn__numbered *pair, const rn__region *outer, int32_t *same);

/* Hashes of all that is worth a merger in a body, equal where the values are (and perhaps
 * elsewhere). How many; -1 without memory. */
int32_t rn__number_hashes(const rn__region *body, const rn_loop *loop, const int32_t *same,
                          uint64_t **hashes, rn__arena *arena);

/* Mixes what makes a node equal to another, but for its operands, into a hash; and compares
 * it. */
uint64_t rn__node_hash(const rn__node *node, uint64_t hash);
bool rn__node_alike(const rn__node *a, const rn__node *b);

#endif
