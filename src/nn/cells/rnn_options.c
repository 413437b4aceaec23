/* SPDX-License-Identifier: MIT */
/* The simple recurrent network with options; see rn_rnn_options. */
#include "nn/cells/affine.h"
#include "rondo/ops.h"

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state, const void *options)
{
    const rn_rnn_options *o = (const rn_rnn_options *)options;
    const rn_tensor a =
        rn__cell_affine(s, "h", x, state[0], rn_size(state[0], -1), 0, &o->all);

    return state[0] = rn__cell_activate(o->activation, rn_tanh, a, &o->all);
}

rn_cell rn_rnn_cell(const rn_rnn_options *options)
{
    static const rn_rnn_options none = {.activation = NULL};

    return (rn_cell){.name = "rnn",
                     .states = 1,
                     .step_with = step,
                     .options = options ? options : &none};
}
