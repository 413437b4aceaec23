/* SPDX-License-Identifier: MIT */
/* Values that are computed where others are: what the passes that do so share. */
#ifndef RN_PLAN_ELIDE_H
#define RN_PLAN_ELIDE_H

#include "plan/rows_apart.h"

typedef struct rn__eliding {
    rn__planner *planner;
    rn__plan *plan;
    rn__access_list *lists; /* by buffer */
    int32_t last_kernel;    /* -1: none */
    bool *gone;             /* by step: it is left out */
} rn__eliding;

/* False after an error. The end resolves all addresses, and drops the steps that are gone
 * and the copies whose source is their target. */
bool rn__eliding_begin(rn__eliding *e, rn__planner *p);
bool rn__eliding_end(rn__eliding *e);

/* Whether `from`, which step c reads and then writes to a place, can be computed there. */
bool rn__fits(const rn__eliding *e, int32_t c, const rn__operand *from, const rn__rows *to);

/* Whether an operand at this address is the whole of its buffer, in order. */
bool rn__whole(const rn__plan *plan, const rn__operand *operand,
               const rn__address *address);

/* Whether the output is the whole of its buffer. */
bool rn__writes_whole(const rn__plan *plan, const rn__step *step);

/* Whether a map reads each element of operand i where it writes that of its output (which
 * is dense), if both addresses are the same. */
bool rn__aligned(const rn__plan *plan, const rn__step *step, int i);

bool rn__same_address(const rn__address *a, const rn__address *b);

/* ---- overlay.c ---- */

/* Whether the bytes that a step reads by this access are free from then on: nothing of the
 * step but it, no later one and, in a loop, no later iteration touches them. */
bool rn__free_after(const rn__eliding *e, const rn__access *read, const rn__rows *at);

/* Whether a value that the step makes, a temporary of its block, can be put over what the
 * step reads by this access. */
bool rn__lies_over(const rn__eliding *e, const rn__operand *out, const rn__access *read,
                   const rn__rows *at);

/* ---- stacks.c ---- */

/* What a loop's body touches of a stack in one iteration. */
typedef struct rn__slot {
    int32_t buffer;
    const rn__access *first; /* in the body */
    int64_t low, high;       /* bytes: low <= .. < high; of a ragged loop, of a row */
} rn__slot;

/* False unless the body touches one slot in each iteration; only `buffer` is set before. */
bool rn__find_slot(const rn__plan *plan, const rn__access_list *list, int32_t loop,
                   rn__slot *slot);

/* How far apart the slots that an access touches are; of a ragged loop, the rows. */
int64_t rn__slot_bytes(const rn__plan *plan, int32_t loop, const rn__access *access);

/* The operand of an access, moved by so many bytes, in buffer 0. */
rn__operand rn__operand_at(const rn__plan *plan, const rn__access *access, int64_t moved);

/* From a value of a step to the stack that is computed from it so many maps are followed.
 */
enum { RN__MAPS_TO_STACK = 2 };

/* Puts a stack over columns of another one; stack_columns.c. False if there are none. */
bool rn__put_over_columns(const rn__eliding *e, int32_t loop, const rn__slot *stack);

/* Makes old stacks, which the loop is the last to read, columns of a new one, of which they
 * are most; stack_columns.c. Takes them from the list. False if there are none. */
bool rn__take_columns(const rn__eliding *e, int32_t loop, const rn__slot *stack,
                      rn__slot *old, int *count);

/* Puts stacks over others that are not read again. False after an error. */
bool rn__elide_stacks(const rn__eliding *e);

#endif
