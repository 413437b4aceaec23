/* SPDX-License-Identifier: MIT */
/* Operators along an axis, at what ranges of x, and what their rules subtract. */
#include "rules.h"

static rn_tensor softmax(rn_tensor x)
{
    return rn_softmax(x, 0);
}

static rn_tensor log_softmax(rn_tensor x)
{
    return rn_log_softmax(x, 0);
}

static rn_tensor logsumexp(rn_tensor x)
{
    return rn_logsumexp(x, 0, false);
}

static const double epsilon = 1e-5;

static rn_tensor normalize(rn_tensor x)
{
    return rn_normalize(x, epsilon);
}

static const double gain[RULE_SIZE] = {1, -0.5, 2, 0.25, 1.5};
static const double bias[RULE_SIZE] = {0, 1, -1, 2, -2};

/* These are exact in f32. */
static rn_tensor constants(rn_tensor x, const double *values)
{
    const rn_tensor wide = rn_constant(x.graph, RN_F64, rn_shape(RULE_SIZE), values);

    return rn_cast(wide, rn_type_get(x));
}

static rn_tensor normalize_affine(rn_tensor x)
{
    return rn_normalize_affine(x, constants(x, gain), constants(x, bias), epsilon);
}

static rn_tensor prod(rn_tensor x)
{
    return rn_prod(x, NULL, 0, false);
}

static rn_tensor mean(rn_tensor x)
{
    return rn_mean_all(x);
}

static rn_tensor variance(rn_tensor x)
{
    return rn_variance(x, NULL, 0, false);
}

/* ---- closed forms of what saturates ---- */

/* The share of element i without i = skip: 1 - softmax when all but one are summed. */
static quad share(const quad *x, int from, int skip)
{
    quad largest = x[0], above = 0, below = 0;

    for (int i = 1; i < RULE_SIZE; i++) largest = fmaxq(largest, x[i]);
    for (int i = 0; i < RULE_SIZE; i++) {
        const quad e = expq(x[i] - largest);
        below += e;
        if (from < 0 ? i != skip : i == from) above += e;
    }
    return above / below;
}

static quad softmax_of(const quad *x, int i)
{
    return share(x, i, -1);
}

static quad rest_of(const quad *x, int i)
{
    return share(x, -1, i);
}

static quad softmax_slope(const quad *x, int j, int i)
{
    return softmax_of(x, j) * (i == j ? rest_of(x, i) : -softmax_of(x, i));
}

static quad log_softmax_slope(const quad *x, int j, int i)
{
    return i == j ? rest_of(x, i) : -softmax_of(x, i);
}

static quad logsumexp_slope(const quad *x, int j, int i)
{
    return softmax_of(x, i);
}

/* ---- what the rules subtract ---- */

static quad softmax_share(const quad *x, const quad *y, const double *dy, int i)
{
    quad sum = fabsq((quad)dy[i]);

    for (int j = 0; j < RULE_SIZE; j++) sum += y[j] * fabsq((quad)dy[j]);
    return y[i] * sum;
}

static quad log_softmax_share(const quad *x, const quad *y, const double *dy, int i)
{
    quad sum = 0;

    for (int j = 0; j < RULE_SIZE; j++) sum += fabsq((quad)dy[j]);
    return fabsq((quad)dy[i]) + expq(y[i]) * sum;
}

/* r (|dy[i]| + mean of |dy| + |y[i]| mean of |dy y|),  r = 1 / sqrt(variance + epsilon);
 * dy and y before the gain. */
static quad normal_share(const quad *x, const quad *dy, int i)
{
    quad mean = 0, variance = 0, first = 0, second = 0;

    for (int j = 0; j < RULE_SIZE; j++) mean += x[j] / RULE_SIZE;
    for (int j = 0; j < RULE_SIZE; j++)
        variance += (x[j] - mean) * (x[j] - mean) / RULE_SIZE;
    const quad r = 1 / sqrtq(variance + (quad)epsilon);
    for (int j = 0; j < RULE_SIZE; j++) {
        first += fabsq(dy[j]) / RULE_SIZE;
        second += fabsq(dy[j] * (x[j] - mean)) * r / RULE_SIZE;
    }
    return r * (fabsq(dy[i]) + first + fabsq(x[i] - mean) * r * second);
}

static quad normalize_share(const quad *x, const quad *y, const double *dy, int i)
{
    quad wide[RULE_SIZE];

    for (int j = 0; j < RULE_SIZE; j++) wide[j] = (quad)dy[j];
    return normal_share(x, wide, i);
}

static quad normalize_affine_share(const quad *x, const quad *y, const double *dy, int i)
{
    quad scaled[RULE_SIZE];

    for (int j = 0; j < RULE_SIZE; j++) scaled[j] = (quad)dy[j] * (quad)gain[j];
    return normal_share(x, scaled, i);
}

#define CONDITION NULL, "condition"

/* Ranges of x: those of logarithms saturate, or are far from 0; prod and others scale. */
const axis_rule axis_rules[] = {
    {"softmax",
     softmax,
     {0, 0, 1e6},
     {2, 40, 1},
     softmax_slope,
     softmax_share,
     "condition + y (|dy| + sum y |dy|)",
     8},
    {"log_softmax",
     log_softmax,
     {0, 0, 1e6},
     {2, 40, 1},
     log_softmax_slope,
     log_softmax_share,
     "condition + |dy| + e^y sum |dy|",
     8},
    {"logsumexp", logsumexp, {0, 0, 1e6}, {2, 40, 1}, logsumexp_slope, CONDITION, 8},
    {"normalize",
     normalize,
     {0, 100, 0},
     {2, 1, 1e-3},
     NULL,
     normalize_share,
     "condition + what is subtracted",
     8},
    {"normalize_affine",
     normalize_affine,
     {0, 100, 0},
     {2, 1, 1e-3},
     NULL,
     normalize_affine_share,
     "condition + what is subtracted",
     8},
    {"prod", prod, {0, 1, 0}, {2, 1e-6, 1e-20}, NULL, CONDITION, 8},
    {"mean", mean, {0, 1e6, 0}, {2, 1, 1e-20}, NULL, CONDITION, 8},
    {"variance", variance, {0, 100, 0}, {2, 1, 1e-20}, NULL, CONDITION, 8},
};
const int axis_rule_count = sizeof axis_rules / sizeof *axis_rules;
