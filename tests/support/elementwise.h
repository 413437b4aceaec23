/* SPDX-License-Identifier: MIT */
/*
 * What the formulas of elementwise.def are written in. Before it is included the type
 * `real` is defined, and F(name), the C library's function for it: name or nameq.
 */
#ifndef RN_TESTS_SUPPORT_ELEMENTWISE_H
#define RN_TESTS_SUPPORT_ELEMENTWISE_H

static inline real pi(void)
{
    return 4 * F(atan)((real)1);
}

static inline real logistic(real x)
{
    return x < 0 ? F(exp)(x) / (1 + F(exp)(x)) : 1 / (1 + F(exp)(-x));
}

/* The normal distribution's function, and its density. */
static inline real normal(real x)
{
    return F(erfc)(-x / F(sqrt)((real)2)) / 2;
}

static inline real density(real x)
{
    return F(exp)(-x * x / 2) / F(sqrt)(2 * pi());
}

#endif
