/* SPDX-License-Identifier: MIT */
/*
 * Which mistake explains a wrong gradient: each known one says what the elements would be,
 * and is taken when all that were measured are so.
 */
#include <math.h>
#include <string.h>

#include "mistake.h"

bool rn__telling(const rn__probe *p)
{
    return !isinf(p->slope.error) && fabs(p->slope.value) > p->slope.error;
}

/* ---- a constant ratio ---- */

static bool near(double ratio, double what, double error)
{
    return fabs(ratio - what) <= fabs(what) * 1e-8 + error;
}

/* Whether all elements are the same number of times what they should be. */
static bool constant_ratio(const rn__puzzle *p, double *ratio, double *error, int *told)
{
    const rn__probe *largest = NULL;

    *told = 0;
    for (int k = 0; k < p->count; k++) {
        const rn__probe *probe = &p->probe[k];
        if (!rn__telling(probe)) continue;
        ++*told;
        if (!largest || fabs(probe->slope.value) > fabs(largest->slope.value))
            largest = probe;
    }
    if (!largest) return false;
    *ratio = p->a[largest->element] / largest->slope.value;
    *error = fabs(*ratio) * largest->slope.error / fabs(largest->slope.value);
    for (int k = 0; k < p->count; k++) {
        rn__slope s = p->probe[k].slope;
        if (isinf(s.error)) continue;
        s.error = s.error * fabs(*ratio) + fabs(s.value) * *error;
        s.value *= *ratio;
        if (rn__disagrees(p->a[p->probe[k].element], &s)) return false;
    }
    return true;
}

/* Sizes that a forgotten or a superfluous mean divides by. */
static rn_mistake size_ratio(const rn__puzzle *p, double ratio, double error)
{
    const rn_shape x = rn_shape_get(p->in->x), y = rn_shape_get(p->t->output[0].y);
    double size[2 * RN_RANK_MAX + 2];
    int n = 0;

    if (p->t->element_wise) return RN_MISTAKE_UNKNOWN;
    size[n++] = (double)p->in->count / (double)p->t->output[0].count;
    size[n++] = 1 / size[0];
    for (int i = 0; i < x.rank; i++) size[n++] = (double)x.size[i];
    for (int i = 0; i < y.rank; i++) size[n++] = (double)y.size[i];
    for (int i = 0; i < n; i++) {
        if (!(size[i] > 2)) continue;
        if (near(ratio, size[i], error)) return RN_MISTAKE_TIMES_SIZE;
        if (near(ratio, 1 / size[i], error)) return RN_MISTAKE_OVER_SIZE;
    }
    return RN_MISTAKE_UNKNOWN;
}

