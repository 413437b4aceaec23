/* SPDX-License-Identifier: MIT */
/*
 * The generic recurrent layer: one loop for each layer and direction, over any cell.
 *
 *   x [T, B, I]  ->  layer0 [T, B, D H]  ->  dropout  ->  layer1  ->  ..
 */
#include "recurrent.h"

#include <stdio.h>

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

/* One loop over x. Returns its outputs [T, B, H]; the states at the end go to `final`. */
static rn_tensor run(const rn__recurrent *r, rn_scope scope, rn_tensor x, bool reverse,
                     int first, rn_tensor *final)
{
    const int states = r->cell->states;
    rn_tensor begin[RN_STATES_MAX], carry[RN_STATES_MAX], next[RN_STATES_MAX];

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

    for (int i = 0; i < states; i++) {
        final[first + i] = rn_loop_final(loop, carry[i]);
        if (r->options.carry) rn_assign(begin[i], final[first + i]);
    }
    return rn_loop_collect(loop, y);
}

/* A layer in all its directions: outputs [T, B, D H]. */
static rn_tensor run_layer(const rn__recurrent *r, int layer, rn_tensor x, rn_tensor *final)
{
    const rn_scope scope = rn__recurrent_layer(r, layer);
    const int first = layer * r->directions * r->cell->states;

    if (r->directions == 1) return run(r, scope, x, r->options.reverse, first, final);

    rn_tensor both[2];
    both[0] = run(r, rn_scope_in(scope, "forward"), x, false, first, final);
    both[1] =
        run(r, rn_scope_in(scope, "backward"), x, true, first + r->cell->states, final);
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

static rn_sequence run_layers(const rn__recurrent *r, rn_tensor x, rn_tensor *final)
{
    for (int i = 0; i < r->layers; i++) {
        if (i > 0)
            x = rn_dropout(rn__recurrent_layer(r, i), "dropout", x, r->options.dropout);
        x = run_layer(r, i, x, final);
        if (rn_is_null(x)) return failed();
    }
    return (rn_sequence){
        .outputs = x, .last = last_of(r, final), .final = final, .final_count = r->count};
}

rn_sequence rn_recurrent(rn_scope scope, const char *name, const rn_cell *cell, rn_tensor x,
                         rn_recurrent_options options)
{
    rn__recurrent r;

    if (!rn__recurrent_init(&r, "recurrent", scope, name, cell, x, true, &options))
        return failed();

    rn_tensor *final =
        (rn_tensor *)rn__arena_new(&r.graph->root->arena, (size_t)r.count * sizeof *final);
    if (!final) {
        rn__no_memory(r.graph);
        return failed();
    }
    return run_layers(&r, x, final);
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

    if (!rn__recurrent_init(&r, "recurrent_step", scope, name, cell, x, false, &kept))
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
    return rn__recurrent_check_states(&r, states) ? x : rn_null();
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
