/* SPDX-License-Identifier: MIT */
/*
 * The function of a probe along a line through the values that it is compared at, and how
 * far it is smooth: as long as every operator that chooses takes the same branch at every
 * element.
 */
#include "check/probe.h"

#include <float.h>
#include <math.h>

enum { SCALES = 9, HALVINGS = 64 };

/* ---- the function ---- */

/* Feeds every input that moves, at value + t direction. */
static bool feed(rn__probe *p, rn_program *program, double t)
{
    for (int k = 0; k < p->inputs; k++) {
        const rn__probe_input *in = &p->input[k];
        const double *x = (const double *)in->value, *v = in->direction;
        if (!v) continue;
        for (int64_t i = 0; i < in->count; i++)
            in->moved[i] = v[i] != 0 ? x[i] + t * v[i] : x[i];
        if (rn_feed(program, in->x, in->moved, (size_t)in->count * sizeof *x) != RN_OK)
            return rn__probe_fail(p, RN_INVALID, rn_program_error(program));
    }
    return true;
}

static bool back(rn__probe *p)
{
    return feed(p, p->forward, 0);
}

/* By how much an output's element moved; what was and is no number did not. */
static double moved_by(const rn__probe_output *out, int64_t j)
{
    const double here = out->here[j], there = out->there[j];

    return here == there || (isnan(here) && isnan(there)) ? 0 : there - here;
}

/* Runs the function at t; *refused: an operator refuses these values. */
static bool evaluate(rn__probe *p, double t, bool *refused)
{
    if (!feed(p, p->forward, t)) return false;
    *refused = rn_run(p->forward) != RN_OK;
    for (int i = 0; !*refused && i < p->outputs; i++) {
        const rn__probe_output *out = &p->output[i];
        const size_t bytes = (size_t)out->count * sizeof(double);
        if (rn_read(p->forward, out->y, out->there, bytes) != RN_OK)
            return rn__probe_fail(p, RN_INVALID, rn_program_error(p->forward));
    }
    return true;
}

static bool is_scalar(const rn__probe *p)
{
    return p->outputs == 1 && p->output[0].count == 1;
}

/* f(t), of a scalar y without the difference, which would be rounded; no number where an
 * operator refuses the values. */
static bool function(void *probe, double t, double *f)
{
    rn__probe *p = (rn__probe *)probe;
    bool refused;

    if (!evaluate(p, t, &refused)) return false;
    *f = refused ? (double)NAN : 0;
    if (!refused && is_scalar(p)) {
        *f = p->output[0].weight[0] * p->output[0].there[0];
        return true;
    }
    for (int i = 0; !refused && i < p->outputs; i++)
        for (int64_t j = 0; j < p->output[i].count; j++)
            if (p->output[i].weight[j] != 0)
                *f += p->output[i].weight[j] * moved_by(&p->output[i], j);
    return true;
}

/* Marks the outputs that become NaN with what moves: some that depend on it may be too
 * large to be moved. One alone does; and all may where an operator refuses a NaN. */
static bool find_dependent(rn__probe *p)
{
    bool refused = true;

    if (!is_scalar(p) && !evaluate(p, NAN, &refused)) return false;
    for (int i = 0; i < p->outputs; i++)
        for (int64_t j = 0; j < p->output[i].count; j++)
            p->output[i].depends[j] =
                refused || (isnan(p->output[i].there[j]) && !isnan(p->output[i].here[j]));
    return true;
}

/* Sums up the sizes and the errors of the outputs that depend on what moves. */
static bool measure(rn__probe *p)
{
    if (!find_dependent(p)) return false;
    p->size = p->noise = 0;
    p->dependent = 0;
    for (int i = 0; i < p->outputs; i++)
        for (int64_t j = 0; j < p->output[i].count; j++) {
            const rn__probe_output *out = &p->output[i];
            const double w = fabs(out->weight[j]), y = fabs(out->here[j]);
            if (w == 0 || !out->depends[j]) continue;
            p->size += w * y;
            p->noise += w * fmax(out->noise[j], y * (DBL_EPSILON / 2));
            p->dependent++;
        }
    return true;
}

bool rn__line_kinked(rn__probe *p, double scale, double difference)
{
    const double far = ldexp(scale, -8), near = ldexp(scale, -14);
    double up[2], down[2], middle;

    if (!function(p, 0, &middle) || !function(p, far, &up[0]) ||
        !function(p, -far, &down[0]) || !function(p, near, &up[1]) ||
        !function(p, -near, &down[1]) || !back(p))
        return true;
    /* By so much the derivative jumps if there is a kink; else it vanishes as the steps. */
    const double here = fabs(up[1] - middle + (down[1] - middle)) / near;
    const double there = fabs(up[0] - middle + (down[0] - middle)) / far;
    return !(here < there / 2) && difference <= here;
}

/* ---- how far it is smooth ---- */

