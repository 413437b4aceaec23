/* SPDX-License-Identifier: MIT */
/* Layers that are not recurrent. */
#ifndef RONDO_LAYERS_H
#define RONDO_LAYERS_H

#include "conv.h"
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

/* Group normalisation, epsilon 1e-5; arXiv:1803.08494: each of `groups` ranges of channels
 * is normalised together with `spatial` axes before the channels: 2 for images [.., H, W,
 * C], 0 for each step of sequences [T, B, C]. With as many groups as channels this is
 * instance normalisation. Weights: name/gain [C] (ones), name/bias [C] (zeros). */
RN_API rn_tensor rn_group_norm(rn_scope scope, const char *name, rn_tensor x,
                               int64_t groups, int spatial);

/* gain x / sqrt(mean of x x + epsilon) over the last axis; arXiv:1910.07467. An epsilon of
 * 0 means 1e-5. Weight: name/gain (ones). */
RN_API rn_tensor rn_rms_norm(rn_scope scope, const char *name, rn_tensor x, double epsilon);

/* A zeroed struct has the defaults of PyTorch's BatchNorm, whose momentum is 1 - ours.
 * Keras' are .momentum = 0.99, .epsilon = 1e-3, .biased = true. */
typedef struct rn_batch_norm_options {
    double momentum; /* what running statistics keep of themselves in a run; 0 means 0.9 */
    double epsilon;  /* 0 means 1e-5 */
    bool biased;     /* the running variance is that of the batch; otherwise n / (n - 1)
                        times it, for n elements of a channel */
    rn_tensor valid; /* for x [T, B, .., C]: lengths, i32 [B], or a mask, bool [T, B]; other
                        steps do not count, and the result is 0 there */
} rn_batch_norm_options;

/* Batch normalisation of each channel over all other axes: x [.., C] -> [.., C];
 * arXiv:1502.03167. In training it uses the mean and variance of the batch, and moves the
 * running ones towards them at the end of the run, unless that is not finite; in inference
 * it uses the running ones. Weights: name/gain [C] (ones), name/bias [C] (zeros).
 * Statistics (rn_statistic): name/mean [C] (zeros), name/variance [C] (ones). Errors, in
 * training: x in a loop; the same layer twice in a graph. */
RN_API rn_tensor rn_batch_norm(rn_scope scope, const char *name, rn_tensor x,
                               rn_batch_norm_options options);

/* Convolutions (conv.h) with a bias. Weights: name/w [size, C / G, units], or [height,
 * width, C / G, units], Glorot uniform as in Keras: within sqrt(6 / (k (C / G + units)))
 * for k elements of the kernel; name/b [units] (zeros). For another initialiser call
 * rn_weight and rn_conv1d. */
RN_API rn_tensor rn_conv1d_layer(rn_scope scope, const char *name, rn_tensor x,
                                 int64_t units, int64_t size, rn_conv1d_options options);
RN_API rn_tensor rn_conv2d_layer(rn_scope scope, const char *name, rn_tensor x,
                                 int64_t units, int64_t height, int64_t width,
                                 rn_conv2d_options options);
RN_API rn_tensor rn_causal_conv_layer(rn_scope scope, const char *name, rn_tensor x,
                                      int64_t units, int64_t size, int64_t dilation);

#ifdef __cplusplus
}
#endif
#endif
