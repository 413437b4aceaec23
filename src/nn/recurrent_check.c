/* SPDX-License-Identifier: MIT */
/* Checks the arguments of a recurrent layer. */
#include "nn/recurrent.h"

#include "nn/model.h"

/* NULL, or what is wrong with the numbers among the options; *number is the wrong one. */
static const char *fault_of_options(const rn_recurrent_options *o, double *number)
{
    *number = (double)o->units;
    if (o->units < 1) return "units must be positive";
    *number = o->layers;
    if (o->layers < 0 || o->layers > RN_LAYERS_MAX) return "layers must be 1 to 32";
    *number = o->dropout;
    if (!(o->dropout >= 0 && o->dropout < 1)) return "dropout must be in 0 <= dropout < 1";
    *number = o->initial_count;
    if (o->initial_count != 0 && !o->initial) return "initial_count without initial";
    if (o->initial_count <= 0 && o->initial) return "initial without initial_count";
    return NULL;
}

/* NULL, or which options exclude each other. */
static const char *conflict_of(const rn_recurrent_options *o)
{
    if (o->bidirectional && o->reverse) return "bidirectional excludes reverse";
    if (o->stateful && o->bidirectional) return "stateful excludes bidirectional";
    if (o->stateful && o->reverse) return "stateful excludes reverse";
    if (o->stateful && o->initial_count) return "stateful excludes initial states";
    return NULL;
}

/* NULL, or which option this function does not accept. */
static const char *unsupported_option(rn__recurrent_kind kind,
                                      const rn_recurrent_options *o)
{
    if (kind == RN__SEQUENCE) return NULL;
    if (kind == RN__STEP && (o->bidirectional || o->reverse)) return "only forward";
    if (!rn_is_null(o->lengths)) return "lengths are for rn_recurrent alone";
    if (o->stateful) return "stateful is for rn_recurrent alone";
    if (o->initial || o->initial_count) return "initial is for rn_recurrent alone";
    return NULL;
}

const char *rn__recurrent_what(const rn__recurrent *r)
{
    static const char *const what[] = {[RN__SEQUENCE] = "recurrent",
                                       [RN__STEP] = "recurrent_step",
                                       [RN__BEGIN] = "recurrent_begin"};

    return what[r->kind];
}

