/* SPDX-License-Identifier: MIT */
/*
 * Splits of data into parts, and weights of classes.
 *
 *     rn_folds(n, 5, seed, classes, fold);                  fold[i] in 0..4
 *     held.count = rn_select(fold, n, 0, false, held_index);    fold 0, for validation
 *     rest.count = rn_select(fold, n, 0, true, rest_index);     all others, for training
 *     rn_source training = rn_source_subset(&rest), ..
 *
 * or, with a part held out:
 *
 *     rn_subset training = {all, index, rn_hold_out(n, 0.1, seed, classes, index)};
 *     rn_subset held = {all, index + training.count, n - training.count};
 *
 * Parts depend on the arguments alone, and are the same on every machine. Parts of a series
 * by time: series.h.
 */
#ifndef RONDO_SPLITS_H
#define RONDO_SPLITS_H

#include "data.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Deals `count` sequences into folds 0 to folds - 1 at random: fold[i] is that of sequence
 * i. Sizes of folds differ by at most one. With classes [count] (NULL: none), which may be
 * any numbers, so do the numbers of each class in the folds (stratified). RN_INVALID: NULL,
 * more than INT32_MAX sequences, or less than one fold; RN_NO_MEMORY. */
RN_API rn_status rn_folds(int64_t count, int folds, uint64_t seed, const int32_t *classes,
                          int32_t *fold);

/* Holds out a share, in 0..1, of the sequences: part[i] is 1 for those, 0 for the others.
 * Their number is count * share, rounded to nearest. With classes each class has the same
 * share, to less than one sequence. Errors as of rn_folds. */
RN_API rn_status rn_split(int64_t count, double share, uint64_t seed,
                          const int32_t *classes, int32_t *part);

/* Lists the sequences of part `which`, or with `others` those of all other parts, in
 * increasing order. `index` has room for `count` numbers, or is NULL: then they are only
 * counted. Returns their number; 0 for invalid arguments. */
RN_API int64_t rn_select(const int32_t *part, int64_t count, int32_t which, bool others,
                         int64_t *index);

/* rn_split and rn_select in one: lists the sequences to train on, and behind them those
 * held out, each in increasing order. `index` has room for `count` numbers. Returns how
 * many there are to train on; 0 also for invalid arguments and if out of memory. */
RN_API int64_t rn_hold_out(int64_t count, double share, uint64_t seed,
                           const int32_t *classes, int64_t *index);

/* weights[c] = n / (k n_c), where n_c of the n elements are of class c and k classes have
 * any: weights that give all classes the same sum, as "balanced" in scikit-learn. A class
 * without elements gets 0. RN_INVALID: NULL, no classes, or one that is not in
 * 0..class_count - 1. */
RN_API rn_status rn_class_weights(const int32_t *classes, int64_t count, int class_count,
                                  double *weights);

#ifdef __cplusplus
}
#endif
#endif
