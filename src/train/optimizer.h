/* SPDX-License-Identifier: MIT */
/* What all optimisers share. A rule only updates one weight. */
#ifndef RN_TRAIN_OPTIMIZER_H
#define RN_TRAIN_OPTIMIZER_H

#include "graph/node.h"
#include "rondo/train.h"

enum { RN__OPTIMIZER_NAME = 200 }; /* most bytes of an optimiser's name */

/* One update as nodes of the graph being compiled. */
typedef struct rn__update {
    const rn_optimizer *self;
    const char *rule; /* its name, for messages */
    const char *name; /* the optimiser's name */
    rn_graph *graph;
    rn_model *model;
    rn_type type;        /* of all weights */
    int count;           /* of the weights that are trained */
    rn_tensor *w, *dw;   /* the weights and their gradients, in the graph's arena */
    rn_tensor rate;      /* f64 scalar */
    rn_tensor made;      /* bool scalar: the update is made */
    rn_tensor *t;        /* if the rule counts: the number of updates of each weight, i32 */
    rn_tensor counts;    /* the same as one vector, i32 [count] */
    rn_tensor factor[2]; /* prepared by the rule: [count], of the weights' type */
} rn__update;

/* The rule of an optimiser. */
typedef struct rn__rule {
    const char *name;
    unsigned parameters; /* bit i: it has the rn_parameter i */
    bool counts;         /* it uses and advances u->t and u->counts */
    /* NULL, or what is wrong with the parameters; *number is the wrong one. */
    const char *(*fault)(const rn__update *u, double *number);
    /* A norm of the gradient up to which no finite moment overflows in a type whose largest
     * number is `largest`. */
    double (*limit)(const rn_optimizer *self, double largest);
    /* Builds the nodes common to all weights; may be NULL. */
    void (*prepare)(rn__update *u);
    /* The next value of weight i, from its clipped gradient. */
    rn_tensor (*step)(rn__update *u, int i);
} rn__rule;

/* Adds the update of all weights that the loss depends on. rn__optimizer_settle: at the end
 * of rn_compile, keeps the variables that were added to the model or removes them. */
bool rn__optimize(const rn_optimizer *self, rn_tensor loss, const rn__rule *rule);
void rn__settle(const rn_optimizer *self, rn_tensor loss, bool compiled);

/* Finds the weights to train: fills u->w, dw, count, model and type. False with an error on
 * the graph. In weights.c. */
bool rn__find_weights(rn__update *u, rn_tensor loss);

/* Whether every pattern of u->self->except matches a weight of the model; false with an
 * error. */
bool rn__patterns_fit(const rn__update *u);

/* The weight's moment `name`, of the weight's type and shape. rn__moment_of: of any type
 * and shape. New ones are zeros. */
rn_tensor rn__moment(rn__update *u, int i, const char *name);
rn_tensor rn__moment_of(rn__update *u, int i, const char *name, rn_type type,
                        rn_shape shape);

/* Assigns `next` to the state if the update is made. Returns next. */
rn_tensor rn__advance(rn__update *u, rn_tensor state, rn_tensor next);

/* An f64 scalar as a scalar of the weights' type. */
rn_tensor rn__scalar_for(const rn__update *u, rn_tensor scalar);

/* NULL, or what is wrong with an epsilon: it must be positive in the weights' type. */
const char *rn__epsilon_fault(const rn__update *u, double epsilon);

#endif
