/* SPDX-License-Identifier: MIT */
/*
 * add -- the sum, element by element.
 *
 *   x, y  [..]    f32, f64 or i32, broadcast
 *   z     [..]
 *
 *   z  = x + y
 *   dx = dz
 *   dy = dz
 */
#include "ops/op.h"
#include "ops/table.h"

#if RN_IS_NUMBER
void R(rn__map_add_two)(RN_MAP_ARGUMENTS);
#endif
RN_MAP2(add_two, number, x + y)

#if RN_IS_REAL
/* Three operands: x y + w, the product rounded first. */
static void add_product(int64_t n, const void *const *in, const int64_t *step, void *out)
{
    const real *x = (const real *)in[0], *y = (const real *)in[1], *w = (const real *)in[2];
    const int64_t whole = RN_WHOLE(n, real);
    int64_t sx = step[0], sy = step[1], done = whole;
    real *z = (real *)out;

    if (step[2] != 1 || n == 0) {
        done = 0;
    } else if (sx == 1 && sy == 1) {
        RN_EACH(i, whole) z[i] = x[i] * y[i] + w[i];
    } else if (sx == 0 && sy == 1) {
        const real x0 = x[0];
        RN_EACH(i, whole) z[i] = x0 * y[i] + w[i];
    } else if (sx == 1 && sy == 0) {
        const real y0 = y[0];
        RN_EACH(i, whole) z[i] = x[i] * y0 + w[i];
    } else {
        done = 0;
    }
    RN_UNKNOWN(sx);
    RN_UNKNOWN(sy);
    RN_LEFT(i, done, n, z[i] = x[i * sx] * y[i * sy] + w[i * step[2]])
}
#endif

#if RN_IS_NUMBER
void R(rn__map_add)(RN_MAP_ARGUMENTS)
{
#if RN_IS_REAL
    if (attributes == rn__of_product) {
        add_product(n, in, step, out);
        return;
    }
#endif
    R(rn__map_add_two)(n, in, step, out, attributes);
}
#endif

#if RN_ONCE

static void gradient(rn_pullback *p)
{
    p->dx[0] = p->dy;
    p->dx[1] = p->dy;
}

RN_BINARY(add,
          .flags = RN_OP_CHEAP | RN_OP_ADDITIVE | RN_OP_KEEPS_NAN | RN_OP_NEUTRAL_RIGHT |
                   RN_OP_NEUTRAL_LEFT | RN_OP_PRODUCTS,
          .neutral = 0, .gradient = gradient)

#endif
