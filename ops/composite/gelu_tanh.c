/* SPDX-License-Identifier: MIT */
/*
 * gelu_tanh -- the approximation of gelu by tanh; Hendrycks and Gimpel, arXiv:1606.08415.
 *
 *   y = x (1 + tanh t) / 2,  t = sqrt(2 / pi) (x + 0.044715 x^3)
 *     = x s,                 s = sigmoid 2t
 *
 * so that no digits are lost where tanh t is near -1. With u = 2^-53 (f64) or 2^-24 (f32)
 * the error of y is at most (8 + 8 |t|) u |y|, because of the rounding of t, and 3 u |x|.
 *
 * Beyond 32, s is 0 or 1 and its gradient must not be multiplied by an infinite x.
 */
#include "graph/frame.h"
#include "ops/op.h"

rn_tensor rn_gelu_tanh(rn_tensor x)
{
    const double twice_root = 1.5957691216057308; /* 2 sqrt(2 / pi) */
    rn__frame f;

    if (!rn__frame_enter_real(&f, "gelu_tanh", x)) return rn__frame_leave(&f, rn_null());
    const rn_tensor cubic = rn_scale(rn_square(x), 0.044715 * twice_root);
    const rn_tensor s = rn_sigmoid(rn_mul(x, rn_offset(cubic, twice_root)));
    const rn_tensor far = rn_less(rn_constant_like(x, 32), rn_abs(x));

    return rn__frame_leave(&f, rn_weigh(rn_where(far, rn_stop_gradient(s), s), x));
}
