/* SPDX-License-Identifier: MIT */
/*
 * Cells as users write them, with features that the library's own do not need: options,
 * states of other shapes than [B, H], initial values other than zero, and outputs that are
 * not a state.
 */
#ifndef RN_TESTS_NN_CELLS_H
#define RN_TESTS_NN_CELLS_H

#include <rondo/recurrent.h>

/* An LSTM with recurrent projection (LSTMP); Sak et al. 2014, arXiv:1402.1128. States
 * h [B, P] and c [B, H], which begins as 1/2; output h'. With options.
 *   c' = f .* c + i .* g, as in the LSTM     h' = Wp (o .* tanh(c'))
 * Weights: those of the LSTM with u [P, H], and p/w [H, P]. */
enum { RN_TEST_PROJECTION = 2 };
extern const rn_cell rn_test_cell_lstmp;

/* A matrix memory, as the mLSTM's of arXiv:2405.04517 with sigmoid gates and a smooth
 * divisor. States C [B, 2H, H], which begins as a learned matrix, and n [B, H]; output
 * [B, 2H].
 *   q = Wq x    k = Wk x / sqrt(H)    v = Wv x    i, f, o = s(W x + b), i and f [B, 1]
 *   C' = f C + i v k^T    n' = f n + i k    y = o .* (C' q) / sqrt(1 + (n' . q)^2)
 * Weights: q/w, k/w, v/w, i/w, i/b, f/w, f/b, o/w, o/b, initial0. */
extern const rn_cell rn_test_cell_memory;

/* An RNN of a mixture of this input and the last one, p. States h [B, H], which begins as
 * tanh(h0) of a weight h0 [H], and p [B, I]; output [h'; x], [B, H + I].
 *   h' = tanh(W (a .* x + (1 - a) .* p) + U h + b)    p' = x
 * Weights: a [I], h0 [H], h/w, h/u, h/b. */
extern const rn_cell rn_test_cell_shift;

#endif
