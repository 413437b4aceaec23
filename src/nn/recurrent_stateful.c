/* SPDX-License-Identifier: MIT */
/*
 * Stateful recurrent layers: variables keep the states between runs.
 *
 * All variables are 0 in a new model and after rn_model_reset_states. Most cells begin with
 * zeros, so nothing else is needed. For other cells a bool variable [B] marks the sequences
 * that have begun; the kept states of the others are not used.
 */
#include <math.h>
#include <stdio.h>

#include "nn/model.h"
#include "nn/recurrent.h"
#include "rondo/ops.h"

/* Each batch size has its own variables, so that graphs for training and for inference can
 * share a model. */
static rn_tensor kept(const rn__recurrent *r, rn_scope scope, const char *name,
                      rn_type type, rn_shape shape)
{
    char full[64];

    snprintf(full, sizeof full, "%s/batch%lld", name, (long long)r->batch);
    scope = rn_scope_in(scope, full);
    rn_tensor variable =
        rn__model_state(scope.model, scope.graph, scope.path, type, shape, RN__CARRIED);
    if (!rn_is_null(variable) && rn__model_assigned(variable))
        return rn_fail(r->graph, "recurrent: stateful twice in one graph: %s", scope.path);
    return variable;
}

rn_tensor rn__recurrent_kept(const rn__recurrent *r, int layer, int state)
{
    char name[32];

    snprintf(name, sizeof name, "state%d", state);
    return kept(r, rn__recurrent_layer(r, layer), name, r->real,
                rn__recurrent_shape(r, layer * r->cell->states + state));
}

rn_tensor rn__recurrent_begun(const rn__recurrent *r)
{
    return kept(r, r->scope, "begun", RN_BOOL, (rn_shape){1, {r->batch}});
}

bool rn__recurrent_begins_zero(const rn__recurrent *r)
{
    for (int i = 0; i < r->cell->states; i++)
        if (r->cell->state[i].learned || r->cell->state[i].value != 0) return false;
    return !r->cell->begin;
}

/* A condition [B] or [B, 1] reshaped to select among states like x [B, ...]. */
static rn_tensor by_sequence(rn_tensor condition, rn_tensor x)
{
    rn_shape shape = {.rank = rn_rank(x)};

    for (int i = 0; i < shape.rank; i++) shape.size[i] = i ? 1 : rn_size(x, 0);
    return rn_reshape(condition, shape);
}

rn_tensor rn__recurrent_resume(rn_tensor begun, rn_tensor kept_state, rn_tensor begin)
{
    if (rn_is_null(begun) || rn_is_null(kept_state)) return rn_null();
    return rn_where(by_sequence(begun, begin), kept_state, begin);
}

/* The largest element of each sequence, [B, 1]. */
static rn_tensor largest_of(rn_tensor x)
{
    const rn_shape shape = rn_shape_get(x);
    rn_shape flat = {2, {shape.size[0], 1}};
    const int axes[] = {1};

    for (int i = 1; i < shape.rank; i++) flat.size[1] *= shape.size[i];
    if (flat.size[1] == 0)
        return rn_fill(x.graph, rn_type_get(x), (rn_shape){2, {shape.size[0], 1}}, 0);
    return rn_max(rn_reshape(x, flat), axes, 1, true);
}

/* Which sequences have only finite states, [B, 1]. States of the same shape are combined by
 * an element-wise maximum before the reduction. */
static rn_tensor finite(const rn__recurrent *r, const rn_tensor *final)
{
    rn_tensor all = rn_null(), run = rn_abs(final[0]);

    for (int i = 1; i <= r->count; i++) {
        const rn_tensor next = i < r->count ? rn_abs(final[i]) : rn_null();
        if (!rn_is_null(next) && rn_shape_equal(rn_shape_get(run), rn_shape_get(next))) {
            run = rn_maximum(run, next);
            continue;
        }
        run = largest_of(run);
        all = rn_is_null(all) ? run : rn_maximum(all, run);
        run = next;
    }
    return rn_less(all, rn_constant_like(all, (double)INFINITY));
}

/* A sequence with a non-finite element in any state of any layer starts over: all its
 * states are set to zero. Keeping the old states would not help, because they may overflow
 * again in every run. */
void rn__recurrent_keep(const rn__recurrent *r, const rn_tensor *kept_states,
                        rn_tensor begun, const rn_tensor *final)
{
    if (r->graph->root->failed) return;

    const rn_tensor good = finite(r, final);
    for (int i = 0; i < r->count; i++)
        rn_assign(kept_states[i], rn_where(by_sequence(good, final[i]), final[i],
                                           rn_constant_like(final[i], 0)));
    if (!rn_is_null(begun)) rn_assign(begun, rn_reshape(good, rn_shape_get(begun)));
}
