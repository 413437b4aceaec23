/* SPDX-License-Identifier: MIT */
/* A decoder's states and one call of its step, checked. */
#include "nn/decode/decode.h"

#include <stdarg.h>
#include <stdio.h>

#include "nn/model.h"
#include "rondo/ops.h"

/* ---- the arguments ---- */

bool rn__decoder_refuse(const rn__decoder *d, rn_tensor x, const char *format, ...)
{
    char fault[200], text[160];
    va_list list;

    va_start(list, format);
    vsnprintf(fault, sizeof fault, format, list);
    va_end(list);
    rn_fail(d->graph, "%s: %s: %s has %s%s%s", d->what, fault, d->name,
            rn_is_null(x) ? "" : rn_type_name(rn_type_get(x)), rn_is_null(x) ? "" : " ",
            rn__describe(x, text, sizeof text));
    return false;
}

/* Whether x is a tensor of the graph that is built. */
static bool belongs(const rn__decoder *d, rn_tensor x)
{
    return rn__exists(x) && x.graph->root == d->graph->root;
}

static int64_t batch_of(const rn__decoder *d, rn_tensor first, const rn_tensor *targets)
{
    if (targets) return rn_size(*targets, 1);
    if (!rn_is_null(first)) return rn_size(first, 0);
    return d->count > 0 ? rn_size(d->state[0], 0) : 0;
}

static bool check_states(const rn__decoder *d)
{
    for (int i = 0; i < d->count; i++) {
        const rn_tensor x = d->state[i];
        if (!belongs(d, x))
            return rn__decoder_refuse(d, x, "state %d is no tensor of the graph", i);
        if (rn_rank(x) < 1 || rn_size(x, 0) != d->batch)
            return rn__decoder_refuse(d, x, "state %d must have %lld rows", i,
                                      (long long)d->batch);
    }
    return true;
}

/* i32 [B] for the first step. */
static bool set_first(rn__decoder *d, rn_tensor first, int32_t begin)
{
    const rn_shape rows = {1, {d->batch}};

    d->first = rn_is_null(first) ? rn_fill(d->graph, RN_I32, rows, begin) : first;
    return !rn_is_null(d->first) &&
           ((rn_type_get(d->first) == RN_I32 &&
             rn_shape_equal(rn_shape_get(d->first), rows)) ||
            rn__decoder_refuse(d, first, "first must be i32 [B], of B sequences"));
}

/* Makes the graph the innermost one of these tensors too. */
static void enclose(rn__decoder *d, const rn_tensor *x, int count)
{
    rn_graph *inner = rn__innermost(x, count);

    if (inner && (!d->graph || rn__encloses(d->graph, inner))) d->graph = inner;
}

static const char *fault_of(const rn__decoder *d, const rn_tensor *states, bool has_batch)
{
    if (!d->scope.graph) return "the scope has no graph";
    if (!d->scope.model) return "the scope has no model";
    if (!d->user || !d->user->step) return "no step";
    if (d->count < 0 || d->count > RN_DECODER_STATES_MAX) return "states must be 0 to 256";
    if (d->count > 0 && !states) return "no states";
    return has_batch ? NULL : "neither states nor first tokens give the batch";
}

bool rn__decoder_init(rn__decoder *d, const char *what, rn_scope scope, const char *name,
                      const rn_decoder *user, const rn_tensor *states, int count,
                      rn_tensor first, int32_t begin, const rn_tensor *targets)
{
    *d = (rn__decoder){.what = what,
                       .name = name ? name : "",
                       .scope = scope,
                       .user = user,
                       .graph = scope.graph,
                       .count = count};
    const char *fault = fault_of(d, states, count > 0 || targets || !rn_is_null(first));
    enclose(d, &first, 1);
    enclose(d, targets, targets ? 1 : 0);
    if (states && count <= RN_DECODER_STATES_MAX) enclose(d, states, count);
    if (!d->graph || d->graph->root->failed) return false;
    if (fault) {
        rn_fail(d->graph, "%s: %s: %s", what, fault, d->name);
        return false;
    }
    if (targets && (rn_type_get(*targets) != RN_I32 || rn_rank(*targets) != 2))
        return rn__decoder_refuse(d, *targets, "targets must be i32 [T,B]");
    for (int i = 0; i < count; i++) d->state[i] = states[i];
    d->real = scope.model->real;
    d->draws = rn_scope_in(scope, name);
    d->batch = batch_of(d, first, targets);
    return !d->graph->root->failed && check_states(d) && set_first(d, first, begin);
}

/* ---- a step ---- */

static bool check_logits(const rn__decoder *d, int64_t rows, rn_tensor y)
{
    if (belongs(d, y) && rn_type_get(y) == d->real && rn_rank(y) == 2 &&
        rn_size(y, 0) == rows && rn_size(y, 1) > 0)
        return true;
    return rn__decoder_refuse(d, y, "the step's logits must be %s [%lld,V]",
                              rn_type_name(d->real), (long long)rows);
}

static bool check_next(const rn__decoder *d, int i, rn_tensor old, rn_tensor next)
{
    char text[128];

    if (belongs(d, next) && rn_type_get(next) == rn_type_get(old) &&
        rn_shape_equal(rn_shape_get(next), rn_shape_get(old)))
        return true;
    return rn__decoder_refuse(d, next, "the step must return state %d as %s %s", i,
                              rn_type_name(rn_type_get(old)),
                              rn__shape_text(rn_shape_get(old), text, sizeof text));
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
