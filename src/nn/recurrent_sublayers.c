/* SPDX-License-Identifier: MIT */
/* The sublayers of a recurrent layer: their cells, sizes and scopes. */
#include "nn/recurrent.h"

#include <stdio.h>

/* ---- scopes ---- */

rn_scope rn__recurrent_layer(const rn__recurrent *r, int layer)
{
    char name[32];

    snprintf(name, sizeof name, "layer%d", layer);
    return rn_scope_in(r->scope, name);
}

rn_scope rn__recurrent_direction(const rn__recurrent *r, const rn__sublayer *s)
{
    rn_scope scope = rn__recurrent_layer(r, s->layer);

    if (r->directions > 1)
        scope = rn_scope_in(scope, s->direction ? "backward" : "forward");
    scope.weight_drop = r->options.weight_drop;
    return scope;
}

/* ---- cells ---- */

static bool check_cell(const rn__recurrent *r, const rn_cell *cell)
{
    const char *what = rn__recurrent_what(r);

    if (!cell || (!cell->step && !cell->step_with) || !cell->name) {
        rn_fail(r->graph, "%s: no cell: %s", what, r->name);
        return false;
    }
    if (cell->step && cell->step_with) {
        rn_fail(r->graph, "%s: a cell has either step or step_with: %s of %s has both",
                what, cell->name, r->name);
        return false;
    }
    if (cell->states < 1 || cell->states > RN_STATES_MAX) {
        rn_fail(r->graph, "%s: a cell has 1 to %d states: %s of %s has %d", what,
                RN_STATES_MAX, cell->name, r->name, cell->states);
        return false;
    }
    for (int i = 0; i < cell->states; i++) {
        /* Leaves one axis for the batch and one for the steps. */
        const int rank = cell->state[i].shape.rank;
        if (rank >= 0 && rank + 2 <= RN_RANK_MAX) continue;
        rn_fail(r->graph,
                "%s: a state has 0 to %d axes besides the batch: %s of %s, state %d "
                "has %d",
                what, RN_RANK_MAX - 2, cell->name, r->name, i, rank);
        return false;
    }
    return true;
}

/* The cell of a layer in a direction. */
static const rn_cell *cell_of(const rn__recurrent *r, int layer, int direction)
{
    const rn_recurrent_options *o = &r->options;
    const rn_recurrent_layer *own = o->own ? &o->own[layer] : NULL;

    if (direction && own && own->backward) return own->backward;
    if (own && own->cell) return own->cell;
    return direction && o->backward ? o->backward : r->cell;
}

bool rn__recurrent_cells(rn__recurrent *r)
{
    const rn_recurrent_options *o = &r->options;

    for (int i = 0; i < r->layers * r->directions; i++) {
        rn__sublayer *s = &r->sub[i];
        const int layer = i / r->directions, direction = i % r->directions;
        const int64_t units =
            o->own && o->own[layer].units ? o->own[layer].units : o->units;

        *s = (rn__sublayer){.cell = cell_of(r, layer, direction),
                            .layer = layer,
                            .direction = direction,
                            .first = r->count,
                            .units = units};
        if (!check_cell(r, s->cell)) return false;
        if (units < 1) {
            rn_fail(r->graph, "%s: units must be positive: %s has %lld in layer %d",
                    rn__recurrent_what(r), r->name, (long long)units, layer);
            return false;
        }
        r->count += s->cell->states;
    }
    return true;
}

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

rn_shape rn__recurrent_shape(const rn__recurrent *r, const rn__sublayer *s, int state)
{
    const rn_shape own = s->cell->state[state].shape;
    rn_shape shape = {2, {r->batch, s->units}};

    if (own.rank > 0) shape.rank = own.rank + 1;
    for (int i = 0; i < own.rank; i++)
        shape.size[i + 1] = size_of(own.size[i], s->units, s->inputs);
    return shape;
}

static bool check_shapes(const rn__recurrent *r, const rn__sublayer *s)
{
    char text[128];

    for (int i = 0; i < s->cell->states; i++) {
        const rn_shape shape = rn__recurrent_shape(r, s, i);
        if (rn_shape_count(shape) >= 0) continue;
        rn_fail(r->graph,
                "%s: the cell's state has an invalid shape: %s of %s, state %d %s",
                rn__recurrent_what(r), s->cell->name, r->name, i,
                rn__shape_text(shape, text, sizeof text));
        return false;
    }
    return true;
}

/* The sizes of a sublayer that reads so many units. */
static bool set_sizes(rn__recurrent *r, rn__sublayer *s, int64_t inputs)
{
    const int64_t own = s->cell->output ? s->cell->output : RN_UNITS;

    s->inputs = inputs;
    s->outputs = size_of(own, s->units, inputs);
    if (s->outputs >= 1 && s->outputs <= INT64_MAX / 4) return check_shapes(r, s);
    rn_fail(r->graph, "%s: the cell's output size is not valid: %s of %s has %lld",
            rn__recurrent_what(r), s->cell->name, r->name, (long long)own);
    return false;
}

/* Whether both directions can be merged, and the input be added. */
static bool check_widths(const rn__recurrent *r, int layer)
{
    const rn__sublayer *s = &r->sub[layer * r->directions];
    const rn_recurrent_options *o = &r->options;
    const int64_t width = rn__recurrent_width(r, layer);

    if (r->directions == 2 && o->merge != RN_MERGE_CONCAT && s[0].outputs != s[1].outputs)
        rn_fail(r->graph,
                "%s: directions of different sizes can only be concatenated: layer %d of "
                "%s has %lld and %lld",
                rn__recurrent_what(r), layer, r->name, (long long)s[0].outputs,
                (long long)s[1].outputs);
    else if (o->connect == RN_CONNECT_RESIDUAL && layer > 0 && s->inputs != width)
        rn_fail(r->graph,
                "%s: a residual connection needs as many outputs as inputs: layer %d of %s "
                "has %lld, not %lld",
                rn__recurrent_what(r), layer, r->name, (long long)width,
                (long long)s->inputs);
    else
        return true;
    return false;
}

bool rn__recurrent_sizes(rn__recurrent *r, int64_t inputs)
{
    const bool skip = r->options.connect == RN_CONNECT_SKIP;
    int64_t read = inputs;

    for (int layer = 0; layer < r->layers; layer++) {
        for (int d = 0; d < r->directions; d++)
            if (!set_sizes(r, &r->sub[layer * r->directions + d], read)) return false;
        if (!check_widths(r, layer)) return false;
        read = rn__recurrent_width(r, layer) + (skip ? inputs : 0);
    }
    return true;
}
