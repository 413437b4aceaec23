/* SPDX-License-Identifier: MIT */
/*
 * check_range -- a value that must be within limits.
 *
 *   x  [..]    i32
 *   y  [..]
 *
 *   y = x; the run fails where low <= x <= high does not hold
 *
 * No gradient.
 */
#include "ops/op.h"

#include <stdio.h>
#include <string.h>

#if RN_ONCE

/* Plain numbers: attributes hold no padding. */
typedef struct attributes {
    int64_t low, high;
} attributes;

RN_KERNEL_ONCE(check_range)
{
    const attributes *a = (const attributes *)call->attributes;
    const rn_array *array = &call->in[0];
    const int32_t *x = (const int32_t *)array->data;
    int64_t count = 1;

    for (int i = 0; i < array->rank; i++) count *= array->size[i];
    for (int64_t i = 0; i < count; i++) {
        if (x[i] >= a->low && x[i] <= a->high) continue;
        snprintf(call->message, RN_MESSAGE, "%d is outside %lld..%lld at element %lld",
                 (int)x[i], (long long)a->low, (long long)a->high,
                 (long long)(call->first + i));
        return false;
    }
    if (count) memcpy(call->out->data, x, (size_t)count * sizeof *x);
    return true;
}

static const char *shape(rn_typing *t)
{
    const attributes *a = (const attributes *)t->attributes;

    if (t->in_type[0] != RN_I32) return "the type is not i32";
    if (a->low <= a->high) return NULL;
    snprintf(t->detail, RN_MESSAGE, "%lld..%lld", (long long)a->low, (long long)a->high);
    return "low is above high";
}

static bool divide(const rn_call *call, int axis, int *cut)
{
    (void)call;
    cut[0] = axis;
    return true;
}

const rn_op rn__op_check_range = {RN_NAMED(check_range), .inputs = 1, .shape = shape,
                                  .divide = divide};

rn_tensor rn_check_range(rn_tensor x, int64_t low, int64_t high)
{
    const attributes a = {low, high};

    return rn_apply(&rn__op_check_range, &x, 1, &a, sizeof a);
}

#endif
