/* SPDX-License-Identifier: MIT */
/*
 * minGRU -- Feng, Tung, Ahmed, Bengio and Hajimirsadeghi 2024, "Were RNNs All We Needed?",
 * arXiv:2410.01201.
 *
 *   x  [B, I]    h  [B, H]
 *
 *   z  = s(Wz x + bz)
 *   g  = W x + b
 *   h' = (1 - z) .* h + z .* g
 *
 * No gate reads h, so all products are done for all steps at once, and the loop is affine
 * in h. The paper's log-space form needs g > 0 and computes the same; this is its plain
 * form.
 */
#include "cells.h"

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor h = state[0];
    const int64_t H = rn_size(h, -1);
    rn_tensor z = rn_sigmoid(rn_linear(s, "z", x, H));
    rn_tensor g = rn_linear(s, "g", x, H);

    return state[0] = rn_add(rn_mul(rn_one_minus(z), h), rn_mul(z, g));
}

const rn_cell cell_mingru = {.name = "mingru", .states = 1, .step = step};
