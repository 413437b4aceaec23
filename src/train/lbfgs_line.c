/* SPDX-License-Identifier: MIT */
/*
 * A line search by the strong Wolfe conditions, Nocedal and Wright 2006, algorithms 3.5 and
 * 3.6, with the constants and the safeguards of PyTorch's, so that it takes the same steps.
 *
 *   f(t) <= f(0) + 1e-4 t f'(0),  |f'(t)| <= 0.9 |f'(0)|
 *
 * First the step grows until two points enclose such a one; then these close in on it.
 */
#include <math.h>

#include "train/lbfgs.h"

/* Two points that enclose the result, once `enclosed`; `low` is the one of the lower loss.
 */
typedef struct bracket {
    rn_lbfgs *l;
    double f, slope; /* at t = 0 */
    rn__point end[2];
    int low, trials, most;
    bool found;
} bracket;

static bool sufficient(const bracket *b, const rn__point *p)
{
    return p->f <= b->f + 1e-4 * p->t * b->slope;
}

static bool flat(const bracket *b, const rn__point *p)
{
    return fabs(p->slope) <= -0.9 * b->slope;
}

static double within(double t, double least, double most)
{
    return t > most ? most : t >= least ? t : least;
}

/* The minimum of the cubic through both points, within limits; their middle if there is
 * none. */
static double minimum(const rn__point *p, const rn__point *q, double least, double most)
{
    const rn__point *left = p->t <= q->t ? p : q, *right = p->t <= q->t ? q : p;
    const double chord = (left->f - right->f) / (left->t - right->t);
    const double sum = left->slope + right->slope - 3 * chord;
    const double square = sum * sum - left->slope * right->slope;

    if (!(square >= 0)) return (least + most) / 2;
    const double root = sqrt(square);
    const double part =
        (right->slope + root - sum) / (right->slope - left->slope + 2 * root);
    return within(right->t - (right->t - left->t) * part, least, most);
}

static void set_low(bracket *b)
{
    b->low = b->end[0].f <= b->end[1].f ? 0 : 1;
}

/* Grows the step from the start, end[0], until the points enclose a result. */
static bool enclose(bracket *b, double t)
{
    rn__point *at = &b->end[0], *trial = &b->end[1];

    if (!rn__lbfgs_evaluate(b->l, t, trial)) return false;
    for (; b->trials < b->most; b->trials++) {
        if (!sufficient(b, trial) || (b->trials > 1 && trial->f >= at->f)) return true;
        b->found = flat(b, trial);
        if (b->found || trial->slope >= 0) return true;

        const double last = trial->t;
        t = minimum(at, trial, last + 0.01 * (last - at->t), 10 * last);
        const rn__point swap = *at;
        *at = *trial;
        trial->g = swap.g;
        if (!rn__lbfgs_evaluate(b->l, t, trial)) return false;
    }
    return true;
}

/* Moves a trial that is close to an end away from it: at once if it is outside, or if the
 * trial before was close too. */
static double safeguard(double t, double least, double most, bool *close)
{
    const double margin = 0.1 * (most - least);

    if (fmin(most - t, t - least) >= margin) {
        *close = false;
    } else if (*close || t >= most || t <= least) {
        *close = false;
        return fabs(t - most) < fabs(t - least) ? most - margin : least + margin;
    } else {
        *close = true;
    }
    return t;
}

static void replace(rn__point *old, rn__point *by)
{
    const rn__point swap = *old;

    *old = *by;
    *by = swap;
}

/* Puts the trial in the place of one of the ends. */
static void take(bracket *b, rn__point *trial)
{
    rn__point *low = &b->end[b->low], *high = &b->end[1 - b->low];

    if (!sufficient(b, trial) || trial->f >= low->f) {
        replace(high, trial);
        set_low(b);
        return;
    }
    b->found = flat(b, trial);
    if (!b->found && trial->slope * (high->t - low->t) >= 0) replace(high, low);
    replace(low, trial);
}

static bool close_in(bracket *b, double largest, rn__point *trial)
{
    bool close = false;

    for (; !b->found && b->trials < b->most; b->trials++) {
        const rn__point *p = b->end, *q = b->end + 1;
        const double least = fmin(p->t, q->t), most = fmax(p->t, q->t);
        if ((most - least) * largest < b->l->o.tolerance_change) break;
        const double t = minimum(p, q, least, most);
        if (!rn__lbfgs_evaluate(b->l, safeguard(t, least, most, &close), trial))
            return false;
        take(b, trial);
    }
    return true;
}

bool rn__lbfgs_search(rn_lbfgs *l, double t, int most, rn__point *at)
{
    bracket b = {l, at->f, at->slope, {*at, {0, 0, 0, l->spare[0]}}, 0, 0, most, false};
    rn__point trial = {0, 0, 0, l->spare[1]};

    if (!enclose(&b, t)) return false;
    if (b.found)
        b.low = 1;
    else
        set_low(&b);
    if (!close_in(&b, rn__largest(l->d, l->count), &trial)) return false;
    *at = b.end[b.low];
    l->g = at->g;
    l->spare[0] = b.end[1 - b.low].g;
    l->spare[1] = trial.g;
    return true;
}
