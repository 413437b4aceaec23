/* SPDX-License-Identifier: MIT */
/*
 * Comparing the gradient with differences of the loss: along random directions of all
 * tensors together, along one of each, and element by element.
 *
 * The bar of the gradient is how far it spread in random arithmetic. Both bars together are
 * what a comparison is judged by.
 */
#include "gradcheck.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "philox.h"

/* So many times the root mean square of a few runs is sure enough. */
static const double sure = 8;

double rn__check_normal(uint64_t seed, uint32_t leaf_index, uint64_t i)
{
    const uint32_t counter[4] = {(uint32_t)i, (uint32_t)(i >> 32), leaf_index, 0};
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t bits[4];

    rn__philox(counter, key, bits);
    const double u = ((double)bits[0] + 1) / 4294967296.0,
                 v = (double)bits[1] / 4294967296.0;
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

/* ---- one comparison ---- */

/* Adds the product of a gradient and the direction to *sum, and to *norm, which is the root
 * of the squares of all terms. */
static void add_along(const rn__leaf_value *l, const double *gradient, double *sum,
                      double *norm)
{
    for (int64_t i = 0; i < l->count; i++) {
        if (l->direction[i] == 0) continue;
        const double product = gradient[i] * l->direction[i];
        *sum += product;
        *norm = hypot(*norm, product); /* squares might overflow */
    }
}

/* The gradient along the leaves' directions, and its bar. Returns how large it would be by
 * its terms, if they did not cancel out. */
static double analytic(const rn__checking *c, rn_gradcheck_entry *e)
{
    double moved[RN__JITTERS] = {0}, norm = 0, unused = 0;
    int64_t terms = 0;

    e->analytic = 0;
    for (int k = 0; k < c->leaves; k++) {
        const rn__leaf_value *l = &c->leaf[k];
        if (!l->direction) continue;
        add_along(l, l->gradient, &e->analytic, &norm);
        for (int j = 0; j < RN__JITTERS; j++)
            add_along(l, l->jittered[j], &moved[j], &unused);
        terms += l->count;
    }
    for (int j = 0; j < RN__JITTERS; j++) moved[j] -= e->analytic;
    /* Adding up here is not part of the gradient, but it rounds. */
    const double adding = terms > 1 ? sqrt((double)terms) * norm * DBL_EPSILON : 0;
    e->analytic_bar = sure * (rn__mean_size(moved, RN__JITTERS) / RN__JITTER_ZOOM) + adding;
    return norm;
}

static void judge(const rn__checking *c, rn_gradcheck_entry *e, double norm)
{
    const double difference = fabs(e->analytic - e->numeric);
    double size = fmax(norm, fmax(fabs(e->analytic), fabs(e->numeric)));

    for (int k = 0; k < c->leaves && e->element >= 0; k++)
        if (c->leaf[k].direction) size = fmax(size, c->leaf[k].largest);
    e->error = difference == 0 ? 0 : difference / size;
    e->excess = difference == 0 ? 0 : difference / (e->analytic_bar + e->numeric_bar);
    if (isnan(difference)) e->error = e->excess = NAN;
    e->passed = e->excess <= 1;
}

/* What rounding x to where it is moved does to a difference over steps of h, by the
 * gradient that is checked. One element is often moved without rounding. */
static double rounding_of_moves(const rn__checking *c, double h)
{
    const volatile double steps[] = {h, 2 * h, 4 * h, 8 * h, -h, -2 * h, -4 * h, -8 * h};
    double sizes = 0;
    int64_t moved = 0;
    bool exact = true;

    for (int k = 0; k < c->leaves; k++) {
        const rn__leaf_value *l = &c->leaf[k];
        for (int64_t i = 0; l->direction && i < l->count; i++) {
            const double d = l->direction[i], x = ((const double *)l->value)[i];
            if (d == 0) continue;
            moved++;
            sizes += fabs(l->gradient[i]) * (fmax(fabs(x), 8 * h * fabs(d)) / h);
            for (int s = 0; s < 8 && exact; s++)
                exact = (x + steps[s] * d) - x == steps[s] * d;
        }
    }
    if ((moved == 1 && exact) || !isfinite(sizes)) return 0;
    /* Roundings of many elements are independent of each other. */
    return 3 * (DBL_EPSILON / 2) * sizes / sqrt((double)moved);
}

/* Judges by one numerical derivative. */
static bool fits(const rn__checking *c, const rn__derivative *d, double norm,
                 rn_gradcheck_entry *e)
{
    e->numeric = d->value;
    e->numeric_bar = d->error + rounding_of_moves(c, d->h);
    judge(c, e, norm);
    return e->passed;
}

/* After a failure: as a function may have a spike at a tiny x that is as narrow as x, and
 * that the noise hides from all but steps of that size, it must not fit these either. */
static void judge_again(const rn__checking *c, const rn__slope_of_line *slope, double norm,
                        rn__comparison *out)
{
    rn_gradcheck_entry again = out->entry;

    if (isnan(slope->own.value) || !fits(c, &slope->own, norm, &again)) return;
    out->entry = again;
    out->kinked = !rn__clear(&slope->own);
}

static bool anything_moves(const rn__checking *c)
{
    for (int k = 0; k < c->leaves; k++)
        for (int64_t i = 0; c->leaf[k].direction && i < c->leaf[k].count; i++)
            if (c->leaf[k].direction[i] != 0) return true;
    return false;
}

bool rn__compare_line(rn__checking *c, int64_t element, rn__comparison *out)
{
    rn_gradcheck_entry *e = &out->entry;
    rn__slope_of_line slope;

    *out = (rn__comparison){.entry = {.tensor = "all tensors", .element = element},
                            .kink = {.element = element}};
    const double norm = analytic(c, e);
    if (!rn__line_slope(c, &slope, &out->kink)) return false;
    out->kinked = slope.kinked || !anything_moves(c);
    out->blunt = !rn__sharp(&slope.derivative);
    out->clear = rn__clear(&slope.derivative);
    if (out->kinked || fits(c, &slope.derivative, norm, e)) return true;
    /* A gradient may be infinite, where the loss is infinitely steep. */
    out->kinked = slope.vague || (slope.derivative.bent && isinf(e->analytic));
    if (!out->kinked) judge_again(c, &slope, norm, out);
    return true;
}

/* ---- what is compared ---- */

static void report(rn__checking *c, int tensor, const rn__comparison *comparison)
{
    if (comparison->kinked)
        rn__report_kink(c->report, tensor, comparison->kink);
    else
        rn__report_add(c->report, tensor, comparison->entry);
}

static bool compare_element(rn__checking *c, int tensor, int64_t i, double *direction)
{
    rn__leaf_value *l = &c->leaf[tensor];
    rn__comparison comparison;

    l->direction = direction;
    direction[i] = 1;
    const bool ok = rn__compare_line(c, i, &comparison);
    direction[i] = 0;
    l->direction = NULL;
    if (ok) report(c, tensor, &comparison);
    return ok;
}

/* How far an element moves in a direction of many: by 1 or, `relative`, by its own size if
 * it is smaller. A huge one, which that does not move, stays. */
static double reach(double x, bool relative)
{
    const double size = fabs(x);

    if (!(size <= 0x1p40)) return 0;
    return relative && size > 0 && size < 1 ? size : 1;
}

static void random_direction(const rn__checking *c, int tensor, uint64_t k, double length,
                             bool relative, double *direction)
{
    const rn__leaf_value *l = &c->leaf[tensor];

    for (int64_t i = 0; i < l->count; i++)
        direction[i] =
            rn__check_normal(c->options.seed + 1 + k, (uint32_t)tensor, (uint64_t)i) *
            reach(((const double *)l->value)[i], relative) / length;
}

/* Whether steps of size 1 told too little to be believed: tiny elements may want smaller
 * ones. */
static bool wants_smaller_steps(const rn__comparison *x)
{
    return x->blunt && (x->kinked ? strcmp(x->kink.op, "loss") == 0 : !x->entry.passed);
}

/* The second comparison, along a relative direction, in place of the first. What fails must
 * fail in both; the second must also tell something. */
static void decide(rn__comparison *first, const rn__comparison *second)
{
    if (!first->kinked && !second->kinked && !second->entry.passed) return;
    *first = *second;
    first->kinked = second->kinked || (second->entry.passed && !second->clear);
}

/* The direction of one tensor; when it fails, the element that does. */
static bool compare_tensor(rn__checking *c, int tensor, double *direction)
{
    rn__leaf_value *l = &c->leaf[tensor];
    const double length = sqrt((double)l->count);
    rn__comparison comparison, second;

    l->direction = direction;
    random_direction(c, tensor, 1000, length, false, direction);
    bool ok = rn__compare_line(c, -1, &comparison);
    if (ok && wants_smaller_steps(&comparison)) {
        random_direction(c, tensor, 1000, length, true, direction);
        ok = rn__compare_line(c, -1, &second);
        if (ok) decide(&comparison, &second);
    }
    l->direction = NULL;
    if (ok) report(c, tensor, &comparison);
    return ok &&
           (comparison.kinked || comparison.entry.passed || rn__locate(c, l, direction));
}

/* Elements: all of a small tensor, else one from each stretch of equal length, so that no
 * part is left out. */
static bool compare_elements(rn__checking *c, int tensor, double *direction)
{
    const int64_t n = c->leaf[tensor].count;
    const int64_t samples = n <= c->options.exhaustive ? n : c->options.samples;
    const double stretch = (double)n / (double)samples;

    memset(direction, 0, (size_t)n * sizeof *direction);
    for (int64_t k = 0; k < samples; k++) {
        const double where = 0.5 + 0.4 * sin((double)(k + 1) * 12.9898);
        const int64_t i = samples == n ? k : (int64_t)(((double)k + where) * stretch);
        if (!compare_element(c, tensor, i, direction)) return false;
    }
    return true;
}

/* Gives every tensor its part of a random direction of all together. */
static void set_directions(rn__checking *c, double *direction, int k, int64_t elements,
                           bool relative)
{
    for (int i = 0; i < c->leaves; i++) {
        if (!c->leaf[i].checked) continue;
        random_direction(c, i, (uint64_t)k, sqrt((double)elements), relative, direction);
        c->leaf[i].direction = direction;
        direction += c->leaf[i].count;
    }
}

/* Random directions of all tensors at once: `direction` has room for all of them. */
static bool compare_jointly(rn__checking *c, double *direction, int64_t elements)
{
    bool ok = true;

    for (int d = 0; ok && d < c->options.directions; d++) {
        rn__comparison comparison, second;
        set_directions(c, direction, d, elements, false);
        ok = rn__compare_line(c, -1, &comparison);
        if (ok && wants_smaller_steps(&comparison)) {
            set_directions(c, direction, d, elements, true);
            ok = rn__compare_line(c, -1, &second);
            if (ok) decide(&comparison, &second);
        }
        if (ok) report(c, -1, &comparison);
        for (int k = 0; k < c->leaves; k++) c->leaf[k].direction = NULL;
    }
    return ok;
}

bool rn__compare_all(rn__checking *c)
{
    int64_t elements = 0;

    for (int k = 0; k < c->leaves; k++)
        if (c->leaf[k].checked) elements += c->leaf[k].count;
    double *direction =
        (double *)rn__arena_new(&c->arena, (size_t)elements * sizeof *direction);
    if (!direction) return rn__check_no_memory(c);
    if (elements > 0 && !compare_jointly(c, direction, elements)) return false;
    for (int k = 0; k < c->leaves; k++) {
        if (!c->leaf[k].checked || c->leaf[k].count == 0) continue;
        if (c->leaf[k].count > c->options.exhaustive && !compare_tensor(c, k, direction))
            return false;
        if (!compare_elements(c, k, direction)) return false;
    }
    return true;
}
