/* SPDX-License-Identifier: MIT */
/* plateau -- reduces the rate when a measure stops improving, as PyTorch does. */
#include "kernel/ieee.h"
#include "rondo/schedules.h"

/* An option whose 0 means the default, and whose negative values mean 0. */
static double option(double value, double by_default)
{
    return value == 0 ? by_default : value > 0 ? value : 0;
}

static bool improves(const rn_plateau *p, double measure)
{
    const double threshold = option(p->threshold, 1e-4), sign = p->maximize ? 1 : -1;

    if (!p->begun) return measure == measure;
    if (p->absolute) return sign * measure > sign * p->best + threshold;
    return sign * measure > sign * (p->best * (1 + sign * threshold));
}

double rn_plateau_next(rn_plateau *plateau, double measure, double rate)
{
    rn_plateau *p = plateau;

    if (!p || !(p->factor >= 0 && p->factor < 1)) return rate;
    if (improves(p, measure))
        p->begun = true, p->best = measure, p->bad = 0;
    else if (p->bad < INT64_MAX)
        p->bad++;
    if (p->cooling > 0) p->cooling--, p->bad = 0;
    if ((double)p->bad <= option((double)p->patience, 10)) return rate;

    double next = rate * option(p->factor, 0.1);
    if (next < p->min_lr) next = p->min_lr;
    p->cooling = p->cooldown;
    p->bad = 0;
    return rate - next > option(p->eps, 1e-8) ? next : rate;
}
