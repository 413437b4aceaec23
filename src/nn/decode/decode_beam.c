/* SPDX-License-Identifier: MIT */
/*
 * Beam search. In each step every hypothesis is extended by every token; of these K V the K
 * best stay.
 *
 *   sum[b,k,v] = sum[b,k] + log_softmax(logits)[b,k,v];   of an ended hypothesis sum[b,k]
 *                                                         if v is `end`, else -inf
 *   score      = sum / ((5 + L) / 6)^alpha, or sum / L^p;   L the tokens and `end`
 *
 * The rows of the loop are [B K]. All but the first hypothesis begin with the sum -inf, so
 * that the K first rows, which are equal, count as one. The tokens are found at the end, by
 * a loop backwards from each hypothesis to the one that it came from.
 */
#include "nn/decode/decode.h"

#include <math.h>

#include "rondo/ops.h"

/* The carries beside tokens and states, all [B, K]. */
typedef struct hypotheses {
    rn_tensor sum, terms, ended; /* terms: L, i32; ended: null if no token ends */
} hypotheses;

/* What a step chooses, all i32 [B, K] : the hypotheses that it extends, and by what. */
typedef struct choice {
    rn_tensor origin, token;
} choice;

static rn_shape shape_of(const rn__decode *w)
{
    return (rn_shape){2, {w->d.batch, w->o.beam}};
}

static rn_tensor nothing_like(rn_tensor x)
{
    return rn_constant_like(x, -(double)INFINITY);
}

/* 0, 1 .. K-1 in every sequence. */
static rn_tensor numbers(const rn__decode *w)
{
    return rn_broadcast(rn_range(w->d.graph, w->o.beam), shape_of(w));
}

static hypotheses begin_hypotheses(const rn__decode *w)
{
    const rn_tensor zero = rn_fill(w->d.graph, w->d.real, shape_of(w), 0);
    const rn_tensor k = numbers(w);
    hypotheses r = {.ended = rn_null()};

    r.sum = rn__decode_carry(
        w, rn_where(rn_greater(k, rn_constant_like(k, 0)), nothing_like(zero), zero));
    r.terms = rn__decode_carry(w, rn_fill(w->d.graph, RN_I32, shape_of(w), 0));
    if (w->o.endless) return r;
    r.ended = rn__decode_carry(w, rn_fill(w->d.graph, RN_BOOL, shape_of(w), 0));
    return r;
}

/* Sums [..] of so many terms -> scores. Without a step there is no term. */
static rn_tensor scores(const rn__decode *w, rn_tensor sum, rn_tensor terms)
{
    const bool by_power = w->o.length_power != 0;
    const double power = by_power ? w->o.length_power : w->o.length_penalty;
    if (power == 0) return sum;

    const rn_tensor L = rn_cast(terms, w->d.real);
    const rn_tensor base = by_power ? rn_maximum(L, rn_constant_like(L, 1))
                                    : rn_scale(rn_offset(L, 5), 1.0 / 6);
    return rn_div(sum, power == 1 ? base : rn_pow(base, rn_constant_like(base, power)));
}

/* The sums of all extensions, [B, K, V]. */
static rn_tensor extended(const rn__decode *w, const hypotheses *r, rn_tensor logits)
{
    const rn_shape all = {3, {w->d.batch, w->o.beam, rn_size(logits, -1)}};
    rn_tensor log =
        rn_reshape(rn__decode_not_too_early(w, rn_log_softmax(logits, -1)), all);

    if (!w->o.endless) {
        const rn_tensor zero = rn_constant_like(log, 0);
        const rn_tensor end =
            rn_where(rn__decode_is_end(w, logits), zero, nothing_like(log));
        log = rn_where(rn_expand(r->ended, -1), end, log);
    }
    return rn_add(rn_expand(r->sum, -1), log);
}

/* Which the best are: the quotients and remainders of their numbers by V. */
static choice best_of(const rn__decode *w, rn_tensor best, int64_t V)
{
    const int last[] = {-1};
    const rn_tensor k = rn_slice(rn_range(w->d.graph, w->o.beam), 0, 1, INT64_MAX, 1);
    const rn_tensor reached = rn_greater_equal(rn_expand(best, -1), rn_scale(k, (double)V));
    choice c;

    c.origin = rn_sum(rn_cast(reached, RN_I32), last, 1, false);
    c.token = rn_sub(best, rn_scale(c.origin, (double)V));
    return c;
}

/* The states of the chosen hypotheses. */
static void follow(const rn__decode *w, const hypotheses *r, const choice *c,
                   const rn_tensor *next)
{
    const rn_shape rows = {1, {w->d.batch * w->o.beam}};
    const rn_tensor of_batch =
        rn_expand(rn_scale(rn_range(w->d.graph, w->d.batch), w->o.beam), -1);
    const rn_tensor from = rn_reshape(rn_add(c->origin, of_batch), rows);

    for (int i = 0; i < w->d.count; i++) {
        rn_tensor x = next[i];
        if (!w->o.endless)
            x = rn__decoder_choose(rn_reshape(r->ended, rows), w->state[i], x);
        rn_loop_next(w->loop, w->state[i], rn_take(x, from));
    }
    rn_loop_next(w->loop, w->token, rn_reshape(c->token, rows));
}

