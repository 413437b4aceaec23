/* SPDX-License-Identifier: MIT */
/* The kernel of linear_scan.c for all types, and the scan of packed rows, for the compiler.
 */
#ifndef RN_OPS_LINEAR_SCAN_H
#define RN_OPS_LINEAR_SCAN_H

#include "ops/op.h"

/* Bits of the attribute; `after`: without the initial state; `sums`: the state is a[t] y[t]
 * after a step, and y[t] [T, ..] the state before it plus b[t]; `mapped`: the attributes
 * are a program. */
enum { RN__SCAN_REVERSE = 1, RN__SCAN_AFTER = 2, RN__SCAN_SUMS = 4, RN__SCAN_MAPPED = 8 };

/* Columns on their way through the steps, as numbers of elements: next_x is from a step to
 * the one that is computed next, by_x from a column to the next one, 1 of h and y. */
typedef struct rn__scan_lines {
    int64_t steps, next_a, next_b, next_y, by_a, by_b;
    const void *a, *b, *h;
    void *y; /* the state after the first step; may be where h is */
} rn__scan_lines;

/* Computes the states of n columns after each step. */
typedef void rn__scan_kernel(int64_t n, const rn__scan_lines *lines);

/* The kernel, for the columns of a type and an instruction set (linear_scan_run.c). */
bool rn__linear_scan(const rn_call *call, rn__scan_kernel *kernel);

/* The states after each step, [T, ..], or with RN__SCAN_SUMS the sums. It has no gradient.
 */
rn_tensor rn__linear_scan_after(rn_tensor a, rn_tensor b, rn_tensor h, int64_t attribute);

/* How a step is computed by element-wise operators (linear_scan_maps.c). The values that
 * they read are numbered: first the operands of the scan, of which the last ones are the
 * states, then the results, of which some, all different, are the next states. A third
 * input of a sum: it adds the product of the others. */
enum { RN__SCAN_OPERANDS = 16, RN__SCAN_MAPS = 16, RN__SCAN_STATES = 2 };

typedef struct rn__scan_map {
    const rn_op *op;
    int32_t inputs, in[3];
} rn__scan_map;

typedef struct rn__scan_program {
    int64_t attribute, steps, maps, states, out[RN__SCAN_STATES];
    rn__scan_map map[RN__SCAN_MAPS];
} rn__scan_program;

static inline bool rn__scan_is_mapped(const void *attributes)
{
    return *(const int64_t *)attributes & RN__SCAN_MAPPED;
}

/* The kernel, and its scratch memory: for the results of a step. */
bool rn__scan_by_maps(const rn_call *call);
size_t rn__scan_scratch(const rn_call *call);

/* The states as of rn_linear_scan; in is the operands [T, ..] of reals and bools, and the
 * initial states [..]. Two states are [.., 2, ..], the second axis. It has no gradient. */
rn_tensor rn__linear_scan_maps(const rn_tensor *in, int inputs, const rn__scan_program *p);

/* Of pairs: columns of a, a', b, d, d', e, h and g, as numbers of elements. The states of g
 * are `apart` elements behind those of h. */
enum { RN__PAIR_STEPS = 6, RN__PAIR_OPERANDS = 8 };

typedef struct rn__pair_lines {
    int64_t steps, next[RN__PAIR_STEPS], next_y, by[RN__PAIR_OPERANDS], apart;
    const void *x[RN__PAIR_OPERANDS];
    void *y; /* the states after the first step */
} rn__pair_lines;

typedef void rn__pair_kernel(int64_t n, const rn__pair_lines *lines);

bool rn__pair_scan(const rn_call *call, rn__pair_kernel *kernel);

/* A pair of states [.., H] that need one another: in is a, a', b, d, d', e [T, .., H] and
 * the initial h and g. y [T + 1 or T, .., 2, H]. It has no gradient.
 *
 *   h' = (a h + a' g) + b, g' = (d h + d' g) + e */
rn_tensor rn__linear_scan_pair(const rn_tensor *in, bool reverse, bool after);

/* a, b [T, B, ..], packed where their rows vary with the steps; h [B, ..] in order. States
 * [T + 1, B, ..] in slots whose rows are in order. It has no gradient. */
rn_tensor rn__linear_scan_rows(rn_tensor a, rn_tensor b, rn_tensor h, rn_tensor offsets,
                               rn_tensor ends, bool reverse);

#endif
