/* SPDX-License-Identifier: MIT */
/*
 * Random order, the same on every machine.
 *
 *   for i = n - 1 .. 1    swap item i and item floor(u_i (i + 1) / 2^64)
 *
 * u_i is half of Philox(key of seed; block number, part, epoch).
 */
#ifndef RN_DATA_SHUFFLE_H
#define RN_DATA_SHUFFLE_H

#include <stdint.h>

/* Parts that are no buckets. */
enum { RN__PART_BATCHES = 1 << 30, RN__PART_TEXTS, RN__PART_FOLDS };

/* Each part of an epoch has an order of its own. */
void rn__shuffle(int32_t *item, int64_t count, uint64_t seed, int64_t epoch, uint32_t part);

#endif
