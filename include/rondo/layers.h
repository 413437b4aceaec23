/* SPDX-License-Identifier: MIT */
/* Layers that are not recurrent. */
#ifndef RONDO_LAYERS_H
#define RONDO_LAYERS_H

#include "model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* y = x W + b, x [.., I] -> y [.., units]; x has the model's real type. Weights: name/w [I,
 * units] (Glorot uniform), name/b [units] (zeros). */
RN_API rn_tensor rn_linear(rn_scope scope, const char *name, rn_tensor x, int64_t units);

/* Looks up rows of a table: indices i32 [..] -> [.., units]. An index outside 0..count-1
 * makes the run fail with a message. Weight: name/w [count, units] (standard normal). */
RN_API rn_tensor rn_embedding(rn_scope scope, const char *name, rn_tensor indices,
                              int64_t count, int64_t units);

/* The same with a choice of initialiser. If the table is also the weight of the output
 * layer ("tied"), use RN_INIT_NORMAL with a scale of 0.25 to 0.5; with larger values the
 * initial logits are large. */
RN_API rn_tensor rn_embedding_init(rn_scope scope, const char *name, rn_tensor indices,
                                   int64_t count, int64_t units, rn_init init);

/* The same with an index for padding, such as that of the steps past a sequence's length:
 * its result is zero, and its row of the table is not read, so it gets no gradient.
 * PyTorch's padding_idx. Other indices outside 0..count-1 still make the run fail. Errors:
 * a padding outside 0..count-1. */
RN_API rn_tensor rn_embedding_padded(rn_scope scope, const char *name, rn_tensor indices,
                                     int64_t count, int64_t units, rn_init init,
                                     int64_t padding);

/* Dropout. In training, sets each element to 0 with probability `rate` and divides the
 * others by 1 - rate; in inference, returns x. 0 <= rate < 1. Srivastava et al. 2014.
 *
 * Each call draws a new mask in every run and in every step of the loops around x, even if
 * the graph uses the same name twice (see rn_random_key_next). */
RN_API rn_tensor rn_dropout(rn_scope scope, const char *name, rn_tensor x, double rate);

/* A dropout mask that several tensors can share: multiply by it. In training its elements
 * are 0 with probability `rate` and 1 / (1 - rate) otherwise; in inference they are 1.
 * `type` is real. The mask belongs to the scope's graph. With the scope rn_root(g, model),
 * or one inside it, the mask is drawn once a run and is the same in all steps of the loops
 * that use it, even if a cell calls this function: variational dropout, arXiv:1512.05287.
 * Each call draws its own mask. A NaN or infinity times 0 is NaN, whereas rn_dropout gives
 * 0. */
RN_API rn_tensor rn_dropout_mask(rn_scope scope, const char *name, rn_type type,
                                 rn_shape shape, double rate);

/* Zoneout, of a state h and its next value y, which are real and alike: in training each
 * element keeps its old value with probability `rate`; in inference the result is the mean,
 * rate h + (1 - rate) y. Krueger et al. 2016, arXiv:1606.01305. Draws as rn_dropout does.
 */
RN_API rn_tensor rn_zoneout(rn_scope scope, const char *name, rn_tensor h, rn_tensor y,
                            double rate);

/* Layer normalisation over the last axis, epsilon 1e-5; arXiv:1607.06450. Weights:
 * name/gain (ones) and name/bias (zeros). Without weights: rn_normalize and
 * rn_normalize_affine (ops.h). */
RN_API rn_tensor rn_layer_norm(rn_scope scope, const char *name, rn_tensor x);

#ifdef __cplusplus
}
#endif
#endif
