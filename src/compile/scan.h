/* SPDX-License-Identifier: MIT */
/*
 * Loops that become scans: what is carried is affine in itself, element by element,
 *
 *   c(t + 1) = a(t) c(t) + b(t)          a and b of no carry that is not known yet
 *
 * Of a node that depends on one carry c, of c's shape, it is known whether it is a c + b;
 * of one that depends on a pair (scan_pairs.c) whether it is a c + a' c' + b.
 */
#ifndef RN_COMPILE_SCAN_H
#define RN_COMPILE_SCAN_H

#include "compile/hoisting.h"

enum { RN__OF_NONE = -1, RN__OF_MANY = -2 }; /* or the only carry that a node depends on */

/* What is known of a node a c + b. */
enum {
    RN__AFFINE = 1,
    RN__SCALED = 2, /* a is not 1 */
    RN__MOVED = 4,  /* b is not 0 */
    RN__PAIRED = 8  /* it depends on both carries of a pair */
};

enum { RN__CUT = 1 }; /* in other places */

typedef struct rn__scan {
    rn__hoisting b;     /* b.to: where all is computed, b.old: the loop, as if it had only
                           the steps that are computed at once */
    bool hoisted;       /* the loop has been; else products are computed here too */
    int64_t blocks;     /* of steps */
    rn_loop one, *loop; /* b.old; the loop over blocks, NULL: there is one block */
    rn_tensor *leaf, *states; /* by carry: its value before a block, its history there, or
                                 the values after the steps, if no others are read */
    rn_tensor *after;         /* by carry: its values after the steps of a block */
    int32_t *of;         /* by node: the carry that it depends on, of those not known; the
                            first of a pair */
    uint64_t *on;        /* by node: the carries that it depends on, as bits */
    int *mate;           /* by carry: the other one of its pair; -1 */
    int32_t *sum;        /* by carry: what is scanned instead (scan_sums.c); -1 */
    unsigned char *form; /* by node: of one that depends on one carry */
    int32_t *cut;        /* by node: if another value stands in places for a carry that it
                            depends on, which 0 times an infinity is not: 2 condition + 2,
                            and 1 more if where that is true; or RN__CUT */
    bool *affine;        /* by node: so is one, in whatever form */
    bool *known;         /* by carry: its values in all steps are */
    int64_t *shown;      /* by node: see rn__scan_find_ranges */
    bool *want, *cone;   /* by node: the stacks to make; what next values are made of */
    rn__batched *scale[2], *shift; /* by node of the cone: a, of a pair a and a', and b;
                                      null: 1 and 0 */
} rn__scan;

/* Allocates the arrays, all carries unknown. False without memory. */
bool rn__scan_begin(rn__scan *s, rn__arena *arena);

/* ---- scan_pairs.c ---- */

/* Allocates `on`, `mate` and `sum`, and fills in the first two; the first carry of the pair
 * that a node depends on, or -1. */
bool rn__scan_begin_pairs(rn__scan *s, rn__arena *arena);
void rn__scan_find_pairs(rn__scan *s);
int rn__scan_pair_of(const rn__scan *s, int32_t id);

/* The carry of which scale[side] is the factor in node id; -1: it does not depend on it. */
int rn__scan_side_carry(const rn__scan *s, int32_t id, int side);

/* Whether a node depends on a carry, of those that a scan computes with it. */
bool rn__scan_depends(const rn__scan *s, int32_t id, int carry);

/* ---- scan_sums.c ---- */

/* Fills in `sum`, for which `on` and `mate` are known; drops those for which forms show
 * that more than a factor follows. True if there are any. */
void rn__scan_find_sums(rn__scan *s);
bool rn__scan_drop_sums(rn__scan *s);

/* What a sum adds to a carry. */
int32_t rn__scan_added(const rn__scan *s, int32_t sum, int32_t leaf);

/* ---- scan_maps.c ---- */

/* Whether a node that depends on one carry is affine in it; its operands are classified. */
bool rn__scan_is_affine(const rn__scan *s, int32_t id, int carry);

/* Whether a carry and its mate are of the form a c + b, or of one whose nodes are computed
 * in the scan as they stand; then their states, of two along the second axis. */
bool rn__scan_has_form(const rn__scan *s, int carry);
bool rn__scan_has_program(const rn__scan *s, int carry);
rn_tensor rn__scan_mapped(const rn__scan *s, int carry, const rn_tensor *initial,
                          bool after);

/* ---- scan_find.c ---- */

/* Fills in `of` and `form`; whether the carry's next value is affine then. */
void rn__scan_classify(rn__scan *s);
bool rn__scan_solves(const rn__scan *s, int carry);

/* Whether all carries can become known, and all nodes be computed for all steps at once.
 * The carries are unknown again, but for those that are sums. */
bool rn__scan_possible(rn__scan *s);

/* ---- scan_blocks.c ---- */

/* How many steps to compute at once; 0: it is not worth it. */
int64_t rn__scan_block(const rn__scan *s);

/* ---- scan_stacks.c ---- */

/* Finds what only ranges are read of, as of a product of all gates. */
void rn__scan_find_ranges(rn__scan *s);

/* Makes the stacks that are wanted, and those that these need. False after an error. */
bool rn__scan_make_stacks(rn__scan *s);

/* A value repeated to a stack of this shape in a step. */
rn_tensor rn__scan_whole(const rn__scan *s, rn__batched x, rn_shape shape);

/* A constant of all steps. */
rn__batched rn__scan_scalar(const rn__scan *s, rn_type type, double value);

/* Marks what the carries that can be solved are made of, and makes a and b of that; all
 * that is wanted has stacks. */
void rn__scan_find_cone(rn__scan *s);
bool rn__scan_make_forms(rn__scan *s);

/* ---- scan_carry.c ---- */

/* Makes all carries known but those that are sums. */
bool rn__scan_rounds(rn__scan *s);

/* Whether a carry is a sum; what sums are computed from becomes wanted; their totals. */
bool rn__scan_is_sum(const rn__scan *s, int carry);
void rn__scan_want_summands(rn__scan *s);
bool rn__scan_make_sums(rn__scan *s);

#endif
