/* SPDX-License-Identifier: MIT */
/*
 * The generic recurrent layer: one loop for each layer and direction, over any cell.
 *
 *   x [T, B, I]  ->  layer0 [T, B, D O]  ->  dropout  ->  layer1  ->  ..
 */
#include "nn/recurrent.h"

#include "graph/frame.h"
#include "rondo/layers.h"
#include "rondo/ops.h"

/* The final states of a failed layer, so that indexing them is safe. */
static rn_tensor nothing[RN_LAYERS_MAX * 2 * RN_STATES_MAX]; /* zeros, never written */

static rn_sequence failed(void)
{
    return (rn_sequence){.outputs = rn_null(), .last = rn_null(), .final = nothing};
}

/* The result of a call without a graph: null tensors that name it. */
static rn_tensor lost(const rn__recurrent *r, rn_tensor x)
{
    if (r->graph) return rn_null();
    return rn__null_from(rn__recurrent_what(r), RN__NULL_X, &x, 1);
}

/* All states, layer by layer: the final ones, and with .stateful the variables that keep
 * them and the variable that marks the sequences that have begun, if there is one. */
typedef struct layer_states {
    rn_tensor *final, *kept, begun;
} layer_states;

/* The results of a layer, in one direction or all. */
typedef struct layer_results {
    rn_tensor outputs, last;
} layer_results;

/* The states of a layer and direction at its first step. False after an error. */
static bool begin_states(const rn__recurrent *r, int layer, int direction,
                         const layer_states *all, rn_tensor *state)
{
    const int count = r->cell->states, first = (layer * r->directions + direction) * count;

    if (r->options.initial_count) {
        for (int i = 0; i < count; i++) state[i] = r->options.initial[first + i];
        return true;
    }
    if (!r->options.stateful) return rn__recurrent_begin(r, layer, direction, state);
    for (int i = 0; i < count; i++) all->kept[first + i] = rn__recurrent_kept(r, layer, i);
    if (rn__recurrent_begins_zero(r)) {
        for (int i = 0; i < count; i++) state[i] = all->kept[first + i];
        return true;
    }
    if (!rn__recurrent_begin(r, layer, direction, state)) return false;
    for (int i = 0; i < count; i++)
        state[i] = rn__recurrent_resume(all->begun, all->kept[first + i], state[i]);
    return true;
}

/* The carry whose final value is the output of a sequence's last step: state 0 if the
 * output is the next state 0, else an extra carry that starts as zero. */
static rn_tensor last_output(const rn__recurrent *r, rn_loop *loop, rn_tensor y,
                             rn_tensor carry, rn_tensor next)
{
    if (y.graph == next.graph && y.id == next.id) return carry;
    carry = rn_loop_carry(loop, rn_fill(r->graph, rn_type_get(y), rn_shape_get(y), 0));
    rn_loop_next(loop, carry, y);
    return carry;
}

/* One loop over x. */
static layer_results run(const rn__recurrent *r, int layer, int direction, rn_tensor x,
                         const layer_states *all)
{
    const int states = r->cell->states,
              first = (layer * r->directions + direction) * states;
    const layer_results none = {rn_null(), rn_null()};
    rn_tensor carry[RN_STATES_MAX], next[RN_STATES_MAX];

    if (!begin_states(r, layer, direction, all, next)) return none;

    rn_loop *loop = rn_loop_begin(r->graph);
    if (direction == 1 || r->options.reverse) rn_loop_reverse(loop);
    if (!rn_is_null(r->options.lengths)) rn_loop_lengths(loop, r->options.lengths);

    rn_tensor step = rn_loop_each(loop, x);
    for (int i = 0; i < states; i++) next[i] = carry[i] = rn_loop_carry(loop, next[i]);
    if (!loop || r->graph->root->failed) return none;

    const rn_scope scope = rn__recurrent_direction(r, layer, direction);
    rn_tensor y = rn__recurrent_cell(r, scope, layer, step, next);
    for (int i = 0; i < states; i++) rn_loop_next(loop, carry[i], next[i]);
    if (r->graph->root->failed) return none;
    const rn_tensor last = last_output(r, loop, y, carry[0], next[0]);
    if (!rn_loop_end(loop)) return none;

    for (int i = 0; i < states; i++) all->final[first + i] = rn_loop_final(loop, carry[i]);
    return (layer_results){rn_loop_collect(loop, y), rn_loop_final(loop, last)};
}

/* A layer in all its directions: outputs [T, B, D O], last [B, D O]. */
static layer_results run_layer(const rn__recurrent *r, int layer, rn_tensor x,
                               const layer_states *all)
{
    layer_results one = run(r, layer, 0, x, all);

    if (r->directions == 1) return one;

    layer_results other = run(r, layer, 1, x, all);
    if (rn_is_null(one.outputs) || rn_is_null(other.outputs))
        return (layer_results){rn_null(), rn_null()};
    return (layer_results){
        rn_concat((const rn_tensor[]){one.outputs, other.outputs}, 2, -1),
        rn_concat((const rn_tensor[]){one.last, other.last}, 2, -1)};
}

static rn_sequence run_layers(const rn__recurrent *r, rn_tensor x, const layer_states *all)
{
    layer_results y = {x, rn_null()};

    for (int i = 0; i < r->layers; i++) {
        if (i > 0)
            y.outputs = rn_dropout(rn__recurrent_layer(r, i), "dropout", y.outputs,
                                   r->options.dropout);
        y = run_layer(r, i, y.outputs, all);
        if (rn_is_null(y.outputs)) return failed();
    }
    if (r->options.stateful) rn__recurrent_keep(r, all->kept, all->begun, all->final);
    if (!rn__recurrent_record(r)) return failed();
    return (rn_sequence){
        .outputs = y.outputs, .last = y.last, .final = all->final, .final_count = r->count};
}

rn_sequence rn_recurrent(rn_scope scope, const char *name, const rn_cell *cell, rn_tensor x,
                         rn_recurrent_options options)
{
    rn__recurrent r;

    if (!rn__recurrent_init(&r, RN__SEQUENCE, scope, name, cell, x, &options)) {
        const rn_tensor y = lost(&r, x);
        return (rn_sequence){.outputs = y, .last = y, .final = nothing};
    }

    layer_states all = {.begun = rn_null()};
    all.final = (rn_tensor *)rn__arena_new(&r.graph->root->arena,
                                           2 * (size_t)r.count * sizeof *all.final);
    if (!all.final) {
        rn__no_memory(r.graph);
        return failed();
    }
    all.kept = all.final + r.count;
    if (options.stateful && !rn__recurrent_begins_zero(&r))
        all.begun = rn__recurrent_begun(&r);

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
    rn__recurrent r;

    if (!rn__recurrent_init(&r, RN__STEP, rn_share(scope), name, cell, x, &options))
        return lost(&r, x);
    if (!states) return rn_fail(x.graph, "recurrent_step: no states: %s", r.name);
    if (!rn__recurrent_check_states(&r, 0, r.count, states)) return rn_null();

    for (int i = 0; i < r.layers; i++) {
        const rn_scope layer = rn__recurrent_layer(&r, i);
        if (i > 0) x = rn_dropout(layer, "dropout", x, options.dropout);
        x = rn__recurrent_cell(&r, layer, i, x, states + i * cell->states);
        if (rn_is_null(x)) return x;
    }
    return rn__recurrent_record(&r) ? x : rn_null();
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
