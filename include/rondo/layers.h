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
 * makes the run fail with a message. Weight: name/w [count, units]
 * (normal, standard deviation 1 / sqrt(units)). */
RN_API rn_tensor rn_embedding(rn_scope scope, const char *name, rn_tensor indices,
                              int64_t count, int64_t units);

/* In training, each element is 0 with probability `rate` and else divided by 1 - rate; in
 * inference x itself. rate in 0 <= rate < 1. `name` makes the draw the scope's own.
 * Srivastava et al. 2014. */
RN_API rn_tensor rn_dropout(rn_scope scope, const char *name, rn_tensor x, double rate);

/* Layer normalisation with weights name/gain (ones) and name/bias (zeros), epsilon 1e-5. */
RN_API rn_tensor rn_layer_normalization(rn_scope scope, const char *name, rn_tensor x);

#ifdef __cplusplus
}
#endif
#endif
