/* SPDX-License-Identifier: MIT */
/*
 * A look at every call for births: of a NaN although no operand is one, or of an infinity
 * although all operands are finite.
 */
#ifndef RN_RUN_LOOK_H
#define RN_RUN_LOOK_H

#include "compile/program.h"

typedef struct rn__look {
    rn_program *program;
    /* Whether to trust the flags: only what raises them is looked at, afterwards, when maps
     * may have overwritten operands. Otherwise maps go in pieces, operands kept aside. */
    bool by_flags;
    bool reached;

    /* The map that runs now. */
    const char *out; /* element `from` of its output */
    int64_t from;
    const int64_t *step; /* of the loops around it */
} rn__look;

/* Before the rows of a map: where its output is, and which element is there. */
void rn__look_begin(rn__look *look, const rn__call *call, int64_t from, const char *out,
                    const int64_t *step);

/* Runs one row of a map, n elements, and looks at it. */
void rn__look_row(rn__look *look, const rn__call *call, int64_t n, const void *const *in,
                  const int64_t *stride, void *out);

/* Looks at a kernel's output; the data of its arrays are still set. */
void rn__look_kernel(rn__look *look, const rn__call *call, const int64_t *step);

/* ---- birth.c ---- */

/* Whether something may still be found at this call. */
bool rn__birth_wanted(const rn__look *look, const rn__call *call);

/* Adds a finding; its text begins with what is in it, operands follow. */
void rn__birth_add(rn__look *look, const rn__call *call, const int64_t *step,
                   int64_t element, double value, const rn_nonfinite_operand *operand);
void rn__birth_add_leaf(rn__look *look, const rn__values *leaf, int64_t element);

#endif
