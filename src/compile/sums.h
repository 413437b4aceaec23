/* SPDX-License-Identifier: MIT */
/* Which products of a gradient's sums become one. */
#ifndef RN_COMPILE_SUMS_H
#define RN_COMPILE_SUMS_H

#include "compile/products.h"

enum { RN__TERMS = 64 }; /* of a sum; one of more is left alone */

/* Products of one sum that become one. */
typedef struct rn__joined {
    int32_t id[RN__JOINED_MOST]; /* in order of their operands from outside */
    int count;
    int moving; /* which operand is not from outside */
    int inner[RN__FORM_INPUTS];
    int32_t with; /* from 1: the sum of others whose operands are in one concatenation with
                     these, which overlap; 0: none */
    int shared;   /* how many are in both: the last ones, if these lead; else the first */
    bool leads;
} rn__joined;

typedef struct rn__sums {
    bool *absorbed;  /* by node: a term, or a part of a sum, that only a sum reads */
    int32_t *within; /* by node: the joined products' node whose concatenation has it, from
                        1; 0: none */
    rn__joined **at; /* by node that is a sum's last addition */
} rn__sums;

/* Fills in region->products->of_pass, an rn__sums, for a loop's body. */
bool rn__find_sums(rn__copy_pass *pass, rn__region *region);

/* Finds those of which some operands, but not all, are the same; sums_overlap.c. */
void rn__overlap_sums(const rn__region *region, const rn__sums *sums);

/* The terms of a sum in order; 0 if there are too many. */
int rn__sum_terms(const rn__region *region, const rn__sums *s, int32_t id, int32_t *term);

#endif
