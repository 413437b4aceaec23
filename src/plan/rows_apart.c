/* SPDX-License-Identifier: MIT */
/* Values whose rows are apart. */
#include "plan/rows_apart.h"

#include <string.h>

/* False if the target is not of that form. */
bool rn__rows_of(const rn__operand *target, rn__rows *to)
{
    const int64_t size = (int64_t)rn_type_size(target->type);
    int64_t step = 1;
    int i = target->rank - 1;

    *to = (rn__rows){.at = target->at, .rows = 1};
    for (; i >= 0 && (target->size[i] == 1 || target->stride[i] == step); i--)
        step *= target->size[i];
    to->row = to->pitch = step * size;
    if (i < 0) return true;
    to->pitch = target->stride[i] * size;
    for (; i >= 0; i--) {
        if (target->size[i] == 1) continue;
        if (target->stride[i] * size != to->rows * to->pitch) return false;
        to->rows *= target->size[i];
    }
    return to->row > 0 && to->pitch > to->row;
}

/* Whether an access stays within columns of the rows that are not those of the target. */
static bool in_other_columns(const rn__plan *plan, const rn__access *access,
                             const rn__rows *to)
{
    if (access->operand < 0 || to->rows == 1) return false;
    const rn__operand *operand =
        rn__step_operands(plan, &plan->step[access->step]) + access->operand;
    const int64_t size = (int64_t)rn_type_size(operand->type);
    int64_t first = (access->address.offset - to->at.offset) % to->pitch, width = size;

    for (int i = 0; i < operand->rank; i++) {
        const int64_t stride = operand->stride[i] * size;
        if (operand->size[i] <= 1 || stride % to->pitch == 0) continue;
        if (stride < 0) return false;
        width += (operand->size[i] - 1) * stride;
    }
    if (first < 0) first += to->pitch;
    return first >= to->row && first + width <= to->pitch;
}

bool rn__in_other_columns(const rn__plan *plan, const rn__access *access,
                          const rn__rows *to)
{
    for (int d = 0; d < RN__ADVANCES; d++)
        if (access->address.advance[d] % to->pitch || to->at.advance[d] % to->pitch)
            return false;
    return in_other_columns(plan, access, to);
}

/* Whether an access is clear of a place: known only when both advance alike. */
bool rn__apart(const rn__plan *plan, const rn__access *access, const rn__rows *to)
{
    const int64_t end = to->at.offset + (to->rows - 1) * to->pitch + to->row;

    if (memcmp(access->address.advance, to->at.advance, sizeof to->at.advance) != 0)
        return false;
    return access->high <= to->at.offset || end <= access->low ||
           in_other_columns(plan, access, to);
}

/* Gives an operand at an address in a temporary the strides that it has where the temporary
 * goes. False if no strides do. */
bool rn__restride(rn__operand *operand, const rn__address *at, const rn__rows *to)
{
    const int64_t size = (int64_t)rn_type_size(operand->type);
    int64_t within = at->offset % to->row + size;

    for (int d = 0; d < RN__ADVANCES; d++)
        if (at->advance[d] % to->row) return false;
    for (int i = 0; i < operand->rank; i++) {
        const int64_t stride = operand->stride[i] * size;
        if (operand->size[i] == 0) return false;
        if (operand->size[i] == 1) continue;
        if (stride < 0) return false;
        if (stride % to->row == 0 && to->pitch % size == 0)
            operand->stride[i] = stride / to->row * to->pitch / size;
        else
            within += (operand->size[i] - 1) * stride;
    }
    return within <= to->row;
}

/* Whether a map can write this: the innermost elements one after the other. */
static bool writable(const rn__operand *out)
{
    int i = out->rank - 1;

    while (i >= 0 && out->size[i] == 1) i--;
    return i < 0 || out->stride[i] == 1;
}

/* Whether a step accepts an operand with other strides. */
static bool accepts(const rn__plan *plan, const rn__access *access, const rn__rows *to)
{
    const rn__step *step = &plan->step[access->step];
    const rn__node *node = rn__step_node(plan, step);

    if (access->operand < 0) return false;
    rn__operand operand = rn__step_operands(plan, step)[access->operand];
    if (!rn__restride(&operand, &access->address, to)) return false;
    switch (step->kind) {
    case RN__STEP_MAP:
        return !access->write || writable(&operand);
    case RN__STEP_COPY:
        return true;
    case RN__STEP_KERNEL:
        if (step->added >= 0 && access->operand >= rn__step_kernel_inputs(step))
            return writable(&operand);
        return !access->write && (node->op->flags & RN_OP_STRIDED);
    default:
        return false;
    }
}

bool rn__all_accept(const rn__plan *plan, const rn__access *list, const rn__rows *to)
{
    for (; list; list = list->next)
        if (!accepts(plan, list, to)) return false;
    return true;
}

rn__address rn__in_whole(const rn__buffer *part, rn__address address)
{
    const int64_t row = part->row ? part->row : 1, pitch = part->row ? part->pitch : 1;

    address.buffer = part->part.buffer;
    address.offset =
        address.offset / row * pitch + address.offset % row + part->part.offset;
    for (int d = 0; d < RN__ADVANCES; d++)
        address.advance[d] = address.advance[d] / row * pitch + part->part.advance[d];
    return address;
}
