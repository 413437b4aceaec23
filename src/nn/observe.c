/* SPDX-License-Identifier: MIT */
/*
 * Values inside cells, by name.
 *
 * Observing a value adds nothing to the graph: it records which tensor of the body has the
 * name. Only reading collects it, so a graph whose values are not read compiles to the same
 * program as one that does not observe them.
 */
#include <string.h>

#include "nn/model.h"
#include "nn/name.h"
#include "nn/recurrent.h"
#include "rondo/ops.h"

typedef struct observed {
    const char *name; /* the full one */
    rn_tensor value;
    rn_tensor mask; /* of the layer, bool [T, B]; null: none */
} observed;

static observed *observed_at(const rn_graph *root, int i)
{
    return rn__list_at(root->observed, observed, i);
}

rn_tensor rn_observe(rn_scope scope, const char *name, rn_tensor value)
{
    if (!scope.graph)
        return rn__null_refuse(value.graph, "observe", name, RN__NULL_SCOPE, value);
    if (rn_is_null(value))
        return rn__null_refuse(scope.graph, "observe", name, RN__NULL_X, value);

    rn_graph *root = scope.graph->root;
    const char *full = root->failed ? NULL : rn__path_join(root, scope.path, name);

    if (!full) return rn_null();
    if (!rn__exists(value) || value.graph->root != root)
        return rn_fail(root, "observe: the value is of another graph: %s", full);
    observed *o = (observed *)rn__list_add(root, &root->observed, sizeof *o);
    if (!o) return rn_null();
    *o = (observed){full, value, rn_null()};
    return value;
}

void rn__observed_mask(rn_graph *body, int since, rn_tensor mask)
{
    for (int i = since; i < body->root->observed.count; i++)
        if (observed_at(body->root, i)->value.graph == body)
            observed_at(body->root, i)->mask = mask;
}

/* ---- reading ---- */

/* The latest of that name. NULL with an error if there is none. */
static const observed *find(rn_graph *root, const char *name)
{
    const char *nearest = NULL;
    int least = 0;

    for (int i = root->observed.count - 1; i >= 0; i--) {
        const observed *o = observed_at(root, i);
        if (strcmp(o->name, name) == 0) return o;
        const int away = rn__name_distance(name, o->name);
        if (!nearest || away < least) nearest = o->name, least = away;
    }
    rn_fail(root, "observed: no such value: %s%s%s", name,
            nearest ? ": the nearest is " : "",
            nearest ? nearest : ": nothing is observed");
    return NULL;
}

/* x [T, B, ..] with zeros in skipped steps. */
static rn_tensor without_skipped(rn_tensor x, rn_tensor mask)
{
    rn_shape shape = rn_shape_get(x);

    if (rn_is_null(x) || rn_is_null(mask) || shape.rank < 2) return x;
    if (shape.size[1] != rn_size(mask, 1)) return x;
    for (int i = 2; i < shape.rank; i++) shape.size[i] = 1;
    return rn_where(rn_reshape(mask, shape), x, rn_constant_like(x, 0));
}

rn_tensor rn_observed(rn_scope scope, const char *name)
{
    if (!scope.graph) return rn__null_from("observed", RN__NULL_SCOPE, NULL, 0);

    rn_graph *root = scope.graph->root;
    const char *full = root->failed ? NULL : rn__path_join(root, scope.path, name);
    const observed *o = full ? find(root, full) : NULL;
    rn_tensor x = o ? o->value : rn_null(), mask = o ? o->mask : rn_null();

    while (!rn_is_null(x) && x.graph->loop && x.graph->loop->ended) {
        x = without_skipped(rn_loop_collect(x.graph->loop, x), mask);
        mask = rn_null();
    }
    return x;
}
