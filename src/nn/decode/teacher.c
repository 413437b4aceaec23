/* SPDX-License-Identifier: MIT */
/*
 * Teacher forcing and scheduled sampling: a decoder over known tokens.
 *
 *   targets  [T, B] i32    logits  [T, B, V]
 *
 *   logits[t] = step(token[t]);   token[0] = first
 *   token[t]  = u[t] < p ? the choice by logits[t-1] : targets[t-1],   u uniform in [0, 1)
 *
 * Choices are integers, so no gradient goes through them. Without p the tokens are no
 * carry, and what depends on them alone can leave the loop.
 */
#include "nn/decode/decode.h"
#include "rondo/ops.h"

/* The tokens that the steps would read by the targets alone, [T, B]. */
static rn_tensor shifted(const rn__decoder *d, rn_tensor targets)
{
    const int64_t T = rn_size(targets, 0);

    if (T == 0) return targets;
    const rn_tensor both[2] = {rn_expand(d->first, 0), rn_slice(targets, 0, 0, T - 1, 1)};
    return rn_concat(both, 2, 0);
}

/* Whether each step reads the model's own token, bool [T, B]; null after an error. */
static rn_tensor own(const rn__decoder *d, rn_tensor targets, rn_tensor p)
{
    const rn_shape shape = rn_shape_get(targets), of_p = rn_shape_get(p);
    rn_shape both;

    if (rn_type_get(p) == d->real && rn_shape_broadcast(shape, of_p, &both) &&
        rn_shape_equal(shape, both))
        return rn_less(rn_uniform(rn_random_ticks(d->draws, targets),
                                  rn_random_key_next(d->draws, "own"), d->real, shape),
                       p);
    rn__decoder_refuse(d, p, "own must be %s and broadcast to the targets",
                       rn_type_name(d->real));
    return rn_null();
}

static rn_tensor choice(const rn__decoder *d, rn_tensor logits, bool draw)
{
    if (!draw) return rn_argmax(logits, -1, false);
    return rn_categorical(rn_random_ticks(d->draws, logits),
                          rn_random_key_next(d->draws, "token"), logits);
}

/* The loop. Returns the logits of all steps; `state` become the final ones. */
static rn_tensor force(const rn__decoder *d, rn_tensor tokens, rn_tensor coin,
                       const rn_teacher_options *o, rn_tensor *state)
{
    rn_tensor carry[RN_DECODER_STATES_MAX], next[RN_DECODER_STATES_MAX];
    rn_tensor chosen = rn_null();
    rn_loop *loop = rn_loop_begin(d->graph);

    if (!rn_is_null(o->lengths)) rn_loop_lengths(loop, o->lengths);
    rn_tensor token = rn_loop_each(loop, tokens);
    if (!rn_is_null(coin)) {
        chosen = rn_loop_carry(loop, d->first);
        token = rn_where(rn_loop_each(loop, coin), chosen, token);
    }
    for (int i = 0; i < d->count; i++)
        next[i] = carry[i] = rn_loop_carry(loop, d->state[i]);
    if (d->graph->root->failed) return rn_null();

    const rn_tensor logits = rn__decoder_step(d, d->batch, token, next);
    if (rn_is_null(logits)) return logits;
    if (!rn_is_null(coin)) rn_loop_next(loop, chosen, choice(d, logits, o->draw));
    for (int i = 0; i < d->count; i++) rn_loop_next(loop, carry[i], next[i]);
    if (!rn_loop_end(loop)) return rn_null();
    for (int i = 0; i < d->count; i++) state[i] = rn_loop_final(loop, carry[i]);
    return rn_loop_collect(loop, logits);
}

rn_tensor rn_teacher_force(rn_scope scope, const char *name, const rn_decoder *decoder,
                           rn_tensor targets, rn_tensor *states, int count,
                           rn_teacher_options options)
{
    rn_tensor y = rn_null(), coin = rn_null();
    rn__decoder d;
    bool ok = rn__decoder_init(&d, "teacher_force", scope, name, decoder, states, count,
                               options.first, options.begin, &targets);

    if (!d.graph) y = rn__null_from("teacher_force", RN__NULL_SCOPE, NULL, 0);
    if (ok && !rn_is_null(options.own)) coin = own(&d, targets, options.own);
    if (ok && options.draw && rn_is_null(options.own))
        rn_fail(d.graph, "teacher_force: draw needs own: %s", d.name);
    ok = ok && !d.graph->root->failed;
    if (ok) y = force(&d, shifted(&d, targets), coin, &options, states);
    if (!rn_is_null(y)) return y;
    if (count > RN_DECODER_STATES_MAX) count = 0; /* refused, and never read */
    for (int i = 0; states && i < count; i++) states[i] = y;
    return y;
}
