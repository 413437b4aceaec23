/* SPDX-License-Identifier: MIT */
/*
 * Comparing the gradient of one leaf with differences of the loss: element by element, or
 * for a large one along random directions and at a sample of elements.
 */
#include "gradcheck.h"

#include <math.h>
#include <string.h>

#include "philox.h"

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

static bool feed_moved(rn__checking *c, const double *value)
{
    return rn_feed(c->without, c->moved->x, value,
                   (size_t)c->moved->count * sizeof *value) == RN_OK;
}

/* The loss with the moved leaf at x + t direction. */
static bool along(void *data, double t, double *y)
{
    rn__checking *c = (rn__checking *)data;
    const double *x = (const double *)c->moved->value;

    for (int64_t i = 0; i < c->moved->count; i++) c->at[i] = x[i] + t * c->direction[i];
    if (!feed_moved(c, c->at) || rn_run(c->without) != RN_OK) return false;
    *y = rn_scalar(c->without, c->loss);
    return true;
}

/* Whether every operator takes the same sides at both ends of a step as here. */
static bool smooth_within(rn__checking *c, double h, const rn__choice **which, int64_t *at)
{
    const double *x = (const double *)c->moved->value;
    rn_program *p = c->branches.program;
    const size_t bytes = (size_t)c->moved->count * sizeof *x;
    bool same = true;

    for (int side = -1; same && side <= 1; side += 2) {
        for (int64_t i = 0; i < c->moved->count; i++)
            c->at[i] = x[i] + side * h * c->direction[i];
        rn_feed(p, c->moved->x, c->at, bytes);
        same = rn__branches_same(&c->branches, which, at);
    }
    rn_feed(p, c->moved->x, x, bytes);
    return same;
}

/* The largest scale of steps that crosses no kink; 0 with a note in the report when none is
 * small enough to tell. A ladder's largest step is an eighth of its scale. */
static double smooth_scale(rn__checking *c)
{
    const rn__choice *which = NULL;
    int64_t element = 0;
    double scale = 1;

    if (!c->branches.program) return scale;
    for (int i = 0; i < 9; i++, scale /= 8)
        if (smooth_within(c, scale / 8, &which, &element)) return scale;
    if (which) rn__report_kink(c->report, which, element, scale);
    return 0;
}

static bool compare(rn__checking *c, int64_t element)
{
    const double scale = smooth_scale(c);
    const rn__leaf_value *l = c->moved;
    double analytic = 0;
    rn__derivative numeric;

    for (int64_t i = 0; i < l->count; i++)
        if (c->direction[i] != 0) analytic += l->gradient[i] * c->direction[i];
    if (scale == 0) return true;
    if (!rn__differentiate(along, c, scale, &numeric))
        return rn__check_fail(c, RN_BAD_VALUE, rn_program_error(c->without));
    rn__report_add(c->report, l->name, element, analytic, numeric, c->options.tolerance);
    return feed_moved(c, (const double *)l->value);
}

static bool compare_element(rn__checking *c, int64_t i)
{
    c->direction[i] = 1;
    const bool ok = compare(c, i);
    c->direction[i] = 0;
    return ok;
}

static bool compare_direction(rn__checking *c, uint64_t k)
{
    const rn__leaf_value *l = c->moved;
    const double length = sqrt((double)l->count);

    for (int64_t i = 0; i < l->count; i++)
        c->direction[i] = rn__check_normal(c->options.seed + 1 + k, (uint32_t)(l - c->leaf),
                                           (uint64_t)i) /
                          length;
    const bool ok = compare(c, -1);
    memset(c->direction, 0, (size_t)l->count * sizeof *c->direction);
    return ok;
}

bool rn__check_leaf(rn__checking *c, const rn__leaf_value *l)
{
    const size_t bytes = (size_t)l->count * sizeof(double);
    const int64_t samples = c->options.samples;

    c->moved = l;
    c->direction = (double *)rn__arena_new(&c->arena, bytes);
    c->at = (double *)rn__arena_new(&c->arena, bytes);
    if (!c->direction || !c->at) return rn__check_no_memory(c);
    if (l->count <= c->options.exhaustive) {
        for (int64_t i = 0; i < l->count; i++)
            if (!compare_element(c, i)) return false;
        return true;
    }
    for (int k = 0; k < c->options.directions; k++)
        if (!compare_direction(c, (uint64_t)k)) return false;
    /* One from each stretch of equal length, so that no part is left out. */
    for (int64_t k = 0; k < samples; k++) {
        const double where = 0.5 + 0.4 * sin((double)(k + 1) * 12.9898);
        const double stretch = (double)l->count / (double)samples;
        if (!compare_element(c, (int64_t)(((double)k + where) * stretch))) return false;
    }
    return true;
}
