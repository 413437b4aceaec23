/* SPDX-License-Identifier: MIT */
/*
 * What is compared: random directions of all tensors together, one of each large tensor,
 * and elements.
 *
 * Where a direction fails, small elements may be why: steps that fit the others cross
 * whatever lies next to 0, such as a pole. Then these are moved apart from the others, by
 * their own size, and both parts must pass.
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

static void report(rn__checking *c, int tensor, const rn__comparison *comparison)
{
    if (comparison->kinked)
        rn__report_kink(c->report, tensor, comparison->kink);
    else
        rn__report_add(c->report, tensor, comparison->entry);
}

/* ---- directions ---- */

/* A random direction: the k-th of all tensors together or, of each, of one. */
typedef struct way {
    int tensor; /* -1: all */
    uint64_t k;
    double length;
    double *direction; /* room for it */
} way;

/* Which elements move in it. */
typedef enum part { ALL, ORDINARY, SMALL } part;

/* How far an element moves: by 1, a small one apart from the others by its own size. A huge
 * one, which that does not move, stays. */
static double reach(double x, part which)
{
    const double size = fabs(x);
    const bool small = size > 0 && size < 0.25;

    if (!(size <= 0x1p40)) return 0;
    if (which == ALL) return 1;
    return small == (which == SMALL) ? (small ? size : 1) : 0;
}

static void set_direction(const rn__checking *c, int tensor, const way *w, part which,
                          double *direction)
{
    rn__leaf_value *l = &c->leaf[tensor];

    for (int64_t i = 0; i < l->count; i++)
        direction[i] =
            rn__check_normal(c->options.seed + 1 + w->k, (uint32_t)tensor, (uint64_t)i) *
            reach(((const double *)l->value)[i], which) / w->length;
    l->direction = direction;
}

static void set_directions(const rn__checking *c, const way *w, part which)
{
    double *direction = w->direction;

    for (int i = 0; i < c->leaves; i++) {
        if (!c->leaf[i].checked || (w->tensor >= 0 && i != w->tensor)) continue;
        set_direction(c, i, w, which, direction);
        direction += c->leaf[i].count;
    }
}

static void unset_directions(const rn__checking *c)
{
    for (int k = 0; k < c->leaves; k++) c->leaf[k].direction = NULL;
}

/* Whether the way moves any elements of this part. */
static bool has_part(const rn__checking *c, const way *w, part which)
{
    for (int k = 0; k < c->leaves; k++) {
        const rn__leaf_value *l = &c->leaf[k];
        if (!l->checked || (w->tensor >= 0 && k != w->tensor)) continue;
        for (int64_t i = 0; i < l->count; i++)
            if (reach(((const double *)l->value)[i], which) > 0) return true;
    }
    return false;
}

static bool failed(const rn__comparison *x)
{
    return !x->kinked && !x->entry.passed;
}

/* After the whole direction failed, or was left out for want of a finite loss: by its
 * parts. */
static bool compare_parts(rn__checking *c, const way *w, rn__comparison *whole)
{
    rn__comparison rest = {.kinked = false, .entry = {.passed = true}}, small;
    const bool ordinary = has_part(c, w, ORDINARY);

    if (!has_part(c, w, SMALL)) return true;
    set_directions(c, w, ORDINARY);
    if (ordinary && !rn__compare_line(c, -1, &rest)) return false;
    if (failed(&rest) && failed(whole)) return true;
    set_directions(c, w, SMALL);
    if (!rn__compare_line(c, -1, &small)) return false;
    /* What passes must tell something. */
    small.kinked = small.kinked || (small.entry.passed && !small.clear);
    if (failed(&small) && failed(whole)) return true;
    const bool before = failed(whole);
    *whole = !ordinary || failed(&small) || (small.kinked && !failed(&rest)) ? small : rest;
    c->doubtful = c->doubtful || (before && whole->kinked);
    return true;
}

static bool compare_way(rn__checking *c, const way *w, rn__comparison *out)
{
    set_directions(c, w, ALL);
    bool ok = rn__compare_line(c, -1, out);
    if (ok && (failed(out) || (out->kinked && strcmp(out->kink.op, "loss") == 0)))
        ok = compare_parts(c, w, out);
    set_directions(c, w, ALL);
    return ok;
}

/* The direction of one tensor; when it fails, the element that does. */
static bool compare_tensor(rn__checking *c, int tensor, double *direction)
{
    rn__leaf_value *l = &c->leaf[tensor];
    const way w = {tensor, 1000, sqrt((double)l->count), direction};
    rn__comparison comparison;

    const bool ok = compare_way(c, &w, &comparison);
    unset_directions(c);
    if (ok) report(c, tensor, &comparison);
    return ok && (!failed(&comparison) || rn__locate(c, l, direction));
}

/* Random directions of all tensors at once: `direction` has room for all of them. */
static bool compare_jointly(rn__checking *c, double *direction, int64_t elements)
{
    bool ok = true;

    for (int d = 0; ok && d < c->options.directions; d++) {
        const way w = {-1, (uint64_t)d, sqrt((double)elements), direction};
        rn__comparison comparison;
        ok = compare_way(c, &w, &comparison);
        unset_directions(c);
        if (ok) report(c, -1, &comparison);
    }
    return ok;
}

/* ---- elements ---- */

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

/* All of a small tensor, else one from each stretch of equal length, so that no part is
 * left out. */
static bool compare_elements(rn__checking *c, int tensor, double *direction)
{
    const int64_t n = c->leaf[tensor].count;
    const bool whole = n <= c->options.exhaustive || n <= c->options.samples;
    const int64_t samples = whole ? n : c->options.samples;
    const double stretch = (double)n / (double)samples;

    memset(direction, 0, (size_t)n * sizeof *direction);
    for (int64_t k = 0; k < samples; k++) {
        const double where = 0.5 + 0.4 * sin((double)(k + 1) * 12.9898);
        const int64_t i = samples == n ? k : (int64_t)(((double)k + where) * stretch);
        if (!compare_element(c, tensor, i, direction)) return false;
    }
    return true;
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
