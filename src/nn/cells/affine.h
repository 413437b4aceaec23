/* SPDX-License-Identifier: MIT */
/* What the gates of cells with options share. */
#ifndef RN_NN_CELLS_AFFINE_H
#define RN_NN_CELLS_AFFINE_H

#include "kernel/ieee.h"
#include "rondo/recurrent.h"

/* W x + b and U h + bu, both [B, units]; weights name/w, b, u and bu. And
 * W x + U h + b, plus bu if there are two biases; b is initially `bias`. Without b and bu
 * if the options have no biases. */
rn_tensor rn__cell_input(rn_scope scope, const char *name, rn_tensor x, int64_t units,
                         const rn_cell_options *options);
rn_tensor rn__cell_state(rn_scope scope, const char *name, rn_tensor h, int64_t units,
                         const rn_cell_options *options);
rn_tensor rn__cell_affine(rn_scope scope, const char *name, rn_tensor x, rn_tensor h,
                          int64_t units, double bias, const rn_cell_options *options);

/* x limited to [-limit, limit]; 0: x. */
rn_tensor rn__cell_clip(rn_tensor x, double limit);

/* The activation of a limited x; `other` if it is NULL. */
rn_tensor rn__cell_activate(rn_activation activation, rn_activation other, rn_tensor x,
                            const rn_cell_options *options);

#endif
