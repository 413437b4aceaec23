/* SPDX-License-Identifier: MIT */
/* The GRU with options; see rn_gru_options. */
#include "nn/cells/affine.h"
#include "rondo/ops.h"

static rn_tensor gate(rn_scope s, const char *name, rn_tensor x, rn_tensor h,
                      const rn_gru_options *o)
{
    const rn_tensor a = rn__cell_affine(s, name, x, h, rn_size(h, -1), 0, &o->all);

    return rn_observe(s, name, rn__cell_activate(o->gate, rn_sigmoid, a, &o->all));
}

/* The new value, of which z decides how much is taken. */
static rn_tensor candidate(rn_scope s, rn_tensor x, rn_tensor h, rn_tensor r,
                           const rn_gru_options *o)
{
    const int64_t H = rn_size(h, -1);
    rn_tensor a;

    if (o->reset_after)
        a = rn_add(rn__cell_input(s, "g", x, H, &o->all),
                   rn_mul(r, rn__cell_state(s, "g", h, H, &o->all)));
    else
        a = rn__cell_affine(s, "g", x, rn_mul(r, h), H, 0, &o->all);
    return rn_observe(s, "g", rn__cell_activate(o->candidate, rn_tanh, a, &o->all));
}

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state, const void *options)
{
    const rn_gru_options *o = (const rn_gru_options *)options;
    const rn_tensor h = state[0], r = gate(s, "r", x, h, o), z = gate(s, "z", x, h, o);
    const rn_tensor g = candidate(s, x, h, r, o), rest = rn_one_minus(z);

    return state[0] = o->update_keeps ? rn_add(rn_mul(z, h), rn_mul(rest, g))
                                      : rn_add(rn_mul(rest, h), rn_mul(z, g));
}

rn_cell rn_gru_cell(const rn_gru_options *options)
{
    static const rn_gru_options none = {.reset_after = false};

    return (rn_cell){.name = "gru",
                     .states = 1,
                     .step_with = step,
                     .options = options ? options : &none};
}
