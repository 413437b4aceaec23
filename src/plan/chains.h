/* SPDX-License-Identifier: MIT */
/* Chains: what the passes that find them share. */
#ifndef RN_PLAN_CHAINS_H
#define RN_PLAN_CHAINS_H

#include "plan/access.h"

/* Steps of a chain: each is compared with all of them, and the tiles of more would not stay
 * in the cache. */
enum { RN__CHAIN_LONGEST = 128 };

/* A chain that begins at some step; end 0: none does. */
typedef struct rn__chain {
    int32_t end;  /* the first step after it */
    int64_t tile; /* see rn__step */
    int64_t rows;
} rn__chain;

/* Puts a step for each chain before its steps; chains are by their first steps. False after
 * an error. */
bool rn__insert_chains(rn__planner *p, const rn__chain *chains);

/* Whether two steps are cut to the same number of iterations. */
bool rn__same_limit(const rn__step *a, const rn__step *b);

/* ---- rows.c ---- */

/* Whether a step is a map, or a reduction within rows, that can run row by row, each with
 * the bits of all at once. */
bool rn__runs_by_rows(const rn__plan *plan, const rn__step *step, int64_t rows);

/* Of a reduction that can run row by row: how many rows it has, the most below `below`; 0:
 * it cannot. A row may be one of several axes. */
int64_t rn__reduction_rows(const rn__plan *plan, const rn__step *step, int64_t below);

/* What the elements of a row take in the largest operand; and whether a step runs by rows
 * that are short enough. */
int64_t rn__row_bytes(const rn__plan *plan, const rn__step *step, int64_t rows);
bool rn__fits_rows(const rn__planner *p, const rn__step *step, int64_t rows);

/* Whether some steps should run by longer rows, because these are in much more of what they
 * read and write. */
static inline bool rn__worth_longer_rows(double more, double bytes)
{
    return more > 1.1 * bytes;
}

#endif
