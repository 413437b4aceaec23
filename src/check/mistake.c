/* SPDX-License-Identifier: MIT */
/*
 * Which mistake explains a wrong gradient: each known one says what the elements would be,
 * and is taken when all that were measured are so.
 */
#include <math.h>
#include <string.h>

#include "check/mistake.h"

bool rn__nonzero(const rn__sample *s)
{
    return !isinf(s->slope.error) && fabs(s->slope.value) > s->slope.error;
}

/* ---- a constant ratio ---- */

/* Whether all elements are the same number of times what they should be. */
static bool constant_ratio(const rn__finding *f, double *ratio, double *error, int *nonzero)
{
    const rn__sample *largest = NULL;

    *nonzero = 0;
    for (int k = 0; k < f->count; k++) {
        const rn__sample *sample = &f->sample[k];
        if (!rn__nonzero(sample)) continue;
        ++*nonzero;
        if (!largest || fabs(sample->slope.value) > fabs(largest->slope.value))
            largest = sample;
    }
    if (!largest) return false;
    *ratio = f->a[largest->element] / largest->slope.value;
    *error = fabs(*ratio) * largest->slope.error / fabs(largest->slope.value);
    for (int k = 0; k < f->count; k++) {
        rn__slope s = f->sample[k].slope;
        if (isinf(s.error)) continue;
        s.error = s.error * fabs(*ratio) + fabs(s.value) * *error;
        s.value *= *ratio;
        if (rn__disagrees(f->a[f->sample[k].element], &s)) return false;
    }
    return true;
}

/* ---- elements at another place ---- */

typedef struct move {
    bool transposed, reversed;
    int axis;
    int64_t by;
} move;

/* Where the gradient has what belongs to this element, -1 for nowhere. */
static int64_t moved(const move *m, rn_shape shape, int64_t element)
{
    const int64_t *size = shape.size;
    int64_t stride = 1;

    if (m->transposed) {
        const int64_t rows = size[shape.rank - 2], columns = size[shape.rank - 1];
        const int64_t row = element / columns % rows, column = element % columns;
        return element - element % (rows * columns) + column * rows + row;
    }
    for (int i = m->axis + 1; i < shape.rank; i++) stride *= size[i];
    const int64_t n = size[m->axis], at = element / stride % n;
    const int64_t to = m->reversed ? n - 1 - at : at + m->by;
    return to < 0 || to >= n ? -1 : element + (to - at) * stride;
}

/* Whether that explains all elements it speaks of, one of which is wrong in its place. */
static bool explains(const rn__finding *f, move m)
{
    const rn_shape shape = rn_shape_get(f->in->x);
    int compared = 0;
    bool wrong = false;

    for (int k = 0; k < f->count; k++) {
        const rn__sample *sample = &f->sample[k];
        const int64_t from = moved(&m, shape, sample->element);
        if (from < 0 || isinf(sample->slope.error)) continue;
        if (rn__disagrees(f->a[from], &sample->slope)) return false;
        wrong = wrong || rn__disagrees(f->a[sample->element], &sample->slope);
        compared++;
    }
    return wrong && compared > 1;
}

static rn_mistake misplaced(const rn__finding *f)
{
    const int rank = rn_rank(f->in->x);

    if (rank >= 2 && explains(f, (move){.transposed = true})) return RN_MISTAKE_TRANSPOSED;
    for (int axis = 0; axis < rank; axis++)
        if (explains(f, (move){.axis = axis, .reversed = true})) return RN_MISTAKE_REVERSED;
    for (int axis = 0; axis < rank; axis++)
        if (explains(f, (move){.axis = axis, .by = 1}) ||
            explains(f, (move){.axis = axis, .by = -1}))
            return RN_MISTAKE_SHIFTED;
    return RN_MISTAKE_UNKNOWN;
}

/* ---- the gradient of another operand ---- */

bool rn__fits_samples(const rn__finding *f, int i, const double *gradient, int from, int to)
{
    bool nonzero = false;

    for (int k = from; k < to; k++) {
        rn__sample s = f->sample[k];
        if (i == f->i && isinf(s.slope.error)) continue;
        if (!rn__slope_of(f->p, i, NULL, s.element, &s.slope) ||
            (i == f->i && isinf(s.slope.error)) ||
            rn__disagrees(gradient[s.element], &s.slope))
            return false;
        nonzero = nonzero || rn__nonzero(&s);
    }
    return nonzero;
}

static bool fits(const rn__finding *f, int i, const double *gradient)
{
    return rn__fits_samples(f, i, gradient, 0, f->count);
}

/* Sets mask to 1 where an element-wise operator's output uses this element of x. */
static void mask_uses(const rn__probe *p, rn_shape x, int64_t element, double *mask)
{
    const rn_shape y = rn_shape_get(p->output[0].y);

    for (int64_t j = 0; j < p->output[0].count; j++) {
        int64_t rest = j, at = 0, stride = 1;
        for (int i = 1; i <= x.rank; i++) {
            const int64_t n = y.size[y.rank - i], own = x.size[x.rank - i];
            at += (own == 1 ? 0 : rest % n) * stride;
            stride *= own;
            rest /= n;
        }
        mask[j] = at == element;
    }
}

