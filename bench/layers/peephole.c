/* SPDX-License-Identifier: MIT */
/*
 * peephole -- the LSTM whose gates see the state c; Gers and Schmidhuber 2000.
 *
 *   f  = s(Wf x + Uf h + pf .* c + bf)
 *   i  = s(Wi x + Ui h + pi .* c + bi)
 *   g  = tanh(Wc x + Uc h + bc)
 *   c' = f .* c + i .* g
 *   o  = s(Wo x + Uo h + po .* c' + bo)
 *   h' = o .* tanh(c')
 */
#include "cells.h"

/* s(W x + U h + b + p .* c) */
static rn_tensor gate(rn_scope s, const char *name, rn_tensor x, rn_tensor h, rn_tensor c)
{
    rn_tensor sum = rn_gate(s, name, x, h);
    rn_tensor p = rn_weight(rn_scope_in(s, name), "p", rn_shape(rn_size(c, -1)),
                            (rn_init){RN_INIT_UNIFORM, 0.1});

    return rn_sigmoid(rn_add(sum, rn_mul(p, c)));
}

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor h = state[0], c = state[1];
    rn_tensor f = gate(s, "f", x, h, c);
    rn_tensor i = gate(s, "i", x, h, c);
    rn_tensor g = rn_tanh(rn_gate(s, "c", x, h));

    state[1] = rn_add(rn_mul(f, c), rn_mul(i, g));
    return state[0] = rn_mul(gate(s, "o", x, h, state[1]), rn_tanh(state[1]));
}

const rn_cell bench_cell_peephole = {.name = "peephole", .states = 2, .step = step};
