/* SPDX-License-Identifier: MIT */
/* The error bounds of the gradient check hold; gradcheck_honesty tests more points. */
#include <criterion/criterion.h>

#include "honesty.h"

enum { POINTS = 60 };

Test(honesty, of_every_operator)
{
    int64_t judged = 0, left_out = 0;

    for (int i = 0; i < honesty_record_count; i++) {
        if (!honesty_applies(honesty_records[i])) continue;
        const honesty h = honesty_of(honesty_records[i], POINTS, 2, 1);
        const char *name = honesty_records[i]->name;
        cr_assert(h.points >= POINTS, "%s: %lld points", name, (long long)h.points);
        cr_assert_eq(h.alarms, 0, "%s", h.alarm);
        cr_assert_eq(h.unreported, 0, "%s: a kink was not reported", name);
        cr_assert_eq(h.numeric.outside, 0, "%s: numeric %g error bounds off", name,
                     h.numeric.worst);
        cr_assert_eq(h.analytic.outside, 0, "%s: analytic %g error bounds off", name,
                     h.analytic.worst);
        judged += h.numeric.judged + h.analytic.judged;
        left_out += h.left_out;
    }
    cr_assert(judged > 1000 && left_out > 100, "%lld, %lld", (long long)judged,
              (long long)left_out);
}
