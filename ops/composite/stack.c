/* SPDX-License-Identifier: MIT */
/* stack -- tensors of one shape one after the other along a new axis. */
#include "op.h"

enum { AT_ONCE = 64 };

/* In parts of parts, so that the list of operands has a fixed length. */
rn_tensor rn_stack(const rn_tensor *x, int count, int axis)
{
    rn_tensor part[AT_ONCE];
    int parts = 0, each = 1;

    while (count > each * AT_ONCE) each *= AT_ONCE;
    for (int from = 0; from < count; from += each) {
        const int left = count - from;

        part[parts] = each == 1 ? rn_expand(x[from], axis)
                                : rn_stack(x + from, left < each ? left : each, axis);
        if (rn_is_null(part[parts++])) return rn_null();
    }
    return rn_concat(part, parts, axis);
}