static choice step(const rn__decode *w, const hypotheses *r)
{
    rn_tensor next[RN_DECODER_STATES_MAX];
    choice c = {rn_null(), rn_null()};
    const rn_tensor logits = rn__decode_logits(w, next);
    if (rn_is_null(logits)) return c;

    const int64_t V = rn_size(logits, -1);
    if (V > INT32_MAX / w->o.beam) {
        rn_fail(w->d.graph,
                "decode: too many extensions of a beam: %s has %d of %lld tokens",
                w->d.name, w->o.beam, (long long)V);
        return c;
    }
    const rn_shape all = {2, {w->d.batch, w->o.beam * V}};
    const rn_tensor sum = extended(w, r, logits);
    rn_tensor terms = rn_add(r->terms, rn_constant_like(r->terms, 1));
    if (!w->o.endless) terms = rn_where(r->ended, r->terms, terms);
    const rn_tensor score = scores(w, sum, rn_expand(terms, -1));
    const rn_tensor best = rn_top_k_indices(rn_reshape(score, all), 1, w->o.beam, false);

    c = best_of(w, best, V);
    rn_loop_next(w->loop, r->sum, rn_gather(rn_reshape(sum, all), best, 1));
    rn_loop_next(w->loop, r->terms, rn_gather(terms, c.origin, 1));
    if (!w->o.endless)
        rn_loop_next(w->loop, r->ended,
                     rn_equal(c.token, rn_constant_like(c.token, w->o.end)));
    follow(w, r, &c, next);
    return c;
}

/* The tokens of the final hypotheses, [T, B, K]. */
static rn_tensor traced(const rn__decode *w, rn_tensor origins, rn_tensor tokens)
{
    rn_loop *back = rn_loop_begin(w->d.graph);

    rn_loop_reverse(back);
    const rn_tensor origin = rn_loop_each(back, origins);
    const rn_tensor token = rn_loop_each(back, tokens);
    const rn_tensor at = rn_loop_carry(back, numbers(w));
    const rn_tensor y = rn_gather(token, at, 1);
    rn_loop_next(back, at, rn_gather(origin, at, 1));
    rn_loop_end(back);
    return rn_loop_collect(back, y);
}

rn_tensor rn_beam_repeat(rn_tensor x, int axis, int beams)
{
    rn_shape shape = rn_shape_get(x);
    const int at = axis < 0 && axis >= -shape.rank ? axis + shape.rank : axis;
    char text[128];

    if (rn_is_null(x)) return rn__null_from("beam_repeat", RN__NULL_X, &x, 1);
    if (at < 0 || at >= shape.rank || shape.rank == RN_RANK_MAX)
        return rn_fail(x.graph, "beam_repeat: no such axis, or too many: %d of %s", axis,
                       rn__describe(x, text, sizeof text));
    if (beams < 1)
        return rn_fail(x.graph, "beam_repeat: beams must be positive: %d", beams);

    const rn_shape flat = shape;
    x = rn_expand(x, at + 1);
    if (rn_is_null(x)) return x;
    shape = rn_shape_get(x);
    shape.size[at + 1] = beams;
    x = rn_broadcast(x, shape);
    shape = flat;
    shape.size[at] *= beams;
    return rn_reshape(x, shape);
}

/* Hypotheses that do not exist get no tokens. */
static rn_decoding results(const rn__decode *w, const hypotheses *r, const choice *c)
{
    const rn_tensor terms = rn__decode_final(w, r->terms);
    rn_decoding y;

    y.log_probability = rn__decode_final(w, r->sum);
    y.score = scores(w, y.log_probability, terms);
    const rn_tensor exists =
        rn_not_equal(y.log_probability, nothing_like(y.log_probability));
    y.tokens = traced(w, c->origin, c->token);
    y.tokens = rn_where(exists, y.tokens, rn_constant_like(y.tokens, w->o.end));
    y.lengths = terms;
    if (!w->o.endless)
        y.lengths = rn_sub(terms, rn_cast(rn__decode_final(w, r->ended), RN_I32));
    y.lengths = rn_where(exists, y.lengths, rn_constant_like(y.lengths, 0));
    return y;
}

rn_decoding rn__decode_beams(rn__decode *w, rn_tensor *state)
{
    const int K = w->o.beam;
    rn_tensor first[RN_DECODER_STATES_MAX];

    for (int i = 0; i < w->d.count; i++) first[i] = rn_beam_repeat(w->d.state[i], 0, K);
    if (!rn__decode_begin(w, rn_beam_repeat(w->d.first, 0, K), first))
        return (rn_decoding){rn_null(), rn_null(), rn_null(), rn_null()};
    const hypotheses r = begin_hypotheses(w);
    const choice c = step(w, &r);
    rn_tensor all[2] = {c.origin, c.token};
    const rn_tensor rest[2] = {numbers(w),
                               rn_fill(w->d.graph, RN_I32, shape_of(w), w->o.end)};
    if (rn_is_null(c.token) || !rn__decode_end(w, r.ended, all, rest, 2))
        return (rn_decoding){rn_null(), rn_null(), rn_null(), rn_null()};

    for (int i = 0; i < w->d.count; i++) state[i] = rn__decode_final(w, w->state[i]);
    return results(w, &r, &(choice){all[0], all[1]});
}
