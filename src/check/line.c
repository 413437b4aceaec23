/* SPDX-License-Identifier: MIT */
/*
 * The loss along a line through the values that are checked, and how far it is smooth: as
 * long as every operator that chooses takes the same side at every element.
 */
#include "gradcheck.h"

#include <math.h>
#include <stdio.h>

enum { SCALES = 9, HALVINGS = 64 };

/* Feeds every leaf that moves, at value + t direction. */
static bool feed(rn__checking *c, rn_program *program, double t)
{
    for (int k = 0; k < c->leaves; k++) {
        const rn__leaf_value *l = &c->leaf[k];
        const double *x = (const double *)l->value;
        if (!l->direction) continue;
        for (int64_t i = 0; i < l->count; i++) l->at[i] = x[i] + t * l->direction[i];
        if (rn_feed(program, l->x, l->at, (size_t)l->count * sizeof *x) != RN_OK)
            return rn__check_fail(c, RN_INVALID, rn_program_error(program));
    }
    return true;
}

/* Where an operator refuses the values, the loss is no number. */
static bool loss_at(void *checking, double t, double *y)
{
    rn__checking *c = (rn__checking *)checking;

    if (!feed(c, c->without, t)) return false;
    *y = rn_run(c->without) == RN_OK ? rn_scalar(c->without, c->loss) : (double)NAN;
    return true;
}

static bool back(rn__checking *c)
{
    return feed(c, c->without, 0);
}

/* Whether every operator takes the same sides at t and at -t as here. */
static bool same_sides(rn__checking *c, double t, const rn__choice **which, int64_t *at)
{
    bool same = true;

    for (int side = -1; same && side <= 1; side += 2)
        same = feed(c, c->branches.program, side * t) &&
               rn__branches_same(&c->branches, which, at);
    return same;
}

/* The steps of the loops around a graph, of which sides are stacked, at row `at`. */
static void describe_loops(const rn__checking *c, const rn_graph *graph, int64_t at,
                           rn_gradcheck_kink *kink)
{
    kink->loop = graph->parent
                     ? rn__check_user_id(c, rn__tensor(graph->parent, graph->loop->node))
                     : -1;
    kink->loops = 0;
    for (const rn_graph *g = graph; g->parent; g = g->parent) kink->loops++;
    for (int i = kink->loops - 1; i >= 0; i--, graph = graph->parent) {
        kink->step[i] = at % graph->loop->steps;
        at /= graph->loop->steps;
    }
}

/* Which side changed, of which element of which node in which step. */
static void describe(rn__checking *c, const rn__choice *choice, int64_t element,
                     rn_gradcheck_kink *kink)
{
    const rn_tensor y = rn__tensor(choice->graph, choice->id);
    const char *name = rn_name_get(y);
    char shape[128], text[256];

    /* Without a name there is the number below: that of the copy is another. */
    snprintf(text, sizeof text, "%.100s%s%s", name, *name ? " " : "",
             rn__shape_text(rn_shape_get(y), shape, sizeof shape));
    kink->op = rn__node_of(y)->op->name;
    kink->node = rn__arena_string(&c->arena, text);
    kink->id = rn__check_user_id(c, y);
    kink->choice = element % choice->each;
    describe_loops(c, choice->graph, element / choice->each, kink);
}

/* That it is the loss, at no step of a loop. */
static void describe_loss(const rn__checking *c, const char *what, double distance,
                          rn_gradcheck_kink *kink)
{
    kink->op = "loss";
    kink->node = what;
    kink->id = rn__check_user_id(c, c->loss);
    kink->loop = -1;
    kink->loops = 0;
    kink->choice = 0;
    kink->distance = distance;
}

/* The largest scale from this one down of which no step crosses a kink; 0 when none is
 * small enough, with *kink saying which and how far it is. */
