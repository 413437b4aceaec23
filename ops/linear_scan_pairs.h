/* SPDX-License-Identifier: MIT */
/* The kernel of linear_scan.c for pairs of states, for each type and instruction set. */
#ifndef RN_OPS_LINEAR_SCAN_PAIRS_H
#define RN_OPS_LINEAR_SCAN_PAIRS_H

#include "kernel/simd.h"
#include "ops/linear_scan.h"

/* All steps of one pair. */
static void steps_of_pair(const rn__pair_lines *l, int64_t at)
{
    const real *x[RN__PAIR_OPERANDS];
    real *y = (real *)l->y + at;

    for (int i = 0; i < RN__PAIR_OPERANDS; i++)
        x[i] = (const real *)l->x[i] + at * l->by[i];
    real h = *x[6], g = *x[7];
    for (int64_t k = 0; k < l->steps; k++, y += l->next_y) {
        const real next = (*x[0] * h + *x[1] * g) + *x[2];
        g = (*x[3] * h + *x[4] * g) + *x[5];
        h = next;
        y[0] = h;
        y[l->apart] = g;
        for (int i = 0; i < RN__PAIR_STEPS; i++) x[i] += l->next[i];
    }
}

/* The same of two vectors of pairs. */
static void steps_of_pairs(const rn__pair_lines *l, int64_t at)
{
    enum { VECTORS = 2 };
    const real *x[RN__PAIR_OPERANDS];
    real *y = (real *)l->y + at;
    vec h[VECTORS], g[VECTORS];

    for (int i = 0; i < RN__PAIR_OPERANDS; i++) x[i] = (const real *)l->x[i] + at;
    for (int i = 0; i < VECTORS; i++) h[i] = load(x[6] + i * LANES);
    for (int i = 0; i < VECTORS; i++) g[i] = load(x[7] + i * LANES);
    for (int64_t k = 0; k < l->steps; k++, y += l->next_y) {
        UNROLL
        for (int i = 0; i < VECTORS; i++) {
            const vec a = load(x[0] + i * LANES), b = load(x[1] + i * LANES);
            const vec d = load(x[3] + i * LANES), e = load(x[4] + i * LANES);
            const vec next = (a * h[i] + b * g[i]) + load(x[2] + i * LANES);
            g[i] = (d * h[i] + e * g[i]) + load(x[5] + i * LANES);
            h[i] = next;
            store(y + i * LANES, h[i]);
            store(y + l->apart + i * LANES, g[i]);
        }
        UNROLL
        for (int i = 0; i < RN__PAIR_STEPS; i++) x[i] += l->next[i];
    }
}

static void scan_pairs(int64_t n, const rn__pair_lines *l)
{
    int64_t at = 0;
    bool dense = true;

    for (int i = 0; i < RN__PAIR_OPERANDS; i++) dense &= l->by[i] == 1;
    for (; dense && n - at >= 2 * LANES; at += 2 * LANES) steps_of_pairs(l, at);
    for (; at < n; at++) steps_of_pair(l, at);
}

#endif
