/* SPDX-License-Identifier: MIT */
/*
 * What is compared: random directions of all tensors together, one of each large tensor,
 * and elements.
 *
 * Where a direction fails, small elements may be why: steps that fit the others cross
 * whatever lies next to 0, such as a pole. Then these are moved apart from the others, by
 * their own size, and both parts must pass.
 */
#include "check/probe.h"

#include <math.h>
#include <string.h>

#include "kernel/philox.h"

double rn__probe_normal(uint64_t seed, uint32_t leaf_index, uint64_t i)
{
    const uint32_t counter[4] = {(uint32_t)i, (uint32_t)(i >> 32), leaf_index, 0};
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t bits[4];

    rn__philox(counter, key, bits);
    const double u = ((double)bits[0] + 1) / 4294967296.0,
                 v = (double)bits[1] / 4294967296.0;
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

/* ---- directions ---- */

/* A random direction: the k-th of all inputs together or, of each, of one. */
typedef struct way {
    int input; /* -1: all */
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

static bool moves(const rn__probe *p, const way *w, int i)
{
    return p->input[i].judged && (w->input < 0 || i == w->input);
}

static void set_directions(rn__probe *p, const way *w, part which)
{
    double *direction = w->direction;

    for (int i = 0; i < p->inputs; i++) {
        rn__probe_input *in = &p->input[i];
        if (!moves(p, w, i)) continue;
        in->direction = direction;
        for (int64_t k = 0; k < in->count; k++)
            *direction++ = rn__probe_normal(w->k, (uint32_t)i, (uint64_t)k) *
                           reach(((const double *)in->value)[k], which) / w->length;
    }
}

/* Whether the way moves any elements of this part. */
static bool has_part(const rn__probe *p, const way *w, part which)
{
    for (int i = 0; i < p->inputs; i++)
        for (int64_t k = 0; moves(p, w, i) && k < p->input[i].count; k++)
            if (reach(((const double *)p->input[i].value)[k], which) > 0) return true;
    return false;
}

static bool failed(const rn__comparison *x)
{
    return !x->kinked && !x->entry.passed;
}

/* After the whole direction failed, or was left out for want of a finite loss: by its
 * parts. */
static bool compare_parts(rn__probe *p, const way *w, rn__comparison *whole)
{
    rn__comparison rest = {.kinked = false, .entry = {.passed = true}}, small;
    const bool ordinary = has_part(p, w, ORDINARY);

    if (!has_part(p, w, SMALL)) return true;
    set_directions(p, w, ORDINARY);
    if (ordinary && !rn__compare_line(p, -1, &rest)) return false;
    if (failed(&rest) && failed(whole)) return true;
    set_directions(p, w, SMALL);
    if (!rn__compare_line(p, -1, &small)) return false;
    /* What passes must be conclusive. */
    small.kinked = small.kinked || (small.entry.passed && !small.clear);
    if (failed(&small) && failed(whole)) return true;
    const bool before = failed(whole);
    *whole = !ordinary || failed(&small) || (small.kinked && !failed(&rest)) ? small : rest;
    p->doubtful = p->doubtful || (before && whole->kinked);
    return true;
}

static bool compare_way(rn__probe *p, const way *w, rn__comparison *out)
{
    set_directions(p, w, ALL);
    bool ok = rn__compare_line(p, -1, out);
    if (ok && (failed(out) || (out->kinked && strcmp(out->kink.op, "loss") == 0)))
        ok = compare_parts(p, w, out);
    set_directions(p, w, ALL);
    for (int i = 0; i < p->inputs; i++) p->input[i].direction = NULL;
    return ok;
}

/* The direction of one input; when it fails, the element that does. */
static bool compare_tensor(rn__probe *p, int i, const rn_gradcheck_options *o)
{
    const int64_t count = p->input[i].count;
    double *room = (double *)rn__arena_new(&p->arena, (size_t)count * sizeof *room);
    const way w = {i, o->seed + 1001, sqrt((double)count), room};
    rn__comparison comparison;
    int64_t first, last;

    if (!room) return rn__probe_no_memory(p);
    if (!compare_way(p, &w, &comparison)) return false;
    p->take(p->data, i, &comparison);
    if (!failed(&comparison)) return true;
    if (!rn__narrow(p, i, room, &first, &last)) return false;
    if (last - first != 1) return true;
    if (!rn__compare_element(p, i, first, &comparison)) return false;
    if (!comparison.kinked) p->take(p->data, i, &comparison);
    return true;
}

/* Random directions of all inputs at once. */
static bool compare_jointly(rn__probe *p, const rn_gradcheck_options *o)
{
    int64_t elements = 0;

    for (int i = 0; i < p->inputs; i++)
        if (p->input[i].judged) elements += p->input[i].count;
    double *room = (double *)rn__arena_new(&p->arena, (size_t)elements * sizeof *room);
    if (!room) return rn__probe_no_memory(p);
    for (int d = 0; elements > 0 && d < o->directions; d++) {
        const way w = {-1, o->seed + 1 + (uint64_t)d, sqrt((double)elements), room};
        rn__comparison comparison;
        if (!compare_way(p, &w, &comparison)) return false;
        p->take(p->data, -1, &comparison);
    }
    return true;
}

/* ---- elements ---- */

/* All of a small input, else one from each stretch of equal length, so that no part is left
 * out. */
bool rn__compare_elements(rn__probe *p, int i, const rn_gradcheck_options *o)
{
    const int64_t n = p->input[i].count;
    const bool whole = n <= o->exhaustive || n <= o->samples;
    const int64_t samples = whole ? n : o->samples;
    const double stretch = (double)n / (double)samples;

    for (int64_t k = 0; k < samples; k++) {
        const double where = 0.5 + 0.4 * sin((double)(k + 1) * 12.9898);
        const int64_t at = samples == n ? k : (int64_t)(((double)k + where) * stretch);
        rn__comparison comparison;
        if (!rn__compare_element(p, i, at, &comparison)) return false;
        p->take(p->data, i, &comparison);
    }
    return true;
}

bool rn__compare_input(rn__probe *p, int i, const rn_gradcheck_options *o)
{
    if (!p->input[i].judged || p->input[i].count == 0) return true;
    if (p->input[i].count > o->exhaustive && !compare_tensor(p, i, o)) return false;
    return rn__compare_elements(p, i, o);
}

bool rn__compare_all(rn__probe *p, const rn_gradcheck_options *o)
{
    if (!compare_jointly(p, o)) return false;
    for (int i = 0; i < p->inputs; i++)
        if (!rn__compare_input(p, i, o)) return false;
    return true;
}
