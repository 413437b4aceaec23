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
#include "kernel/simd.h"

/* n elements of x y + u v, the products rounded first. x and u are numbers if their steps
 * are 0. */
RN_INLINE void add_row(int64_t n, const real *x, int64_t sx, const real *y, int64_t sy,
                       const real *u, int64_t su, const real *v, int64_t sv, real *z)
{
    const bool vectors = sy == 1 && sv == 1 && ((sx | su) & ~(int64_t)1) == 0;
    const int64_t whole = vectors ? RN_WHOLE(n, real) : 0;
    const vec x0 = broadcast(*x), u0 = broadcast(*u);

    for (int64_t i = 0; i < whole; i += LANES) {
        RN_UNKNOWN(sx); /* else there is a loop for each case */
        RN_UNKNOWN(su);
        const vec a = sx ? load(x + i) : x0, b = su ? load(u + i) : u0;
        store(z + i, a * load(y + i) + b * load(v + i));
    }
    RN_LEFT(i, whole, n, z[i] = x[i * sx] * y[i * sy] + u[i * su] * v[i * sv])
}

#define MOVED(x, by) ((const real *)((const char *)(x) + (by)))

/* Four operands, or three: x y + 1 w, which is x y + w. Of x and y, and of u and v, one may
 * be repeated. The steps go on as table.h says. */
static void add_products(int64_t n, const void *const *in, const int64_t *step, void *out,
                         int inputs)
{
    static const real one = 1;
    const int64_t *by = step + inputs + 1;
    const int i = step[0] != 0, k = inputs == 3 ? 2 : 2 + (step[2] == 0);
    const real *x = (const real *)in[i], *y = (const real *)in[!i];
    const real *v = (const real *)in[k], *u = inputs == 3 ? &one : (const real *)in[5 - k];
    const int64_t su = inputs == 3 ? 0 : step[5 - k], move_u = inputs == 3 ? 0 : by[5 - k];
    char *z = (char *)out;

    for (int64_t rows = n > 0 ? step[inputs] : 0; rows > 0; rows--) {
        add_row(n, x, step[i], y, step[!i], u, su, v, step[k], (real *)z);
        x = MOVED(x, by[i]), y = MOVED(y, by[!i]), u = MOVED(u, move_u),
        v = MOVED(v, by[k]);
        z += by[inputs];
    }
}
#endif

#if RN_IS_NUMBER
void R(rn__map_add)(RN_MAP_ARGUMENTS)
{
#if RN_IS_REAL
    if (attributes == rn__of_product || attributes == rn__of_products) {
        add_products(n, in, step, out, attributes == rn__of_product ? 3 : 4);
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