static double smooth_scale(rn__checking *c, double scale, double shortest,
                           rn_gradcheck_kink *kink)
{
    const rn__choice *which = NULL, *seen = NULL;
    int64_t at = 0, element = 0;
    double distance = scale;

    if (!c->branches.program) return scale;
    for (int i = 0; i < SCALES && scale > 0; i++) {
        /* A ladder's largest step is an eighth of its scale. */
        if (same_sides(c, scale / 8, &which, &at)) break;
        if (c->problem) return 0;
        if (which) seen = which, element = at;
        distance = scale / 8;
        scale = i + 1 < SCALES && scale / 64 >= shortest ? scale / 8 : 0;
    }
    for (int i = 0; scale == 0 && i < HALVINGS; i++) {
        if (i + 1 == HALVINGS) distance = 0;
        if (same_sides(c, distance / 2, &which, &at) || c->problem) break;
        if (which) seen = which, element = at;
        distance /= 2;
    }
    if (scale == 0 && seen) describe(c, seen, element, kink), kink->distance = distance;
    if (scale == 0 && !seen)
        describe_loss(c, "an operator refuses values next to it", distance, kink);
    return feed(c, c->branches.program, 0) ? scale : 0;
}

/* ---- the derivative ---- */

/* The size of the one element that moves, if it is one alone; else 0. */
static double size_of_moved(const rn__checking *c)
{
    double size = 0;
    int moved = 0;

    for (int k = 0; k < c->leaves; k++) {
        const rn__leaf_value *l = &c->leaf[k];
        for (int64_t i = 0; l->direction && i < l->count; i++) {
            if (l->direction[i] == 0) continue;
            size = fabs(((const double *)l->value)[i]);
            moved++;
        }
    }
    return moved == 1 && isfinite(size) ? size : 0;
}

/* Steps of x's own size, where those of size 1 do not tell enough: they may lie across a
 * pole next to a tiny x, and a huge one they hardly move. */
static bool at_own_scale(rn__checking *c, double size, double first, double shortest,
                         rn__slope_of_line *out)
{
    const double own = ldexp(1, ilogb(size));
    rn__derivative *d = &out->derivative, other;
    rn_gradcheck_kink ignored;

    if (rn__sharp(d) || (own >= 0.25 && own <= 4)) return true;
    const double scale = smooth_scale(c, own, shortest, &ignored);
    if (scale == 0) return c->problem == NULL;
    if (!rn__differentiate(loss_at, c, (rn__steps){scale, shortest, c->noise}, &other))
        return false;
    if (own < first) {
        out->own = other;
        *d = rn__better(other, *d);
    } else if (rn__clear(&other)) { /* a wave looks flat over long steps */
        *d = rn__better(*d, other);
    }
    return true;
}

/* Says in *kink what is the matter where no operator tells. */
static void describe_vague(const rn__checking *c, const rn__derivative *d,
                           rn_gradcheck_kink *kink)
{
    describe_loss(c,
                  isnan(d->value) ? "the loss is not finite next to it"
                  : d->bent       ? "the loss is too steep next to it"
                                  : "no step shows enough of the loss",
                  d->h, kink);
}

bool rn__line_slope(rn__checking *c, rn__slope_of_line *out, rn_gradcheck_kink *kink)
{
    const double size = size_of_moved(c), shortest = ldexp(size, -44);
    const double first = size > 0x1p30 ? ldexp(1, ilogb(size) - 30) : 1;
    const double scale = smooth_scale(c, first, shortest, kink);
    rn__derivative *d = &out->derivative;

    *out = (rn__slope_of_line){.own = {.value = NAN}, .kinked = scale == 0};
    if (out->kinked) return c->problem == NULL;
    if (!rn__differentiate(loss_at, c, (rn__steps){scale, shortest, c->noise}, d))
        return false;
    if (size > 0 && !at_own_scale(c, size, first, shortest, out)) return false;
    out->kinked = isnan(d->value);
    /* Of a huge one no shorter steps tell whether these settled by chance, as on a wave. */
    const bool sure = rn__clear(d) && (d->settled || rn__sharp(d));
    out->vague = out->kinked || (first > 1 && !sure);
    describe_vague(c, d, kink);
    return back(c);
}

bool rn__line_closer(rn__checking *c, double scale, double noise, rn__derivative *out)
{
    const rn__steps steps = {scale, 0, fmax(noise, c->noise)};

    return rn__differentiate(loss_at, c, steps, out) && back(c);
}
