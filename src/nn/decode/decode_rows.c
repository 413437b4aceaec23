/* SPDX-License-Identifier: MIT */
/*
 * Decoding without a beam: in each step a sequence gets one token.
 *
 *   token  = argmax logits, or a draw from the filtered ones;  `end` after the end
 *   log p += log_softmax(logits)[token];  0 after the end
 */
#include "nn/decode/decode.h"
#include "rondo/ops.h"

/* The carries beside tokens and states, all [B]. */
typedef struct rows {
    rn_tensor ended, length, sum;
} rows;

/* `end` was chosen already: bool [B]. */
static rows begin_rows(const rn__decode *w)
{
    const rn_shape one = {1, {w->d.batch}};
    rows r = {rn_null(), rn_null(), rn_null()};

    r.sum = rn__decode_carry(w, rn_fill(w->d.graph, w->d.real, one, 0));
    if (w->o.endless) return r;
    r.ended = rn__decode_carry(w, rn_fill(w->d.graph, RN_BOOL, one, 0));
    r.length = rn__decode_carry(w, rn_fill(w->d.graph, RN_I32, one, 0));
    return r;
}

static rn_tensor chosen(const rn__decode *w, rn_tensor logits)
{
    logits = rn__decode_not_too_early(w, logits);
    if (!w->o.sample) return rn_argmax(logits, -1, false);
    const rn_scope s = w->d.draws;
    return rn__filter_draw(rn_random_ticks(s, logits), rn_random_key_next(s, "token"),
                           logits, &w->o.filter);
}

/* One step. Returns its tokens. */
static rn_tensor step(const rn__decode *w, const rows *r)
{
    rn_tensor next[RN_DECODER_STATES_MAX];
    const rn_tensor logits = rn__decode_logits(w, next);
    if (rn_is_null(logits)) return logits;

    rn_tensor token = chosen(w, logits);
    rn_tensor log = rn__decoder_at(rn_log_softmax(logits, -1), token);
    if (!w->o.endless) {
        const rn_tensor end = rn_constant_like(token, w->o.end);
        token = rn_where(r->ended, end, token);
        log = rn_where(r->ended, rn_constant_like(log, 0), log);
        const rn_tensor ended = rn_equal(token, end);
        rn_loop_next(w->loop, r->ended, ended);
        rn_loop_next(w->loop, r->length,
                     rn_add(r->length, rn_cast(rn_logical_not(ended), RN_I32)));
        for (int i = 0; i < w->d.count; i++)
            next[i] = rn__decoder_choose(r->ended, w->state[i], next[i]);
    }
    rn_loop_next(w->loop, r->sum, rn_add(r->sum, log));
    rn_loop_next(w->loop, w->token, token);
    for (int i = 0; i < w->d.count; i++) rn_loop_next(w->loop, w->state[i], next[i]);
    return token;
}

rn_decoding rn__decode_rows(rn__decode *w, rn_tensor *state)
{
    rn_decoding y = {rn_null(), rn_null(), rn_null(), rn_null()};
    const rn_shape one = {1, {w->d.batch}};

    if (!rn__decode_begin(w, w->d.first, w->d.state)) return y;
    const rows r = begin_rows(w);
    rn_tensor token = step(w, &r);
    if (rn_is_null(token)) return y;
    const rn_tensor end = rn_fill(w->d.graph, RN_I32, one, w->o.end);
    if (!rn__decode_end(w, r.ended, &token, &end, 1)) return y;

    y.tokens = token;
    y.lengths = w->o.endless ? rn_fill(w->d.graph, RN_I32, one, (double)w->o.steps)
                             : rn__decode_final(w, r.length);
    y.score = y.log_probability = rn__decode_final(w, r.sum);
    for (int i = 0; i < w->d.count; i++) state[i] = rn__decode_final(w, w->state[i]);
    return y;
}
