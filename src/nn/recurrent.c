/* SPDX-License-Identifier: MIT */
/*
 * The generic recurrent layer: one loop for each layer and direction, over any cell.
 *
 *   x [T, B, I]  ->  layer0 [T, B, D H]  ->  dropout  ->  layer1  ->  ..
 */
#include "recurrent.h"

#include <math.h>
#include <stdio.h>

#include "frame.h"
#include "model.h"
#include "rondo/layers.h"
#include "rondo/ops.h"

/* What a failed layer gives for its final states, so that looking at them is no crash. */
static const rn_tensor nothing[RN_LAYERS_MAX * 2 * RN_STATES_MAX] = {{NULL, 0, 0}};

static rn_sequence failed(void)
{
    return (rn_sequence){.outputs = rn_null(), .last = rn_null(), .final = nothing};
}

/* Where the state of a layer with .carry stays between runs. Each batch size has its own,
 * so that graphs for training and for use of one model function can share a model. */
static rn_tensor kept_state(const rn__recurrent *r, rn_scope scope, int state)
{
    char name[64];

    snprintf(name, sizeof name, "state%d/batch%lld", state, (long long)r->states.size[0]);
    scope = rn_scope_in(scope, name);
    rn_tensor kept = rn__model_state(scope.model, scope.graph, scope.path, r->real,
                                     r->states, RN__CARRIED);
    if (!rn_is_null(kept) && rn__model_assigned(kept))
        return rn_fail(r->graph, "recurrent: carried twice in one graph: %s", scope.path);
    return kept;
}

/* All states, layer by layer: at the first step, and at the end. */
typedef struct ends {
    rn_tensor *begin, *final;
} ends;

/* The states of a layer and direction at its first step; first: their place in the list of
 * all. */
static void begin_states(const rn__recurrent *r, rn_scope scope, int first,
                         rn_tensor *state)
{
    for (int i = 0; i < r->cell->states; i++) {
        if (r->options.initial_count)
            state[i] = r->options.initial[first + i];
        else if (r->options.carry)
            state[i] = kept_state(r, scope, i);
        else
            state[i] = rn_fill(r->graph, r->real, r->states, 0);
    }
}

/* One loop over x. Returns its outputs [T, B, H]. */
static rn_tensor run(const rn__recurrent *r, rn_scope scope, rn_tensor x, bool reverse,
                     int first, const ends *all)
{
    const int states = r->cell->states;
    rn_tensor *begin = all->begin + first;
    rn_tensor carry[RN_STATES_MAX], next[RN_STATES_MAX];

    begin_states(r, scope, first, begin);

    rn_loop *loop = rn_loop_begin(r->graph);
    if (reverse) rn_loop_reverse(loop);
    if (!rn_is_null(r->options.lengths)) rn_loop_lengths(loop, r->options.lengths);

    rn_tensor step = rn_loop_each(loop, x);
    for (int i = 0; i < states; i++) next[i] = carry[i] = rn_loop_carry(loop, begin[i]);
    if (!loop || r->graph->root->failed) return rn_null();

    rn_tensor y = rn__recurrent_cell(r, scope, step, next);
    for (int i = 0; i < states; i++) rn_loop_next(loop, carry[i], next[i]);
    if (!rn_loop_end(loop)) return rn_null();

    for (int i = 0; i < states; i++) all->final[first + i] = rn_loop_final(loop, carry[i]);
    return rn_loop_collect(loop, y);
}

/* Assigns the states at the end. A sequence of which one number is not finite, in any layer
 * and state, begins anew: all its states become zero. To hold the old ones would not do,
 * for it may be they that overflow, in every run again. */
static void carry_states(const rn__recurrent *r, const ends *all)
{
    const int units[] = {1};
    rn_tensor largest = rn_abs(all->final[0]);

    for (int i = 1; i < r->count; i++) largest = rn_maximum(largest, rn_abs(all->final[i]));
    largest = rn_max(largest, units, 1, true); /* [B, 1] */
    const rn_tensor finite = rn_less(largest, rn_constant_like(largest, (double)INFINITY));
    for (int i = 0; i < r->count; i++)
        rn_assign(all->begin[i],
                  rn_where(finite, all->final[i], rn_constant_like(all->final[i], 0)));
}

