/* SPDX-License-Identifier: MIT */
/*
 * Averages of weights over the updates, which often do better than the last weights.
 *
 *   rn_optimizer sgd = rn_sgd(0.1, 0.9);
 *   sgd.average = (rn_average){RN_AVERAGE_EQUAL, .start = 1000, .every = 100};
 *   ...
 *   rn_model_swap_averages(model, NULL);      the weights are now the averages: evaluate,
 *   rn_model_save(model, "model.safetensors");                              save, ...
 *   rn_model_swap_averages(model, NULL);      ... and train on with those from before
 *
 * An optimiser keeps the averages in the model, as <optimiser>/<weight>/average beside its
 * moments, and changes them in the pass that changes the weights. A run that makes no
 * update changes no average. Frozen weights have none, and statistics, as those of a batch
 * normalisation, are not averaged. rn_model_load resets averages as it does moments.
 */
#ifndef RONDO_AVERAGES_H
#define RONDO_AVERAGES_H

#include "model.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum rn_average_kind {
    RN_AVERAGE_NONE,
    RN_AVERAGE_EMA,  /* a = decay a + (1 - decay) w: an exponential moving average */
    RN_AVERAGE_EQUAL /* the mean. With every = 1 it is Polyak's, with more that of SWA;
                        Polyak and Juditsky 1992, arXiv:1803.05407 */
} rn_average_kind;

/* The first average is a copy of the weights, so none is biased to 0; PyTorch's
 * AveragedModel does the same. Zeros are no average. */
typedef struct rn_average {
    rn_average_kind kind;
    double decay;  /* of EMA, 0 <= decay < 1; 0: 0.999 */
    int64_t start; /* updates that are made before; -1: until rn_average_begin */
    int64_t every; /* the weights count after every such update from then on; 0: 1 */
} rn_average;

/* Lets the averages of the optimiser, or of the named one (NULL: "optimizer"), begin anew
 * with the weights after the next update. RN_INVALID with a message on the model: no such
 * optimiser was compiled, or it has no averages. */
RN_API rn_status rn_average_begin(rn_model *model, const char *name);

/* Exchanges the weights and their averages; a second call restores both, bit for bit. Do
 * not train in between. The averages of rn_asgd are exchanged too. RN_INVALID with a
 * message on the model, and nothing is exchanged: as above, or no update was averaged yet.
 */
RN_API rn_status rn_model_swap_averages(rn_model *model, const char *name);

/* The number of updates in the average so far; 0 if there is none. */
RN_API int64_t rn_averaged(const rn_model *model, const char *name);

/* ---- when to begin ---- */

enum { RN_NONMONOTONE_MAX = 32 };

/* The trigger of NT-ASGD, Merity et al. 2017, arXiv:1708.02182: averaging begins when a
 * validation loss is higher than the lowest of those that are more than `interval`
 * validations old. Begin with zeros. */
typedef struct rn_nonmonotone {
    int interval; /* 0: 5; at most RN_NONMONOTONE_MAX */

    bool begun;
    int64_t count; /* of losses */
    double lowest; /* of those that are not in `recent` */
    double recent[RN_NONMONOTONE_MAX];
} rn_nonmonotone;

/* Adds a validation loss. True, once, if averaging shall begin:
 *
 *   if (rn_nonmonotone_add(&trigger, loss)) rn_average_begin(model, NULL);
 *
 * False too if the trigger is NULL or its interval out of range. */
RN_API bool rn_nonmonotone_add(rn_nonmonotone *trigger, double loss);

#ifdef __cplusplus
}
#endif
#endif
