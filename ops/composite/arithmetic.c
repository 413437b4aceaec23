/* SPDX-License-Identifier: MIT */
/* Arithmetic with a constant, of the type of x; and ceil x = -floor(-x). */
#include "graph/frame.h"
#include "ops/op.h"

static const rn_op scale_name = {.name = "scale"}, offset_name = {.name = "offset"};

rn_tensor rn_scale(rn_tensor x, double factor)
{
    if (!rn_is_null(x) && !rn__scalar_fits(rn_type_get(x), factor))
        return rn__op_refuse(&scale_name, &x, 1,
                             "i32 cannot be scaled by %.10g; cast to f32 first", factor);
    rn__frame f;

    rn__frame_enter(&f, "scale", NULL, x, rn_null());
    return rn__frame_leave(&f, rn_mul(x, rn_constant_like(x, factor)));
}

rn_tensor rn_offset(rn_tensor x, double amount)
{
    if (!rn_is_null(x) && !rn__scalar_fits(rn_type_get(x), amount))
        return rn__op_refuse(&offset_name, &x, 1,
                             "i32 cannot be offset by %.10g; cast to f32 first", amount);
    rn__frame f;

    rn__frame_enter(&f, "offset", NULL, x, rn_null());
    return rn__frame_leave(&f, rn_add(x, rn_constant_like(x, amount)));
}

rn_tensor rn_one_minus(rn_tensor x)
{
    rn__frame f;

    rn__frame_enter(&f, "one_minus", NULL, x, rn_null());
    return rn__frame_leave(&f, rn_sub(rn_constant_like(x, 1), x));
}

rn_tensor rn_reciprocal(rn_tensor x)
{
    rn__frame f;

    if (!rn__frame_enter_real(&f, "reciprocal", x)) return rn__frame_leave(&f, rn_null());
    return rn__frame_leave(&f, rn_div(rn_constant_like(x, 1), x));
}

rn_tensor rn_ceil(rn_tensor x)
{
    rn__frame f;

    if (!rn__frame_enter_real(&f, "ceil", x)) return rn__frame_leave(&f, rn_null());
    return rn__frame_leave(&f, rn_neg(rn_floor(rn_neg(x))));
}