/* A layer in all its directions: outputs [T, B, D H]. */
static rn_tensor run_layer(const rn__recurrent *r, int layer, rn_tensor x, const ends *all)
{
    const rn_scope scope = rn__recurrent_layer(r, layer);
    const int first = layer * r->directions * r->cell->states;

    if (r->directions == 1) return run(r, scope, x, r->options.reverse, first, all);

    rn_tensor both[2];
    both[0] = run(r, rn_scope_in(scope, "forward"), x, false, first, all);
    both[1] = run(r, rn_scope_in(scope, "backward"), x, true, first + r->cell->states, all);
    if (rn_is_null(both[0]) || rn_is_null(both[1])) return rn_null();
    return rn_concat(both, 2, -1);
}

/* The hidden states of the last layer at the end, [B, D H]. */
static rn_tensor last_of(const rn__recurrent *r, const rn_tensor *final)
{
    const int first = (r->layers - 1) * r->directions * r->cell->states;

    if (r->directions == 1) return final[first];

    const rn_tensor both[2] = {final[first], final[first + r->cell->states]};
    return rn_concat(both, 2, -1);
}

static rn_sequence run_layers(const rn__recurrent *r, rn_tensor x, const ends *all)
{
    for (int i = 0; i < r->layers; i++) {
        if (i > 0)
            x = rn_dropout(rn__recurrent_layer(r, i), "dropout", x, r->options.dropout);
        x = run_layer(r, i, x, all);
        if (rn_is_null(x)) return failed();
    }
    if (r->options.carry) carry_states(r, all);
    if (!rn__recurrent_keep(r)) return failed();
    return (rn_sequence){.outputs = x,
                         .last = last_of(r, all->final),
                         .final = all->final,
                         .final_count = r->count};
}

rn_sequence rn_recurrent(rn_scope scope, const char *name, const rn_cell *cell, rn_tensor x,
                         rn_recurrent_options options)
{
    rn__recurrent r;

    if (!rn__recurrent_init(&r, "recurrent", scope, name, cell, x, true, &options))
        return failed();

    ends all;
    all.final = (rn_tensor *)rn__arena_new(&r.graph->root->arena,
                                           2 * (size_t)r.count * sizeof *all.final);
    if (!all.final) {
        rn__no_memory(r.graph);
        return failed();
    }
    all.begin = all.final + r.count;

    rn__frame f;
    rn__frame_enter(&f, "recurrent", name, x, rn_null());
    const rn_sequence y = run_layers(&r, x, &all);
    rn__frame_leave(&f, x);
    return y;
}

/* ---- one step ---- */

rn_tensor rn_recurrent_step(rn_scope scope, const char *name, const rn_cell *cell,
                            rn_tensor x, rn_tensor *states, rn_recurrent_options options)
{
    /* What concerns sequences is not for a single step, so that the options of the sequence
     * may be given as they are. */
    const rn_recurrent_options kept = {.units = options.units,
                                       .layers = options.layers,
                                       .bidirectional = options.bidirectional,
                                       .reverse = options.reverse,
                                       .dropout = options.dropout};
    rn__recurrent r;

    if (!rn__recurrent_init(&r, "recurrent_step", rn_share(scope), name, cell, x, false,
                            &kept))
        return rn_null();
    if (kept.bidirectional || kept.reverse)
        return rn_fail(x.graph, "recurrent_step: only forward: %s", r.name);
    if (!states) return rn_fail(x.graph, "recurrent_step: there are no states: %s", r.name);
    if (!rn__recurrent_check_states(&r, states)) return rn_null();

    for (int i = 0; i < r.layers; i++) {
        const rn_scope layer = rn__recurrent_layer(&r, i);
        if (i > 0) x = rn_dropout(layer, "dropout", x, kept.dropout);
        x = rn__recurrent_cell(&r, layer, x, states + i * cell->states);
        if (rn_is_null(x)) return x;
    }
    return rn__recurrent_check_states(&r, states) && rn__recurrent_keep(&r) ? x : rn_null();
}

/* ---- by name ---- */

rn_sequence rn_rnn(rn_scope scope, const char *name, rn_tensor x,
                   rn_recurrent_options options)
{
    return rn_recurrent(scope, name, &rn_cell_rnn, x, options);
}

rn_sequence rn_lstm(rn_scope scope, const char *name, rn_tensor x,
                    rn_recurrent_options options)
{
    return rn_recurrent(scope, name, &rn_cell_lstm, x, options);
}

rn_sequence rn_gru(rn_scope scope, const char *name, rn_tensor x,
                   rn_recurrent_options options)
{
    return rn_recurrent(scope, name, &rn_cell_gru, x, options);
}
