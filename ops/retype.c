/* SPDX-License-Identifier: MIT */
/* Changes the real type in attributes. */
#include "ops/retype.h"

bool rn__op_retype(const rn_op *op, void *attributes, rn_type real)
{
    rn__named_type *named = (rn__named_type *)attributes;

    if (op != &rn__op_cast && op != &rn__op_uniform) return false;
    if (named->type != RN_F32 && named->type != RN_F64) return false;
    if (named->type == (int64_t)real) return false;
    named->type = (int64_t)real;
    return true;
}
