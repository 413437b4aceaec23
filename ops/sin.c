/* SPDX-License-Identifier: MIT */
/*
 * sin -- the sine of every element.
 *
 *   x  [..]    f32 or f64
 *   y  [..]
 *
 *   y  = sin x               x in radians
 *   dx = dy cos x
 */
#include "ops/sine.h"

RN_TEXT("R(sin)(x)")

#if RN_IS_REAL

enum { PIECE = 256 };

/* n whole vectors, at most a piece. */
static void sines(vm_bits ahead, int64_t n, const real *x, real *y)
{
    real kept[PIECE];
    int any = 0;

    RN_EACH(i, RN_WHOLE(n, real)) any |= R(vm_trig_far)(x[i]);
    if (any) memcpy(kept, x, (size_t)n * sizeof *kept);
    RN_EACH(i, RN_WHOLE(n, real)) y[i] = R(vm_sine)(x[i], ahead);
    for (int64_t i = 0; any && i < n; i++)
        if (R(vm_trig_far)(kept[i])) y[i] = R(vm_libm_sine)(kept[i], ahead);
}

void R(rn__sines)(vm_bits ahead, rn_map map, int64_t n, const void *const *in,
                  const int64_t *step, void *out)
{
    const real *x = (const real *)in[0];
    real *y = (real *)out;

    if (step[0] != 1 || RN_WHOLE(n, real) != n) {
        rn__map_pieces(n, in, step, out, map, 1, sizeof(real), RN_LANES(real));
        return;
    }
    for (int64_t i = 0; i < n; i += PIECE)
        sines(ahead, n - i < PIECE ? n - i : PIECE, x + i, y + i);
}

void R(rn__map_sin)(RN_MAP_ARGUMENTS)
{
    (void)attributes;
    R(rn__sines)(0, R(rn__map_sin), n, in, step, out);
}

#endif

#if RN_ONCE

static rn_tensor gradient(rn_tensor x, rn_tensor y, rn_tensor dy)
{
    (void)y;
    return rn_mul(dy, rn_cos(x));
}

RN_UNARY(sin, gradient)

#endif
