/* SPDX-License-Identifier: MIT */
/* Mistakes that show when the trial runs again, with other weights or cotangents. */
#include <math.h>
#include <string.h>

#include "mistake.h"

/* ---- a term of a sum ---- */

/* Whether the gradient is what the masked output alone would give, from probe k on. */
static bool one_slice(const rn__puzzle *p, const double *mask, int from, int to)
{
    bool told = false;

    rn__trial_mask(p->t, 0, mask);
    for (int k = from; k < to; k++) {
        rn__slope slope;
        if (isinf(p->probe[k].slope.error)) continue;
        if (!rn__trial_slope(p->t, p->i, NULL, p->probe[k].element, &slope) ||
            isinf(slope.error) || rn__disagrees(p->a[p->probe[k].element], &slope))
            return false;
        told = told || slope.value != 0;
    }
    return told;
}

static bool slice_of_axis(const rn__puzzle *p, double *mask, int axis)
{
    const rn_shape y = rn_shape_get(p->t->output[0].y);
    int64_t stride = 1;

    for (int i = axis + 1; i < y.rank; i++) stride *= y.size[i];
    for (int64_t at = 0; at < y.size[axis]; at++) {
        for (int64_t j = 0; j < p->t->output[0].count; j++)
            mask[j] = j / stride % y.size[axis] == at;
        if (one_slice(p, mask, 0, p->count)) return true;
    }
    return false;
}

/* For each element one of the outputs, not always the same. */
static bool some_output(const rn__puzzle *p, double *mask)
{
    bool all = true;

    for (int k = 0; all && k < p->count; k++) {
        if (!rn__telling(&p->probe[k])) continue;
        all = false;
        for (int64_t j = 0; !all && j < p->t->output[0].count; j++) {
            memset(mask, 0, (size_t)p->t->output[0].count * sizeof *mask);
            mask[j] = 1;
            all = one_slice(p, mask, k, k + 1);
        }
    }
    return all;
}

bool rn__mistake_term(const rn__puzzle *p)
{
    enum { MOST = 256 };
    const rn__trial_output *out = &p->t->output[0];
    double *mask = (double *)rn__arena_new(&p->t->arena, (size_t)out->count * sizeof *mask);
    bool found = false;

    p->t->no_memory = p->t->no_memory || !mask;
    if (!mask || p->t->outputs != 1 || out->count > MOST) return false;
    for (int axis = 0; !found && axis < rn_rank(out->y); axis++)
        found = slice_of_axis(p, mask, axis);
    found = found || some_output(p, mask);
    rn__trial_mask(p->t, 0, NULL);
    return found;
}

/* ---- the cotangent ---- */

static bool same_gradient(const rn__puzzle *p)
{
    for (int64_t k = 0; k < p->in->count; k++)
        if (!(fabs(p->in->gradient[k] - p->a[k]) <= 1e-12 * fabs(p->a[k]))) return false;
    return true;
}

/* Runs the trial with other cotangents. */
rn_mistake rn__mistake_cotangent(const rn__puzzle *p)
{
    bool fixed, right = true;

    fixed = rn__trial_run(p->t, 1) && same_gradient(p);
    right = !fixed && rn__trial_run(p->t, RN__ONES);
    for (int k = 0; right && k < p->count; k++) {
        rn__slope s;
        if (isinf(p->probe[k].slope.error)) continue;
        right = rn__trial_slope(p->t, p->i, NULL, p->probe[k].element, &s) &&
                !isinf(s.error) && !rn__disagrees(p->in->gradient[p->probe[k].element], &s);
    }
    rn__trial_run(p->t, 0);
    if (fixed) return RN_MISTAKE_NO_COTANGENT;
    return right ? RN_MISTAKE_UNIT_COTANGENT : RN_MISTAKE_UNKNOWN;
}
