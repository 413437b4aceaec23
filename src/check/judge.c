/* SPDX-License-Identifier: MIT */
/*
 * Whether a rule's or a loop's gradient is right: its inputs are compared one by one, until
 * one is wrong.
 */
#include <float.h>
#include <math.h>

#include "check/culprit.h"

enum { WHOLE = 64, SAMPLES = 16 };

typedef struct judging {
    rn__probe *p;
    int i;
    rn__sample sample[WHOLE];
    int samples, judged;
    double furthest;
    int worst; /* number of a sample; -1: none is wrong */
} judging;

bool rn__disagrees(double analytic, const rn__slope *slope)
{
    if (isinf(slope->error)) return false;
    return !(fabs(analytic - slope->value) <=
             slope->error + 32 * DBL_EPSILON * fabs(analytic));
}

static void take(void *data, int i, const rn__comparison *comparison)
{
    judging *j = (judging *)data;
    const rn_gradcheck_entry *e = &comparison->entry;
    const double off = fabs(e->analytic - e->numeric);

    (void)i;
    j->judged += !comparison->kinked;
    if (e->element < 0 || j->samples == WHOLE) return;
    for (int k = 0; k < j->samples; k++)
        if (j->sample[k].element == e->element) return;
    rn__sample *s = &j->sample[j->samples++];
    *s = (rn__sample){e->element, {e->numeric, e->numeric_bound}};
    if (isfinite(e->analytic_bound)) s->slope.error += e->analytic_bound;
    if (comparison->kinked) s->slope.error = INFINITY;
    if (comparison->kinked || e->passed || off <= j->furthest) return;
    /* A NaN is further off than any number. */
    j->furthest = isnan(off) ? (double)INFINITY : off;
    j->worst = j->samples - 1;
}

static void fill(judging *j, rn_gradcheck_culprit *c)
{
    const rn__sample *s = &j->sample[j->worst];
    const rn__probe_input *in = &j->p->input[j->i];

    c->operand = j->i;
    c->other = -1;
    c->element = s->element;
    c->shape = rn_shape_get(in->x);
    c->analytic = in->gradient[s->element];
    c->numeric = s->slope.value;
    c->error = s->slope.error;
    c->mistake = rn__recognise(j->p, j->i, j->sample, j->samples, &c->ratio, &c->other);
}

/* A large input that is wrong is looked at in more places. */
static bool judge_input(judging *j)
{
    rn_gradcheck_options options = {.samples = SAMPLES, .exhaustive = WHOLE};

    j->p->take = take, j->p->data = j;
    if (!rn__compare_input(j->p, j->i, &options)) return false;
    options.samples = WHOLE - j->samples;
    return j->worst < 0 || j->p->input[j->i].count <= WHOLE ||
           rn__compare_elements(j->p, j->i, &options);
}

/* A value that is not finite cannot be moved. */
static bool all_finite(const rn__probe_input *in)
{
    for (int64_t k = 0; k < in->count; k++)
        if (!isfinite(((const double *)in->value)[k])) return false;
    return true;
}

rn__verdict rn__judge(rn__probe *p, rn_gradcheck_culprit *culprit)
{
    rn__verdict verdict = RN__RIGHT;

    if (!rn__probe_run(p, 0)) return RN__UNJUDGED;
    for (int i = 0; i < p->inputs; i++) {
        judging j = {.p = p, .i = i, .furthest = -1, .worst = -1};
        if (!p->input[i].judged || p->input[i].count == 0) continue;
        const bool ok = judge_input(&j);
        if (j.worst >= 0) {
            fill(&j, culprit);
            return RN__WRONG;
        }
        if (!ok || !j.judged || !all_finite(&p->input[i])) verdict = RN__UNJUDGED;
    }
    return verdict;
}
