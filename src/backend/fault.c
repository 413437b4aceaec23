/* SPDX-License-Identifier: MIT */
/* What a step that fails says: the operator, what its kernel rejected, and where. */
#include <stdio.h>
#include <string.h>

#include "backend/backend.h"

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
