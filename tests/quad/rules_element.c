/* SPDX-License-Identifier: MIT */
/* The rules of element-wise operators, from elementwise.def. */
#include <math.h>
#include <string.h>

#include "rules.h"

typedef quad real;
#define F(name) name##q
#include "support/elementwise.h"

#define FORMULA(name, formula)                                                             \
    static quad name(const quad *v)                                                        \
    {                                                                                      \
        const quad x = v[0], y = v[1];                                                     \
        (void)x, (void)y;                                                                  \
        return formula;                                                                    \
    }

#define DOMAIN_OF(name, condition)                                                         \
    static bool domain_##name(const double *v)                                             \
    {                                                                                      \
        const double x = v[0], y = v[1];                                                   \
        (void)x, (void)y;                                                                  \
        return condition;                                                                  \
    }

#define RN_SLOPE(name, domain, dx)                                                         \
    static rn_tensor build_##name(const rn_tensor *x)                                      \
    {                                                                                      \
        return rn_##name(x[0]);                                                            \
    }                                                                                      \
    DOMAIN_OF(name, domain)                                                                \
    FORMULA(name##_x, dx)
#define RN_SLOPES(name, domain, dx, dy)                                                    \
    static rn_tensor build_##name(const rn_tensor *x)                                      \
    {                                                                                      \
        return rn_##name(x[0], x[1]);                                                      \
    }                                                                                      \
    DOMAIN_OF(name, domain)                                                                \
    FORMULA(name##_x, dx)                                                                  \
    FORMULA(name##_y, dy)
#define RN_STATED(name, limit, scale, words) FORMULA(name##_scale, scale)
#include "support/elementwise.def"

/* To 8 u of the condition, ... */
static const element_rule rules[] = {
#define RN_SLOPE(name, domain, dx)                                                         \
    {#name, 1, build_##name, domain_##name, {name##_x}, NULL, "condition", 8},
#define RN_SLOPES(name, domain, dx, dy)                                                    \
    {#name, 2, build_##name, domain_##name, {name##_x, name##_y}, NULL, "condition", 8},
#include "support/elementwise.def"
};
const int element_rule_count = sizeof rules / sizeof *rules;

/* ... but for those that state something else. */
element_rule element_rule_at(int i)
{
    element_rule r = rules[i];

#define RN_STATED(op, limit_, scale_, words)                                               \
    if (strcmp(r.name, #op) == 0) r.stated = op##_scale, r.scale = words, r.limit = limit_;
#include "support/elementwise.def"
    return r;
}
