/* SPDX-License-Identifier: MIT */
/* A decoder's states and one call of its step, checked. */
#include "nn/decode/decode.h"

#include "nn/model.h"
#include "rondo/ops.h"

/* ---- the arguments ---- */

/* B, or -1 with an error. `given`: a tensor whose axis has B elements, or null. */
static int64_t batch_of(const rn__decoder *d, rn_tensor first, rn_tensor other)
{
    if (!rn_is_null(other)) return rn_size(other, -1);
    if (!rn_is_null(first)) return rn_size(first, 0);
    if (d->count > 0) return rn_size(d->state[0], 0);
    rn_fail(d->graph, "%s: neither states nor first tokens give the batch: %s", d->what,
            d->name);
    return -1;
}

static bool check_states(const rn__decoder *d)
{
    char text[128];

    for (int i = 0; i < d->count; i++) {
        const rn_tensor x = d->state[i];
        if (rn_is_null(x))
            rn_fail(d->graph, "%s: a state is the null tensor%s: %s, state %d", d->what,
                    rn__null_text(x, text, sizeof text), d->name, i);
        else if (!rn__exists(x) || x.graph->root != d->scope.graph->root)
            rn_fail(d->graph, "%s: a state is of another graph: %s, state %d", d->what,
                    d->name, i);
        else if (rn_rank(x) < 1 || rn_size(x, 0) != d->batch)
            rn_fail(d->graph, "%s: a state must have %lld rows: %s, state %d is %s",
                    d->what, (long long)d->batch, d->name, i,
                    rn__describe(x, text, sizeof text));
        else
            continue;
        return false;
    }
    return true;
}

/* i32 [B] for the first step. */
static bool set_first(rn__decoder *d, rn_tensor first, int32_t begin)
{
    char text[128];

    d->first = first;
    if (rn_is_null(first)) {
        d->first = rn_fill(d->graph, RN_I32, (rn_shape){1, {d->batch}}, begin);
        return !rn_is_null(d->first);
    }
    rn__describe(first, text, sizeof text);
    if (rn_type_get(first) != RN_I32 || rn_rank(first) != 1)
        rn_fail(d->graph, "%s: first must be i32 [B]: %s has %s %s", d->what, d->name,
                rn_type_name(rn_type_get(first)), text);
    else if (rn_size(first, 0) != d->batch)
        rn_fail(d->graph, "%s: first must have %lld elements: %s has %s", d->what,
                (long long)d->batch, d->name, text);
    else
        return true;
    return false;
}

/* Makes the graph the innermost one of these tensors too. */
static void enclose(rn__decoder *d, const rn_tensor *x, int count)
{
    rn_graph *inner = rn__innermost(x, count);

    if (inner && (!d->graph || rn__encloses(d->graph, inner))) d->graph = inner;
}

static const char *fault_of(const rn__decoder *d, const rn_tensor *states)
{
    if (!d->scope.model) return "the scope has no model";
    if (!d->user || !d->user->step) return "no step";
    if (d->count < 0 || d->count > RN_DECODER_STATES_MAX) return "states must be 0 to 256";
    if (d->count > 0 && !states) return "no states";
    return NULL;
}

bool rn__decoder_init(rn__decoder *d, const char *what, rn_scope scope, const char *name,
                      const rn_decoder *user, const rn_tensor *states, int count,
                      rn_tensor first, int32_t begin, rn_tensor other)
{
    *d = (rn__decoder){.what = what,
                       .name = name ? name : "",
                       .scope = scope,
                       .user = user,
                       .graph = scope.graph,
                       .count = count};
    const char *fault = fault_of(d, states);
    const rn_tensor given[2] = {first, other};
    enclose(d, given, 2);
    if (states && count <= RN_DECODER_STATES_MAX) enclose(d, states, count);
    if (!scope.graph) fault = "the scope has no graph";
    if (!d->graph || d->graph->root->failed) return false;
    if (fault) {
        rn_fail(d->graph, "%s: %s: %s", what, fault, d->name);
        return false;
    }
    for (int i = 0; i < count; i++) d->state[i] = states[i];
    d->real = scope.model->real;
    d->draws = rn_scope_in(scope, name);
    d->batch = batch_of(d, first, other);
    return !d->graph->root->failed && check_states(d) && set_first(d, first, begin);
}

/* ---- a step ---- */

static bool check_logits(const rn__decoder *d, int64_t rows, rn_tensor y)
{
    char text[128];

    if (rn_is_null(y))
        rn_fail(d->graph, "%s: the step's logits are the null tensor%s: %s", d->what,
                rn__null_text(y, text, sizeof text), d->name);
    else if (!rn__exists(y) || y.graph->root != d->graph->root)
        rn_fail(d->graph, "%s: the step's logits are of another graph: %s", d->what,
                d->name);
    else if (rn_type_get(y) != d->real || rn_rank(y) != 2 || rn_size(y, 0) != rows ||
             rn_size(y, 1) < 1)
        rn_fail(d->graph, "%s: the step's logits must be %s [%lld,V]: %s gives %s %s",
                d->what, rn_type_name(d->real), (long long)rows, d->name,
                rn_type_name(rn_type_get(y)), rn__describe(y, text, sizeof text));
    else
        return true;
    return false;
}

static bool check_next(const rn__decoder *d, int i, rn_tensor old, rn_tensor next)
{
    char from[128], to[128];

    if (rn_is_null(next))
        rn_fail(d->graph, "%s: the step's next state is the null tensor%s: %s, state %d",
                d->what, rn__null_text(next, from, sizeof from), d->name, i);
    else if (!rn__exists(next) || next.graph->root != d->graph->root)
        rn_fail(d->graph, "%s: the step's state is of another graph: %s, state %d", d->what,
                d->name, i);
    else if (rn_type_get(next) != rn_type_get(old) ||
             !rn_shape_equal(rn_shape_get(next), rn_shape_get(old)))
        rn_fail(d->graph,
                "%s: the step changes a state's shape or type: %s, state %d: %s %s becomes "
                "%s %s",
                d->what, d->name, i, rn_type_name(rn_type_get(old)),
                rn__shape_text(rn_shape_get(old), from, sizeof from),
                rn_type_name(rn_type_get(next)),
                rn__shape_text(rn_shape_get(next), to, sizeof to));
    else
        return true;
    return false;
}

rn_tensor rn__decoder_step(const rn__decoder *d, int64_t rows, rn_tensor tokens,
                           rn_tensor *state)
{
    rn_tensor old[RN_DECODER_STATES_MAX];

    for (int i = 0; i < d->count; i++) old[i] = state[i];
    const rn_tensor y = d->user->step(rn_share(d->scope), tokens, state, d->user->user);
    if (!check_logits(d, rows, y)) return rn_null();
    for (int i = 0; i < d->count; i++)
        if (!check_next(d, i, old[i], state[i])) return rn_null();
    return y;
}

/* ---- rows ---- */

rn_tensor rn__decoder_choose(rn_tensor condition, rn_tensor x, rn_tensor y)
{
    rn_shape rows = {rn_rank(x), {rn_size(x, 0)}};

    for (int i = 1; i < rows.rank; i++) rows.size[i] = 1;
    return rn_where(rn_reshape(condition, rows), x, y);
}

rn_tensor rn__decoder_at(rn_tensor logs, rn_tensor tokens)
{
    return rn_squeeze(rn_gather(logs, rn_expand(tokens, -1), 1), -1);
}
