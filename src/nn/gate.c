/* SPDX-License-Identifier: MIT */
/*
 * gate -- what the gates of cells are made of.
 *
 *   x  [B, I]    h  [B, H]    y  [B, H]
 *
 *   y = W x + U h + b
 */
#include "frame.h"
#include "rondo/ops.h"
#include "rondo/recurrent.h"

static rn_tensor refuse(rn_scope scope, const char *name, rn_tensor x, rn_tensor h)
{
    char x_text[128], h_text[128];
    const rn_tensor both[2] = {x, h};

    return rn_fail(scope.graph ? scope.graph : rn__innermost(both, 2),
                   "gate: x and h must be [B,I] and [B,H]: %s got %s and %s",
                   name ? name : "(null)", rn__describe(x, x_text, sizeof x_text),
                   rn__describe(h, h_text, sizeof h_text));
}

rn_tensor rn_gate(rn_scope scope, const char *name, rn_tensor x, rn_tensor h)
{
    return rn_gate_biased(scope, name, x, h, 0);
}

rn_tensor rn_gate_biased(rn_scope scope, const char *name, rn_tensor x, rn_tensor h,
                         double bias)
{
    if (rn_rank(x) != 2 || rn_rank(h) != 2) return refuse(scope, name, x, h);

    rn__frame f;
    rn__frame_enter(&f, "gate", name, x, h);
    const rn_scope s = rn_scope_in(scope, name);
    const int64_t I = rn_size(x, -1), H = rn_size(h, -1);
    rn_tensor w =
        rn_weight(s, "w", (rn_shape){2, {I, H}}, (rn_init){RN_INIT_GLOROT_UNIFORM, 1});
    rn_tensor u =
        rn_weight(s, "u", (rn_shape){2, {H, H}}, (rn_init){RN_INIT_ORTHOGONAL, 1});
    rn_tensor b = rn_weight(s, "b", (rn_shape){1, {H}}, (rn_init){RN_INIT_CONSTANT, bias});

    return rn__frame_leave(&f, rn_add(rn_add(rn_matmul(x, w), rn_matmul(h, u)), b));
}
