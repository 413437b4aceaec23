/* SPDX-License-Identifier: MIT */
/* The derivative of a trial's function: at which scale, and what may be said of it. */
#include <float.h>
#include <math.h>

#include "numeric.h"
#include "trial.h"

static bool feed_moved(const rn__trial *t, rn_program *program, double h)
{
    const rn__trial_input *in = &t->input[t->along];
    const double *x = (const double *)in->value;

    for (int64_t k = 0; k < in->count; k++)
        in->moved[k] =
            t->direction && t->direction[k] != 0 ? x[k] + h * t->direction[k] : x[k];
    if (!t->direction) in->moved[t->element] += h;
    return rn_feed(program, in->x, in->moved, (size_t)in->count * sizeof *x) == RN_OK;
}

static bool feed_back(const rn__trial *t, rn_program *program)
{
    const rn__trial_input *in = &t->input[t->along];

    return rn_feed(program, in->x, in->value, (size_t)in->count * sizeof(double)) == RN_OK;
}

/* By how much an output's element moved; what was and is no number did not. */
static double moved_by(const rn__trial_output *out, int64_t j)
{
    const double here = out->here[j], there = out->there[j];

    return here == there || (isnan(here) && isnan(there)) ? 0 : there - here;
}

static bool evaluate(rn__trial *t, double h)
{
    if (!feed_moved(t, t->forward, h) || rn_run(t->forward) != RN_OK) return false;
    for (int i = 0; i < t->outputs; i++) {
        const rn__trial_output *out = &t->output[i];
        if (rn_read(t->forward, out->y, out->there, (size_t)out->count * sizeof(double)) !=
            RN_OK)
            return false;
    }
    return true;
}

/* f(h), from an offset: as large as what rounding in y is relative to. */
static bool function(void *data, double h, double *f)
{
    rn__trial *t = (rn__trial *)data;

    *f = NAN;
    if (!evaluate(t, h)) return true; /* it refuses these values */
    *f = t->offset;
    for (int i = 0; i < t->outputs; i++)
        for (int64_t j = 0; j < t->output[i].count; j++)
            if (t->output[i].weight[j] != 0)
                *f += t->output[i].weight[j] * moved_by(&t->output[i], j);
    return true;
}

/* Whether all operators that choose do at both ends of the longest step as they do here. */
static bool smooth_within(rn__trial *t, double h)
{
    const rn__choice *which;
    int64_t element;
    bool same = true;

    for (int side = -1; same && side <= 1; side += 2)
        same = feed_moved(t, t->branches.program, side * h) &&
               rn__branches_same(&t->branches, &which, &element);
    feed_back(t, t->branches.program);
    return same;
}

/* The largest scale from this one down that crosses no kink, 0 if there is none. The
 * longest step is an eighth of it. */
static double smooth_scale(rn__trial *t, double scale)
{
    if (!t->branches.program) return scale;
    for (int i = 0; i < 12; i++, scale /= 8)
        if (smooth_within(t, scale / 8)) return scale;
    return 0;
}

/* Sums over the outputs that depend on what moves. */
typedef struct sizes {
    double moved, here; /* of |dy| times by how much, and times |y| */
    int64_t count;
    bool finite;
} sizes;

/* Marks in `depends` the outputs that become NaN with what moves: some that depend on it
 * may be too large to be moved. */
static bool find_dependent(rn__trial *t)
{
    const bool ok = evaluate(t, NAN);

    for (int i = 0; i < t->outputs; i++)
        for (int64_t j = 0; j < t->output[i].count; j++)
            t->output[i].depends[j] =
                ok && isnan(t->output[i].there[j]) && !isnan(t->output[i].here[j]);
    return evaluate(t, 0); /* the kernels may have refused a NaN */
}

static sizes sizes_of(const rn__trial *t)
{
    sizes s = {.finite = true};
    bool nan = false;

    for (int i = 0; i < t->outputs; i++)
        for (int64_t j = 0; j < t->output[i].count; j++) {
            const rn__trial_output *out = &t->output[i];
            const double d = moved_by(out, j), w = fabs(out->weight[j]);
            nan = nan || isnan(out->here[j]);
            if (w == 0 || (d == 0 && !out->depends[j])) continue;
            s.moved += w * fabs(d);
            s.here += w * fabs(out->here[j]);
            s.finite = s.finite && isfinite(out->here[j]);
            s.count++;
        }
    if (nan && s.count == 0) s.finite = false; /* what is NaN may be all that depends */
    return s;
}

