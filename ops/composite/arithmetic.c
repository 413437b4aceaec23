/* SPDX-License-Identifier: MIT */
/* Arithmetic with a constant, of the type of x. */
#include "ieee.h"
#include "rondo/ops.h"

rn_tensor rn_scale(rn_tensor x, double factor)
{
    return rn_mul(x, rn_constant_like(x, factor));
}

rn_tensor rn_offset(rn_tensor x, double amount)
{
    return rn_add(x, rn_constant_like(x, amount));
}

rn_tensor rn_one_minus(rn_tensor x)
{
    return rn_sub(rn_constant_like(x, 1), x);
}

rn_tensor rn_reciprocal(rn_tensor x)
{
    return rn_div(rn_constant_like(x, 1), x);
}
