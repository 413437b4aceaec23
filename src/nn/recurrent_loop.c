/* SPDX-License-Identifier: MIT */
/* The loop of a sublayer: restarts, skipped steps, and the output of the last step. */
#include "nn/recurrent.h"
#include "rondo/ops.h"

/* What the steps of a loop read and pass on besides x and the states. */
typedef struct loop {
    const rn__recurrent *r;
    const rn__sublayer *s;
    rn_loop *loop;
    rn_tensor mask, restart; /* of the step, bool [B]; null: none */
    const rn_tensor *begin;  /* the states after a restart */
    rn_tensor carry[RN_STATES_MAX], perturb[RN_STATES_MAX]; /* perturb: of the step */
} loop;

/* Where a sequence begins in this direction. Backwards that is its last step, which stands
 * before the first of the next one. */
static rn_tensor restarts_of(const rn__recurrent *r, bool backwards)
{
    const rn_tensor x = r->options.restarts;

    if (rn_is_null(x) || !backwards || rn_size(x, 0) == 0) return x;
    const rn_shape one = {2, {1, rn_size(x, 1)}};
    const rn_tensor both[2] = {rn_slice(x, 0, 1, rn_size(x, 0), 1),
                               rn_fill(x.graph, RN_BOOL, one, 0)};
    return rn_concat(both, 2, 0);
}

/* Zero where a sequence begins, else x. */
static rn_tensor from_zero(const loop *l, rn_tensor x)
{
    if (rn_is_null(l->restart)) return x;
    return rn__recurrent_choose(l->restart, rn_constant_like(x, 0), x);
}

/* The value of the step before, where this one is skipped. */
static rn_tensor unless_skipped(const loop *l, rn_tensor x, rn_tensor before)
{
    return rn_is_null(l->mask) ? x : rn__recurrent_choose(l->mask, x, before);
}

/* The step: x and the states before it -> the output. `next` become the states. */
static rn_tensor step(const loop *l, rn_tensor dropped, rn_tensor x, rn_tensor *next)
{
    rn_tensor before[RN_STATES_MAX];

    for (int i = 0; i < l->s->cell->states; i++) {
        before[i] = l->carry[i];
        if (!rn_is_null(l->restart))
            before[i] = rn__recurrent_choose(l->restart, l->begin[i], before[i]);
        next[i] = before[i];
    }
    x = unless_skipped(l, x, rn_constant_like(x, 0));
    const rn_tensor y = rn__recurrent_step(
        l->r, l->s, dropped, l->r->options.perturb ? l->perturb : NULL, x, next);
    if (rn_is_null(y) || rn_is_null(l->mask)) return y;
    const bool is_state = rn__recurrent_same(y, next[0]);
    for (int i = 0; i < l->s->cell->states; i++)
        next[i] = unless_skipped(l, next[i], before[i]);
    return is_state ? next[0] : y;
}

/* The output as it is returned, given that of the cell, and in *last the carry that ends as
 * that of the last step: state 0, if it is the output, or else one that starts as zero. */
static rn_tensor output_of(const loop *l, rn_tensor y, rn_tensor next, rn_tensor *last)
{
    const rn_tensor none = rn_constant_like(y, 0);
    const bool held = !rn_is_null(l->mask) && l->r->options.hold;

    *last = l->carry[0];
    if (rn__recurrent_same(y, next) && !held) return unless_skipped(l, y, none);
    *last =
        rn_loop_carry(l->loop, rn_fill(l->r->graph, rn_type_get(y), rn_shape_get(y), 0));
    const rn_tensor latest = unless_skipped(l, y, from_zero(l, *last));
    rn_loop_next(l->loop, *last, latest);
    return held ? latest : unless_skipped(l, y, none);
}

static bool begin_loop(loop *l, rn_tensor x, const rn_tensor *state, rn_tensor *step_x)
{
    const rn_recurrent_options *o = &l->r->options;
    const bool backwards = l->s->direction == 1 || o->reverse;
    const rn_tensor restarts = restarts_of(l->r, backwards);

    l->loop = rn_loop_begin(l->r->graph);
    if (backwards) rn_loop_reverse(l->loop);
    rn_loop_checkpoint(l->loop, o->checkpoint);
    if (!rn_is_null(o->lengths)) rn_loop_lengths(l->loop, o->lengths);
    *step_x = rn_loop_each(l->loop, x);
    l->mask = rn_is_null(o->mask) ? o->mask : rn_loop_each(l->loop, o->mask);
    l->restart = rn_is_null(restarts) ? restarts : rn_loop_each(l->loop, restarts);
    for (int i = 0; i < l->s->cell->states; i++)
        l->carry[i] = rn_loop_carry(l->loop, state[i]);
    for (int i = 0; o->perturb && i < l->s->cell->states; i++)
        l->perturb[i] = rn_loop_each(l->loop, o->perturb[l->s->first + i]);
    return l->loop && !l->r->graph->root->failed;
}

rn__results rn__recurrent_loop(const rn__recurrent *r, const rn__sublayer *s, rn_tensor x,
                               const rn_tensor *begin, rn_tensor *state, rn_tensor *history)
{
    const rn__results none = {rn_null(), rn_null()};
    const rn_tensor dropped = rn__recurrent_state_mask(r, s);
    loop l = {.r = r, .s = s, .begin = begin};
    rn_tensor next[RN_STATES_MAX], last;

    if (!begin_loop(&l, x, state, &x)) return none;
    const int since = r->graph->root->observed.count;
    rn_tensor y = step(&l, dropped, x, next);
    rn__observed_mask(rn_loop_body(l.loop), since, r->options.mask);
    for (int i = 0; i < s->cell->states; i++) rn_loop_next(l.loop, l.carry[i], next[i]);
    if (r->graph->root->failed) return none;
    y = output_of(&l, y, next[0], &last);
    if (!rn_loop_end(l.loop)) return none;

    for (int i = 0; i < s->cell->states; i++) {
        state[i] = rn_loop_final(l.loop, l.carry[i]);
        history[i] = rn_loop_collect(l.loop, next[i]);
    }
    return (rn__results){rn_loop_collect(l.loop, y), rn_loop_final(l.loop, last)};
}
