/* SPDX-License-Identifier: MIT */
/*
 * Tokens from logits: random draws, and decoders that produce one token after the other.
 *
 * A decoder is a function that builds one step: the tokens of the step before and the
 * states -> logits and the next states. rn_decode runs it in a loop of the graph, so that
 * one run of a program decodes a whole batch.
 *
 * Letters: B batch, K beams, T steps, V tokens of the vocabulary, N rows: B, or B K with a
 * beam.
 */
#ifndef RONDO_DECODE_H
#define RONDO_DECODE_H

#include "model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- draws ---- */

/* Draws an index along the last axis with probability softmax(logits): [.., V] -> i32 [..].
 * A logit of -inf is never drawn, unless all are: then the result is 0. It is also 0 if a
 * logit is NaN, and else the first +inf if there is one. `ticks` and `key` are those of
 * rn_uniform (ops.h): rn_random_ticks and rn_random_key_next give them. Row i depends on
 * element i of rn_uniform in f64, so not on the number of rows or of threads; on the
 * instruction set only as far as the last bit of e^x decides. No gradient. Errors: logits
 * that are not real; no last axis, or an empty one. */
RN_API rn_tensor rn_categorical(rn_tensor ticks, uint64_t key, rn_tensor logits);

/* Which logits stay, and how flat their distribution is. A zeroed struct changes nothing.
 * The filters apply in this order, each to what the one before has left:
 *
 *   temperature  (logits - the largest) / temperature; 0 means 1, which changes nothing.
 *                Near 0 the largest has all probability
 *   top_k        the k largest; 0: all
 *   top_p        the largest whose probabilities add up to at least p, always one; 0 or 1:
 *                all. Holtzman et al. 2019, arXiv:1904.09751
 *   min_p        those with at least min_p times the largest probability; 0: all.
 *                arXiv:2407.01082
 *
 * Of equal logits those of lower index stay first. */
typedef struct rn_filter {
    double temperature;
    int64_t top_k;
    double top_p, min_p;
} rn_filter;

/* The logits [.., V] as the filter leaves them: those that it removes are -inf. The
 * gradient goes to the others. Errors: logits that are not real; no last axis, or an empty
 * one; a negative temperature or top_k; top_p or min_p outside 0..1. */
RN_API rn_tensor rn_filter_logits(rn_tensor logits, rn_filter filter);

/* Logits [.., V] in which tokens that have occurred are less likely: where `seen`, bool of
 * the same shape, is true, positive logits are divided by `penalty` and others multiplied
 * by it. Keskar et al. 2019, arXiv:1909.05858. penalty > 0. */
RN_API rn_tensor rn_repetition_penalty(rn_tensor logits, rn_tensor seen, double penalty);

/* ---- decoders ---- */

enum { RN_DECODER_STATES_MAX = 256 };

/* `step` gets tokens, i32 [N], and the states, each [N, ..] of any type. It replaces the
 * states by the next ones, of the same shapes and types, and returns the logits [N, V] of
 * the model's real type. It is called once and may use any tensor of the graph, such as an
 * encoder's outputs (with a beam, see rn_beam_repeat). The scope is that of the call, so a
 * weight has the name that it has in the training graph. `user` is passed on. */
typedef struct rn_decoder {
    rn_tensor (*step)(rn_scope scope, rn_tensor tokens, rn_tensor *states, void *user);
    void *user;
} rn_decoder;

typedef struct rn_decode_options {
    int64_t steps;      /* T, the most tokens of a sequence */
    int32_t begin;      /* the token that the first step reads */
    rn_tensor first;    /* i32 [B]: the same for each sequence; null: begin */
    int32_t end;        /* the token that ends a sequence */
    bool endless;       /* no token does: all sequences have T tokens */
    int64_t min_length; /* `end` is not chosen before so many tokens */
    bool stop_early;    /* no step is computed once all sequences, or hypotheses, have
                           ended; see below */

    bool sample;      /* draws each token, else the most likely one is chosen */
    rn_filter filter; /* with sample: of the logits before each draw */

    int beam;              /* K, the beams of a beam search; 0: none; excludes sample */
    double length_penalty; /* with beam: alpha, see below; 0: none */
    double length_power;   /* with beam: p, see below; 1: the mean; 0: none */
} rn_decode_options;

