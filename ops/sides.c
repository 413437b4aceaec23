/* SPDX-License-Identifier: MIT */
/* The sides that several operators choose between in the same way. */
#include "ops/sides.h"

rn_tensor rn__sides_sign(const rn_tensor *x, rn_tensor y, const void *attributes)
{
    (void)y, (void)attributes;
    return rn_sign(x[0]);
}

rn_tensor rn__sides_order(const rn_tensor *x, rn_tensor y, const void *attributes)
{
    (void)y, (void)attributes;
    return rn_sign(rn_sub(x[0], x[1]));
}

rn_tensor rn__sides_result(const rn_tensor *x, rn_tensor y, const void *attributes)
{
    (void)x, (void)attributes;
    return y;
}

rn_tensor rn__sides_indices(const rn_tensor *x, rn_tensor y, const void *attributes)
{
    (void)y, (void)attributes;
    return x[1];
}
