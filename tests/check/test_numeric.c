/* SPDX-License-Identifier: MIT */
/* The numerical derivative says when the middle lies off what its steps show. */
#include "numeric.h"

#include <criterion/criterion.h>
#include <math.h>

typedef struct curve {
    double spike, kink; /* added at 0, and times |t| */
} curve;

static bool value(void *data, double t, double *y)
{
    const curve *c = (const curve *)data;

    *y = sin(t + 0.5) + c->kink * fabs(t) + (t == 0 ? c->spike : 0);
    return true;
}

static rn__derivative at(double spike, double kink)
{
    curve c = {spike, kink};
    rn__derivative d;

    cr_assert(rn__differentiate(value, &c, (rn__steps){1, 0, 0}, &d));
    return d;
}

Test(numeric, smooth)
{
    const rn__derivative d = at(0, 0);

    cr_assert(fabs(d.value - cos(0.5)) <= d.error);
    cr_assert(d.error < 1e-10);
    cr_assert(rn__sharp(&d) && !d.spiked && !d.bent);
}

Test(numeric, a_spike_in_the_middle)
{
    /* A smaller one is lost in how the curve bends over the steps. */
    for (double spike = 1e-6; spike < 1e3; spike *= 100) {
        const rn__derivative d = at(spike, 0);
        cr_assert(d.spiked && !rn__clear(&d), "%g", spike);
    }
}

Test(numeric, a_kink_is_no_spike)
{
    cr_assert_not(at(0, 1).spiked);
}
