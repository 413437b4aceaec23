/* SPDX-License-Identifier: MIT */
/* The numerical derivative of a smooth function is sharp; at a kink there is none. */
#include "check/numeric.h"

#include <criterion/criterion.h>
#include <math.h>

static bool value(void *data, double t, double *y)
{
    *y = sin(t + 0.5) + *(const double *)data * fabs(t);
    return true;
}

static rn__derivative at(double kink)
{
    rn__derivative d;

    cr_assert(rn__differentiate(value, &kink, (rn__steps){1, 0, 0}, &d));
    return d;
}

Test(numeric, smooth)
{
    const rn__derivative d = at(0);

    cr_assert(fabs(d.value - cos(0.5)) <= d.error);
    cr_assert(d.error < 1e-10);
    cr_assert(rn__sharp(&d) && !d.bent);
}

/* Central differences do not see it: both sides have the mean slope. */
Test(numeric, a_kink_leaves_the_mean_slope)
{
    const rn__derivative d = at(1);

    cr_assert(fabs(d.value - cos(0.5)) <= d.error);
}
