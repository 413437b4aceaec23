/* SPDX-License-Identifier: MIT */
/*
 * The internals of decoding.
 *
 *   decode.c        the public function, its arguments, a step's logits
 *   decode_loop.c   the loop, which may stop early
 *   decode_rows.c   without a beam: one hypothesis a sequence
 *   decode_beam.c   a beam search
 *   teacher.c       teacher forcing, scheduled sampling
 *   decoder.c       one call of the user's step, checked
 */
#ifndef RN_NN_DECODE_DECODE_H
#define RN_NN_DECODE_DECODE_H

#include "graph/node.h"
#include "rondo/decode.h"

/* A decoder with its states: what rn_decode and rn_teacher_force have in common. */
typedef struct rn__decoder {
    const char *what, *name; /* "decode", and the name of the call */
    rn_scope scope, draws;   /* that of the call, and of its name */
    const rn_decoder *user;
    rn_graph *graph; /* the innermost of the states and first tokens */
    rn_tensor first; /* i32 [B]: the tokens that the first step reads */
    int count;       /* of the states */
    int64_t batch;
    rn_type real;
    rn_tensor state[RN_DECODER_STATES_MAX];
} rn__decoder;

/* Fills *d and checks the arguments; false after an error. `first`: null for `begin` in
 * every sequence. `targets`: NULL, or i32 [T, B]. */
bool rn__decoder_init(rn__decoder *d, const char *what, rn_scope scope, const char *name,
                      const rn_decoder *user, const rn_tensor *states, int count,
                      rn_tensor first, int32_t begin, const rn_tensor *targets);

/* Records "decode: <fault>: <name> has <x>". Returns false. */
bool rn__decoder_refuse(const rn__decoder *d, rn_tensor x, const char *format, ...)
    RN_PRINTF(3, 4);

/* Calls the step in a loop's body: tokens i32 [rows] and the states -> logits [rows, V] and
 * the next states. Null after an error. */
rn_tensor rn__decoder_step(const rn__decoder *d, int64_t rows, rn_tensor tokens,
                           rn_tensor *state);

/* x where a sequence, a row of the condition [N], is true, else y: both [N, ..]. */
rn_tensor rn__decoder_choose(rn_tensor condition, rn_tensor x, rn_tensor y);

/* The log-probabilities [N, V] of the tokens [N]: [N]. */
rn_tensor rn__decoder_at(rn_tensor logs, rn_tensor tokens);

/* A draw from the filtered logits [N, V]: i32 [N]. */
rn_tensor rn__filter_draw(rn_tensor ticks, uint64_t key, rn_tensor x, const rn_filter *f);

/* A decoding in progress. */
typedef struct rn__decode {
    rn__decoder d;
    rn_decode_options o;
    rn_loop *loop;   /* with the decoder's step */
    rn_loop *around; /* NULL, or the loop whose steps have that one */
    rn_tensor token, state[RN_DECODER_STATES_MAX]; /* carries */
} rn__decode;

/* Begins the loop over rows whose first tokens and states are these; false after an error.
 * rn__decode_logits: the logits of a step, without `end` where it is too early for that,
 * and in `next` its states. */
bool rn__decode_begin(rn__decode *w, rn_tensor first, const rn_tensor *state);

/* The carries of the loop, and the index of its step. After rn__decode_end: the final value
 * of a carry. */
rn_tensor rn__decode_carry(const rn__decode *w, rn_tensor initial);
rn_tensor rn__decode_index(const rn__decode *w);
rn_tensor rn__decode_final(const rn__decode *w, rn_tensor carry);

/* Ends the loop. `ended` is the carry that says so, null if there is none; y[i], a value of
 * the step, becomes its values in all steps, rest[i] in those after the last. */
bool rn__decode_end(rn__decode *w, rn_tensor ended, rn_tensor *y, const rn_tensor *rest,
                    int count);

rn_tensor rn__decode_logits(const rn__decode *w, rn_tensor *next);

/* bool [V]: whether each token is `end`. */
rn_tensor rn__decode_is_end(const rn__decode *w, rn_tensor logits);

/* logits [N, V] with -inf for `end` in steps that are too early. */
rn_tensor rn__decode_not_too_early(const rn__decode *w, rn_tensor logits);

/* All tokens of a decoding. `state` become the final states. */
rn_decoding rn__decode_rows(rn__decode *w, rn_tensor *state);
rn_decoding rn__decode_beams(rn__decode *w, rn_tensor *state);

#endif
