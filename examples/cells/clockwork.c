/* SPDX-License-Identifier: MIT */
/*
 * Clockwork RNN -- Koutnik, Greff, Gomez and Schmidhuber 2014, arXiv:1402.3511. The units
 * are G groups of about H / G with periods T_1 < .. < T_G.
 *
 *   x  [B, I]    h  [B, H]    t  [B, 1], the number of steps before this one
 *
 *   group k:  h_k' = tanh(W_k x + U_k (h_k .. h_G) + b_k)   if t mod T_k = 0, else h_k
 *   t' = t + 1
 *
 * A group reads itself and the slower ones. t is exact up to 2^24 steps in f32. All groups
 * are computed in every step, and those that are not due keep their values.
 * cell_clockwork has the periods 1, 2, 4, 8.
 */
#include "cells.h"

#include <stdio.h>

/* Whether t mod period is 0, [B, 1]. The halves keep the rounding of t off the limits. */
static rn_tensor is_due(rn_tensor t, int period)
{
    rn_tensor cycles = rn_floor(rn_scale(rn_offset(t, 0.5), 1.0 / period));

    return rn_less(rn_sub(t, rn_scale(cycles, period)), rn_constant_like(t, 0.5));
}

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state, const void *options)
{
    const cell_clockwork_options *o = (const cell_clockwork_options *)options;
    rn_tensor h = state[0], t = state[1], next[CELL_CLOCKWORK_GROUPS];
    const int64_t H = rn_size(h, -1);

    for (int k = 0; k < o->groups; k++) {
        const int64_t begin = k * H / o->groups, end = (k + 1) * H / o->groups;
        char name[32];
        snprintf(name, sizeof name, "group%d", k);
        rn_tensor read = rn_slice(h, -1, begin, H, 1), old = rn_slice(h, -1, begin, end, 1);
        rn_tensor wx = rn_linear(s, name, x, end - begin);
        rn_tensor uh = rn_gate_state(s, name, read, end - begin);
        next[k] = rn_where(is_due(t, o->period[k]), rn_tanh(rn_add(wx, uh)), old);
    }
    state[1] = rn_offset(t, 1);
    return state[0] = rn_concat(next, o->groups, -1);
}

const rn_cell cell_clockwork = {
    .name = "clockwork",
    .states = 2,
    .step_with = step,
    .options = &(const cell_clockwork_options){4, {1, 2, 4, 8}},
    .state = {[1] = {.shape = {1, {1}}}},
};

rn_cell cell_clockwork_periods(const cell_clockwork_options *options)
{
    rn_cell cell = cell_clockwork;

    cell.options = options;
    return cell;
}