/* [B..] is [B], with a beam [B, K]: the hypotheses, the best first. */
typedef struct rn_decoding {
    rn_tensor tokens;          /* i32 [T, B..], without the first token that is read; from
                                  the end of a sequence on they are `end` */
    rn_tensor lengths;         /* i32 [B..]: the tokens before `end`, T if it never came */
    rn_tensor log_probability; /* [B..]: of the tokens and `end`, by the logits before any
                                  filter; the sum of their log_softmax */
    rn_tensor score;           /* [B..]: what the order of a beam's hypotheses follows */
} rn_decoding;

/* Decodes B sequences from their first states, each [B, ..], which the call replaces by the
 * states after each sequence's last token, [N, ..]. B is that of the states, or of
 * options.first if there are none. Draws have keys of scope/name.
 *
 * Without a beam, each step chooses the most likely token, the first of equal ones, or
 * draws one. A sequence that has ended keeps its states. Its row does not depend on the
 * other rows; only draws depend on its place in the batch.
 *
 * With a beam, each step extends every hypothesis by every token and keeps the K best by
 *
 *   score = log_probability / ((5 + L) / 6)^alpha     Wu et al. 2016, arXiv:1609.08144
 *   score = log_probability / L^p                     p = 1: the mean of all tokens
 *
 * where L counts the tokens and `end`. At most one of alpha and p is not 0. A hypothesis
 * that has ended stays among them with the score it has. Of equal ones the order is that of
 * the beams before and of the tokens. K = 1 is the choice of the most likely token. Where
 * there are fewer than K hypotheses, those missing have log_probability -inf and length 0.
 *
 * With stop_early results have the same bits, and steps after all have ended cost nothing.
 * The steps before cost a little more, and the loop counts as two of the RN_LOOP_DEPTH that
 * may be nested. Scopes for training
 * are an error. After an error all tensors are null, the states too. */
RN_API rn_decoding rn_decode(rn_scope scope, const char *name, const rn_decoder *decoder,
                             rn_tensor *states, int count, rn_decode_options options);

/* Repeats each element of x along an axis K times: [.., B, ..] -> [.., B K, ..]. Element b
 * becomes b K .. b K + K - 1, which are the rows of its beams in a decoder's step. Errors:
 * beams < 1. */
RN_API rn_tensor rn_beam_repeat(rn_tensor x, int axis, int beams);

/* ---- training a decoder ---- */

typedef struct rn_teacher_options {
    int32_t begin;     /* the token that the first step reads */
    rn_tensor first;   /* i32 [B]: the same for each sequence; null: begin */
    rn_tensor lengths; /* i32 [B], see loop.h; null: all T */
    rn_tensor own;     /* of the model's real type, broadcasts to [T, B]: the probability
                          that a step after the first reads the model's own token; null: 0 */
    bool draw;         /* that token is drawn, else it is the most likely one */
} rn_teacher_options;

/* Runs a decoder over known tokens, targets i32 [T, B]: the logits [T, B, V], logits[t] for
 * targets[t]. Step t reads targets[t - 1], the first step `first`: teacher forcing, with
 * the bits of rn_recurrent where the step is rn_recurrent_step.
 *
 * With `own` each step draws for each sequence whether it reads, instead of the target,
 * what the model chose by the logits of the step before: scheduled sampling, Bengio et al.
 * 2015, arXiv:1506.03099. No gradient goes through that choice. `own` may be a constant, an
 * input or a variable that a schedule changes; at 0 all steps read targets. It applies in
 * every scope, also for inference.
 *
 * The states are as for rn_decode, [B, ..]. After an error the result and the states are
 * null. */
RN_API rn_tensor rn_teacher_force(rn_scope scope, const char *name,
                                  const rn_decoder *decoder, rn_tensor targets,
                                  rn_tensor *states, int count, rn_teacher_options options);

#ifdef __cplusplus
}
#endif
#endif
