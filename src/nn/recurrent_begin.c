/* SPDX-License-Identifier: MIT */
/* The initial states of recurrent layers. */
#include "nn/recurrent.h"

#include <stdio.h>

#include "rondo/ops.h"

bool rn__recurrent_check_states(const rn__recurrent *r, const rn__sublayer *s,
                                const rn_tensor *states)
{
    const char *what = rn__recurrent_what(r);
    char wanted[128], text[128];

    for (int i = 0; i < s->cell->states; i++) {
        const rn_shape shape = rn__recurrent_shape(r, s, i);
        if (rn_is_null(states[i])) {
            rn_fail(r->graph, "%s: a state is the null tensor%s: %s, state %d", what,
                    rn__null_text(states[i], text, sizeof text), r->name, s->first + i);
            return false;
        }
        if (rn_type_get(states[i]) == r->real &&
            rn_shape_equal(rn_shape_get(states[i]), shape))
            continue;
        rn_fail(r->graph, "%s: a state must be %s %s: %s, state %d is %s %s", what,
                rn_type_name(r->real), rn__shape_text(shape, wanted, sizeof wanted),
                r->name, s->first + i, rn_type_name(rn_type_get(states[i])),
                rn__describe(states[i], text, sizeof text));
        return false;
    }
    return true;
}

/* As the cell's record declares it. */
static rn_tensor declared(const rn__recurrent *r, const rn__sublayer *s, rn_scope scope,
                          int i)
{
    const rn_cell_state *state = &s->cell->state[i];
    const rn_shape shape = rn__recurrent_shape(r, s, i);
    char name[32];

    if (!state->learned && !r->options.learn_initial)
        return rn_fill(r->graph, r->real, shape, state->value);
    snprintf(name, sizeof name, "initial%d", i);
    rn_tensor w = rn_weight(scope, name, rn_shape_of(shape.rank - 1, shape.size + 1),
                            (rn_init){RN_INIT_CONSTANT, state->value});
    return rn_broadcast(w, shape);
}

bool rn__recurrent_begin(const rn__recurrent *r, const rn__sublayer *s, rn_tensor *state)
{
    const rn_scope scope = rn__recurrent_direction(r, s);

    for (int i = 0; i < s->cell->states; i++) state[i] = declared(r, s, scope, i);
    if (r->graph->root->failed) return false;
    if (s->cell->begin) s->cell->begin(scope, state, s->cell->options);
    return rn__recurrent_check_states(r, s, state);
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
        ok = rn__recurrent_begin(&r, &r.sub[i], states + r.sub[i].first);
    for (int i = 0; !ok && i < r.count; i++) states[i] = rn_null();
    return ok;
}
