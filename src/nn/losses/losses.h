/* SPDX-License-Identifier: MIT */
/* What the losses share. */
#ifndef RN_NN_LOSSES_H
#define RN_NN_LOSSES_H

#include "graph/node.h"
#include "rondo/losses.h"
#include "rondo/ops.h"

/* True when x and y are real, of one type and shape; else an error that begins with `what`,
 * or nothing when one is null already. */
bool rn__loss_alike(const char *what, rn_tensor x, rn_tensor y);

/* The mean of all elements; 0 over nothing. */
rn_tensor rn__loss_mean(rn_tensor x);

#endif
