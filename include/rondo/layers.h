/* SPDX-License-Identifier: MIT */
/* Layers that are not recurrent. */
#ifndef RONDO_LAYERS_H
#define RONDO_LAYERS_H

#include "model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* x W + b: x [.., I] -> [.., units], for a real x of the model's type. Weights: name/w [I,
 * units] (Glorot uniform), name/b [units] (zeros). */
RN_API rn_tensor rn_linear(rn_scope scope, const char *name, rn_tensor x, int64_t units);

/* Rows of a table by index: indices [..] i32 -> [.., units]; an index outside 0..count-1
 * makes the run fail with a message. Weight: name/w [count, units] (standard normal). */
RN_API rn_tensor rn_embedding(rn_scope scope, const char *name, rn_tensor indices,
                              int64_t count, int64_t units);

/* The same with a table that begins as `init` says. One that is the output's weights too
 * ("tied") should begin smaller, as normal with 0.25 to 0.5, or its logits are large. */
RN_API rn_tensor rn_embedding_init(rn_scope scope, const char *name, rn_tensor indices,
                                   int64_t count, int64_t units, rn_init init);

/* In training, each element is 0 with probability `rate` and else divided by 1 - rate; in
 * inference x itself. rate in 0 <= rate < 1. Srivastava et al. 2014.
 *
 * Each call draws its own mask, in every run and every step of the loops around x, also
 * when the name was used before in the graph (see rn_random_key_next). */
RN_API rn_tensor rn_dropout(rn_scope scope, const char *name, rn_tensor x, double rate);

/* The mask alone, to be multiplied with as often as it is to be shared: in training 0 with
 * probability `rate` and else 1 / (1 - rate), in inference ones. type: real. The mask
 * belongs to the scope's graph. From rn_root(g, model) it is drawn once a run and is the
 * same in all steps of the loops that mention it, also when a cell asks for it: variational
 * dropout, arXiv:1512.05287. Each call draws a mask of its own, as with rn_dropout. A NaN
 * or infinity times 0 is NaN; rn_dropout selects and gives 0. */
RN_API rn_tensor rn_dropout_mask(rn_scope scope, const char *name, rn_type type,
                                 rn_shape shape, double rate);

/* Layer normalisation with weights name/gain (ones) and name/bias (zeros), epsilon 1e-5. */
RN_API rn_tensor rn_layer_normalization(rn_scope scope, const char *name, rn_tensor x);

#ifdef __cplusplus
}
#endif
#endif
