/* SPDX-License-Identifier: MIT */
/*
 * cast -- every element converted to another type.
 *
 *   x  [..]    any type; the variant is this one's
 *   y  [..]    the type that the attributes name
 *
 *   y  = x         rounded to nearest between the real types and from i32
 *      = x         towards zero, saturating, 0 for NaN, to i32
 *      = (x != 0)  to bool
 *   dx = dy converted back; 0 unless both types are real
 */
#include "ops/retype.h"

#if !RN_ONCE

/* Clamps first, because converting a value out of range is undefined. The largest real
 * below 2^31 need not be 2^31 - 1, so values that are not below 2^31 are handled
 * separately. */
RN_INLINE int32_t whole_number(element x)
{
#if RN_IS_REAL
    const element limit = 0x1p31f,
                  inside = (element)(RN_REAL == 32 ? 0x1.fffffep30 : 0x1p31 - 1);
    element clamped = x > -limit ? x : -limit;

    clamped = clamped < inside ? clamped : inside;
    clamped = x == x ? clamped : 0;
    return x >= limit ? INT32_MAX : (int32_t)clamped;
#else
    return (int32_t)x;
#endif
}

/* A map to one type. */
#define CONVERT(name, to, expression)                                                      \
    RN_INLINE to R(name##_of)(element x)                                                   \
    {                                                                                      \
        return (to)(expression);                                                           \
    }                                                                                      \
                                                                                           \
    static void R(name)(RN_MAP_ARGUMENTS)                                                  \
    {                                                                                      \
        const element *x = (const element *)in[0];                                         \
        to *y = (to *)out;                                                                 \
        const int64_t sx = step[0], whole = sx == 1 ? RN_WHOLE(n, element) : 0;            \
                                                                                           \
        (void)attributes;                                                                  \
        RN_EACH(i, whole) y[i] = R(name##_of)(x[i]);                                       \
        RN_LEFT(i, whole, n, y[i] = R(name##_of)(x[i * sx]))                               \
    }

CONVERT(to_f32, float, x)
CONVERT(to_f64, double, x)
CONVERT(to_i32, int32_t, whole_number(x))
CONVERT(to_bool, uint8_t, x != 0)

void R(rn__map_cast)(RN_MAP_ARGUMENTS)
{
    static const rn_map to[RN_TYPES] = {R(to_f32), R(to_f64), R(to_i32), R(to_bool)};

    to[((const rn__named_type *)attributes)->type](n, in, step, out, NULL);
}

#endif

#if RN_ONCE

static const char *shape(rn_typing *t)
{
    t->variant = (int)t->in_type[0];
    t->type = (rn_type)((const rn__named_type *)t->attributes)->type;
    return NULL;
}

static bool is_real(rn_tensor x)
{
    return rn_type_get(x) == RN_F32 || rn_type_get(x) == RN_F64;
}

static void gradient(rn_pullback *p)
{
    if (is_real(p->x[0]) && is_real(p->y)) p->dx[0] = rn_cast(p->dy, rn_type_get(p->x[0]));
}

/* A cast between real types has no branches. */
static rn_tensor branches(const rn_tensor *x, rn_tensor y, const void *attributes)
{
    (void)x, (void)attributes;
    return is_real(y) ? rn_null() : y;
}

const rn_op rn__op_cast = {RN_NAMED(cast),
                           .kind = RN_KIND_ELEMENTWISE,
                           .flags = RN_OP_EXACT | RN_OP_KEEPS_NAN,
                           .inputs = 1,
                           .shape = shape,
                           .gradient = gradient,
                           .branches = branches};

rn_tensor rn_cast(rn_tensor x, rn_type type)
{
    const rn__named_type a = {(int64_t)type};

    if (rn_rank(x) >= 0 && rn_type_get(x) == type) return x;
    if ((int)type < 0 || (int)type >= RN_TYPES)
        return rn__op_refuse(&rn__op_cast, &x, 1, "invalid type: %d", (int)type);
    return rn_apply(&rn__op_cast, &x, 1, &a, sizeof a);
}

#endif
