/* SPDX-License-Identifier: MIT */
/*
 * Stops: what stops a gradient is its operand once the gradient is built.
 */
#include "compile/passes.h"

static rn_tensor node_without(rn__copy_pass *pass, const rn__node *node,
                              const rn_tensor *in)
{
    if (node->op->flags & RN_OP_STOPS) return in[0];
    return rn__copy_as_is(pass, node, in);
}

bool rn__stops(rn__copy_pass *pass, const int32_t *roots, int count)
{
    pass->node = node_without;
    return rn__copy_run(pass, roots, count, true);
}
