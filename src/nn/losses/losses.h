/* SPDX-License-Identifier: MIT */
/* Functions that the losses share. */
#ifndef RN_NN_LOSSES_H
#define RN_NN_LOSSES_H

#include "graph/node.h"
#include "rondo/losses.h"
#include "rondo/ops.h"

/* Whether x and y are real and have one type and shape; false with an error that begins
 * with `what`. At least one of them is not null. */
bool rn__loss_alike(const char *what, rn_tensor x, rn_tensor y);

/* The result of the loss `what` of two null tensors. */
rn_tensor rn__loss_null(const char *what, rn_tensor x, rn_tensor y);

/* The mean of all elements; 0 if there are none. */
rn_tensor rn__loss_mean(rn_tensor x);

#endif
