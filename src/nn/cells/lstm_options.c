/* SPDX-License-Identifier: MIT */
/* The LSTM with options; see rn_lstm_options for the equations. */
#include "nn/cells/affine.h"
#include "rondo/ops.h"

/* a + p .* c with the weight name/p [H]. */
static rn_tensor peephole(rn_scope s, const char *name, rn_tensor a, rn_tensor c,
                          const rn_lstm_options *o)
{
    const rn_shape shape = {1, {rn_size(c, -1)}};

    if (!o->peepholes) return a;
    return rn_add(a, rn_mul(c, rn_weight(rn_scope_in(s, name), "p", shape,
                                         (rn_init){RN_INIT_CONSTANT, 0})));
}

/* A gate that looks at c. */
static rn_tensor gate(rn_scope s, const char *name, rn_tensor x, rn_tensor h, rn_tensor c,
                      double bias, const rn_lstm_options *o)
{
    const rn_tensor a = rn__cell_affine(s, name, x, h, rn_size(c, -1), bias, &o->all);

    return rn_observe(
        s, name,
        rn__cell_activate(o->gate, rn_sigmoid, peephole(s, name, a, c, o), &o->all));
}

static double forget_bias(const rn_lstm_options *o)
{
    if (o->no_forget_bias) return 0;
    return o->forget_bias == 0 ? 1 : o->forget_bias;
}

/* The next c. */
static rn_tensor remember(rn_scope s, rn_tensor x, rn_tensor h, rn_tensor c,
                          const rn_lstm_options *o)
{
    const rn_tensor f = gate(s, "f", x, h, c, forget_bias(o), o);
    const rn_tensor i =
        o->coupled ? rn_observe(s, "i", rn_one_minus(f)) : gate(s, "i", x, h, c, 0, o);
    const rn_tensor a = rn__cell_affine(s, "c", x, h, rn_size(c, -1), 0, &o->all);
    const rn_tensor g = rn_observe(s, "g", rn__cell_activate(o->cell, rn_tanh, a, &o->all));

    return rn__cell_clip(rn_add(rn_mul(f, c), rn_mul(i, g)), o->clip_state);
}

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state, const void *options)
{
    const rn_lstm_options *o = (const rn_lstm_options *)options;
    const rn_tensor h = state[0], c = state[1] = remember(s, x, h, state[1], o);
    const rn_tensor gated = gate(s, "o", x, h, c, 0, o);
    const rn_tensor y = rn_mul(gated, o->hidden ? o->hidden(c) : rn_tanh(c));

    return state[0] = o->projection ? rn_gate_input(s, "p", y, o->projection) : y;
}

rn_cell rn_lstm_cell(const rn_lstm_options *options)
{
    static const rn_lstm_options none = {.projection = 0};
    const rn_lstm_options *o = options ? options : &none;
    rn_cell cell = {.name = "lstm", .states = 2, .step_with = step, .options = o};

    if (o->projection) {
        cell.output = o->projection;
        cell.state[0].shape = (rn_shape){1, {o->projection}};
    }
    return cell;
}
