/* SPDX-License-Identifier: MIT */
/* The shape rule of all comparisons. */
#include "ops/compare.h"

const char *rn__compare_shape(rn_typing *t)
{
    if (t->in_type[0] != t->in_type[1]) return "types differ";
    if (!rn_shape_broadcast(t->in_shape[0], t->in_shape[1], &t->shape))
        return "shapes do not broadcast";
    t->variant = (int)t->in_type[0];
    t->type = RN_BOOL;
    return NULL;
}
