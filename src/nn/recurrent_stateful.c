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

bool rn__recurrent_stays(const rn__recurrent *r, const rn__sublayer *s)
{
    return r->options.stateful && s->direction == 0;
}

rn_tensor rn__recurrent_kept(const rn__recurrent *r, const rn__sublayer *s, int state)
{
    char name[32];

    snprintf(name, sizeof name, "state%d", state);
    return kept(r, rn__recurrent_direction(r, s), name, r->real,
                rn__recurrent_shape(r, s, state));
}

rn_tensor rn__recurrent_begun(const rn__recurrent *r)
{
    return kept(r, r->scope, "begun", RN_BOOL, (rn_shape){1, {r->batch}});
}

/* Whether a sublayer's initial states are zero. */
static bool zero(const rn__recurrent *r, const rn__sublayer *s)
{
    if (s->cell->begin || r->options.learn_initial) return false;
    for (int i = 0; i < s->cell->states; i++)
        if (s->cell->state[i].learned || s->cell->state[i].value != 0) return false;
    return true;
}

bool rn__recurrent_begins_zero(const rn__recurrent *r)
{
    for (int i = 0; i < r->layers * r->directions; i++)
        if (rn__recurrent_stays(r, &r->sub[i]) && !zero(r, &r->sub[i])) return false;
    return true;
}

/* A condition [B] or [B, 1] reshaped to select among states like x [B, ...]. */
static rn_tensor by_sequence(rn_tensor condition, rn_tensor x)
{
    rn_shape shape = {.rank = rn_rank(x)};

    for (int i = 0; i < shape.rank; i++) shape.size[i] = i ? 1 : rn_size(x, 0);
    return rn_reshape(condition, shape);
}

rn_tensor rn__recurrent_choose(rn_tensor condition, rn_tensor x, rn_tensor y)
{
    if (rn_is_null(condition) || rn_is_null(x) || rn_is_null(y)) return rn_null();
    return rn_where(by_sequence(condition, rn_rank(x) < rn_rank(y) ? y : x), x, y);
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

/* The largest of two, either of which may be null. */
static rn_tensor larger(rn_tensor x, rn_tensor y)
{
    if (rn_is_null(x)) return y;
    return rn_is_null(y) ? x : rn_maximum(x, y);
}

/* Which sequences have only finite states, [B, 1], of those that stay. States of the same
 * shape are combined by an element-wise maximum before the reduction. */
static rn_tensor finite(const rn_tensor *kept_states, const rn_tensor *final, int count)
{
    rn_tensor all = rn_null(), run = rn_null();

    for (int i = 0; i < count; i++) {
        if (rn_is_null(kept_states[i])) continue;
        const rn_tensor next = rn_abs(final[i]);
        if (rn_is_null(run) || rn_shape_equal(rn_shape_get(run), rn_shape_get(next))) {
            run = larger(run, next);
            continue;
        }
        all = larger(all, largest_of(run));
        run = next;
    }
    all = larger(all, largest_of(run));
    return rn_less(all, rn_constant_like(all, (double)INFINITY));
}

/* A sequence with a non-finite element in any state of any layer starts over: all its
 * states are set to zero. Keeping the old states would not help, because they may overflow
 * again in every run. */
void rn__recurrent_keep(const rn__recurrent *r, const rn_tensor *kept_states,
                        rn_tensor begun, const rn_tensor *final)
{
    if (r->graph->root->failed) return;

    const rn_tensor good = finite(kept_states, final, r->count);
    for (int i = 0; i < r->count; i++)
        if (!rn_is_null(kept_states[i]))
            rn_assign(kept_states[i],
                      rn__recurrent_choose(good, final[i], rn_constant_like(final[i], 0)));
    if (!rn_is_null(begun)) rn_assign(begun, rn_reshape(good, rn_shape_get(begun)));
}
