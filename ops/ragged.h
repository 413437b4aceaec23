/* SPDX-License-Identifier: MIT */
/*
 * Rows of a batch of sequences with lengths, packed.
 *
 * The sequences are in order of descending lengths, equal ones in their own order. At step
 * t the first n(t) of them still run, or in a reversed loop run already. Of each step only
 * these rows exist, and the rows of a step follow those of the one before: row j of step t
 * is packed row n(0) + .. + n(t-1) + j.
 */
#ifndef RN_OPS_RAGGED_H
#define RN_OPS_RAGGED_H

#include "rondo/graph.h"

/* All i32, of lengths [B] and T steps. */
typedef enum rn__ragged {
    RN__RAGGED_COUNTS,  /* [T]: n(t) */
    RN__RAGGED_OFFSETS, /* [T]: the first packed row of step t */
    RN__RAGGED_ENDS,    /* [B]: the lengths in order */
    RN__RAGGED_TOTAL,   /* []: the number N of packed rows */
    RN__RAGGED_SLOTS,   /* []: N / B, rounded up */
    RN__RAGGED_ORDER,   /* [B]: the sequences in order */
    /* [T, B], for each packed row; those after the last real row repeat that one: */
    RN__RAGGED_PLAIN,  /* its row t B + b in a stack that is not packed */
    RN__RAGGED_STORED, /* so many of these a loop keeps */
    RN__RAGGED_SORTED =
        RN__RAGGED_STORED, /* its row t B + j in one whose slots are in order, not packed */
    RN__RAGGED_SEQUENCE,   /* its sequence */
    /* [T, B], for row t B + b: its packed row, -1 if it is padding. */
    RN__RAGGED_PACKED,
    RN__RAGGED_PLACE, /* [B]: where each sequence is in order */
    RN__RAGGED_KINDS
} rn__ragged;

/* Lengths outside 0..steps count as the nearest of these. */
rn_tensor rn__ragged_rows(rn_tensor lengths, int64_t steps, rn__ragged kind);

/* Rows of x [N, ..] at indices i32 [I..], zeros where an index is negative: [I.., ..]. */
rn_tensor rn__unpack(rn_tensor x, rn_tensor indices);

#endif
