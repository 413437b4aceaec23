/* SPDX-License-Identifier: MIT */
/*
 * The generic recurrent layer: one loop for each layer and direction, over any cell.
 *
 *   x [T, B, I]  ->  layer0 [T, B, N]  ->  dropout  ->  layer1  ->  ..
 */
#include "nn/recurrent.h"

#include "graph/frame.h"
#include "rondo/layers.h"
#include "rondo/ops.h"

/* The states of a failed layer, so that indexing them is safe; and their numbers. Zeros,
 * never written. */
static rn_tensor nothing[RN__SUBLAYERS_MAX * RN_STATES_MAX];
static int no_numbers[RN__SUBLAYERS_MAX];

static rn_sequence failed(rn_tensor y)
{
    return (rn_sequence){.outputs = y,
                         .last = y,
                         .final = nothing,
                         .states = nothing,
                         .first = no_numbers,
                         .direction = {y, y},
                         .perturb = nothing};
}

/* The result of a call without a graph: null tensors that name it. */
static rn_tensor lost(const rn__recurrent *r, rn_tensor x)
{
    if (r->graph) return rn_null();
    return rn__null_from(rn__recurrent_what(r), RN__NULL_X, &x, 1);
}

/* All states: the final ones, those after every step, and with .stateful the variables that
 * keep them, null for those that do not stay, and the variable that marks the sequences
 * that have begun, if there is one. */
typedef struct all_states {
    rn_tensor *final, *history, *kept, begun;
    int *first;
} all_states;

static bool new_states(const rn__recurrent *r, all_states *all)
{
    rn__arena *arena = &r->graph->root->arena;
    const size_t count = (size_t)r->count, sublayers = (size_t)(r->layers * r->directions);

    *all = (all_states){.begun = rn_null()};
    all->final = (rn_tensor *)rn__arena_new(arena, 3 * count * sizeof *all->final);
    all->first = (int *)rn__arena_new(arena, sublayers * sizeof *all->first);
    if (!all->final || !all->first) {
        rn__no_memory(r->graph);
        return false;
    }
    all->history = all->final + count;
    all->kept = all->history + count;
    for (size_t i = 0; i < 3 * count; i++) all->final[i] = rn_null();
    for (size_t i = 0; i < sublayers; i++) all->first[i] = r->sub[i].first;
    if (r->options.stateful && !rn__recurrent_begins_zero(r))
        all->begun = rn__recurrent_begun(r);
    return true;
}

/* The states with which a sublayer's sequences begin, and those at the first step of this
 * run. False after an error. */
static bool begin_states(const rn__recurrent *r, const rn__sublayer *s,
                         const all_states *all, rn_tensor *begin, rn_tensor *state)
{
    const int count = s->cell->states;
    rn_tensor *kept = all->kept + s->first;

    if (r->options.initial_count)
        for (int i = 0; i < count; i++) begin[i] = r->options.initial[s->first + i];
    else if (!rn__recurrent_begin(r, s, begin))
        return false;
    for (int i = 0; i < count; i++) {
        state[i] = begin[i];
        if (!rn__recurrent_stays(r, s)) continue;
        state[i] = kept[i] = rn__recurrent_kept(r, s, i);
        if (!rn_is_null(all->begun))
            state[i] = rn__recurrent_choose(all->begun, kept[i], begin[i]);
    }
    return !r->graph->root->failed;
}

/* A layer in all its directions. Writes those to `direction`. */
static rn__results run_layer(const rn__recurrent *r, int layer, rn_tensor x,
                             const all_states *all, rn_tensor *direction)
{
    rn__results y[2];

    for (int d = 0; d < r->directions; d++) {
        const rn__sublayer *s = &r->sub[layer * r->directions + d];
        rn_tensor *state = all->final + s->first, begin[RN_STATES_MAX];
        if (!begin_states(r, s, all, begin, state))
            return (rn__results){rn_null(), rn_null()};
        y[d] = rn__recurrent_loop(r, s, x, begin, state, all->history + s->first);
        direction[d] = y[d].outputs;
        if (rn_is_null(y[d].outputs)) return y[d];
    }
    if (r->directions == 1) return y[0];
    return (rn__results){rn__recurrent_merged(r, y[0].outputs, y[1].outputs),
                         rn__recurrent_merged(r, y[0].last, y[1].last)};
}

