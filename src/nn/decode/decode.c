/* SPDX-License-Identifier: MIT */
/* Decoding: options, and what all modes share. */
#include "nn/decode/decode.h"

#include <math.h>

#include "rondo/ops.h"

static bool filters(const rn_filter *f)
{
    return f->temperature != 0 || f->top_k != 0 || f->top_p != 0 || f->min_p != 0;
}

/* NULL, or what is wrong with the options; *number is the wrong one. */
static const char *fault_of(const rn_decode_options *o, double *number)
{
    *number = (double)o->steps;
    if (o->steps < 0 || o->steps > INT32_MAX) return "steps must be 0 to 2^31 - 1";
    *number = o->end;
    if (o->end < 0) return "end must not be negative";
    *number = (double)o->min_length;
    if (o->min_length < 0) return "min_length must not be negative";
    *number = o->beam;
    if (o->beam < 0) return "beam must not be negative";
    *number = o->length_penalty;
    if (!isfinite(o->length_penalty)) return "length_penalty must be finite";
    *number = o->length_power;
    if (!isfinite(o->length_power)) return "length_power must be finite";
    return NULL;
}

/* NULL, or which options exclude or need each other. */
static const char *conflict_of(const rn_decode_options *o)
{
    if (o->sample && o->beam) return "sample excludes beam";
    if (filters(&o->filter) && !o->sample) return "filter needs sample";
    if (o->length_penalty != 0 && !o->beam) return "length_penalty needs beam";
    if (o->length_power != 0 && !o->beam) return "length_power needs beam";
    if (o->length_power != 0 && o->length_penalty != 0)
        return "length_power excludes length_penalty";
    if (o->min_length && o->endless) return "min_length excludes endless";
    if (o->stop_early && o->endless) return "stop_early excludes endless";
    return NULL;
}

static bool check(const rn__decode *w)
{
    double number;
    const char *fault = fault_of(&w->o, &number), *conflict = conflict_of(&w->o);

    if (!w->d.scope.inference)
        rn_fail(w->d.graph, "decode: the scope is for training: %s: use rn_root_inference",
                w->d.name);
    else if (fault)
        rn_fail(w->d.graph, "decode: %s: %s has %g", fault, w->d.name, number);
    else if (conflict)
        rn_fail(w->d.graph, "decode: %s: %s", conflict, w->d.name);
    else
        return true;
    return false;
}

/* ---- a step ---- */

rn_tensor rn__decode_logits(const rn__decode *w, rn_tensor *next)
{
    for (int i = 0; i < w->d.count; i++) next[i] = w->state[i];

    const rn_tensor y = rn__decoder_step(&w->d, rn_size(w->token, 0), w->token, next);
    if (rn_is_null(y) || w->o.endless || w->o.end < rn_size(y, 1)) return y;
    return rn_fail(w->d.graph,
                   "decode: end must be less than the number of logits: %s has "
                   "%d and %lld",
                   w->d.name, (int)w->o.end, (long long)rn_size(y, 1));
}

rn_tensor rn__decode_is_end(const rn__decode *w, rn_tensor logits)
{
    const rn_tensor range = rn_range(w->d.graph, rn_size(logits, -1));

    return rn_equal(range, rn_constant_like(range, w->o.end));
}

rn_tensor rn__decode_not_too_early(const rn__decode *w, rn_tensor logits)
{
    if (w->o.min_length == 0) return logits;

    const double least = fmin((double)w->o.min_length, INT32_MAX);
    const rn_tensor t = rn__decode_index(w);
    const rn_tensor early = rn_less(t, rn_constant_like(t, least));
    return rn_where(rn_logical_and(early, rn__decode_is_end(w, logits)),
                    rn_constant_like(logits, -(double)INFINITY), logits);
}

/* ---- all of it ---- */

rn_decoding rn_decode(rn_scope scope, const char *name, const rn_decoder *decoder,
                      rn_tensor *states, int count, rn_decode_options options)
{
    rn_decoding y = {rn_null(), rn_null(), rn_null(), rn_null()};
    rn__decode w = {.o = options};
    bool ok = rn__decoder_init(&w.d, "decode", scope, name, decoder, states, count,
                               options.first, options.begin, NULL);

    if (!w.d.graph) y.tokens = rn__null_from("decode", RN__NULL_SCOPE, NULL, 0);
    ok = ok && check(&w);
    if (ok) y = options.beam ? rn__decode_beams(&w, states) : rn__decode_rows(&w, states);
    if (!ok || rn_is_null(y.tokens) || w.d.graph->root->failed) {
        y = (rn_decoding){y.tokens, y.tokens, y.tokens, y.tokens};
        if (count > RN_DECODER_STATES_MAX) count = 0; /* refused, and never read */
        for (int i = 0; states && i < count; i++) states[i] = y.tokens;
    }
    return y;
}
