/* SPDX-License-Identifier: MIT */
/* The states of recurrent layers: their shapes and initial values. */
#include "nn/recurrent.h"

#include <stdio.h>

#include "rondo/ops.h"

/* ---- sizes ---- */

/* A size from a cell's record, with H and I for RN_UNITS and RN_INPUTS; -1 if it is not
 * valid. */
static int64_t size_of(int64_t size, int64_t units, int64_t inputs)
{
    const int64_t radix = -RN_INPUTS;

    if (size >= 0) return size;
    if (size <= -radix * radix || units > INT64_MAX / radix / 2 ||
        inputs > INT64_MAX / radix / 2)
        return -1;
    return -size % radix * units + -size / radix * inputs;
}

rn_shape rn__recurrent_shape(const rn__recurrent *r, int index)
{
    const int layer = index / (r->directions * r->cell->states);
    const rn_shape own = r->cell->state[index % r->cell->states].shape;
    rn_shape shape = {2, {r->batch, r->options.units}};

    if (own.rank > 0) shape.rank = own.rank + 1;
    for (int i = 0; i < own.rank; i++)
        shape.size[i + 1] = size_of(own.size[i], r->options.units, r->inputs[layer]);
    return shape;
}

bool rn__recurrent_sizes(rn__recurrent *r, int64_t inputs)
{
    const int64_t own = r->cell->output ? r->cell->output : RN_UNITS;
    char text[128];

    for (int i = 0; i < r->layers; i++) {
        r->inputs[i] = inputs;
        r->outputs[i] = size_of(own, r->options.units, inputs);
        inputs = r->outputs[i] * r->directions;
        if (r->outputs[i] < 1 || r->outputs[i] > INT64_MAX / 2) {
            rn_fail(r->graph, "%s: the cell's output size is not valid: %s of %s has %lld",
                    rn__recurrent_what(r), r->cell->name, r->name, (long long)own);
            return false;
        }
    }
    for (int i = 0; i < r->count; i++) {
        const rn_shape shape = rn__recurrent_shape(r, i);
        if (rn_shape_count(shape) >= 0) continue;
        rn_fail(r->graph,
                "%s: the cell's state has an invalid shape: %s of %s, state %d %s",
                rn__recurrent_what(r), r->cell->name, r->name, i % r->cell->states,
                rn__shape_text(shape, text, sizeof text));
        return false;
    }
    return true;
}

/* ---- the beginning ---- */

/* As the cell's record declares it. */
static rn_tensor declared(const rn__recurrent *r, rn_scope scope, int index)
{
    const int i = index % r->cell->states;
    const rn_cell_state *state = &r->cell->state[i];
    const rn_shape shape = rn__recurrent_shape(r, index);
    char name[32];

    if (!state->learned) return rn_fill(r->graph, r->real, shape, state->value);
    snprintf(name, sizeof name, "initial%d", i);
    rn_tensor w = rn_weight(scope, name, rn_shape_of(shape.rank - 1, shape.size + 1),
                            (rn_init){RN_INIT_CONSTANT, state->value});
    return rn_broadcast(w, shape);
}

bool rn__recurrent_begin(const rn__recurrent *r, int layer, int direction, rn_tensor *state)
{
    const int count = r->cell->states, first = (layer * r->directions + direction) * count;
    const rn_scope scope = rn__recurrent_direction(r, layer, direction);

    for (int i = 0; i < count; i++) state[i] = declared(r, scope, first + i);
    if (r->graph->root->failed) return false;
    if (r->cell->begin) r->cell->begin(scope, state, r->cell->options);
    return rn__recurrent_check_states(r, first, count, state);
}

bool rn_recurrent_begin(rn_scope scope, const char *name, const rn_cell *cell, rn_tensor x,
                        rn_tensor *states, rn_recurrent_options options)
{
    rn__recurrent r;
    bool ok = rn__recurrent_init(&r, RN__BEGIN, rn_share(scope), name, cell, x, &options);

    if (!ok) return false;
    if (!states) {
        rn_fail(r.graph, "recurrent_begin: no buffer for states: %s", r.name);
        return false;
    }
    for (int i = 0; ok && i < r.layers * r.directions; i++)
        ok = rn__recurrent_begin(&r, i / r.directions, i % r.directions,
                                 states + i * cell->states);
    for (int i = 0; !ok && i < r.count; i++) states[i] = rn_null();
    return ok;
}
