/* SPDX-License-Identifier: MIT */
/* One step of a recurrent layer: the cell's step, and the checks of its results. */
#include "nn/recurrent.h"

#include "graph/frame.h"

static bool check_output(const rn__recurrent *r, const rn__sublayer *s, rn_tensor y)
{
    const rn_shape shape = {2, {r->batch, s->outputs}};
    const char *what = rn__recurrent_what(r), *cell = s->cell->name;
    char wanted[128], text[128];

    if (rn_is_null(y))
        rn_fail(r->graph, "%s: the cell's output is the null tensor%s: %s of %s", what,
                rn__null_text(y, text, sizeof text), cell, r->name);
    else if (!rn__exists(y) || y.graph->root != r->graph->root)
        rn_fail(r->graph, "%s: the cell's output is of another graph: %s gives %s", what,
                cell, rn__describe(y, text, sizeof text));
    else if (!rn_shape_equal(rn_shape_get(y), shape))
        rn_fail(r->graph, "%s: the cell's output is not %s: %s gives %s", what,
                rn__shape_text(shape, wanted, sizeof wanted), cell,
                rn__describe(y, text, sizeof text));
    else
        return true;
    return false;
}

/* Whether the step left all states unchanged. If a state is also x or another state, which
 * is possible in a single step, the answer is false, because it cannot be decided. */
static bool unwritten(const rn__sublayer *s, rn_tensor x, const rn_tensor *old,
                      const rn_tensor *next)
{
    for (int i = 0; i < s->cell->states; i++) {
        if (!rn__recurrent_same(next[i], old[i]) || rn__recurrent_same(old[i], x))
            return false;
        for (int k = 0; k < i; k++)
            if (rn__recurrent_same(old[i], old[k])) return false;
    }
    return true;
}

/* Checks the next value of one state. */
static bool check_next(const rn__recurrent *r, const rn__sublayer *s, int i, rn_tensor next)
{
    const rn_shape shape = rn__recurrent_shape(r, s, i);
    const char *what = rn__recurrent_what(r), *cell = s->cell->name;
    char from[128], to[128];

    if (rn_is_null(next))
        rn_fail(r->graph,
                "%s: the cell's next state is the null tensor%s: %s of %s, state %d", what,
                rn__null_text(next, from, sizeof from), cell, r->name, i);
    else if (!rn__exists(next) || next.graph->root != r->graph->root)
        rn_fail(r->graph, "%s: the cell's state is of another graph: %s of %s, state %d",
                what, cell, r->name, i);
    else if (rn_type_get(next) != r->real)
        rn_fail(r->graph,
                "%s: the cell's state changes type: %s of %s, state %d: %s becomes %s",
                what, cell, r->name, i, rn_type_name(r->real),
                rn_type_name(rn_type_get(next)));
    else if (!rn_shape_equal(rn_shape_get(next), shape))
        rn_fail(r->graph,
                "%s: the cell's state changes shape: %s of %s, state %d: %s becomes %s",
                what, cell, r->name, i, rn__shape_text(shape, from, sizeof from),
                rn__shape_text(rn_shape_get(next), to, sizeof to));
    else
        return true;
    return false;
}

rn_tensor rn__recurrent_cell(const rn__recurrent *r, const rn__sublayer *s, rn_tensor x,
                             rn_tensor *state)
{
    const rn_cell *cell = s->cell;
    const rn_scope scope = rn__recurrent_direction(r, s);
    rn_tensor old[RN_STATES_MAX];

    for (int i = 0; i < cell->states; i++) old[i] = state[i];
    /* Errors within the cell are reported as its own, not as the layer's. */
    rn_graph *root = r->graph->root;
    rn__frame *frame = root->frame;
    root->frame = NULL;
    rn_tensor y = cell->step ? cell->step(scope, x, state)
                             : cell->step_with(scope, x, state, cell->options);
    root->frame = frame;
    if (!check_output(r, s, y)) return rn_null();
    for (int i = 0; i < cell->states; i++)
        if (!check_next(r, s, i, state[i])) return rn_null();
    if (unwritten(s, x, old, state))
        return rn_fail(r->graph, "%s: the cell never writes its state: %s of %s",
                       rn__recurrent_what(r), cell->name, r->name);
    return y;
}
