/* SPDX-License-Identifier: MIT */
/* Branch rules that several operators share. */
#include "ops/branches.h"

rn_tensor rn__branch_sign(const rn_tensor *x, rn_tensor y, const void *attributes)
{
    (void)y, (void)attributes;
    return rn_sign(x[0]);
}

rn_tensor rn__branch_order(const rn_tensor *x, rn_tensor y, const void *attributes)
{
    (void)y, (void)attributes;
    return rn_sign(rn_sub(x[0], x[1]));
}

rn_tensor rn__branch_result(const rn_tensor *x, rn_tensor y, const void *attributes)
{
    (void)x, (void)attributes;
    return y;
}

rn_tensor rn__branch_indices(const rn_tensor *x, rn_tensor y, const void *attributes)
{
    (void)y, (void)attributes;
    return x[1];
}
