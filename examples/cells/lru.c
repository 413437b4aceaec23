/* SPDX-License-Identifier: MIT */
/*
 * LRU -- the linear recurrent unit; Orvieto, Smith, Gu, Fernando, Gulcehre, Pascanu and De
 * 2023, arXiv:2303.06349. The complex state is a pair of real ones, p + i q.
 *
 *   x  [B, I]    p, q  [B, H]    y  [B, H]    nu, theta, gamma  [H]
 *
 *   l  = exp(-exp(nu) + i exp(theta))                a diagonal matrix of complex numbers
 *   (p + i q)' = l .* (p + i q) + e^gamma sqrt(1 - |l|^2) .* (B x)
 *   y  = Re(C (p + i q)') + D x
 *
 * nu is initially such that |l| is between 0.9 and 0.999, log-uniform in 1 - |l|; theta
 * that angles are between pi / 1000 and pi / 10. The paper's gamma is the logarithm of the
 * whole factor; here it is 0 initially.
 */
#include "cells.h"

/* A weight [H], initially uniform in centre - scale .. centre + scale. */
static rn_tensor around(rn_scope s, const char *name, int64_t H, double centre,
                        double scale)
{
    return rn_offset(rn_weight(s, name, rn_shape(H), (rn_init){RN_INIT_UNIFORM, scale}),
                     centre);
}

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor p = state[0], q = state[1];
    const int64_t H = rn_size(p, -1);
    rn_tensor rate = rn_exp(around(s, "nu", H, -4.58, 2.33));
    rn_tensor angle = rn_exp(around(s, "theta", H, -3.46, 2.3));
    rn_tensor gamma = rn_weight(s, "gamma", rn_shape(H), (rn_init){RN_INIT_ZEROS, 0});
    rn_tensor size = rn_exp(rn_neg(rate)); /* |l|; and 1 - |l|^2 = -expm1(-2 rate) */
    rn_tensor re = rn_mul(size, rn_cos(angle)), im = rn_mul(size, rn_sin(angle));
    rn_tensor scale = rn_mul(rn_exp(gamma), rn_sqrt(rn_neg(rn_expm1(rn_scale(rate, -2)))));
    rn_tensor bp = rn_mul(scale, rn_gate_input(s, "b_re", x, H));
    rn_tensor bq = rn_mul(scale, rn_gate_input(s, "b_im", x, H));

    state[0] = rn_add(rn_sub(rn_mul(re, p), rn_mul(im, q)), bp);
    state[1] = rn_add(rn_add(rn_mul(re, q), rn_mul(im, p)), bq);
    rn_tensor cp = rn_gate_input(s, "c_re", state[0], H);
    rn_tensor cq = rn_gate_input(s, "c_im", state[1], H);
    return rn_add(rn_sub(cp, cq), rn_gate_input(s, "d", x, H));
}

const rn_cell cell_lru = {.name = "lru", .states = 2, .step = step};
