/* SPDX-License-Identifier: MIT */
/* stack -- tensors of one shape joined along a new axis. */
#include "graph/frame.h"
#include "ops/op.h"

enum { AT_ONCE = 64 };

static const rn_op name = {.name = "stack"};

/* Stacks parts recursively, so that the list of operands has a fixed length. */
static rn_tensor stack(const rn_tensor *x, int count, int axis)
{
    rn_tensor part[AT_ONCE];
    int parts = 0;
    int64_t each = 1;

    while (count > each * AT_ONCE) each *= AT_ONCE;
    for (int64_t from = 0; from < count; from += each) {
        const int64_t left = count - from;

        part[parts] = each == 1 ? rn_expand(x[from], axis)
                                : stack(x + from, (int)(left < each ? left : each), axis);
        if (rn_is_null(part[parts++])) return rn_null();
    }
    return rn_concat(part, parts, axis);
}

rn_tensor rn_stack(const rn_tensor *x, int count, int axis)
{
    if (count < 1 || !x) return rn__null_from("stack", RN__NULL_LIST, NULL, 0);
    for (int i = 0; i < count; i++)
        if (rn_is_null(x[i]))
            return rn__op_refuse(&name, x, count, "tensor %d is the null tensor", i);

    rn__frame f;
    rn__frame_enter(&f, "stack", NULL, x[0], count > 1 ? x[1] : rn_null());
    return rn__frame_leave(&f, stack(x, count, axis));
}
