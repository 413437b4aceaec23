/* SPDX-License-Identifier: MIT */
/* What back ends share of a step: its operands as arrays, its scratch, and its message when
 * its kernel rejects values. */
#include <stdio.h>
#include <string.h>

#include "backend/backend.h"

rn_array rn__step_array(const rn__operand *operand, void *data)
{
    rn_array array = {.data = data, .type = operand->type, .rank = operand->rank};

    memcpy(array.size, operand->size, sizeof array.size);
    memcpy(array.stride, operand->stride, sizeof array.stride);
    return array;
}

rn_array *rn__step_form(const rn__plan *plan, const rn__step *step, rn_call *form)
{
    const size_t n = (size_t)step->inputs + 1;
    rn_array *array = (rn_array *)rn__new(plan->allocator, n * sizeof *array);

    for (size_t i = 0; array && i < n; i++)
        array[i] = rn__step_array(rn__step_operands(plan, step) + i, NULL);
    *form = (rn_call){.in = array,
                      .out = array + step->inputs,
                      .attributes = rn__step_node(plan, step)->attributes,
                      .inputs = rn__step_kernel_inputs(step)};
    return array;
}

size_t rn__step_scratch(const rn__plan *plan, const rn__step *step)
{
    const rn__node *node = rn__step_node(plan, step);
    rn_call form;

    if (step->kind != RN__STEP_KERNEL || !node->op->scratch) return 0;
    rn_array *array = rn__step_form(plan, step, &form);
    if (!array) return SIZE_MAX;
    const size_t bytes = node->op->scratch(&form);
    rn__free(plan->allocator, array);
    return bytes;
}

size_t rn__step_packed(const rn__plan *plan, const rn__step *step, int *operand)
{
    const rn__node *node = rn__step_node(plan, step);
    rn_call form;

    if (step->kind != RN__STEP_KERNEL || !node->op->pack) return 0;
    rn_array *array = rn__step_form(plan, step, &form);
    if (!array) return SIZE_MAX;
    const size_t bytes = node->op->pack(&form, operand);
    rn__free(plan->allocator, array);
    return bytes;
}

/* The operator, what its kernel rejected, and where. */
void rn__step_fault(const rn__plan *plan, const rn__step *step, const int64_t *iteration,
                    const char *message, char *error, size_t capacity)
{
    const rn__node *node = rn__step_node(plan, step);
    char where[64] = "", shape[128];
    size_t used = 0;

    for (int d = 0; d < step->depth && used < sizeof where; d++)
        used += (size_t)snprintf(where + used, sizeof where - used, "%s%lld",
                                 d ? "," : " at step ", (long long)iteration[d]);
    if (node->context && message[0]) {
        const char *context = node->context, *of = context + strlen(context) + 1;
        snprintf(error, capacity, "%s%s%s%s%s", context, message, *of ? " of " : "", of,
                 where);
        return;
    }
    snprintf(error, capacity, "%s: %s: %s %s%s", node->op->name,
             message[0] ? message : "refused by its kernel",
             node->name ? node->name : "result",
             rn__shape_text(node->shape, shape, sizeof shape), where);
}
