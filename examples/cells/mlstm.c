/* SPDX-License-Identifier: MIT */
/*
 * mLSTM -- the matrix memory of the xLSTM; Beck, Poppel, Spanring, Auer, Prudnikova, Kopp,
 * Klambauer, Brandstetter and Hochreiter 2024, arXiv:2405.04517. N heads of D units each,
 * H = N D; every line is for one head but those of o and y.
 *
 *   x  [B, I]    C  [B, N, D, D]    n  [B, N, D]    m  [B, N]    y  [B, H]
 *
 *   q  = Wq x + bq    k = (Wk x + bk) / sqrt(D)    v = Wv x + bv
 *   i  = wi x + bi    f = log s(wf x + bf)         o = s(Wo x + bo)
 *   m' = max(f + m, i)
 *   C' = e^(f + m - m') C + e^(i - m') v k^T
 *   n' = e^(f + m - m') n + e^(i - m') k
 *   y  = o .* C' q / max(|n' . q|, e^-m')
 *
 * As in the sLSTM no output depends on the choice of m', whose gradient is 0, and m begins
 * as -1e30. cell_mlstm has one head, cell_mlstm_heads N of them.
 */
#include "cells.h"

#include <math.h>

/* W x + b as [B, N, D]. */
static rn_tensor heads(rn_scope s, const char *name, rn_tensor x, rn_shape n)
{
    return rn_reshape(rn_linear(s, name, x, n.size[1] * n.size[2]), n);
}

/* [B, N] -> [B, N, 1, 1] */
static rn_tensor matrix(rn_tensor x)
{
    return rn_expand(rn_expand(x, -1), -1);
}

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor C = state[0], n = state[1], m = state[2];
    const rn_shape shape = rn_shape_get(n);
    const int64_t B = shape.size[0], N = shape.size[1], D = shape.size[2];
    rn_tensor q = heads(s, "q", x, shape), v = heads(s, "v", x, shape);
    rn_tensor k = rn_scale(heads(s, "k", x, shape), 1 / sqrt((double)D));
    rn_tensor i = rn_linear(s, "i", x, N);
    rn_tensor f = rn_neg(rn_softplus(rn_neg(rn_linear(s, "f", x, N))));
    rn_tensor o = rn_sigmoid(rn_linear(s, "o", x, N * D)), fm = rn_add(f, m);

    state[2] = m = rn_stop_gradient(rn_maximum(fm, i));
    rn_tensor keep = rn_exp(rn_sub(fm, m)), add = rn_exp(rn_sub(i, m));
    rn_tensor ik = rn_mul(rn_expand(add, -1), k);
    state[1] = n = rn_add(rn_mul(rn_expand(keep, -1), n), ik);
    rn_tensor nq = rn_sum_axis(rn_mul(n, q), -1);
    rn_tensor divisor = rn_maximum(rn_abs(nq), rn_exp(rn_neg(m)));

    state[0] = C =
        rn_add(rn_mul(matrix(keep), C), rn_mul(rn_expand(v, -1), rn_expand(ik, 2)));
    rn_tensor Cq = rn_sum_axis(rn_mul(C, rn_expand(q, 2)), -1);
    rn_tensor y = rn_div(Cq, rn_expand(divisor, -1));
    return rn_mul(o, rn_reshape(y, rn_shape(B, N * D)));
}

const rn_cell cell_mlstm = {
    .name = "mlstm",
    .states = 3,
    .step = step,
    .state = {{.shape = {3, {1, RN_UNITS, RN_UNITS}}},
              {.shape = {2, {1, RN_UNITS}}},
              {.shape = {1, {1}}, .value = -1e30}},
};

rn_cell cell_mlstm_heads(int64_t N, int64_t D)
{
    rn_cell cell = cell_mlstm;

    cell.output = N * D;
    cell.state[0].shape = rn_shape(N, D, D);
    cell.state[1].shape = rn_shape(N, D);
    cell.state[2].shape = rn_shape(N);
    return cell;
}
