/* SPDX-License-Identifier: MIT */
/* Values whose rows are apart, as those of a concatenation along the columns. */
#ifndef RN_PLAN_ROWS_APART_H
#define RN_PLAN_ROWS_APART_H

#include "plan/access.h"

/* Where a temporary goes: `rows` of `row` bytes, `pitch` bytes apart; one if it is dense.
 */
typedef struct rn__rows {
    rn__address at;
    int64_t rows, row, pitch;
} rn__rows;

/* Where the target of a copy is. False if it is not of that form. */
bool rn__rows_of(const rn__operand *target, rn__rows *to);

/* Whether an access is clear of a place: known only when both advance alike. */
bool rn__apart(const rn__plan *plan, const rn__access *access, const rn__rows *to);

/* Whether an access touches, in no iteration, the columns of the rows of a place, which are
 * apart. */
bool rn__in_other_columns(const rn__plan *plan, const rn__access *access,
                          const rn__rows *to);

/* Gives an operand at an address in a temporary the strides that it has where the temporary
 * goes. False if no strides do. */
bool rn__restride(rn__operand *operand, const rn__address *at, const rn__rows *to);

/* Whether all steps that touch a temporary accept these strides. */
bool rn__all_accept(const rn__plan *plan, const rn__access *list, const rn__rows *to);

/* Makes buffer b a part of another one, at this place; what touches it gets other strides
 * where its rows are apart there. */
void rn__become_part(rn__plan *plan, rn__access_list *lists, int32_t b, const rn__rows *of);

#endif