static rn_mistake known_ratio(const rn__puzzle *p, double ratio, double error)
{
    if (near(ratio, -1, error)) return RN_MISTAKE_SIGN;
    if (near(ratio, 2, error)) return RN_MISTAKE_DOUBLE;
    if (near(ratio, 0.5, error)) return RN_MISTAKE_HALF;
    return size_ratio(p, ratio, error);
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
static bool explains(const rn__puzzle *p, move m)
{
    const rn_shape shape = rn_shape_get(p->in->x);
    int compared = 0;
    bool wrong = false;

    for (int k = 0; k < p->count; k++) {
        const rn__probe *probe = &p->probe[k];
        const int64_t from = moved(&m, shape, probe->element);
        if (from < 0 || isinf(probe->slope.error)) continue;
        if (rn__disagrees(p->a[from], &probe->slope)) return false;
        wrong = wrong || rn__disagrees(p->a[probe->element], &probe->slope);
        compared++;
    }
    return wrong && compared > 1;
}

static rn_mistake misplaced(const rn__puzzle *p)
{
    const int rank = rn_rank(p->in->x);

    if (rank >= 2 && explains(p, (move){.transposed = true})) return RN_MISTAKE_TRANSPOSED;
    for (int axis = 0; axis < rank; axis++)
        if (explains(p, (move){.axis = axis, .reversed = true})) return RN_MISTAKE_REVERSED;
    for (int axis = 0; axis < rank; axis++)
        if (explains(p, (move){.axis = axis, .by = 1}) ||
            explains(p, (move){.axis = axis, .by = -1}))
            return RN_MISTAKE_SHIFTED;
    return RN_MISTAKE_UNKNOWN;
}

/* ---- the gradient of another operand ---- */

/* Whether a gradient is what input i's should be, at the elements of the probes. */
static bool fits(const rn__puzzle *p, int i, const double *gradient)
{
    bool told = false;

    for (int k = 0; k < p->count; k++) {
        rn__probe probe = p->probe[k];
        if (i != p->i && !rn__trial_slope(p->t, i, NULL, probe.element, &probe.slope))
            return false;
        if (rn__disagrees(gradient[probe.element], &probe.slope)) return false;
        told = told || rn__telling(&probe);
    }
    return told;
}

/* Sets mask to 1 where an element-wise operator's output uses this element of x. */
static void mask_uses(const rn__trial *t, rn_shape x, int64_t element, double *mask)
{
    const rn_shape y = rn_shape_get(t->output[0].y);

    for (int64_t j = 0; j < t->output[0].count; j++) {
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
static bool fits_summed(const rn__puzzle *p, int of, int to, const double *gradient)
{
    enum { MOST = 64 };
    rn__trial *t = p->t;
    const rn__trial_input *in = &t->input[to];
    const int64_t step = in->count > MOST ? in->count / MOST : 1;
    double *mask =
        (double *)rn__arena_new(&t->arena, (size_t)t->output[0].count * sizeof *mask);
    double *all =
        (double *)rn__arena_new(&t->arena, (size_t)t->input[of].count * sizeof *all);
    bool told = false, same = mask && all;

    if (!same) t->no_memory = true;
    for (int64_t k = 0; same && k < t->input[of].count; k++) all[k] = 1;
    for (int64_t k = 0; same && k < in->count; k += step) {
        rn__probe probe = {.element = k};
        mask_uses(t, rn_shape_get(in->x), k, mask);
        rn__trial_mask(t, 0, mask);
        same = rn__trial_slope(t, of, all, 0, &probe.slope) &&
               !rn__disagrees(gradient[k], &probe.slope);
        told = told || rn__telling(&probe);
    }
    rn__trial_mask(t, 0, NULL);
    return same && told;
}

/* The other operand whose gradient it is; with `both` it has this one's too. -1: none. */
static int swapped_with(const rn__puzzle *p, bool both)
{
    for (int i = 0; i < p->t->inputs; i++) {
        const rn__trial_input *in = &p->t->input[i];
        if (i == p->i || !in->judged) continue;
        if (rn_shape_equal(rn_shape_get(in->x), rn_shape_get(p->in->x))) {
            if (fits(p, i, p->a) && (!both || fits(p, p->i, in->gradient))) return i;
        } else if (p->t->map && fits_summed(p, i, p->i, p->a) &&
                   (!both || fits_summed(p, p->i, i, in->gradient))) {
            return i;
        }
    }
    return -1;
}

/* ---- some elements ---- */

/* Whether an element that tells anything is wrong. */
static bool wrong_where_telling(const rn__puzzle *p)
{
    for (int k = 0; k < p->count; k++)
        if (rn__telling(&p->probe[k]) &&
            rn__disagrees(p->a[p->probe[k].element], &p->probe[k].slope))
            return true;
    return false;
}

/* ---- all of them ---- */

/* What the gradient's own values tell. */
static rn_mistake plain(const rn__puzzle *p)
{
    bool zero = true;

    for (int k = 0; k < p->count; k++) {
        const double a = p->a[p->probe[k].element];
        if (!isfinite(a) && !isinf(p->probe[k].slope.error)) return RN_MISTAKE_NONFINITE;
        zero = zero && a == 0;
    }
    if (zero) return p->t->has_rule ? RN_MISTAKE_ZERO : RN_MISTAKE_NO_RULE;
    return RN_MISTAKE_UNKNOWN;
}

rn_mistake rn__recognise(rn__trial *t, int i, const rn__probe *probe, int count,
                         double *ratio, int *other)
{
    const size_t bytes = (size_t)t->input[i].count * sizeof(double);
    double *a = (double *)rn__arena_new(&t->arena, bytes), error = 0;
    const rn__puzzle p = {t, i, &t->input[i], probe, count, a};
    int told;

    *ratio = NAN;
    if (!a) {
        t->no_memory = true;
        return RN_MISTAKE_UNKNOWN;
    }
    memcpy(a, t->input[i].gradient, bytes);
    rn_mistake found = plain(&p);
    const bool constant = constant_ratio(&p, ratio, &error, &told);
    if (!constant) *ratio = NAN;
    if (found != RN_MISTAKE_UNKNOWN) return found;
    if ((*other = swapped_with(&p, true)) >= 0) return RN_MISTAKE_SWAPPED;
    if (constant) found = known_ratio(&p, *ratio, error);
    if (found == RN_MISTAKE_UNKNOWN) found = misplaced(&p);
    if (found == RN_MISTAKE_UNKNOWN) found = rn__mistake_cotangent(&p);
    if (found == RN_MISTAKE_UNKNOWN && (*other = swapped_with(&p, false)) >= 0)
        found = RN_MISTAKE_SWAPPED;
    /* All that is wrong should be zero. */
    if (found == RN_MISTAKE_UNKNOWN && !wrong_where_telling(&p)) return RN_MISTAKE_NOT_ZERO;
    if (found == RN_MISTAKE_UNKNOWN && rn__mistake_term(&p)) found = RN_MISTAKE_ONE_TERM;
    if (found == RN_MISTAKE_UNKNOWN && constant && told > 1) found = RN_MISTAKE_RATIO;
    return found;
}
