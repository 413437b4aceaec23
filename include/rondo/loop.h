/* SPDX-License-Identifier: MIT */
/*
 * The loop: one node with a body graph, however many steps it runs.
 *
 *     rn_loop  *t = rn_loop_begin(g);              for each step
 *     rn_tensor x = rn_loop_each(t, xs);             x = xs[t]            [B, I]
 *     rn_tensor h = rn_loop_carry(t, h0);            h, first h0          [B, H]
 *     rn_tensor n = rn_tanh(...);                    outer tensors may be mentioned freely
 *     rn_loop_next(t, h, n);                         h = n
 *     rn_loop_end(t);
 *     rn_tensor hs = rn_loop_collect(t, n);        hs[t] = n              [T, B, H]
 *     rn_tensor hT = rn_loop_final(t, h);          h after the last step  [B, H]
 *
 * Builders called with a tensor of the body between begin and end belong to the body. A
 * body tensor may not be used outside but through rn_loop_collect. Loops nest, up to
 * RN_LOOP_DEPTH. The number of steps may be 0: outputs are empty, final carries are the
 * initial ones.
 *
 * With lengths [B] (i32, each in 0..T; another length makes the run fail with a message)
 * every step input, carry and collected value has B as its first axis, and sequence b takes
 * part in steps t < lengths[b] only: past its length its carry is held and what is
 * collected is zero. Padding is ignored: whatever the step inputs hold there changes no
 * value and no gradient. To be safe from its values the body repeats the sequence's first
 * step there. The loop stops after the longest sequence. A reversed loop with lengths
 * starts each sequence at its own end.
 *
 * All functions accept NULL, which rn_loop_begin gives after an error, and then do nothing.
 * The null tensor is an error, unless there is one already.
 */
#ifndef RONDO_LOOP_H
#define RONDO_LOOP_H

#include "graph.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RN_LOOP_DEPTH = 4 };

/* Owned by the graph. */
typedef struct rn_loop rn_loop;

/* Begins a loop in `graph` (inside another loop's body: the graph of a body tensor). NULL
 * on error. Must be followed by rn_loop_end. */
RN_API rn_loop *rn_loop_begin(rn_graph *graph);

/* Before the first step input: run from the last step to the first; set the number of steps
 * of a loop that may have no step inputs; give lengths, i32 [B] (null: none). */
RN_API void rn_loop_reverse(rn_loop *loop);
RN_API void rn_loop_steps(rn_loop *loop, int64_t steps);
RN_API void rn_loop_lengths(rn_loop *loop, rn_tensor lengths);

/* The body's graph, for builders that need one, such as rn_constant. */
RN_API rn_graph *rn_loop_body(rn_loop *loop);

/* Step t's slice of xs [T, ...] along the first axis: [...]. T must be the same for all. */
RN_API rn_tensor rn_loop_each(rn_loop *loop, rn_tensor xs);

/* A value carried from step to step, `initial` at the first. */
RN_API rn_tensor rn_loop_carry(rn_loop *loop, rn_tensor initial);

/* The step's index along the first axis (so it falls in a reversed loop), i32 scalar. */
RN_API rn_tensor rn_loop_index(rn_loop *loop);

/* What the carry becomes after this step: the shape and type of the carry. Once a carry. */
RN_API void rn_loop_next(rn_loop *loop, rn_tensor carry, rn_tensor next);

/* Ends the body and checks it. False on error. */
RN_API bool rn_loop_end(rn_loop *loop);

/* After the end: the body tensor's value of every step, [T, ...], in the outer graph. Of a
 * tensor from outside, whose value no step changes, that is its value T times. */
RN_API rn_tensor rn_loop_collect(rn_loop *loop, rn_tensor body);

/* After the end: the carry's value after the last step, in the outer graph. */
RN_API rn_tensor rn_loop_final(rn_loop *loop, rn_tensor carry);

/* After the end: all values of a carry [T + 1, ...], in order of the first axis: the
 * initial value is first, or last in a reversed loop. */
RN_API rn_tensor rn_loop_history(rn_loop *loop, rn_tensor carry);

#ifdef __cplusplus
}
#endif
#endif
