/* SPDX-License-Identifier: MIT */
/*
 * The loss along a line through the values that are checked, and how far it is smooth: as
 * long as every operator that chooses takes the same side at every element.
 */
#include "gradcheck.h"

#include <math.h>

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

bool rn__line_loss(void *checking, double t, double *y)
{
    rn__checking *c = (rn__checking *)checking;

    if (!feed(c, c->without, t)) return false;
    if (rn_run(c->without) != RN_OK)
        return rn__check_fail(c, RN_BAD_VALUE, rn_program_error(c->without));
    *y = rn_scalar(c->without, c->loss);
    return true;
}

bool rn__line_end(rn__checking *c)
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

/* Which side changed, of which element of which node in which step. */
static void describe(rn__checking *c, const rn__choice *choice, int64_t element,
                     rn_gradcheck_kink *kink)
{
    const rn_tensor y = {choice->graph, choice->id};
    const bool stacked = choice->graph->parent && choice->each > 0;
    char name[160];

    kink->op = rn__node_of(y)->op->name;
    kink->node = rn__arena_string(&c->arena, rn__describe(y, name, sizeof name));
    kink->id = rn__check_user_id(c, y);
    kink->step = stacked ? element / choice->each : -1;
    kink->choice = stacked ? element % choice->each : element;
}

double rn__line_scale(rn__checking *c, rn_gradcheck_kink *kink)
{
    const rn__choice *which = NULL, *seen = NULL;
    int64_t at = 0, element = 0;
    double scale = 1, distance = 1;

    if (!c->branches.program) return scale;
    for (int i = 0; i < SCALES && scale > 0; i++) {
        /* A ladder's largest step is an eighth of its scale. */
        if (same_sides(c, scale / 8, &which, &at)) break;
        if (!which) return 0; /* the program failed */
        seen = which, element = at, distance = scale / 8;
        scale = i + 1 < SCALES ? scale / 8 : 0;
    }
    for (int i = 0; scale == 0 && i < HALVINGS; i++) {
        if (i + 1 == HALVINGS) distance = 0;
        if (same_sides(c, distance / 2, &which, &at) || !which) break;
        seen = which, element = at, distance /= 2;
    }
    if (scale == 0) {
        describe(c, seen, element, kink);
        kink->distance = distance;
    }
    return feed(c, c->branches.program, 0) ? scale : 0;
}
