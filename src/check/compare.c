/* SPDX-License-Identifier: MIT */
/*
 * One comparison of the gradient with a difference of the loss, along the inputs'
 * directions. The error bound of the gradient is how far it spread in random arithmetic.
 * Both bounds together are what a comparison is judged by.
 */
#include "check/probe.h"

#include <float.h>
#include <math.h>

/* So many times the root mean square of a few runs is sure enough. */
static const double sure = 8;

/* After so many failures that shorter steps do not explain they are not tried. */
enum { PATIENCE = 8 };

/* Adds the product of a gradient and the direction to *sum, and to *norm, which is the root
 * of the squares of all terms. */
static void add_along(const rn__probe_input *in, const double *gradient, double *sum,
                      double *norm)
{
    for (int64_t i = 0; i < in->count; i++) {
        if (in->direction[i] == 0) continue;
        const double product = gradient[i] * in->direction[i];
        *sum += product;
        *norm = hypot(*norm, product); /* squares might overflow */
    }
}

/* The gradient along the inputs' directions, and its error bound. Returns how large it
 * would be by its terms, if they did not cancel out. */
static double analytic(const rn__probe *p, rn_gradcheck_entry *e)
{
    double moved[RN__JITTERS] = {0}, norm = 0, unused = 0;
    int64_t terms = 0;

    e->analytic = 0;
    for (int k = 0; k < p->inputs; k++) {
        const rn__probe_input *in = &p->input[k];
        if (!in->direction) continue;
        add_along(in, in->gradient, &e->analytic, &norm);
        for (int j = 0; j < RN__JITTERS; j++)
            add_along(in, in->jittered[j], &moved[j], &unused);
        terms += in->count;
    }
    for (int j = 0; j < RN__JITTERS; j++) moved[j] -= e->analytic;
    /* Adding up here is not part of the gradient, but it rounds. */
    const double adding = terms > 1 ? sqrt((double)terms) * norm * DBL_EPSILON : 0;
    e->analytic_bound =
        sure * (rn__mean_size(moved, RN__JITTERS) / RN__JITTER_ZOOM) + adding;
    return norm;
}

static void judge(const rn__probe *p, rn_gradcheck_entry *e, double norm)
{
    const double difference = fabs(e->analytic - e->numeric);
    double size = fmax(norm, fmax(fabs(e->analytic), fabs(e->numeric)));

    for (int k = 0; k < p->inputs && e->element >= 0; k++)
        if (p->input[k].direction) size = fmax(size, p->input[k].largest);
    e->error = difference == 0 ? 0 : difference / size;
    e->excess = difference == 0 ? 0 : difference / (e->analytic_bound + e->numeric_bound);
    if (isnan(difference)) e->error = e->excess = NAN;
    e->passed = e->excess <= 1;
    e->inconclusive = e->passed && e->analytic_bound + e->numeric_bound > size;
}

/* What rounding x to where it is moved does to a difference over steps of h, by the
 * gradient that is checked. One element is often moved without rounding. */
static double rounding_of_moves(const rn__probe *p, double h)
{
    const volatile double steps[] = {h, 2 * h, 4 * h, 8 * h, -h, -2 * h, -4 * h, -8 * h};
    double sizes = 0;
    int64_t moved = 0;
    bool exact = true;

    for (int k = 0; k < p->inputs; k++) {
        const rn__probe_input *in = &p->input[k];
        for (int64_t i = 0; in->direction && i < in->count; i++) {
            const double d = in->direction[i], x = ((const double *)in->value)[i];
            if (d == 0) continue;
            moved++;
            sizes += fabs(in->gradient[i]) * (fmax(fabs(x), 8 * h * fabs(d)) / h);
            for (int s = 0; s < 8 && exact; s++)
                exact = (x + steps[s] * d) - x == steps[s] * d;
        }
    }
    if ((moved == 1 && exact) || !isfinite(sizes)) return 0;
    /* Roundings of many elements are independent of each other. */
    return 3 * (DBL_EPSILON / 2) * sizes / sqrt((double)moved);
}

/* Judges by one numerical derivative. */
static bool fits(const rn__probe *p, const rn__derivative *d, double norm,
                 rn_gradcheck_entry *e)
{
    e->numeric = d->value;
    e->numeric_bound = d->error + rounding_of_moves(p, d->h);
    judge(p, e, norm);
    return e->passed;
}

/* Whether the steps see but noise, far more than rounding makes: a wave of many turns in
 * each. Any gradient fits that. */
static bool blurred(const rn__probe *p, const rn__derivative *d)
{
    return !rn__clear(d) && isfinite(d->noise) && d->noise > 2e6 * p->noise;
}

/* After a failure: what is narrower than the steps, such as a pole or a short wave, they do
 * not show. Where shorter ones clearly show another slope, they are right. What the first
 * steps took for noise does not count, if they showed a slope. */
