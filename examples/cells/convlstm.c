/* SPDX-License-Identifier: MIT */
/*
 * ConvLSTM -- an LSTM over images, with convolutions instead of products; Shi et al. 2015,
 * NeurIPS 28, arXiv:1506.04214.
 *
 *   x  [B, H W C]    h  [B, H, W, F]    c  [B, H, W, F]    y  [B, H W F]
 *
 *   i  = s(Wi * x + Ui * h + pi .* c + bi)      * a convolution of k x k, padded to the
 *   f  = s(Wf * x + Uf * h + pf .* c + bf)      same size
 *   g  = tanh(Wg * x + Ug * h + bg)
 *   c' = f .* c + i .* g
 *   o  = s(Wo * x + Uo * h + po .* c' + bo)
 *   h' = o .* tanh(c')
 *
 * One convolution of x and one of h give all four gates: x/w [k, k, C, 4 F], h/w [k, k, F,
 * 4 F], b [4 F]. Peepholes pi, pf, po [H, W, F] are optional. That of x does not depend on
 * the state, so it is computed for all steps at once.
 */
#include "convlstm.h"

static rn_tensor convolve(rn_scope s, const char *name, rn_tensor x, int64_t units,
                          int64_t k)
{
    const rn_shape shape = rn_shape(k, k, rn_size(x, -1), units);
    rn_tensor w = rn_weight(s, name, shape, (rn_init){RN_INIT_GLOROT_UNIFORM, 1});

    return rn_conv2d(x, w, (rn_conv2d_options){.same = true});
}

/* y + p .* c */
static rn_tensor peephole(rn_scope s, const char *name, rn_tensor y, rn_tensor c)
{
    const rn_shape shape = rn_shape(rn_size(c, 1), rn_size(c, 2), rn_size(c, 3));

    return rn_add(y, rn_mul(rn_weight(s, name, shape, (rn_init){RN_INIT_ZEROS, 0}), c));
}

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state, const void *options)
{
    const cell_convlstm_options *o = (const cell_convlstm_options *)options;
    const int64_t F = o->channels, B = rn_size(x, 0), k = o->size ? o->size : 3;
    rn_tensor h = state[0], c = state[1], gate[4];

    x = rn_reshape(x, rn_shape(B, o->height, o->width, -1));
    rn_tensor wx = convolve(s, "x/w", x, 4 * F, k), uh = convolve(s, "h/w", h, 4 * F, k);
    rn_tensor all = rn_bias(s, "b", rn_add(wx, uh), 0);
    for (int i = 0; i < 4; i++) gate[i] = rn_slice(all, -1, i * F, (i + 1) * F, 1);
    if (o->peepholes) {
        gate[0] = peephole(s, "i/p", gate[0], c);
        gate[1] = peephole(s, "f/p", gate[1], c);
    }
    c = rn_add(rn_mul(rn_sigmoid(gate[1]), c),
               rn_mul(rn_sigmoid(gate[0]), rn_tanh(gate[2])));
    if (o->peepholes) gate[3] = peephole(s, "o/p", gate[3], c);
    state[0] = rn_mul(rn_sigmoid(gate[3]), rn_tanh(c));
    state[1] = c;
    return rn_reshape(state[0], rn_shape(B, -1));
}

rn_cell cell_convlstm(const cell_convlstm_options *options)
{
    const rn_shape image = rn_shape(options->height, options->width, options->channels);

    return (rn_cell){.name = "convlstm",
                     .states = 2,
                     .step_with = step,
                     .options = options,
                     .output = rn_shape_count(image),
                     .state = {{.shape = image}, {.shape = image}}};
}
