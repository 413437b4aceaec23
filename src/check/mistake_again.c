/* SPDX-License-Identifier: MIT */
/* Mistakes that show when the probe runs again, with other weights or cotangents. */
#include <math.h>
#include <string.h>

#include "check/mistake.h"

/* ---- a term of a sum ---- */

/* Whether the gradient is what the masked output alone would give. */
static bool one_slice(const rn__finding *f, const double *mask, int from, int to)
{
    rn__probe_mask(f->p, 0, mask);
    return rn__fits_samples(f, f->i, f->a, from, to);
}

static bool slice_of_axis(const rn__finding *f, double *mask, int axis)
{
    const rn_shape y = rn_shape_get(f->p->output[0].y);
    int64_t stride = 1;

    for (int i = axis + 1; i < y.rank; i++) stride *= y.size[i];
    for (int64_t at = 0; at < y.size[axis]; at++) {
        for (int64_t j = 0; j < f->p->output[0].count; j++)
            mask[j] = j / stride % y.size[axis] == at;
        if (one_slice(f, mask, 0, f->count)) return true;
    }
    return false;
}

/* For each element one of the outputs, not always the same. */
static bool some_output(const rn__finding *f, double *mask)
{
    bool all = true;

    for (int k = 0; all && k < f->count; k++) {
        if (!rn__nonzero(&f->sample[k])) continue;
        all = false;
        for (int64_t j = 0; !all && j < f->p->output[0].count; j++) {
            memset(mask, 0, (size_t)f->p->output[0].count * sizeof *mask);
            mask[j] = 1;
            all = one_slice(f, mask, k, k + 1);
        }
    }
    return all;
}

bool rn__mistake_term(const rn__finding *f)
{
    enum { MOST = 256 };
    const rn__probe_output *out = &f->p->output[0];
    double *mask = (double *)rn__arena_new(&f->p->arena, (size_t)out->count * sizeof *mask);
    bool found = false;

    if (!mask) return rn__probe_no_memory(f->p);
    if (f->p->outputs != 1 || out->count > MOST) return false;
    for (int axis = 0; !found && axis < rn_rank(out->y); axis++)
        found = slice_of_axis(f, mask, axis);
    found = found || some_output(f, mask);
    rn__probe_mask(f->p, 0, NULL);
    return found;
}

/* ---- the cotangent ---- */

static bool same_gradient(const rn__finding *f)
{
    for (int64_t k = 0; k < f->in->count; k++)
        if (!(fabs(f->in->gradient[k] - f->a[k]) <= 1e-12 * fabs(f->a[k]))) return false;
    return true;
}

/* Runs the probe with other cotangents. */
rn_mistake rn__mistake_cotangent(const rn__finding *f)
{
    const bool fixed = rn__probe_run(f->p, 1) && same_gradient(f);
    const bool right = !fixed && rn__probe_run(f->p, RN__ONES) &&
                       rn__fits_samples(f, f->i, f->in->gradient, 0, f->count);

    rn__probe_run(f->p, 0);
    if (fixed) return RN_MISTAKE_NO_COTANGENT;
    return right ? RN_MISTAKE_UNIT_COTANGENT : RN_MISTAKE_UNKNOWN;
}
