/* SPDX-License-Identifier: MIT */
/*
 * Whether a trial's gradient is right. Small inputs are compared element by element; large
 * ones along random directions, one that fails being halved down to the element that is
 * furthest off, and at a few elements.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "culprit.h"

enum { WHOLE = 64, DIRECTIONS = 4, SAMPLES = 16, DIRECTION_STREAM = 1000 };

typedef struct judging {
    rn__trial *t;
    int i;
    rn__trial_input *in;
    rn__probe probe[WHOLE];
    int probes, judged;
    double furthest;
    int worst; /* number of a probe; -1: none is wrong */
    bool failed;
} judging;

bool rn__disagrees(double analytic, const rn__slope *slope)
{
    if (isinf(slope->error) || (!isfinite(analytic) && slope->bent)) return false;
    return !isfinite(analytic) ||
           fabs(analytic - slope->value) > slope->error + 32 * DBL_EPSILON * fabs(analytic);
}

/* A NaN is further off than any number. */
static double distance(double analytic, const rn__slope *slope)
{
    const double d = fabs(analytic - slope->value);
    return isnan(d) ? (double)INFINITY : d;
}

/* ---- elements ---- */

/* One more probe. At a kink that no operator told of there is nothing to judge either. */
static void probe_element(judging *j, int64_t element)
{
    rn__probe *p = &j->probe[j->probes];

    for (int i = 0; i < j->probes; i++)
        if (j->probe[i].element == element) return;
    if (j->failed || j->probes == WHOLE) return;
    const double a = j->in->gradient[element];
    p->element = element;
    j->failed = !rn__trial_slope(j->t, j->i, NULL, element, &p->slope);
    if (j->failed) return;
    j->probes++;
    /* What is no number beside an output that is none comes from that one. */
    if (!isfinite(a) && !j->t->finite) p->slope.error = INFINITY;
    bool wrong = rn__disagrees(a, &p->slope);
    if (wrong && j->worst < 0) {
        j->failed = !rn__trial_closer(j->t, &p->slope);
        wrong = rn__disagrees(a, &p->slope);
    }
    const double off = distance(a, &p->slope);
    if (wrong && rn__trial_kinked(j->t, &p->slope, off)) p->slope.error = INFINITY;
    if (!isfinite(a) && p->slope.bent) p->slope.error = INFINITY;
    wrong = wrong && !isinf(p->slope.error);
    j->judged += !isinf(p->slope.error);
    if (!wrong || (j->worst >= 0 && off <= j->furthest)) return;
    j->furthest = off;
    j->worst = j->probes - 1;
}

/* One from each stretch of equal length, so that no part is left out. */
static void probe_some(judging *j, int count)
{
    const double stretch = (double)j->in->count / count;

    for (int k = 0; k < count; k++) {
        const double where = 0.5 + 0.4 * rn__trial_random(DIRECTION_STREAM, (uint64_t)k);
        probe_element(j, (int64_t)((k + where) * stretch));
    }
}

/* ---- directions ---- */

/* How many times its bar the gradient along a part of a direction is off; v is zero
 * everywhere else. */
static double excess(judging *j, const double *direction, double *v, int64_t from,
                     int64_t to)
{
    rn__slope slope;
    double a = 0, size = 0, ratio = 0;

    memset(v, 0, (size_t)j->in->count * sizeof *v);
    for (int64_t k = from; k < to; k++) {
        v[k] = direction[k];
        a += j->in->gradient[k] * v[k];
        size += fabs(j->in->gradient[k] * v[k]);
    }
    j->failed = j->failed || !rn__trial_slope(j->t, j->i, v, 0, &slope);
    if (j->failed || isinf(slope.error)) return 0;
    if (!isfinite(a) && (slope.bent || !j->t->finite)) return 0;
    j->judged++;
    if (isfinite(size)) slope.error += 32 * DBL_EPSILON * size;
    const double off = distance(a, &slope);
    if (off > slope.error && !rn__trial_kinked(j->t, &slope, off))
        ratio = off / fmax(slope.error, DBL_MIN);
    return ratio;
}

/* Halves a direction that failed down to one element. */
static void locate(judging *j, const double *direction, double *v)
{
    int64_t from = 0, to = j->in->count;

    while (to - from > 1) {
        const int64_t middle = from + (to - from) / 2;
        if (excess(j, direction, v, from, middle) >= excess(j, direction, v, middle, to))
            to = middle;
        else
            from = middle;
    }
    probe_element(j, from);
}

static void judge_large(judging *j)
{
    rn__arena *arena = &j->t->arena;
    const size_t bytes = (size_t)j->in->count * sizeof(double);
    double *direction = (double *)rn__arena_new(arena, bytes);
    double *v = (double *)rn__arena_new(arena, bytes);

    j->failed = j->t->no_memory = !direction || !v;
    for (int d = 0; d < DIRECTIONS && !j->failed && j->worst < 0; d++) {
        for (int64_t k = 0; k < j->in->count; k++) {
            const double u = rn__trial_random(DIRECTION_STREAM + 1 + d, (uint64_t)k);
            direction[k] = u + (u < 0 ? -0.5 : 0.5);
        }
        if (excess(j, direction, v, 0, j->in->count) > 1) locate(j, direction, v);
    }
    probe_some(j, SAMPLES);
}

/* ---- the verdict ---- */

static void fill(judging *j, rn_gradcheck_culprit *c)
{
    const rn__probe *p = &j->probe[j->worst];

    c->operand = j->i;
    c->other = -1;
    c->element = p->element;
    c->shape = rn_shape_get(j->in->x);
    c->analytic = j->in->gradient[p->element];
    c->numeric = p->slope.value;
    c->error = p->slope.error;
    c->mistake = rn__recognise(j->t, j->i, j->probe, j->probes, &c->ratio, &c->other);
}

static void judge_input(judging *j)
{
    if (j->in->count > WHOLE)
        judge_large(j);
    else
        for (int64_t k = 0; k < j->in->count; k++) probe_element(j, k);
    if (j->worst >= 0 && j->in->count > WHOLE) probe_some(j, WHOLE - j->probes);
}

rn__verdict rn__judge(rn__trial *t, rn_gradcheck_culprit *culprit)
{
    rn__verdict verdict = RN__RIGHT;

    if (!rn__trial_run(t, 0)) return RN__UNJUDGED;
    for (int i = 0; i < t->inputs; i++) {
        judging j = {.t = t, .i = i, .in = &t->input[i], .worst = -1};
        if (!j.in->judged || j.in->count == 0) continue;
        judge_input(&j);
        if (j.worst >= 0) {
            fill(&j, culprit);
            return RN__WRONG;
        }
        if (j.failed || !j.judged) verdict = RN__UNJUDGED;
    }
    return verdict;
}
