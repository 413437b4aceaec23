/* SPDX-License-Identifier: MIT */
/* Element-wise operators in quad. Formulas are those of ops.def, by libquadmath. */
#include "quad_operators.h"

/* To 32 bits: as i32 wraps. Exact, for |x| < 2^64. */
static quad wrapped(const rn_test_quad_value *v, quad x)
{
    if (v->node->type != RN_I32) return x;
    return (quad)(int32_t)(uint32_t)(int64_t)x;
}

#define X(k) (v->x[k].at[v->x[k].offset[i]])

#define MAP1(name, expression)                                                             \
    void rn_test_quad_##name(const rn_test_quad_value *v)                                  \
    {                                                                                      \
        for (int64_t i = 0; i < v->count; i++) {                                           \
            const quad x = X(0);                                                           \
            v->y[i] = (expression);                                                        \
        }                                                                                  \
    }

#define MAP2(name, expression)                                                             \
    void rn_test_quad_##name(const rn_test_quad_value *v)                                  \
    {                                                                                      \
        for (int64_t i = 0; i < v->count; i++) {                                           \
            const quad x = X(0), y = X(1);                                                 \
            v->y[i] = (expression);                                                        \
        }                                                                                  \
    }

/* ---- one operand ---- */

static quad sigmoid(quad x)
{
    return x < 0 ? expq(x) / (1 + expq(x)) : 1 / (1 + expq(-x));
}

static quad softplus(quad x)
{
    return x > 0 ? x + log1pq(expq(-x)) : log1pq(expq(x));
}

static quad normal(quad x)
{
    return erfcq(-x * M_SQRT1_2q) / 2;
}

static quad density(quad x)
{
    return expq(-x * x / 2) * M_SQRT1_2q * M_2_SQRTPIq / 2;
}

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

MAP1(neg, wrapped(v, -x))
MAP1(abs, wrapped(v, x > 0 ? x : 0 - x))
MAP1(sign, x > 0 ? 1 : x < 0 ? -1 : x)
MAP1(square, wrapped(v, x *x))
MAP1(sqrt, sqrtq(x))
MAP1(exp, expq(x))
MAP1(expm1, expm1q(x))
MAP1(log, logq(x))
MAP1(log1p, log1pq(x))
MAP1(sin, sinq(x))
MAP1(cos, cosq(x))
MAP1(tanh, tanhq(x))
MAP1(sigmoid, sigmoid(x))
MAP1(relu, x <= 0 ? 0 : x)
MAP1(softplus, softplus(x))
MAP1(erf, erfq(x))
MAP1(silu, x < 0 ? x * expq(x) / (1 + expq(x)) : x / (1 + expq(-x)))
MAP1(gelu, x *normal(x))
MAP1(normal_cdf, normal(x))
MAP1(normal_pdf, density(x))
MAP1(cast, cast(v, x))
MAP1(logical_not, x == 0)

/* ---- two operands and more ---- */

MAP2(add, wrapped(v, x + y))
MAP2(sub, wrapped(v, x - y))
MAP2(mul, wrapped(v, x *y))
MAP2(div, x / y)
MAP2(weigh, x == 0 && !isnanq(y) ? 0 : x * y)
MAP2(pow, powq(x, y))
MAP2(maximum, x > y ? x : x <= y ? y : x + y)
MAP2(minimum, x < y ? x : x >= y ? y : x + y)
MAP2(equal, x == y)
MAP2(not_equal, x != y)
MAP2(less, x < y)
MAP2(less_equal, x <= y)
MAP2(logical_and, x != 0 && y != 0)
MAP2(logical_or, x != 0 || y != 0)

void rn_test_quad_where(const rn_test_quad_value *v)
{
    for (int64_t i = 0; i < v->count; i++) v->y[i] = X(0) != 0 ? X(1) : X(2);
}
