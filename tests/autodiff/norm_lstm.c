/* SPDX-License-Identifier: MIT */
/*
 * norm_lstm -- the LSTM with layer normalisation of Ba et al. 2016, arXiv:1607.06450, as a
 * user of the library would write it. N normalises a vector and has a gain and a bias.
 *
 *   x  [B, I]    h, c  [B, H]
 *
 *   (f i o g) = Nx(W x) + Nh(U h) + b             all four normalised as one vector [4 H]
 *   c'        = s(f) .* c + s(i) .* tanh(g)
 *   h'        = s(o) .* tanh(Nc(c'))
 */
#include "layer_check.h"

#include <rondo/ops.h>

/* gain .* (x - mean x) / sqrt(variance x + 1e-5) + bias. A gain begins as 1/2, for with 1 a
 * state of few units is chaotic: after 64 steps its gradient may be thousands, and neither
 * it nor a difference has many digits. */
static rn_tensor normal(rn_scope s, const char *name, rn_tensor x)
{
    const rn_scope in = rn_scope_in(s, name);
    const int64_t N = rn_size(x, -1);
    rn_tensor gain = rn_weight(in, "gain", rn_shape(N), (rn_init){RN_INIT_CONSTANT, 0.5});
    rn_tensor bias = rn_weight(in, "bias", rn_shape(N), (rn_init){RN_INIT_ZEROS, 0});

    return rn_normalize_affine(x, gain, bias, 1e-5);
}

/* The sums of all gates, [B, 4 H]. */
static rn_tensor sums(rn_scope s, rn_tensor x, rn_tensor h)
{
    const int64_t H = rn_size(h, -1);
    rn_tensor wx = normal(s, "norm_x", rn_gate_input(s, "sums", x, 4 * H));
    rn_tensor uh = normal(s, "norm_h", rn_gate_state(s, "sums", h, 4 * H));

    return rn_bias(s, "sums/b", rn_add(wx, uh), 0);
}

static rn_tensor part(rn_tensor gates, int64_t H, int k)
{
    return rn_slice(gates, -1, k * H, (k + 1) * H, 1);
}

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor h = state[0], c = state[1];
    const int64_t H = rn_size(h, -1);
    rn_tensor gates = sums(s, x, h);
    rn_tensor f = rn_sigmoid(part(gates, H, 0)), i = rn_sigmoid(part(gates, H, 1));
    rn_tensor o = rn_sigmoid(part(gates, H, 2)), g = rn_tanh(part(gates, H, 3));

    state[1] = rn_add(rn_mul(f, c), rn_mul(i, g));
    return state[0] = rn_mul(o, rn_tanh(normal(s, "norm_c", state[1])));
}

const rn_cell norm_lstm = {.name = "norm_lstm", .states = 2, .step = step};