/* At one scale. Steps too short to move x, or y, at all would make a derivative of 0 look
 * sure, so there are none much shorter. */
static bool at_scale(rn__trial *t, double scale, rn__slope *out)
{
    rn__derivative d;

    *out = (rn__slope){NAN, INFINITY, scale, true};
    if ((scale = smooth_scale(t, scale)) == 0) return true;
    const rn__trial_input *in = &t->input[t->along];
    const double h = scale / 8;
    const double x =
        t->direction ? in->largest : fabs(((const double *)in->value)[t->element]);
    if (!evaluate(t, h)) return true;
    const sizes s = sizes_of(t);
    if (!s.finite) return true;
    /* What is summed is rounded as the largest term is. */
    t->offset = s.here + s.moved / h * (t->map ? x : in->largest);
    const double shortest = fmax(ldexp(scale, -20), ldexp(x, -44));
    if (!rn__differentiate(function, t, (rn__steps){scale, shortest, 0}, &d)) return false;
    /* Over long steps a wave looks flat: there only what is seen clearly counts. */
    if (!isfinite(d.value) || (scale > 1 && d.error > 1e-3 * fabs(d.value))) return true;
    /* What rounding may do to a right gradient, which is a sum of products. Values count
     * because rules are made of them; but the slope of a large one is that much smaller. */
    const double rounding = DBL_EPSILON * (32 + sqrt((double)s.count));
    const double here = s.here / fmax(1, x / 1024);
    *out = (rn__slope){d.value, d.error, scale, d.bent};
    out->error += rounding * (fabs(d.value) + here + s.moved / h);
    return true;
}

/* Two scales must not contradict each other: the one of the smaller error. */
static rn__slope better(rn__slope a, rn__slope b)
{
    if (isinf(a.error) || isinf(b.error)) return isinf(a.error) ? b : a;
    if (fabs(a.value - b.value) > a.error + b.error)
        return (rn__slope){NAN, INFINITY, a.scale, true};
    return a.error < b.error ? a : b;
}

bool rn__trial_slope(rn__trial *t, int i, const double *direction, int64_t element,
                     rn__slope *out)
{
    /* Sharp enough; else the size of x may ask for other steps than 1 does. */
    const double enough = 1e-8;
    const double *x = (const double *)t->input[i].value;
    rn__slope other;

    *out = (rn__slope){NAN, INFINITY, 0, true};
    t->along = i;
    t->direction = direction;
    t->element = element;
    const double size = direction ? t->input[i].largest : fabs(x[element]);
    bool ok = find_dependent(t) && at_scale(t, 1, out);
    if (ok && !(out->error <= enough * fabs(out->value)) && size > 0 && isfinite(size) &&
        (size < 0.25 || size > 4)) {
        ok = at_scale(t, ldexp(1, ilogb(size)), &other);
        *out = better(*out, other);
    }
    return feed_back(t, t->forward) && ok;
}

bool rn__trial_closer(rn__trial *t, rn__slope *slope)
{
    rn__slope closer;

    for (double scale = slope->scale / 64; scale >= 0x1p-36; scale /= 64) {
        if (!at_scale(t, scale, &closer)) return false;
        const bool clear = closer.error <= 1e-3 * fabs(closer.value);
        if (clear && fabs(closer.value - slope->value) > closer.error + slope->error)
            *slope = closer;
    }
    return feed_back(t, t->forward);
}

bool rn__trial_kinked(rn__trial *t, const rn__slope *slope, double difference)
{
    const double far = ldexp(slope->scale, -8), near = ldexp(slope->scale, -14);
    double up[2], down[2];

    t->offset = 0;
    if (!function(t, far, &up[0]) || !function(t, -far, &down[0]) ||
        !function(t, near, &up[1]) || !function(t, -near, &down[1]))
        return true;
    feed_back(t, t->forward);
    /* By so much the derivative jumps if there is a kink; else it vanishes as the steps. */
    const double here = fabs(up[1] + down[1]) / near, there = fabs(up[0] + down[0]) / far;
    return !(here < there / 2) && difference <= here;
}
