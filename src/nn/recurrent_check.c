/* SPDX-License-Identifier: MIT */
/* What a recurrent layer is asked for, and whether it can be. */
#include "recurrent.h"

#include <stdio.h>
#include <string.h>

#include "frame.h"
#include "model.h"

/* NULL, or what is wrong with the numbers among the options; *number is the culprit. */
static const char *fault_of_options(const rn_recurrent_options *o, double *number)
{
    *number = (double)o->units;
    if (o->units < 1) return "units must be positive";
    *number = o->layers;
    if (o->layers < 0 || o->layers > RN_LAYERS_MAX) return "layers must be 1 to 32";
    *number = o->dropout;
    if (!(o->dropout >= 0 && o->dropout < 1)) return "dropout must be in 0 <= dropout < 1";
    *number = o->initial_count;
    if (o->initial_count < 0 || (o->initial_count > 0 && !o->initial))
        return "initial states are missing";
    return NULL;
}

/* NULL, or which options exclude each other. */
static const char *conflict_of(const rn_recurrent_options *o)
{
    if (o->bidirectional && o->reverse) return "bidirectional excludes reverse";
    if (o->carry && o->bidirectional) return "carry excludes bidirectional";
    if (o->carry && o->reverse) return "carry excludes reverse";
    if (o->carry && o->initial_count) return "carry excludes initial states";
    return NULL;
}

static bool check_cell(const rn__recurrent *r)
{
    const rn_cell *cell = r->cell;

    if (!cell || !cell->step || !cell->name)
        rn_fail(r->graph, "%s: there is no cell: %s", r->what, r->name);
    else if (cell->states < 1 || cell->states > RN_STATES_MAX)
        rn_fail(r->graph, "%s: a cell has 1 to %d states: %s of %s has %d", r->what,
                RN_STATES_MAX, cell->name, r->name, cell->states);
    else
        return true;
    return false;
}

static bool check_options(const rn__recurrent *r)
{
    double number;
    const char *fault = fault_of_options(&r->options, &number);
    const char *conflict = conflict_of(&r->options);

    if (fault)
        rn_fail(r->graph, "%s: %s: %s has %g", r->what, fault, r->name, number);
    else if (conflict)
        rn_fail(r->graph, "%s: %s: %s", r->what, conflict, r->name);
    else if (r->options.carry && r->graph->loop)
        rn_fail(r->graph, "%s: carry cannot be inside a loop: %s", r->what, r->name);
    else
        return true;
    return false;
}

static bool check_input(const rn__recurrent *r, rn_tensor x, bool sequence)
{
    const int rank = sequence ? 3 : 2;
    char text[128];

    if (!r->scope.model)
        rn_fail(r->graph, "%s: the scope has no model: %s", r->what, r->name);
    else if (r->scope.graph->root != r->graph->root)
        rn_fail(r->graph, "%s: x and the scope belong to two graphs: %s", r->what, r->name);
    else if (rn_rank(x) != rank || !rn__is_real(rn_type_get(x)))
        rn_fail(r->graph, "%s: x must be real and %s: %s got %s %s", r->what,
                sequence ? "[T,B,I]" : "[B,I]", r->name, rn_type_name(rn_type_get(x)),
                rn__describe(x, text, sizeof text));
    else if (rn_size(x, -1) < 1)
        rn_fail(r->graph, "%s: x has no units: %s got %s", r->what, r->name,
                rn__describe(x, text, sizeof text));
    else
        return true;
    return false;
}

static bool check_lengths(const rn__recurrent *r, rn_tensor lengths)
{
    char text[128];

    if (rn_is_null(lengths)) return true;
    if (rn_type_get(lengths) == RN_I32 && rn_rank(lengths) == 1 &&
        rn_size(lengths, 0) == r->states.size[0])
        return true;
    rn_fail(r->graph, "%s: lengths must be i32 [%lld]: %s got %s %s", r->what,
            (long long)r->states.size[0], r->name, rn_type_name(rn_type_get(lengths)),
            rn__describe(lengths, text, sizeof text));
    return false;
}

bool rn__recurrent_check_states(const rn__recurrent *r, const rn_tensor *states)
{
    char wanted[128], text[128];

    for (int i = 0; i < r->count; i++) {
        if (rn_is_null(states[i])) {
            rn_fail(r->graph, "%s: a state is null: %s, state %d", r->what, r->name, i);
            return false;
        }
        if (rn_type_get(states[i]) == r->real &&
            rn_shape_equal(rn_shape_get(states[i]), r->states))
            continue;
        rn_fail(r->graph, "%s: a state must be %s %s: %s, state %d is %s %s", r->what,
                rn_type_name(r->real), rn__shape_text(r->states, wanted, sizeof wanted),
                r->name, i, rn_type_name(rn_type_get(states[i])),
                rn__describe(states[i], text, sizeof text));
        return false;
    }
    return true;
}

