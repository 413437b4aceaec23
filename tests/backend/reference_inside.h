/* SPDX-License-Identifier: MIT */
/* The reference back end from inside: what its files share. */
#ifndef RN_TESTS_BACKEND_REFERENCE_INSIDE_H
#define RN_TESTS_BACKEND_REFERENCE_INSIDE_H

#include "quad_node.h"
#include "reference.h"

#include "backend/watch.h"

typedef struct rn_reference {
    const rn__plan *plan;
    char **base; /* by buffer */
    char *workspace, *tiles, *scratch;
    size_t scratch_bytes;
    int64_t iteration[RN__ADVANCES]; /* then the packed rows */
    /* Of the chain by rows that runs: how many rows it has, 0: none runs; rows from..end -
     * 1 run now, and values of one tile have room for so many. */
    int64_t rows, from, end, tile;
    rn__watch watch;
    rn__tracer *tracer;
    bool raised;
    char *error;
    size_t capacity;
} rn_reference;

/* Where an operand's first element is; where element i, row by row, of `shape` is in an
 * operand that broadcasts to it. */
char *rn_reference_at(const rn_reference *r, const rn__address *address);
char *rn_reference_element(const rn_reference *r, const rn__operand *o, rn_shape shape,
                           int64_t i);
rn_shape rn_reference_shape(const rn__operand *o);

/* An element; of a result, rounded to its type. */
quad rn_reference_get(rn_type type, const char *from);
void rn_reference_put(rn_type type, char *to, quad value);

/* The number at an address, within 0..most; the sizes of an operand that a step's limit
 * leaves, and how many elements these are. */
int64_t rn_reference_limit(const rn_reference *r, const rn__address *address, int64_t most);
rn_shape rn_reference_cut(const rn_reference *r, const rn__step *step,
                          const rn__operand *o);
int64_t rn_reference_count(const rn_reference *r, const rn__step *step,
                           const rn__operand *o);

/* Elements from..end - 1 of a map's output; values of one tile begin with element `from`.
 */
void rn_reference_map(rn_reference *r, const rn__step *step, int64_t from, int64_t end);

/* Copies, packed operands and tails. */
void rn_reference_copy(const rn_reference *r, const rn__step *step);
void rn_reference_pack(const rn_reference *r, const rn__step *step);
void rn_reference_tail(const rn_reference *r, const rn__step *step);

/* Whether element i of an operand of so many elements is in a row that runs now. */
bool rn_reference_runs(const rn_reference *r, int64_t i, int64_t count);

/* False when the kernel rejects its values. */
bool rn_reference_kernel(rn_reference *r, const rn__step *step);

#endif
