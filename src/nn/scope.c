/* SPDX-License-Identifier: MIT */
/*
 * Scopes: a path into a model, and the variables declared under it.
 *
 * A weight is a node of the root graph, even if a cell in a loop uses it; the body captures
 * it.
 */
#include "nn/model.h"
#include "nn/name.h"

static rn_scope root_scope(rn_graph *graph, rn_model *model, bool inference)
{
    return (rn_scope){.graph = graph, .model = model, .path = "", .inference = inference};
}

rn_scope rn_root(rn_graph *graph, rn_model *model)
{
    return root_scope(graph, model, false);
}

rn_scope rn_root_inference(rn_graph *graph, rn_model *model)
{
    return root_scope(graph, model, true);
}

rn_scope rn_scope_in(rn_scope scope, const char *name)
{
    const char *path = scope.graph ? rn__path_join(scope.graph, scope.path, name) : NULL;

    scope.path = path ? path : "";
    return scope;
}

rn_scope rn_share(rn_scope scope)
{
    if (scope.graph) scope.shared = ++scope.graph->root->shares;
    return scope;
}

/* ---- declarations ---- */

/* The requested properties of a variable; `what` begins the messages. */
typedef struct request {
    const char *what, *name;
    rn_type type;
    rn_shape shape;
    rn__kind kind;
    const rn_init *init;
} request;

/* Optimisers of one name share their variables. A state of the same name that does not
 * belong to an optimiser is refused. */
static bool same_kind(rn__kind is, rn__kind wanted)
{
    const bool of_optimizer = wanted == RN__MOMENT || wanted == RN__RATE;

    if (of_optimizer || wanted <= RN__STATISTIC) return is == wanted;
    return is > RN__STATISTIC;
}

static const char *kind_name(rn__kind kind)
{
    return kind == RN__WEIGHT ? "weight" : kind == RN__STATISTIC ? "statistic" : "state";
}

/* Whether the model's variable has the requested properties; false with an error on the
 * graph. */
static bool agrees(rn_graph *graph, const rn__entry *entry, const request *w)
{
    const rn_variable *v = entry->variable;
    char here[128], there[128];

    if (!same_kind(entry->kind, w->kind))
        rn_fail(graph, "%s: the model has a %s of that name: %s", w->what,
                kind_name(entry->kind), w->name);
    else if (v->type != w->type)
        rn_fail(graph, "%s: the model has another type: %s is %s, not %s", w->what, w->name,
                rn_type_name(v->type), rn_type_name(w->type));
    else if (!rn_shape_equal(v->shape, w->shape))
        rn_fail(graph, "%s: the model has another shape: %s is %s, not %s", w->what,
                w->name, rn__shape_text(v->shape, there, sizeof there),
                rn__shape_text(w->shape, here, sizeof here));
    else
        return true;
    return false;
}

/* A new variable, or NULL with an error on the graph. */
static rn_variable *create(rn_model *model, rn_graph *graph, const request *w)
{
    const char *fault = rn__name_fault(w->name);
    char text[128];

    if (!fault && rn_shape_count(w->shape) < 0) fault = "invalid shape";
    if (!fault && (unsigned)w->type >= RN_TYPES) fault = "invalid type";
    if (!fault && w->init && (unsigned)w->init->kind > RN_INIT_IDENTITY)
        fault = "invalid initialiser";
    if (fault) {
        rn_fail(graph, "%s: %s: %s %s", w->what, fault, w->name,
                rn__shape_text(w->shape, text, sizeof text));
        return NULL;
    }
    rn_variable *v = rn__model_add(model, w->name, w->type, w->shape, w->kind, w->init);
    if (!v) rn__no_memory_for(graph, w->what, w->name, w->type, w->shape);
    return v;
}

static rn_tensor declare(rn_model *model, rn_graph *graph, const request *w)
{
    const int index = rn__model_index(model, w->name);
    rn_variable *variable;

    if (index < 0) {
        variable = create(model, graph, w);
    } else {
        rn__entry *entry = &model->entry[index];
        variable = agrees(graph, entry, w) ? entry->variable : NULL;
        if (variable && w->kind == RN__CARRIED) entry->kind = RN__CARRIED;
    }
    return variable ? rn_read_variable(graph->root, variable) : rn_null();
}

