/* SPDX-License-Identifier: MIT */
/* Element-wise operators in quad: the formulas of elementwise.def, by libquadmath. */
#include "quad_operators.h"

typedef quad real;
#define F(name) name##q
#include "elementwise.h"

/* To 32 bits: as i32 wraps. Exact, for |x| < 2^64. */
static quad wrapped(const rn_test_quad_value *v, quad x)
{
    if (v->node->type != RN_I32) return x;
    return (quad)(int32_t)(uint32_t)(int64_t)x;
}

#define OPERAND(k) (v->x[k].at[v->x[k].offset[i]])

#define EACH(name, operands, expression)                                                   \
    void rn_test_quad_##name(const rn_test_quad_value *v)                                  \
    {                                                                                      \
        for (int64_t i = 0; i < v->count; i++) {                                           \
            operands;                                                                      \
            v->y[i] = wrapped(v, expression);                                              \
        }                                                                                  \
    }

#define RN_ONE(name, kind, flags, ulps, y, ...) EACH(name, const quad x = OPERAND(0), y)
#define RN_TWO(name, kind, flags, ulps, z, ...)                                            \
    EACH(name, const quad x = OPERAND(0); const quad y = OPERAND(1), z)
#define RN_THREE(name, w)                                                                  \
    EACH(name, const quad x = OPERAND(0); const quad y = OPERAND(1);                       \
         const quad z = OPERAND(2), w)
#include "elementwise.def"

/* ---- what has attributes ---- */

/* Towards zero, saturating, 0 for a NaN. */
static quad to_i32(quad x)
{
    if (isnanq(x)) return 0;
    return x <= INT32_MIN ? INT32_MIN : x >= INT32_MAX ? INT32_MAX : truncq(x);
}

static quad cast(const rn_test_quad_value *v, quad x)
{
    if (v->node->type == RN_BOOL) return x != 0;
    return v->node->type == RN_I32 ? to_i32(x) : x;
}

EACH(cast, const quad x = OPERAND(0), cast(v, x))