/* The states with which the next run begins. */
static void keep(const rn__recurrent *r, const all_states *all)
{
    const int64_t after = r->options.keep_after;
    rn_tensor end[RN__SUBLAYERS_MAX * RN_STATES_MAX];

    for (int i = 0; i < r->count; i++) {
        end[i] = all->final[i];
        if (after == 0 || rn_is_null(all->kept[i])) continue;
        const int64_t steps = rn_size(all->history[i], 0);
        const int64_t at = r->options.reverse ? steps - after : after - 1;
        end[i] = rn_reshape(rn_slice(all->history[i], 0, at, at + 1, 1),
                            rn_shape_get(all->final[i]));
    }
    rn__recurrent_keep(r, all->kept, all->begun, end);
}

/* Exchanges the axes of steps and sequences, if sequences come first. */
static rn_tensor exchanged(const rn__recurrent *r, rn_tensor x)
{
    int axes[RN_RANK_MAX] = {1, 0};

    if (!r->options.batch_major || rn_is_null(x)) return x;
    for (int i = 2; i < rn_rank(x); i++) axes[i] = i;
    return rn_permute(x, axes);
}

/* Zeros to be added to the states of a sublayer in T steps. */
static void zero_perturbations(const rn__recurrent *r, const rn__sublayer *s, int64_t T,
                               rn_tensor *all)
{
    for (int i = 0; i < s->cell->states; i++) {
        const rn_shape state = rn__recurrent_shape(r, s, i);
        rn_shape shape = {state.rank + 1, {T}};
        for (int k = 0; k < state.rank; k++) shape.size[k + 1] = state.size[k];
        all[s->first + i] = rn_fill(r->graph, r->real, shape, 0);
    }
}

/* The perturbations with steps first, in the graph's memory. NULL if there are none, or
 * after an error. */
static const rn_tensor *perturbations(const rn__recurrent *r, rn_tensor x)
{
    const rn_tensor *given = r->options.perturb;
    const size_t count = (size_t)r->count;
    rn_tensor *all = NULL;

    if (!given && !r->options.perturb_zero) return NULL;
    all = (rn_tensor *)rn__arena_new(&r->graph->root->arena, count * sizeof *all);
    if (!all) rn__no_memory(r->graph);
    for (size_t i = 0; all && given && i < count; i++) all[i] = exchanged(r, given[i]);
    for (int i = 0; all && !given && i < r->layers * r->directions; i++)
        zero_perturbations(r, &r->sub[i], rn_size(x, r->options.batch_major), all);
    return all;
}

static rn_sequence run_layers(const rn__recurrent *r, rn_tensor x, const all_states *all)
{
    rn__results y = {x, rn_null()};
    rn_tensor direction[2] = {rn_null(), rn_null()};

    for (int i = 0; i < r->layers; i++) {
        y = run_layer(r, i, rn__recurrent_input(r, i, y.outputs, x), all, direction);
        if (rn_is_null(y.outputs)) return failed(rn_null());
    }
    if (r->options.stateful) keep(r, all);
    if (!rn__recurrent_record(r)) return failed(rn_null());
    for (int i = 0; i < r->count; i++) all->history[i] = exchanged(r, all->history[i]);
    return (rn_sequence){
        .outputs = exchanged(r, y.outputs),
        .last = y.last,
        .final = all->final,
        .final_count = r->count,
        .states = all->history,
        .first = all->first,
        .direction = {exchanged(r, direction[0]), exchanged(r, direction[1])},
        .perturb = r->options.perturb};
}

rn_sequence rn_recurrent(rn_scope scope, const char *name, const rn_cell *cell, rn_tensor x,
                         rn_recurrent_options options)
{
    rn__recurrent r;
    all_states all;

    if (!rn__recurrent_init(&r, RN__SEQUENCE, scope, name, cell, x, &options))
        return failed(lost(&r, x));
    if (!new_states(&r, &all)) return failed(rn_null());

    rn__frame f;
    rn__frame_enter(&f, "recurrent", name, x, rn_null());
    r.options.perturb = perturbations(&r, x);
    r.options.mask = exchanged(&r, options.mask);
    r.options.restarts = exchanged(&r, options.restarts);
    const rn_sequence y = run_layers(&r, exchanged(&r, x), &all);
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

    rn_tensor y = x;
    for (int i = 0; i < r.layers; i++)
        if (!rn__recurrent_check_states(&r, &r.sub[i], states + r.sub[i].first))
            return rn_null();
    for (int i = 0; i < r.layers; i++) {
        const rn__sublayer *s = &r.sub[i];
        y = rn__recurrent_step(&r, s, rn__recurrent_state_mask(&r, s), NULL,
                               rn__recurrent_input(&r, i, y, x), states + s->first);
        if (rn_is_null(y)) return y;
    }
    return rn__recurrent_record(&r) ? y : rn_null();
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
