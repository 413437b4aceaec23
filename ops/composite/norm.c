/* SPDX-License-Identifier: MIT */
/*
 * normalize   y = (x - mean x) / sqrt(variance x + epsilon)   along the last axis
 * normalize_affine  z = gain y + bias                               (arXiv:1607.06450)
 *
 * A row whose squares overflow, or underflow if there is no epsilon, is multiplied by a
 * power of two, which is exact and does not change y. The scaled epsilon stays positive but
 * below any variance except 0, so a constant row gives 0.
 *
 * With r = 1 / sqrt(variance + epsilon) the gradient is r (dy - mean dy - y mean(dy y)).
 * Apart from the effect of rounding x and dy by u, its error is at most 16 u times the sum
 * of the magnitudes of these terms, u being 2^-53 (f64) or 2^-24 (f32).
 */
#include "graph/frame.h"
#include "rondo/ops.h"

#include <math.h>

static rn_tensor normalize(rn_tensor x, double epsilon)
{
    const int last = -1;
    const bool f64 = rn_type_get(x) == RN_F64;
    const rn_tensor mean = rn_mean(x, &last, 1, true);
    /* Negligible compared with an epsilon that is not scaled; replaces one that
     * underflowed. */
    const double least =
        fmin(epsilon * (f64 ? 0x1p-60 : 0x1p-30), f64 ? 0x1p-1000 : 0x1p-120);
    const rn_tensor scale =
        rn_rescale(x, &last, 1, true, epsilon < (f64 ? 0x1p-700 : 0x1p-100));

    const rn_tensor distance = rn_sub(rn_mul(x, scale), rn_mul(mean, scale));
    const rn_tensor variance = rn_mean_square(distance, &last, 1, true);
    const rn_tensor added = rn_offset(rn_mul(rn_scale(scale, epsilon), scale), least);
    return rn_mul(distance, rn_reciprocal(rn_sqrt(rn_add(variance, added))));
}

rn_tensor rn_normalize(rn_tensor x, double epsilon)
{
    rn__frame f;

    if (!rn__frame_enter_real(&f, "normalize", x)) return rn__frame_leave(&f, rn_null());
    return rn__frame_leave(&f, normalize(x, epsilon));
}

rn_tensor rn_normalize_affine(rn_tensor x, rn_tensor gain, rn_tensor bias, double epsilon)
{
    rn__frame f;
    char text[128];

    if (rn_is_null(x))
        return rn__null_refuse(rn_is_null(gain) ? bias.graph : gain.graph,
                               "normalize_affine", NULL, RN__NULL_X, x);
    const rn_tensor lost = rn__null_named(gain) ? gain : bias;
    if (rn__null_named(lost))
        return rn_fail(x.graph, "normalize_affine: %s is the null tensor%s",
                       rn__null_named(gain) ? "gain" : "bias",
                       rn__null_text(lost, text, sizeof text));
    if (!rn__frame_enter_real(&f, "normalize_affine", x))
        return rn__frame_leave(&f, rn_null());
    rn_tensor y = normalize(x, epsilon);
    if (!rn_is_null(gain)) y = rn_mul(gain, y);
    if (!rn_is_null(bias)) y = rn_add(y, bias);
    return rn__frame_leave(&f, y);
}
