/* SPDX-License-Identifier: MIT */
/* Every gradient rule keeps to its limit (rules.h); `quad_rules` prints the figures. */
#include <criterion/criterion.h>
#include <string.h>

#include "ops/record.h"
#include "rules.h"

static void check(const char *name, int which, rule_result r, double limit,
                  const char *scale)
{
    cr_expect(r.points >= 1000, "%s, operand %d: %d points", name, which, r.points);
    cr_expect(r.worst <= limit, "%s, operand %d: off by %g u (%s) at %.17g, %.17g", name,
              which, r.worst, scale, r.x, r.y);
    cr_expect(r.unsound == 0, "%s, operand %d: the oracle is no judge of %d points", name,
              which, r.unsound);
}

static void check_elements(const rule_precision *t)
{
    for (int i = 0; i < element_rule_count; i++) {
        const element_rule rule = element_rule_at(i), *r = &rule;
        for (int k = 0; k < r->inputs; k++)
            check(r->name, k, judge_element(r, k, t), r->limit, r->scale);
    }
}

static void check_axes(const rule_precision *t)
{
    for (int i = 0; i < axis_rule_count; i++) {
        const axis_rule *r = &axis_rules[i];
        check(r->name, 0, judge_axis(r, t), r->limit, r->scale);
    }
}

Test(rules, element_wise_f64)
{
    check_elements(&rule_f64);
}

Test(rules, element_wise_f32)
{
    check_elements(&rule_f32);
}

Test(rules, along_an_axis_f64)
{
    check_axes(&rule_f64);
}

Test(rules, along_an_axis_f32)
{
    check_axes(&rule_f32);
}

/* No rule that rounds is left out. */
Test(rules, all_are_judged)
{
    static const struct {
        const char *name;
        int flags;
    } listed[] = {
#define RN_ONE(name, kind, flags, ...) {#name, flags},
#define RN_TWO(name, kind, flags, ...) {#name, flags},
#include "support/elementwise.def"
    };

    for (size_t i = 0; i < sizeof listed / sizeof *listed; i++) {
        bool judged = (listed[i].flags & (EXACT | NO_GRADIENT)) != 0;
        for (int k = 0; k < element_rule_count; k++)
            judged |= strcmp(element_rule_at(k).name, listed[i].name) == 0;
        cr_expect(judged, "%s has no slope in elementwise.def", listed[i].name);
    }
}

/* The judge sees what is wrong in the last digits, be it a rule or a closed form. */
static rn_tensor nearly_exp(const rn_tensor *x)
{
    return rn_scale(rn_exp(x[0]), 1 + 0x1p-48);
}

static quad exp_slope(const quad *x)
{
    return expq(x[0]);
}

Test(rules, a_wrong_one_is_seen)
{
    const element_rule bad = {.name = "nearly exp",
                              .inputs = 1,
                              .build = nearly_exp,
                              .slope = {exp_slope},
                              .limit = 8};
    const rule_result r = judge_element(&bad, 0, &rule_f64);

    cr_assert(r.worst > bad.limit && r.unsound > 0, "%g, %d unsound", r.worst, r.unsound);
}
