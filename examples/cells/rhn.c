/* SPDX-License-Identifier: MIT */
/*
 * RHN -- the recurrent highway network with coupled gates; Zilly, Srivastava, Koutnik and
 * Schmidhuber 2017, arXiv:1607.03474. L levels in each step, l = 1 .. L.
 *
 *   x  [B, I]    s  [B, H]
 *
 *   g  = tanh([l = 1] Wg x + Ug_l s + bg_l)
 *   t  = s([l = 1] Wt x + Ut_l s + bt_l)          bt initially -2
 *   s' = t .* g + (1 - t) .* s                    the s of level l + 1, or of the next step
 *
 * cell_rhn has three levels, cell_rhn_levels as many as you say.
 */
#include "cells.h"

#include <stdio.h>

/* U s + b, with W x in the first level. */
static rn_tensor sum(rn_scope scope, const char *name, rn_tensor x, rn_tensor s, int level,
                     double bias)
{
    if (level == 0) return rn_gate_biased(scope, name, x, s, bias);

    rn_tensor us = rn_gate_state(scope, name, s, rn_size(s, -1));
    return rn_bias(rn_scope_in(scope, name), "b", us, bias);
}

static rn_tensor step(rn_scope scope, rn_tensor x, rn_tensor *state, const void *options)
{
    const int levels = *(const int *)options;
    rn_tensor s = state[0];

    for (int l = 0; l < levels; l++) {
        char name[32];
        snprintf(name, sizeof name, "level%d", l);
        const rn_scope level = rn_scope_in(scope, name);
        rn_tensor g = rn_tanh(sum(level, "g", x, s, l, 0));
        rn_tensor t = rn_sigmoid(sum(level, "t", x, s, l, -2));
        s = rn_add(rn_mul(t, g), rn_mul(rn_one_minus(t), s));
    }
    return state[0] = s;
}

const rn_cell cell_rhn = {
    .name = "rhn",
    .states = 1,
    .step_with = step,
    .options = &(const int){3},
};

rn_cell cell_rhn_levels(const int *levels)
{
    rn_cell cell = cell_rhn;

    cell.options = levels;
    return cell;
}