static bool check_cell(const rn__recurrent *r)
{
    const char *what = rn__recurrent_what(r);
    const rn_cell *cell = r->cell;

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

static bool check_options(const rn__recurrent *r)
{
    double number;
    const char *what = rn__recurrent_what(r);
    const char *fault = fault_of_options(&r->options, &number);
    const char *conflict = conflict_of(&r->options);
    const char *unsupported = unsupported_option(r->kind, &r->options);

    if (unsupported)
        rn_fail(r->graph, "%s: %s: %s", what, unsupported, r->name);
    else if (fault)
        rn_fail(r->graph, "%s: %s: %s has %g", what, fault, r->name, number);
    else if (conflict)
        rn_fail(r->graph, "%s: %s: %s", what, conflict, r->name);
    else if (r->options.stateful && r->graph->loop)
        rn_fail(r->graph, "%s: stateful cannot be inside a loop: %s", what, r->name);
    else
        return true;
    return false;
}

/* The rank that x must have; x's own rank if several are allowed and it is one of them. */
static int rank_of(rn__recurrent_kind kind, rn_tensor x)
{
    if (kind == RN__BEGIN) return rn_rank(x) == 2 ? 2 : 3;
    return kind == RN__SEQUENCE ? 3 : 2;
}

static bool check_input(const rn__recurrent *r, rn_tensor x)
{
    const char *what = rn__recurrent_what(r);
    const int rank = rank_of(r->kind, x);
    char text[128];

    if (!r->scope.model)
        rn_fail(r->graph, "%s: the scope has no model: %s", what, r->name);
    else if (r->scope.graph->root != r->graph->root)
        rn_fail(r->graph, "%s: x and the scope belong to two graphs: %s", what, r->name);
    else if (rn_rank(x) != rank || !rn__is_real(rn_type_get(x)))
        rn_fail(r->graph, "%s: x must be real and %s: %s got %s %s", what,
                rank == 3 ? "[T,B,I]" : "[B,I]", r->name, rn_type_name(rn_type_get(x)),
                rn__describe(x, text, sizeof text));
    else if (rn_size(x, -1) < 1)
        rn_fail(r->graph, "%s: x has no units: %s got %s", what, r->name,
                rn__describe(x, text, sizeof text));
    else if (rn_type_get(x) != r->real)
        rn_fail(r->graph, "%s: x and the model have different types: %s got %s, not %s",
                what, r->name, rn_type_name(rn_type_get(x)), rn_type_name(r->real));
    else
        return true;
    return false;
}

static bool check_lengths(const rn__recurrent *r, rn_tensor lengths)
{
    char text[128];

    if (rn__null_named(lengths)) {
        rn_fail(r->graph, "%s %s: lengths is the null tensor%s", rn__recurrent_what(r),
                r->name, rn__null_text(lengths, text, sizeof text));
        return false;
    }
    if (rn_is_null(lengths)) return true;
    if (rn_type_get(lengths) == RN_I32 && rn_rank(lengths) == 1 &&
        rn_size(lengths, 0) == r->batch)
        return true;
    rn_fail(r->graph, "%s: lengths must be i32 [%lld]: %s got %s %s", rn__recurrent_what(r),
            (long long)r->batch, r->name, rn_type_name(rn_type_get(lengths)),
            rn__describe(lengths, text, sizeof text));
    return false;
}

bool rn__recurrent_check_states(const rn__recurrent *r, int first, int count,
                                const rn_tensor *states)
{
    const char *what = rn__recurrent_what(r);
    char wanted[128], text[128];

    for (int i = 0; i < count; i++) {
        const rn_shape shape = rn__recurrent_shape(r, first + i);
        if (rn_is_null(states[i])) {
            rn_fail(r->graph, "%s: a state is the null tensor%s: %s, state %d", what,
                    rn__null_text(states[i], text, sizeof text), r->name, first + i);
            return false;
        }
        if (rn_type_get(states[i]) == r->real &&
            rn_shape_equal(rn_shape_get(states[i]), shape))
            continue;
        rn_fail(r->graph, "%s: a state must be %s %s: %s, state %d is %s %s", what,
                rn_type_name(r->real), rn__shape_text(shape, wanted, sizeof wanted),
                r->name, first + i, rn_type_name(rn_type_get(states[i])),
                rn__describe(states[i], text, sizeof text));
        return false;
    }
    return true;
}

static bool check_initial(const rn__recurrent *r)
{
    const int given = r->options.initial_count;

    if (given == 0) return true;
    if (given == r->count)
        return rn__recurrent_check_states(r, 0, given, r->options.initial);
    rn_fail(r->graph, "%s: wrong number of initial states: %s needs %d, not %d",
            rn__recurrent_what(r), r->name, r->count, given);
    return false;
}

/* The graph that the loops are added to. */
static rn_graph *graph_of(rn_tensor x, const rn_recurrent_options *o)
{
    const rn_tensor two[2] = {x, o->lengths};
    rn_graph *graph = rn__innermost(two, 2);
    rn_graph *inner = rn__innermost(o->initial, o->initial ? o->initial_count : 0);

    return inner && rn__encloses(graph, inner) ? inner : graph;
}

bool rn__recurrent_init(rn__recurrent *r, rn__recurrent_kind kind, rn_scope scope,
                        const char *name, const rn_cell *cell, rn_tensor x,
                        const rn_recurrent_options *options)
{
    *r = (rn__recurrent){.kind = kind,
                         .name = name ? name : "",
                         .cell = cell,
                         .options = *options,
                         .graph = scope.graph ? scope.graph : graph_of(x, options)};
    if (rn_is_null(x)) {
        rn__null_refuse(r->graph, rn__recurrent_what(r), name, RN__NULL_X, x);
        return false;
    }
    if (!scope.graph) {
        rn_fail(r->graph, "%s: the scope has no graph: %s", rn__recurrent_what(r), r->name);
        return false;
    }
    if (x.graph->root->failed) return false;
    r->scope = rn_scope_in(scope, name);
    r->graph = graph_of(x, options);
    if (r->graph->root->failed || !check_cell(r) || !check_options(r)) return false;

    r->layers = options->layers ? options->layers : 1;
    r->directions = options->bidirectional ? 2 : 1;
    r->count = r->layers * r->directions * cell->states;
    r->batch = rn_size(x, -2);
    r->real = scope.model ? scope.model->real : RN_F32;
    return check_input(r, x) && rn__recurrent_fits_model(r) &&
           rn__recurrent_sizes(r, rn_size(x, -1)) && check_lengths(r, options->lengths) &&
           check_initial(r);
}
