/* SPDX-License-Identifier: MIT */
/*
 * mogrifier -- an LSTM whose input and state scale each other first; Melis, Kocisky and
 * Blunsom 2020, arXiv:1909.01792.
 *
 *   x  [B, I]    h, c  [B, H]
 *
 *   for r = 1 .. R:  x = 2 s(Q_r h) .* x  if r is odd, else  h = 2 s(Q_r x) .* h
 *   (h' c') = LSTM(x, h, c)
 *
 * cell_mogrifier has R = 5, cell_mogrifier_rounds as many as you say. No product of x
 * leaves the loop, because x depends on h.
 */
#include "cells.h"

#include <stdio.h>

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state, const void *options)
{
    const int rounds = *(const int *)options;
    rn_tensor h = state[0];

    for (int r = 0; r < rounds; r++) {
        char name[32];
        snprintf(name, sizeof name, "q%d", r + 1);
        rn_tensor *to = r % 2 ? &h : &x, from = r % 2 ? x : h;
        rn_tensor gate = rn_sigmoid(rn_gate_state(s, name, from, rn_size(*to, -1)));
        *to = rn_scale(rn_mul(gate, *to), 2);
    }
    state[0] = h;
    return rn_cell_lstm.step(s, x, state);
}

const rn_cell cell_mogrifier = {
    .name = "mogrifier",
    .states = 2,
    .step_with = step,
    .options = &(const int){5},
};

rn_cell cell_mogrifier_rounds(const int *rounds)
{
    rn_cell cell = cell_mogrifier;

    cell.options = rounds;
    return cell;
}