/* The same where operands are broadcast. An operand's rule gives an element for each
 * output, which is summed over those that use an element of the operand. So what a rule for
 * `of` sums to at an element of `to` is the slope of these outputs as all of `of` moves. */
static bool fits_summed(const rn__finding *f, int of, int to, const double *gradient)
{
    enum { MOST = 64 };
    rn__probe *p = f->p;
    const rn__probe_input *in = &p->input[to];
    const int64_t step = in->count > MOST ? in->count / MOST : 1;
    double *mask =
        (double *)rn__arena_new(&p->arena, (size_t)p->output[0].count * sizeof *mask);
    double *all =
        (double *)rn__arena_new(&p->arena, (size_t)p->input[of].count * sizeof *all);
    bool nonzero = false, same = mask && all;

    if (!same) rn__probe_no_memory(p);
    for (int64_t k = 0; same && k < p->input[of].count; k++) all[k] = 1;
    for (int64_t k = 0; same && k < in->count; k += step) {
        rn__sample sample = {.element = k};
        mask_uses(p, rn_shape_get(in->x), k, mask);
        rn__probe_mask(p, 0, mask);
        same = rn__slope_of(p, of, all, 0, &sample.slope) &&
               !rn__disagrees(gradient[k], &sample.slope);
        nonzero = nonzero || rn__nonzero(&sample);
    }
    rn__probe_mask(p, 0, NULL);
    return same && nonzero;
}

/* The other operand whose gradient it is; with `both` it has this one's too. -1: none. */
static int swapped_with(const rn__finding *f, bool both)
{
    for (int i = 0; i < f->p->inputs; i++) {
        const rn__probe_input *in = &f->p->input[i];
        if (i == f->i || !in->judged) continue;
        if (rn_shape_equal(rn_shape_get(in->x), rn_shape_get(f->in->x))) {
            if (fits(f, i, f->a) && (!both || fits(f, f->i, in->gradient))) return i;
        } else if (f->p->map && fits_summed(f, i, f->i, f->a) &&
                   (!both || fits_summed(f, f->i, i, in->gradient))) {
            return i;
        }
    }
    return -1;
}

/* ---- some elements ---- */

/* Whether an element that is not zero is wrong. */
static bool wrong_where_nonzero(const rn__finding *f)
{
    for (int k = 0; k < f->count; k++)
        if (rn__nonzero(&f->sample[k]) &&
            rn__disagrees(f->a[f->sample[k].element], &f->sample[k].slope))
            return true;
    return false;
}

/* ---- all of them ---- */

/* What the gradient's values show alone. */
static rn_mistake plain(const rn__finding *f)
{
    bool zero = true;

    for (int k = 0; k < f->count; k++) {
        const double a = f->a[f->sample[k].element];
        if (!isfinite(a) && !isinf(f->sample[k].slope.error)) return RN_MISTAKE_NONFINITE;
        zero = zero && a == 0;
    }
    if (zero) return f->p->has_rule ? RN_MISTAKE_ZERO : RN_MISTAKE_NO_RULE;
    return RN_MISTAKE_UNKNOWN;
}

rn_mistake rn__recognise(rn__probe *p, int i, const rn__sample *sample, int count,
                         double *ratio, int *other)
{
    const size_t bytes = (size_t)p->input[i].count * sizeof(double);
    double *a = (double *)rn__arena_new(&p->arena, bytes), error = 0;
    const rn__finding f = {p, i, &p->input[i], sample, count, a};
    int nonzero;

    *ratio = NAN;
    if (!a) {
        rn__probe_no_memory(p);
        return RN_MISTAKE_UNKNOWN;
    }
    memcpy(a, p->input[i].gradient, bytes);
    rn_mistake found = plain(&f);
    const bool constant = constant_ratio(&f, ratio, &error, &nonzero);
    if (!constant) *ratio = NAN;
    if (found != RN_MISTAKE_UNKNOWN) return found;
    if ((*other = swapped_with(&f, true)) >= 0) return RN_MISTAKE_SWAPPED;
    if (constant && fabs(*ratio + 1) <= 1e-8 + error) return RN_MISTAKE_SIGN;
    if (constant && nonzero > 1) return RN_MISTAKE_RATIO;
    if (found == RN_MISTAKE_UNKNOWN) found = misplaced(&f);
    if (found == RN_MISTAKE_UNKNOWN) found = rn__mistake_cotangent(&f);
    if (found == RN_MISTAKE_UNKNOWN && (*other = swapped_with(&f, false)) >= 0)
        found = RN_MISTAKE_SWAPPED;
    /* All that is wrong should be zero. */
    if (found == RN_MISTAKE_UNKNOWN && !wrong_where_nonzero(&f)) return RN_MISTAKE_NOT_ZERO;
    if (found == RN_MISTAKE_UNKNOWN && rn__mistake_term(&f)) found = RN_MISTAKE_ONE_TERM;
    return found;
}
