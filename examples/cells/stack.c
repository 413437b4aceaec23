/* SPDX-License-Identifier: MIT */
/*
 * Stack RNN -- a stack that is pushed and popped in part; Joulin and Mikolov 2015,
 * arXiv:1503.01007, with the action "no operation" and elements that are vectors.
 *
 *   x  [B, I]    h  [B, H]    S  [B, D, W], the top first
 *
 *   h' = s(W x + U h + P S[0] + b)
 *   (push pop keep) = softmax(A h' + a)
 *   S'[0] = push s(V h' + c) + pop S[1] + keep S[0]
 *   S'[d] = push S[d - 1] + pop S[d + 1] + keep S[d]        S[D] = 0
 *
 * Grefenstette et al. 2015, arXiv:1506.02516, have another continuous stack, whose
 * strengths are cut at 0: its gradient has kinks, and this one's has none. cell_stack has D
 * = 8, W = 8.
 */
#include "cells.h"

/* Column k of actions [B, 3] as [B, 1, 1]. */
static rn_tensor action(rn_tensor actions, int k)
{
    return rn_expand(rn_slice(actions, -1, k, k + 1, 1), -1);
}

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor h = state[0], S = state[1];
    const int64_t H = rn_size(h, -1), D = rn_size(S, 1), W = rn_size(S, 2);
    rn_tensor top = rn_gate_state(s, "top", rn_index(S, 1, 0), H);

    state[0] = h = rn_sigmoid(rn_add(rn_gate(s, "h", x, h), top));
    rn_tensor actions = rn_softmax(rn_linear(s, "action", h, 3), -1);
    rn_tensor value = rn_expand(rn_sigmoid(rn_linear(s, "value", h, W)), 1);
    rn_tensor both[2] = {value, rn_slice(S, 1, 0, D - 1, 1)};
    rn_tensor pushed = rn_concat(both, 2, 1);
    rn_tensor popped = rn_pad(rn_slice(S, 1, 1, D, 1), 1, 0, 1, 0);
    state[1] = rn_add(
        rn_add(rn_mul(action(actions, 0), pushed), rn_mul(action(actions, 1), popped)),
        rn_mul(action(actions, 2), S));
    return h;
}

const rn_cell cell_stack = {
    .name = "stack",
    .states = 2,
    .step = step,
    .state = {[1] = {.shape = {2, {8, 8}}}},
};

rn_cell cell_stack_sizes(int64_t depth, int64_t width)
{
    rn_cell cell = cell_stack;

    cell.state[1].shape = rn_shape(depth, width);
    return cell;
}