static bool check_initial(const rn__recurrent *r)
{
    const int given = r->options.initial_count;

    if (given == 0) return true;
    if (given == r->count) return rn__recurrent_check_states(r, r->options.initial);
    rn_fail(r->graph, "%s: wrong number of initial states: %s needs %d, not %d", r->what,
            r->name, r->count, given);
    return false;
}

/* "lstm of 2 layers in both directions", to be told apart from other layers. */
static char *kind_of(const rn__recurrent *r, char *text, size_t capacity)
{
    snprintf(text, capacity, "%.100s of %d layer%s%s", r->cell->name, r->layers,
             r->layers == 1 ? "" : "s", r->directions == 1 ? "" : " in both directions");
    return text;
}

static bool check_kind(const rn__recurrent *r)
{
    const char *kept = rn__model_kept(r->scope.model, r->scope.path);
    char text[192];

    kind_of(r, text, sizeof text);
    if (!kept || !strcmp(kept, text)) return true;
    rn_fail(r->graph, "%s: the model has another layer of that name: %s is %s, not %s",
            r->what, r->scope.path, kept, text);
    return false;
}

bool rn__recurrent_keep(const rn__recurrent *r)
{
    rn_model *model = r->scope.model;
    char text[192];

    if (r->graph->root->failed) return false;
    if (rn__model_kept(model, r->scope.path) ||
        rn__model_keep(model, r->scope.path, kind_of(r, text, sizeof text)))
        return true;
    rn__no_memory(r->graph);
    return false;
}

/* The graph that the loops belong to. */
static rn_graph *graph_of(rn_tensor x, const rn_recurrent_options *o)
{
    const rn_tensor two[2] = {x, o->lengths};
    rn_graph *graph = rn__innermost(two, 2);
    rn_graph *inner = rn__innermost(o->initial, o->initial ? o->initial_count : 0);

    return inner && rn__encloses(graph, inner) ? inner : graph;
}

bool rn__recurrent_init(rn__recurrent *r, const char *what, rn_scope scope,
                        const char *name, const rn_cell *cell, rn_tensor x, bool sequence,
                        const rn_recurrent_options *options)
{
    if (rn_is_null(x)) {
        rn_fail(scope.graph ? scope.graph : graph_of(x, options),
                "%s: x is the null tensor: %s", what, name ? name : "");
        return false;
    }
    if (!scope.graph) {
        rn_fail(x.graph, "%s: the scope has no graph: %s", what, name ? name : "");
        return false;
    }
    if (x.graph->root->failed) return false;
    *r = (rn__recurrent){.what = what,
                         .name = name ? name : "",
                         .scope = rn_scope_in(scope, name),
                         .cell = cell,
                         .options = *options,
                         .graph = graph_of(x, options)};
    if (r->graph->root->failed || !check_cell(r) || !check_options(r) ||
        !check_input(r, x, sequence))
        return false;

    r->layers = options->layers ? options->layers : 1;
    r->directions = options->bidirectional ? 2 : 1;
    r->count = r->layers * r->directions * cell->states;
    r->states = (rn_shape){2, {rn_size(x, -2), options->units}};
    r->real = scope.model->real;
    if (rn_type_get(x) != r->real) {
        rn_fail(r->graph, "%s: x and the model have different types: %s got %s, not %s",
                what, r->name, rn_type_name(rn_type_get(x)), rn_type_name(r->real));
        return false;
    }
    return check_kind(r) && check_lengths(r, options->lengths) && check_initial(r);
}

rn_tensor rn__recurrent_cell(const rn__recurrent *r, rn_scope scope, rn_tensor x,
                             rn_tensor *state)
{
    char text[128];
    rn_graph *root = r->graph->root;
    rn__frame *frame = root->frame;

    /* What goes wrong in a cell is its own. */
    root->frame = NULL;
    rn_tensor y = r->cell->step(scope, x, state);
    root->frame = frame;

    if (rn_is_null(y))
        return rn_fail(r->graph, "%s: the cell has no output: %s of %s", r->what,
                       r->cell->name, r->name);
    if (!rn__exists(y) || y.graph->root != r->graph->root)
        return rn_fail(r->graph, "%s: the cell's output is of another graph: %s gives %s",
                       r->what, r->cell->name, rn__describe(y, text, sizeof text));
    if (!rn_shape_equal(rn_shape_get(y), r->states))
        return rn_fail(r->graph, "%s: the cell's output is not [%lld,%lld]: %s gives %s",
                       r->what, (long long)r->states.size[0], (long long)r->states.size[1],
                       r->cell->name, rn__describe(y, text, sizeof text));
    return y;
}

rn_scope rn__recurrent_layer(const rn__recurrent *r, int layer)
{
    char name[32];

    snprintf(name, sizeof name, "layer%d", layer);
    return rn_scope_in(r->scope, name);
}
