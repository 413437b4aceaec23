/* SPDX-License-Identifier: MIT */
/*
 * Child-sum Tree-LSTM -- Tai, Socher and Manning 2015, arXiv:1503.00075. A tree's nodes are
 * in topological order, children before parents; each step of a loop computes one node of
 * each of B trees.
 *
 *   x  [T, B, I]    children  i32 [T, B, K]    lengths  i32 [B] or null    y  [T, B, H]
 *
 * Of node t, children has the numbers of at most K nodes before it, counted from 1, and 0
 * for none: a chain is 0, 1, 2, .. Lengths are the trees' numbers of nodes.
 *
 *   h~ = sum over the children k of h_k
 *   i  = s(Wi x + Ui h~ + bi)      o likewise      u = tanh(Wu x + Uu h~ + bu)
 *   f_k = s(Wf x + Uf h_k + bf)    one for each child
 *   c  = i .* u + sum over k of f_k .* c_k
 *   h  = o .* tanh(c)              y_t = h
 *
 * The states of all nodes are carried in a table whose row 0 is zero: no child has no
 * effect. Each step writes a row, so memory in training grows with T^2.
 */
#include "cells.h"

/* Rows `index` [B, K] of a table [B, T + 1, H]: [B, K, H]. */
static rn_tensor rows(rn_tensor table, rn_tensor index)
{
    return rn_gather(table, rn_expand(index, -1), 1);
}

/* The table with y [B, H] in its row `at` [1, 1, 1]. */
static rn_tensor written(rn_tensor table, rn_tensor at, rn_tensor y)
{
    return rn_scatter(table, at, rn_expand(y, 1), 1);
}

/* One node: h and c from those of its children, [B, K, H]. */
static void node(rn_scope s, rn_tensor x, rn_tensor hk, rn_tensor ck, rn_tensor *h,
                 rn_tensor *c)
{
    const int64_t B = rn_size(hk, 0), K = rn_size(hk, 1), H = rn_size(hk, 2);
    rn_tensor sum = rn_sum_axis(hk, 1);
    rn_tensor i = rn_sigmoid(rn_gate(s, "i", x, sum));
    rn_tensor o = rn_sigmoid(rn_gate(s, "o", x, sum));
    rn_tensor u = rn_tanh(rn_gate(s, "u", x, sum));
    rn_tensor uf = rn_gate_state(s, "f", rn_reshape(hk, rn_shape(B * K, H)), H);
    rn_tensor wf = rn_expand(rn_linear(s, "f", x, H), 1);
    rn_tensor f = rn_sigmoid(rn_add(wf, rn_reshape(uf, rn_shape(B, K, H))));

    *c = rn_add(rn_mul(i, u), rn_sum_axis(rn_mul(f, ck), 1));
    *h = rn_mul(o, rn_tanh(*c));
}

rn_tensor cell_tree_lstm(rn_scope scope, const char *name, rn_tensor x, rn_tensor children,
                         rn_tensor lengths, int64_t units)
{
    const rn_scope s = rn_scope_in(scope, name);
    const int64_t T = rn_size(x, 0), B = rn_size(x, 1);
    rn_tensor none = rn_fill(x.graph, rn_type_get(x), rn_shape(B, T + 1, units), 0), h, c;
    rn_loop *loop = rn_loop_begin(x.graph);

    rn_loop_lengths(loop, lengths);
    rn_tensor xt = rn_loop_each(loop, x), index = rn_loop_each(loop, children);
    rn_tensor hs = rn_loop_carry(loop, none), cs = rn_loop_carry(loop, none);
    rn_tensor at = rn_offset(rn_loop_index(loop), 1);
    node(s, xt, rows(hs, index), rows(cs, index), &h, &c);
    at = rn_reshape(at, rn_shape(1, 1, 1));
    rn_loop_next(loop, hs, written(hs, at, h));
    rn_loop_next(loop, cs, written(cs, at, c));
    rn_loop_end(loop);
    return rn_loop_collect(loop, h);
}
