/* SPDX-License-Identifier: MIT */
/*
 * quad_rules -- measures the rules and prints a table: the errors of gradients that
 * programs of either type compute, relative to u times the scale of each rule. The exit
 * status is 1 if one exceeds its limit.
 */
#include <stdio.h>

#include "rules.h"

static bool failed(const char *type, rule_result r, double limit)
{
    if (r.worst <= limit && r.unsound == 0) return false;
    printf("  FAILED: %s at %.17g, %.17g; %d unsound\n", type, r.x, r.y, r.unsound);
    return true;
}

/* A row of the table; true if it keeps to the limit. */
static bool print(const char *name, const char *operand, rule_result wide,
                  rule_result narrow, double limit, const char *scale)
{
    printf("%-12s%-3s%7d%9.2f%9.2f%7g   %s\n", name, operand, wide.points + narrow.points,
           wide.worst, narrow.worst, limit, scale);
    return !failed("f64", wide, limit) & !failed("f32", narrow, limit);
}

int main(void)
{
    static const char *const operands[] = {"dx", "dy"};
    bool good = true;

    printf("%-15s%7s%9s%9s%7s   %s\n", "operator", "points", "f64", "f32", "limit",
           "scale");
    for (int i = 0; i < element_rule_count; i++) {
        const element_rule rule = element_rule_at(i), *r = &rule;
        for (int k = 0; k < r->inputs; k++)
            good &= print(r->name, operands[k], judge_element(r, k, &rule_f64),
                          judge_element(r, k, &rule_f32), r->limit, r->scale);
    }
    for (int i = 0; i < axis_rule_count; i++) {
        const axis_rule *r = &axis_rules[i];
        good &= print(r->name, "dx", judge_axis(r, &rule_f64), judge_axis(r, &rule_f32),
                      r->limit, r->scale);
    }
    return good ? 0 : 1;
}
