/* SPDX-License-Identifier: MIT */
/*
 * What a random draw of a layer depends on: the key, that is, the model's seed, the layer's
 * name and the number of earlier draws under that name in the graph; and the ticks, that
 * is, the number of the run (a variable of the model) and the steps of the enclosing loops.
 */
#include "base/hash.h"
#include "nn/model.h"
#include "nn/name.h"
#include "rondo/ops.h"

/* The counter's value in this run. Each run adds 1, whatever the number of draws. */
static rn_tensor run_counter(rn_scope scope)
{
    rn_graph *root = scope.graph->root;
    rn_tensor counter = rn__model_state(scope.model, root, "random/counter", RN_I32,
                                        rn_shape_of(0, NULL), RN__STATE);

    if (rn_is_null(counter) || rn__model_assigned(counter)) return counter;
    rn_assign(counter, rn_add(counter, rn_constant_scalar(root, RN_I32, 1)));
    return counter;
}

/* One number for the steps of all loops around `graph`: outer step times the inner number
 * of steps, plus inner step. */
static rn_tensor step_index(rn_graph *graph)
{
    rn_loop *loop = graph->loop;

    if (!loop) return rn_constant_scalar(graph, RN_I32, 0);

    rn_tensor index = rn_loop_index(loop);
    if (!loop->outer->loop) return index;
    if (!loop->steps_known)
        return rn_fail(graph, "random_ticks: the loop's number of steps is not known yet");

    rn_tensor steps = rn_constant_scalar(graph, RN_I32, (double)loop->steps);
    return rn_add(rn_mul(step_index(loop->outer), steps), index);
}

rn_tensor rn_random_ticks(rn_scope scope, rn_tensor x)
{
    if (rn_is_null(x))
        return rn__null_refuse(scope.graph, "random_ticks", NULL, RN__NULL_X, x);
    if (!scope.graph) return rn_fail(x.graph, "random_ticks: the scope has no graph");
    if (x.graph->root != scope.graph->root)
        return rn_fail(scope.graph, "random_ticks: x belongs to another graph");
    if (!scope.model) return rn_fail(scope.graph, "random_ticks: the scope has no model");

    const rn_tensor both[2] = {run_counter(scope), step_index(x.graph)};
    if (rn_is_null(both[0]) || rn_is_null(both[1])) return rn_null();
    return rn_stack(both, 2, 0);
}

uint64_t rn_random_key(rn_scope scope, const char *name)
{
    const char *full = scope.graph ? rn__path_join(scope.graph, scope.path, name) : NULL;
    const uint64_t seed = scope.model ? scope.model->seed : 0;

    return rn__mix((full ? rn__hash(full) : 0) ^ rn__mix(seed));
}

/* A key and how many draws of the graph have used it. */
typedef struct draw {
    uint64_t key, uses;
} draw;

static draw *find_draw(rn_graph *root, uint64_t key)
{
    for (int i = 0; i < root->draws.count; i++) {
        draw *d = rn__list_at(root->draws, draw, i);
        if (d->key == key) return d;
    }
    draw *d = (draw *)rn__list_add(root, &root->draws, sizeof *d);
    if (d) *d = (draw){key, 0};
    return d;
}

/* Use 0 has the name's key itself; use n has number n of a SplitMix64 stream that starts
 * there. */
uint64_t rn_random_key_next(rn_scope scope, const char *name)
{
    const uint64_t key = rn_random_key(scope, name);
    draw *d = scope.graph ? find_draw(scope.graph->root, key) : NULL;
    const uint64_t use = d ? d->uses++ : 0;

    return use == 0 ? key : rn__mix(key + use * UINT64_C(0x9E3779B97F4A7C15));
}