/* Whether every operator takes the same branches at t and at -t as here. */
static bool same_branches(rn__probe *p, double t, const rn__choice **which, int64_t *at)
{
    bool same = true;

    for (int sign = -1; same && sign <= 1; sign += 2)
        same = feed(p, p->branches.program, sign * t) &&
               rn__branches_same(&p->branches, which, at);
    return same;
}

/* The largest scale from this one down of which no step crosses a kink; 0 when none is
 * small enough, with *kink saying which and how far it is. */
static double smooth_scale(rn__probe *p, double scale, double shortest,
                           rn_gradcheck_kink *kink)
{
    const rn__choice *which = NULL, *seen = NULL;
    int64_t at = 0, element = 0;
    double distance = scale;

    if (!p->branches.program) return scale;
    for (int i = 0; i < SCALES && scale > 0; i++) {
        /* A ladder's largest step is an eighth of its scale. */
        if (same_branches(p, scale / 8, &which, &at)) break;
        if (p->problem) return 0;
        if (which) seen = which, element = at;
        distance = scale / 8;
        scale = i + 1 < SCALES && scale / 64 >= shortest ? scale / 8 : 0;
    }
    for (int i = 0; scale == 0 && i < HALVINGS; i++) {
        if (i + 1 == HALVINGS) distance = 0;
        if (same_branches(p, distance / 2, &which, &at) || p->problem) break;
        if (which) seen = which, element = at;
        distance /= 2;
    }
    if (scale == 0 && seen) rn__kink_choice(p, seen, element, distance, kink);
    if (scale == 0 && !seen)
        rn__kink_loss(p, "an operator refuses values next to it", distance, kink);
    return feed(p, p->branches.program, 0) ? scale : 0;
}

/* ---- the derivative ---- */

/* How many elements move; sets the size of the one that does, if it is one alone, else 0.
 */
static int64_t count_moved(const rn__probe *p, double *size)
{
    int64_t moved = 0;

    for (int k = 0; k < p->inputs; k++) {
        const rn__probe_input *in = &p->input[k];
        for (int64_t i = 0; in->direction && i < in->count; i++) {
            if (in->direction[i] == 0) continue;
            *size = fabs(((const double *)in->value)[i]);
            moved++;
        }
    }
    if (moved != 1 || !isfinite(*size)) *size = 0;
    return moved;
}

/* Steps of x's own size, where those of size 1 are inconclusive: they may lie across a
 * pole next to a tiny x, and a huge one they hardly move. */
static bool at_own_scale(rn__probe *p, double size, double first, double shortest,
                         rn__slope_of_line *out)
{
    const double own = ldexp(1, ilogb(size));
    rn__derivative *d = &out->derivative, other;
    rn_gradcheck_kink ignored;

    if (rn__sharp(d) || (own >= 0.25 && own <= 4)) return true;
    const double scale = smooth_scale(p, own, shortest, &ignored);
    if (scale == 0) return p->problem == NULL;
    if (!rn__differentiate(function, p, (rn__steps){scale, shortest, p->noise}, &other))
        return false;
    if (own < first) {
        out->own = other;
        *d = rn__better(other, *d);
    } else if (rn__clear(&other)) { /* a wave looks flat over long steps */
        *d = rn__better(*d, other);
    }
    return true;
}

/* Says in *kink what is the matter where no operator reports a kink. */
static void describe_inconclusive(const rn__probe *p, const rn__derivative *d,
                                  rn_gradcheck_kink *kink)
{
    rn__kink_loss(p,
                  isnan(d->value) ? "the loss is not finite next to it"
                  : d->bent       ? "the loss is too steep next to it"
                                  : "no step shows enough of the loss",
                  d->h, kink);
}

bool rn__line_slope(rn__probe *p, rn__slope_of_line *out, rn_gradcheck_kink *kink)
{
    double size = 0;
    const int64_t moved = count_moved(p, &size);
    const double shortest = ldexp(size, -44);
    const double first = size > 0x1p30 ? ldexp(1, ilogb(size) - 30) : 1;
    const double scale = smooth_scale(p, first, shortest, kink);
    rn__derivative *d = &out->derivative;

    *out = (rn__slope_of_line){.own = {.value = NAN}, .scale = scale, .kinked = scale == 0};
    if (out->kinked) return p->problem == NULL;
    if (!measure(p)) return false;
    if (!rn__differentiate(function, p, (rn__steps){scale, shortest, p->noise}, d))
        return false;
    if (size > 0 && !at_own_scale(p, size, first, shortest, out)) return false;
    out->kinked = isnan(d->value) || moved == 0;
    /* Of a huge one no shorter steps show whether these settled by chance, as on a wave. */
    const bool sure = rn__clear(d) && (d->settled || rn__sharp(d));
    out->inconclusive = out->kinked || (first > 1 && !sure);
    describe_inconclusive(p, d, kink);
    return back(p);
}

bool rn__line_closer(rn__probe *p, double scale, double noise, rn__derivative *out)
{
    const rn__steps steps = {scale, 0, fmax(noise, p->noise)};

    return rn__differentiate(function, p, steps, out) && back(p);
}
