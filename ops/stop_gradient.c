/* SPDX-License-Identifier: MIT */
/*
 * stop_gradient -- a value that counts as a constant in the gradient.
 *
 *   x  [..]    any type
 *   y  [..]
 *
 *   y  = x
 *   dx = 0
 */
#include "ops/op.h"

#if RN_ONCE

static const char *shape(rn_typing *t)
{
    (void)t;
    return NULL;
}

static bool view(const rn_array *in, rn_array *out, int64_t *offset, const void *data)
{
    (void)data;
    *offset = 0;
    for (int i = 0; i < in->rank; i++) out->stride[i] = in->stride[i];
    return true;
}

const rn_op rn__op_stop_gradient = {RN_NAMED(stop_gradient), .kind = RN_KIND_VIEW,
                                    .flags = RN_OP_STOPS,    .inputs = 1,
                                    .shape = shape,          .view = view};

rn_tensor rn_stop_gradient(rn_tensor x)
{
    return rn_apply(&rn__op_stop_gradient, &x, 1, NULL, 0);
}

#endif
