/* SPDX-License-Identifier: MIT */
/* What all optimisers share; a rule says only how one weight changes. */
#ifndef RN_TRAIN_OPTIMIZER_H
#define RN_TRAIN_OPTIMIZER_H

#include "node.h"
#include "rondo/train.h"

/* One update as nodes of the graph being compiled. */
typedef struct rn__update {
    const rn_optimizer *self;
    const char *name; /* of the rule, for messages */
    rn_graph *graph;
    rn_model *model;
    rn_tensor rate;      /* f64 scalar */
    rn_tensor finite;    /* bool scalar: the update is made */
    rn_tensor scalar[2]; /* f64 scalars that the rule has prepared */
} rn__update;

/* A rule. `fault` (may be NULL) says what is wrong with the parameters, `prepare` (may be
 * NULL) builds what is common to all weights, and `step` gives the next value of the weight
 * w whose clipped gradient is dw. */
typedef struct rn__rule {
    const char *name;
    const char *(*fault)(const rn_optimizer *self);
    void (*prepare)(rn__update *u);
    rn_tensor (*step)(rn__update *u, rn_tensor w, rn_tensor dw);
} rn__rule;

/* Adds a whole update of all weights that the loss depends on. */
bool rn__optimize(const rn_optimizer *self, rn_tensor loss, const rn__rule *rule);

/* A state of the optimiser, "optimizer/name": zeros when it is new. */
rn_tensor rn__optimizer_state(rn__update *u, const char *name, rn_type type,
                              rn_shape shape);

/* The weight's moment of that name, of its type and shape. */
rn_tensor rn__moment(rn__update *u, rn_tensor w, const char *name);

/* Assigns next to the state where the update is made. Returns next. */
rn_tensor rn__advance(rn__update *u, rn_tensor state, rn_tensor next);

/* An f64 scalar as a scalar of the type of x. */
rn_tensor rn__scalar_for(rn_tensor x, rn_tensor scalar);

#endif
