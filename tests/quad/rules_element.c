/* SPDX-License-Identifier: MIT */
/* The slopes of element-wise operators, in forms that lose no digits. */
#include <math.h>

#include "rules.h"

#define BUILD1(name)                                                                       \
    static rn_tensor build_##name(const rn_tensor *x)                                      \
    {                                                                                      \
        return rn_##name(x[0]);                                                            \
    }
#define BUILD2(name)                                                                       \
    static rn_tensor build_##name(const rn_tensor *x)                                      \
    {                                                                                      \
        return rn_##name(x[0], x[1]);                                                      \
    }

/* FORMULA(sin_x, cosq(x)): of x and y. */
#define FORMULA(name, expression)                                                          \
    static quad name(const quad *v)                                                        \
    {                                                                                      \
        const quad x = v[0], y = v[1];                                                     \
        (void)x, (void)y;                                                                  \
        return expression;                                                                 \
    }
#define DOMAIN(name, expression)                                                           \
    static bool name(const double *v)                                                      \
    {                                                                                      \
        const double x = v[0], y = v[1];                                                   \
        (void)x, (void)y;                                                                  \
        return expression;                                                                 \
    }

static quad logistic(quad x)
{
    return x < 0 ? expq(x) / (1 + expq(x)) : 1 / (1 + expq(-x));
}

/* ---- one operand ---- */

BUILD1(abs)
BUILD1(square)
BUILD1(sqrt)
BUILD1(exp)
BUILD1(expm1)
BUILD1(log)
BUILD1(log1p)
BUILD1(sin)
BUILD1(cos)
BUILD1(tanh)
BUILD1(sigmoid)
BUILD1(relu)
BUILD1(softplus)
BUILD1(erf)
BUILD1(reciprocal)
BUILD1(silu)
BUILD1(gelu)
BUILD1(normal_cdf)
BUILD1(normal_pdf)

DOMAIN(off_zero, x != 0)
DOMAIN(angle, fabs(x) < 1e18)
DOMAIN(positive, x > 0)
DOMAIN(above_minus_one, x > -1)

FORMULA(abs_x, x > 0 ? 1 : -1)
FORMULA(square_x, 2 * x)
FORMULA(sqrt_x, 1 / (2 * sqrtq(x)))
FORMULA(exp_x, expq(x))
FORMULA(log_x, 1 / x)
FORMULA(log1p_x, 1 / (1 + x))
FORMULA(sin_x, cosq(x))
FORMULA(cos_x, -sinq(x))
FORMULA(tanh_x, 1 / (coshq(x) * coshq(x)))
FORMULA(sigmoid_x, logistic(x) * logistic(-x))
FORMULA(relu_x, x > 0)
FORMULA(softplus_x, logistic(x))
FORMULA(erf_x, M_2_SQRTPIq *expq(-x *x))
FORMULA(reciprocal_x, -1 / x / x)
FORMULA(silu_x, logistic(x) * (1 + x * logistic(-x)))

static quad normal(quad x)
{
    return erfcq(-x * M_SQRT1_2q) / 2;
}

static quad density(quad x)
{
    return expq(-x * x / 2) * M_SQRT1_2q * M_2_SQRTPIq / 2;
}

FORMULA(gelu_x, normal(x) + x * density(x))
FORMULA(normal_cdf_x, density(x))
FORMULA(normal_pdf_x, -x *density(x))

FORMULA(one, 1)
FORMULA(the_logistic, logistic(x))
FORMULA(silu_scale, logistic(x) * (1 + fabsq(x) * logistic(-x)))
FORMULA(gelu_scale, normal(x) + fabsq(x) * density(x))

/* ---- two operands ---- */

BUILD2(mul)
BUILD2(div)
BUILD2(pow)
BUILD2(maximum)
BUILD2(minimum)

DOMAIN(not_equal, x != y)
DOMAIN(divisor, y != 0)
/* Of large y, y - 1 is not known to be odd. */
DOMAIN(power, x > 0 || (x < 0 && y == floor(y) && fabs(y) < 0x1p24))

FORMULA(mul_x, y)
FORMULA(mul_y, x)
FORMULA(div_x, 1 / y)
FORMULA(div_y, -x / y / y)
FORMULA(pow_x, y *powq(x, y - 1))
FORMULA(pow_y, x > 0 ? powq(x, y) * logq(x) : 0)
FORMULA(first_larger, x > y)
FORMULA(second_larger, y > x)

#define CONDITION NULL, "condition"
#define ONE(name) #name, 1, build_##name
#define TWO(name) #name, 2, build_##name

const element_rule element_rules[] = {
    {ONE(abs), off_zero, {abs_x}, CONDITION, 8},
    {ONE(square), NULL, {square_x}, CONDITION, 8},
    {ONE(sqrt), positive, {sqrt_x}, CONDITION, 8},
    {ONE(exp), NULL, {exp_x}, CONDITION, 8},
    {ONE(expm1), NULL, {exp_x}, CONDITION, 8},
    {ONE(log), positive, {log_x}, CONDITION, 8},
    {ONE(log1p), above_minus_one, {log1p_x}, CONDITION, 8},
    {ONE(sin), angle, {sin_x}, CONDITION, 8},
    {ONE(cos), angle, {cos_x}, CONDITION, 8},
    {ONE(tanh), NULL, {tanh_x}, one, "|dy|", 4},
    {ONE(sigmoid), NULL, {sigmoid_x}, the_logistic, "|dy| y", 6},
    {ONE(relu), off_zero, {relu_x}, CONDITION, 8},
    {ONE(softplus), NULL, {softplus_x}, CONDITION, 8},
    {ONE(erf), NULL, {erf_x}, CONDITION, 8},
    {ONE(reciprocal), off_zero, {reciprocal_x}, CONDITION, 8},
    {ONE(silu), NULL, {silu_x}, silu_scale, "|dy| s (1 + |x| (1 - s))", 8},
    {ONE(gelu), NULL, {gelu_x}, gelu_scale, "|dy| (P + |x| p)", 12},
    {ONE(normal_cdf), NULL, {normal_cdf_x}, CONDITION, 8},
    {ONE(normal_pdf), NULL, {normal_pdf_x}, CONDITION, 8},
    {TWO(mul), NULL, {mul_x, mul_y}, CONDITION, 8},
    {TWO(div), divisor, {div_x, div_y}, CONDITION, 8},
    {TWO(pow), power, {pow_x, pow_y}, CONDITION, 8},
    {TWO(maximum), not_equal, {first_larger, second_larger}, CONDITION, 8},
    {TWO(minimum), not_equal, {second_larger, first_larger}, CONDITION, 8},
};
const int element_rule_count = sizeof element_rules / sizeof *element_rules;
