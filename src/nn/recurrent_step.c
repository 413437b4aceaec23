/* SPDX-License-Identifier: MIT */
/*
 * A step of a sublayer: the cell's, with what the options add.
 *
 *   limited gradient of the states  ->  state 0 .* mask  ->  cell
 *       ->  zoneout of the states  ->  perturbation  ->  + x
 */
#include "nn/recurrent.h"
#include "rondo/grad.h"
#include "rondo/layers.h"
#include "rondo/ops.h"

#include <stdio.h>

rn_tensor rn__recurrent_state_mask(const rn__recurrent *r, const rn__sublayer *s)
{
    const double rate = r->options.recurrent_dropout;

    if (rate == 0) return rn_null();
    return rn_dropout_mask(rn__recurrent_direction(r, s), "recurrent_dropout", r->real,
                           rn__recurrent_shape(r, s, 0), rate);
}

/* The next states, each element of which may keep its old value. */
static void zone_out(const rn__recurrent *r, const rn__sublayer *s, const rn_tensor *old,
                     rn_tensor *next)
{
    const rn_scope scope = rn__recurrent_direction(r, s);
    char name[32];

    for (int i = 0; i < s->cell->states; i++) {
        if (r->options.zoneout[i] == 0) continue;
        snprintf(name, sizeof name, "zoneout%d", i);
        next[i] = rn_zoneout(scope, name, old[i], next[i], r->options.zoneout[i]);
    }
}

/* y and the input: in a direction of two, the part of it that stands where y will. */
static rn_tensor with_input(const rn__recurrent *r, const rn__sublayer *s, rn_tensor y,
                            rn_tensor x)
{
    const int64_t width = rn__recurrent_width(r, s->layer);
    const int64_t start = s->direction ? width - s->outputs : 0;

    if (r->options.connect != RN_CONNECT_RESIDUAL || s->inputs != width) return y;
    return rn_add(y, rn_slice(x, -1, start, start + s->outputs, 1));
}

rn_tensor rn__recurrent_step(const rn__recurrent *r, const rn__sublayer *s, rn_tensor mask,
                             const rn_tensor *perturb, rn_tensor x, rn_tensor *state)
{
    rn_tensor old[RN_STATES_MAX];

    for (int i = 0; i < s->cell->states; i++) {
        if (r->options.clip_gradient > 0)
            state[i] = rn_clip_gradient(state[i], r->options.clip_gradient);
        old[i] = state[i];
    }
    if (!rn_is_null(mask)) state[0] = rn_mul(state[0], mask);
    rn_tensor y = rn__recurrent_cell(r, s, x, state);
    if (rn_is_null(y)) return y;

    const bool is_state = rn__recurrent_same(y, state[0]);
    zone_out(r, s, old, state);
    for (int i = 0; perturb && i < s->cell->states; i++)
        state[i] = rn_add(state[i], perturb[i]);
    return with_input(r, s, is_state ? state[0] : y, x);
}
