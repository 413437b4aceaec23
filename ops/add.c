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
/* Four operands: x y + u v, the products rounded first. Of x and y, and of u and v, the
 * first may be repeated. */
static void add_products(int64_t n, const void *const *in, const int64_t *step, void *out)
{
    const real *p[4] = {(const real *)in[0], (const real *)in[1], (const real *)in[2],
                        (const real *)in[3]};
    int64_t by[4] = {step[0], step[1], step[2], step[3]}, done = RN_WHOLE(n, real);
    const int64_t whole = done;
    real *z = (real *)out;

    for (int i = 0; i < 4; i += 2)
        if (by[i] != 0) {
            const real *other = p[i];
            p[i] = p[i + 1], p[i + 1] = other;
            by[i] = step[i + 1], by[i + 1] = step[i];
        }
    const real *x = p[0], *y = p[1], *u = p[2], *v = p[3];
    int64_t sx = by[0], su = by[2];
    if (n == 0 || by[1] != 1 || by[3] != 1 || ((sx | su) & ~(int64_t)1)) {
        done = 0;
    } else if (sx == 1 && su == 1) {
        RN_EACH(i, whole) z[i] = x[i] * y[i] + u[i] * v[i];
    } else if (sx == 1) {
        const real u0 = u[0];
        RN_EACH(i, whole) z[i] = x[i] * y[i] + u0 * v[i];
    } else if (su == 1) {
        const real x0 = x[0];
        RN_EACH(i, whole) z[i] = x0 * y[i] + u[i] * v[i];
    } else {
        const real x0 = x[0], u0 = u[0];
        RN_EACH(i, whole) z[i] = x0 * y[i] + u0 * v[i];
    }
    RN_UNKNOWN(sx);
    RN_UNKNOWN(su);
    RN_LEFT(i, done, n, z[i] = x[i * sx] * y[i * by[1]] + u[i * su] * v[i * by[3]])
}

/* Three operands: x y + 1 w, which is x y + w. */
static void add_product(int64_t n, const void *const *in, const int64_t *step, void *out)
{
    static const real one = 1;
    const void *const all[4] = {in[0], in[1], &one, in[2]};
    const int64_t by[4] = {step[0], step[1], 0, step[2]};

    add_products(n, all, by, out);
}
#endif

#if RN_IS_NUMBER
void R(rn__map_add)(RN_MAP_ARGUMENTS)
{
#if RN_IS_REAL
    if (attributes == rn__of_product || attributes == rn__of_products) {
        (attributes == rn__of_product ? add_product : add_products)(n, in, step, out);
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