static bool look_closer(rn__probe *p, double analytic, rn__derivative *d)
{
    const double noise = rn__clear(d) ? d->noise : 0;
    const bool blind = blurred(p, d);
    rn__derivative closer;

    for (double scale = d->h / 2; scale >= 0x1p-40; scale /= 64) {
        if (!rn__line_closer(p, scale, noise, &closer)) return false;
        closer.error += rounding_of_moves(p, closer.h);
        if (rn__clear(&closer)) *d = rn__better(closer, *d);
        /* Still shorter ones show even less. */
        if (blind || closer.bent) continue;
        if (closer.error > fmax(fabs(analytic), fabs(d->value))) break;
    }
    return true;
}

/* After a failure: as a function may have a spike at a tiny x that is as narrow as x, and
 * that the noise hides from all but steps of that size, it must not fit these either. */
static void judge_again(rn__probe *p, const rn__slope_of_line *slope, double norm,
                        rn__comparison *out)
{
    rn_gradcheck_entry again = out->entry;

    if (isnan(slope->own.value) || !fits(p, &slope->own, norm, &again)) return;
    out->entry = again;
    out->kinked = !rn__clear(&slope->own);
    p->doubtful = p->doubtful || out->kinked;
}

/* Whether the gradient there is made of infinite numbers, and none is NaN. */
static bool is_infinite(const rn__probe *p, double analytic)
{
    if (isfinite(analytic)) return false;
    for (int k = 0; k < p->inputs; k++)
        for (int64_t i = 0; p->input[k].direction && i < p->input[k].count; i++)
            if (p->input[k].direction[i] != 0 && isnan(p->input[k].gradient[i]))
                return false;
    return true;
}

/* At a kink that no operator reports a rule is not named; nor for what is no
 * number beside an output that is none. */
static bool at_hidden_kink(rn__probe *p, const rn__slope_of_line *slope,
                           const rn_gradcheck_entry *e)
{
    const double difference = fabs(e->analytic - e->numeric);

    if (!p->alone || e->passed) return false;
    if (!isfinite(e->analytic)) return !p->finite;
    return rn__line_kinked(p, slope->scale, difference);
}

/* After a failure. */
static bool compare_again(rn__probe *p, rn__slope_of_line *slope, double norm,
                          rn__comparison *out)
{
    rn_gradcheck_entry *e = &out->entry;
    /* A gradient may be infinite, where the loss is infinitely steep; along with others
     * also where it overflows, next to a loss that nearly does. */
    const bool huge = e->element < 0 && p->size > 0x1p512;
    const bool steep = slope->derivative.bent || huge;

    out->kinked =
        !e->passed && (slope->inconclusive || (steep && is_infinite(p, e->analytic)) ||
                       (huge && !out->clear));
    if (out->kinked) return true;
    if (p->in_vain < PATIENCE && !look_closer(p, e->analytic, &slope->derivative))
        return false;
    out->clear = rn__clear(&slope->derivative);
    if (!fits(p, &slope->derivative, norm, e)) judge_again(p, slope, norm, out);
    p->in_vain = e->passed ? 0 : p->in_vain + 1;
    out->kinked = out->kinked || at_hidden_kink(p, slope, e);
    return true;
}

bool rn__compare_line(rn__probe *p, int64_t element, rn__comparison *out)
{
    rn_gradcheck_entry *e = &out->entry;
    rn__slope_of_line slope;

    *out = (rn__comparison){.entry = {.element = element}, .kink = {.element = element}};
    const double norm = analytic(p, e);
    if (!rn__line_slope(p, &slope, &out->kink)) return false;
    out->kinked = slope.kinked;
    out->clear = rn__clear(&slope.derivative);
    if (out->kinked) return true;
    if (fits(p, &slope.derivative, norm, e) && !blurred(p, &slope.derivative)) return true;
    return compare_again(p, &slope, norm, out);
}

bool rn__compare_element(rn__probe *p, int i, int64_t element, rn__comparison *out)
{
    rn__probe_input *in = &p->input[i];

    in->direction = in->unit;
    in->unit[element] = 1;
    const bool ok = rn__compare_line(p, element, out);
    in->unit[element] = 0;
    in->direction = NULL;
    return ok;
}

bool rn__slope_of(rn__probe *p, int i, const double *direction, int64_t element,
                  rn__slope *out)
{
    rn__probe_input *in = &p->input[i];
    rn_gradcheck_entry e = {.element = element};
    rn_gradcheck_kink kink;
    rn__slope_of_line slope;

    *out = (rn__slope){NAN, INFINITY};
    in->direction = direction ? direction : in->unit;
    if (!direction) in->unit[element] = 1;
    const double norm = analytic(p, &e);
    const bool ok = rn__line_slope(p, &slope, &kink);
    if (ok && !slope.kinked && !slope.inconclusive) {
        fits(p, &slope.derivative, norm, &e);
        *out = (rn__slope){e.numeric, e.analytic_bound + e.numeric_bound};
    }
    if (!direction) in->unit[element] = 0;
    in->direction = NULL;
    return ok;
}