/* Whether the scope can declare variables; false with an error. Sets *full to the full
 * name. */
static bool usable(rn_scope scope, const char *what, const char *name, const char **full)
{
    if (scope.graph->root->failed) return false;
    if (!scope.model) {
        rn_fail(scope.graph, "%s: the scope has no model: %s", what, name ? name : "");
        return false;
    }
    *full = rn__path_join(scope.graph, scope.path, name);
    return *full != NULL;
}

/* Records that the graph uses the variable x, for training or for inference. False with an
 * error if it has used it before through the same rn_share, or without one. */
static bool claim(rn_scope scope, const char *what, rn_tensor x)
{
    rn_graph *root = scope.graph->root;
    const rn_variable *v = rn__node_of(x)->variable;
    const int32_t kind = RN__INDEX_USE + 2 * scope.graph->number + scope.inference;
    const rn__key key = {v, kind, (int32_t)scope.shared};
    char text[128];

    if (rn__index_find(&root->index, key) < 0) return rn__remember(root, key, x.id);
    rn_fail(
        root,
        "%s: the graph has used this name before: %s %s: name each layer differently, or "
        "call rn_share to share weights",
        what, v->name, rn__shape_text(v->shape, text, sizeof text));
    return false;
}

/* False with an error if a graph for inference would create a weight although the model has
 * weights from a training graph or a file. */
static bool may_create(rn_scope scope, const char *name, rn_shape shape)
{
    char nearest[RN__NEAREST], text[128];

    if (!scope.inference || !scope.model->settled || rn_model_find(scope.model, name))
        return true;
    rn_fail(scope.graph,
            "weight: a graph for inference creates no new weights: %s %s: the "
            "model has %s",
            name, rn__shape_text(shape, text, sizeof text),
            rn__nearest_weights(scope.model, name, nearest));
    return false;
}

/* Declares a variable of the user or of a layer, once a graph. */
static rn_tensor declare_once(rn_scope scope, const request *w)
{
    rn_tensor x = declare(scope.model, scope.graph, w);

    return rn_is_null(x) || claim(scope, w->what, x) ? x : rn_null();
}

/* A variable that belongs to the file of a model. */
static rn_tensor saved(rn_scope scope, const char *what, const char *name, rn_shape shape,
                       rn__kind kind, rn_init init)
{
    const char *full;

    if (!scope.graph) return rn__null_from(what, RN__NULL_SCOPE, NULL, 0);
    if (!usable(scope, what, name, &full)) return rn_null();
    if (!may_create(scope, full, shape)) return rn_null();
    if (scope.inference)
        scope.graph->root->infers = true;
    else
        scope.graph->root->trains = scope.model->settled = true;
    return declare_once(scope,
                        &(request){what, full, scope.model->real, shape, kind, &init});
}

rn_tensor rn_weight(rn_scope scope, const char *name, rn_shape shape, rn_init init)
{
    return saved(scope, "weight", name, shape, RN__WEIGHT, init);
}

rn_tensor rn_statistic(rn_scope scope, const char *name, rn_shape shape, rn_init init)
{
    return saved(scope, "statistic", name, shape, RN__STATISTIC, init);
}

rn_tensor rn_state(rn_scope scope, const char *name, rn_type type, rn_shape shape)
{
    const char *full;

    if (!scope.graph) return rn__null_from("state", RN__NULL_SCOPE, NULL, 0);
    if (!usable(scope, "state", name, &full)) return rn_null();
    return declare_once(scope, &(request){"state", full, type, shape, RN__STATE, NULL});
}

rn_tensor rn__model_state(rn_model *model, rn_graph *graph, const char *name, rn_type type,
                          rn_shape shape, rn__kind kind)
{
    if (graph->root->failed) return rn_null();
    return declare(model, graph, &(request){"state", name, type, shape, kind, NULL});
}

bool rn__model_assigned(rn_tensor variable)
{
    return rn__node_of(variable)->assignment != 0;
}
