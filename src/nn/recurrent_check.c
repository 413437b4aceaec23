/* SPDX-License-Identifier: MIT */
/* Checks the tensors that a recurrent layer is given. */
#include "nn/recurrent.h"

#include "nn/model.h"

const char *rn__recurrent_what(const rn__recurrent *r)
{
    static const char *const what[] = {[RN__SEQUENCE] = "recurrent",
                                       [RN__STEP] = "recurrent_step",
                                       [RN__BEGIN] = "recurrent_begin"};

    return what[r->kind];
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
                rank < 3                 ? "[B,I]"
                : r->options.batch_major ? "[B,T,I]"
                                         : "[T,B,I]",
                r->name, rn_type_name(rn_type_get(x)), rn__describe(x, text, sizeof text));
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

/* A condition for every step of every sequence. */
static bool check_steps(const rn__recurrent *r, rn_tensor x, rn_tensor steps,
                        const char *which)
{
    const bool swapped = r->options.batch_major;
    const rn_shape shape = {2, {rn_size(x, 0), rn_size(x, 1)}};
    char text[128], wanted[128];

    if (rn__null_named(steps)) {
        rn_fail(r->graph, "%s %s: %s is the null tensor%s", rn__recurrent_what(r), r->name,
                which, rn__null_text(steps, text, sizeof text));
        return false;
    }
    if (rn_is_null(steps)) return true;
    if (rn_type_get(steps) == RN_BOOL && rn_shape_equal(rn_shape_get(steps), shape))
        return true;
    rn_fail(r->graph, "%s: %s must be bool %s %s: %s got %s %s", rn__recurrent_what(r),
            which, swapped ? "[B,T]" : "[T,B]",
            rn__shape_text(shape, wanted, sizeof wanted), r->name,
            rn_type_name(rn_type_get(steps)), rn__describe(steps, text, sizeof text));
    return false;
}

static bool check_keep(const rn__recurrent *r, rn_tensor x)
{
    const int64_t steps = r->kind == RN__SEQUENCE ? rn_size(x, r->options.batch_major) : 0;

    if (r->options.keep_after <= steps || r->kind != RN__SEQUENCE) return true;
    rn_fail(r->graph, "%s: keep_after is more than the steps: %s has %lld of %lld",
            rn__recurrent_what(r), r->name, (long long)r->options.keep_after,
            (long long)steps);
    return false;
}

static bool check_initial(const rn__recurrent *r)
{
    const int given = r->options.initial_count;

    if (given == 0) return true;
    if (given == r->count) {
        for (int i = 0; i < r->layers * r->directions; i++)
            if (!rn__recurrent_check_states(r, &r->sub[i],
                                            r->options.initial + r->sub[i].first))
                return false;
        return true;
    }
    rn_fail(r->graph, "%s: wrong number of initial states: %s needs %d, not %d",
            rn__recurrent_what(r), r->name, r->count, given);
    return false;
}

/* One perturbation, of state i of a sublayer. */
static bool check_perturbation(const rn__recurrent *r, const rn__sublayer *s, int i,
                               rn_tensor x)
{
    const rn_tensor given = r->options.perturb[s->first + i];
    const rn_shape state = rn__recurrent_shape(r, s, i);
    rn_shape shape = {state.rank + 1, {rn_size(x, 0), rn_size(x, 1)}};
    char wanted[128], text[128];

    for (int k = 1; k < state.rank; k++) shape.size[k + 1] = state.size[k];
    if (!rn_is_null(given) && rn_type_get(given) == r->real &&
        rn_shape_equal(rn_shape_get(given), shape))
        return true;
    rn_fail(r->graph, "%s: a perturbation must be %s %s: %s, state %d is %s",
            rn__recurrent_what(r), rn_type_name(r->real),
            rn__shape_text(shape, wanted, sizeof wanted), r->name, s->first + i,
            rn__describe(given, text, sizeof text));
    return false;
}

static bool check_perturb(const rn__recurrent *r, rn_tensor x)
{
    const int given = r->options.perturb_count;

    if (given == 0) return true;
    if (given != r->count) {
        rn_fail(r->graph, "%s: wrong number of perturbations: %s needs %d, not %d",
                rn__recurrent_what(r), r->name, r->count, given);
        return false;
    }
    for (int i = 0; i < r->layers * r->directions; i++)
        for (int k = 0; k < r->sub[i].cell->states; k++)
            if (!check_perturbation(r, &r->sub[i], k, x)) return false;
    return true;
}

/* The graph that the loops are added to. */
static rn_graph *graph_of(rn_tensor x, const rn_recurrent_options *o)
{
    const rn_tensor given[4] = {x, o->lengths, o->mask, o->restarts};
    rn_graph *graph = rn__innermost(given, 4);
    rn_graph *inner = rn__innermost(o->initial, o->initial ? o->initial_count : 0);

    if (inner && rn__encloses(graph, inner)) graph = inner;
    inner = rn__innermost(o->perturb, o->perturb ? o->perturb_count : 0);
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
    if (r->graph->root->failed || !rn__recurrent_check_options(r)) return false;

    r->layers = options->layers ? options->layers : 1;
    r->directions = options->bidirectional ? 2 : 1;
    r->batch = rn_size(x, options->batch_major && rn_rank(x) == 3 ? 0 : -2);
    r->real = scope.model ? scope.model->real : RN_F32;
    return rn__recurrent_cells(r) && check_input(r, x) && rn__recurrent_fits_model(r) &&
           rn__recurrent_sizes(r, rn_size(x, -1)) && check_lengths(r, options->lengths) &&
           check_steps(r, x, options->mask, "mask") &&
           check_steps(r, x, options->restarts, "restarts") && check_keep(r, x) &&
           check_perturb(r, x) && check_initial(r);
}
