/* SPDX-License-Identifier: MIT */
/*
 * The loop (scan): one node with a body graph, whatever the number of steps.
 *
 *     rn_loop  *t = rn_loop_begin(g);              for each step
 *     rn_tensor x = rn_loop_each(t, xs);             x = xs[t]            [B, I]
 *     rn_tensor h = rn_loop_carry(t, h0);            h, initially h0      [B, H]
 *     rn_tensor n = rn_tanh(...);                    the body may use outer tensors
 *     rn_loop_next(t, h, n);                         h = n
 *     rn_loop_end(t);
 *     rn_tensor hs = rn_loop_collect(t, n);        hs[t] = n              [T, B, H]
 *     rn_tensor hT = rn_loop_final(t, h);          h after the last step  [B, H]
 *
 * Between begin and end, a builder that is called with a tensor of the body adds to the
 * body. Outside the loop a tensor of the body is available only through rn_loop_collect.
 * Loops may be nested, RN_LOOP_DEPTH deep at most. A loop may have 0 steps: then its
 * outputs are empty and its final carries are the initial ones.
 *
 * With lengths (i32 [B], each in 0..T; any other length makes the run fail with a message),
 * every step input, carry and collected value has B as its first axis. Sequence b runs
 * steps t < lengths[b] only: past its length its carries keep their values and its
 * collected values are zero. Padding is ignored: its values affect no result and no
 * gradient. The loop stops after the longest sequence. A reversed loop starts each sequence
 * at its own last step.
 *
 * A step computes only the sequences that have it, if each row of the batch can be computed
 * apart: by element-wise operators, products, and others with the rule `divide` (op.h).
 * Then sums over the batch, which gradients of weights are, add real steps only, the
 * longest sequences first. If a body mixes rows, all rows run in every step of all loops
 * with the same lengths, those of a sequence that has ended on its first step again.
 *
 * All functions accept a NULL loop, which rn_loop_begin returns after an error, and do
 * nothing. A null tensor is an error, unless the graph already has one.
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

/* Begins a loop in `graph`; for a nested loop that is the graph of a tensor of the outer
 * loop's body. NULL on error. Must be followed by rn_loop_end. */
RN_API rn_loop *rn_loop_begin(rn_graph *graph);

/* Options, to be set before the first step input or carry: run from the last step to the
 * first; set the number of steps, which a loop without step inputs needs; set the lengths,
 * i32 [B] (null: none). */
RN_API void rn_loop_reverse(rn_loop *loop);
RN_API void rn_loop_steps(rn_loop *loop, int64_t steps);
RN_API void rn_loop_lengths(rn_loop *loop, rn_tensor lengths);

/* Gradient checkpointing (Chen et al. 2016, arXiv:1604.06174); to be set before the end.
 * `bytes` is a budget for what the loop keeps in memory for its gradient;
 * RN_CHECKPOINT_SQRT: as little as possible, which grows with the square root of the number
 * of steps; 0, the default: no limit. If the values of all steps need more, the loop runs
 * in segments: it keeps its carries at their starts, and the gradient computes a segment
 * again before it goes back through it. A budget that cannot be met is as
 * RN_CHECKPOINT_SQRT. Values have the same bits, as have gradients; of these, sums over the
 * steps, such as those of weights, and those of loops that would become scans
 * (RN_PASS_SCAN) may differ by rounding. docs/recurrent.md says when, and what else to
 * know. An error: less than RN_CHECKPOINT_SQRT. */
enum { RN_CHECKPOINT_SQRT = -1 };
RN_API void rn_loop_checkpoint(rn_loop *loop, int64_t bytes);

/* The body's graph, for builders that take a graph, such as rn_constant. */
RN_API rn_graph *rn_loop_body(rn_loop *loop);

/* A step input: slice t of xs [T, ...] along the first axis, [...]. All step inputs of a
 * loop have the same T. */
RN_API rn_tensor rn_loop_each(rn_loop *loop, rn_tensor xs);

/* A carry: a value passed from step to step, `initial` in the first. */
RN_API rn_tensor rn_loop_carry(rn_loop *loop, rn_tensor initial);

/* The index of the step along the first axis, i32 scalar; a reversed loop counts down. A
 * loop of more than 2^31 steps cannot have one; rn_loop_end reports that. */
RN_API rn_tensor rn_loop_index(rn_loop *loop);

/* Sets a carry's value for the next step, of the carry's shape and type. Call it exactly
 * once for each carry. */
RN_API void rn_loop_next(rn_loop *loop, rn_tensor carry, rn_tensor next);

/* Ends the body and checks it. False on error. */
RN_API bool rn_loop_end(rn_loop *loop);

/* After rn_loop_end: the values of a body tensor in all steps, [T, ...], in the outer
 * graph. An outer tensor, which no step changes, is repeated T times. */
RN_API rn_tensor rn_loop_collect(rn_loop *loop, rn_tensor body);

/* After rn_loop_end: the carry's value after the last step, in the outer graph. */
RN_API rn_tensor rn_loop_final(rn_loop *loop, rn_tensor carry);

/* After rn_loop_end: all values of a carry, [T + 1, ...], in order of the first axis. The
 * initial value comes first, or last in a reversed loop. */
RN_API rn_tensor rn_loop_history(rn_loop *loop, rn_tensor carry);

#ifdef __cplusplus
}
#endif
#endif
