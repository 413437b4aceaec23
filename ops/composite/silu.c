/* SPDX-License-Identifier: MIT */
/* silu -- y = x sigmoid(x). */
#include "rondo/ops.h"

rn_tensor rn_silu(rn_tensor x)
{
    return rn_mul(x, rn_sigmoid(x));
}
