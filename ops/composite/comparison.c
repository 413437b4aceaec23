/* SPDX-License-Identifier: MIT */
/* Comparisons with the operands exchanged. */
#include "graph/frame.h"
#include "rondo/ops.h"

#include <math.h>

rn_tensor rn_greater(rn_tensor x, rn_tensor y)
{
    rn__frame f;

    rn__frame_enter(&f, "greater", NULL, x, y);
    return rn__frame_leave(&f, rn_less(y, x));
}

rn_tensor rn_greater_equal(rn_tensor x, rn_tensor y)
{
    rn__frame f;

    rn__frame_enter(&f, "greater_equal", NULL, x, y);
    return rn__frame_leave(&f, rn_less_equal(y, x));
}

/* |x| < infinity, false for NaN. i32 and bool are always finite. */
rn_tensor rn_is_finite(rn_tensor x)
{
    if (rn_is_null(x)) return rn__null_from("is_finite", RN__NULL_X, &x, 1);
    if (rn_type_get(x) == RN_I32 || rn_type_get(x) == RN_BOOL) return rn_equal(x, x);
    return rn_less(rn_abs(x), rn_constant_like(x, (double)INFINITY));
}
