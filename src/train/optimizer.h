/* SPDX-License-Identifier: MIT */
/* What all optimisers share; a rule says only how one weight changes. */
#ifndef RN_TRAIN_OPTIMIZER_H
#define RN_TRAIN_OPTIMIZER_H

#include "graph/node.h"
#include "rondo/train.h"

enum { RN__OPTIMIZER_NAME = 200 }; /* most bytes of an optimiser's name */

/* One update as nodes of the graph being compiled. */
typedef struct rn__update {
    const rn_optimizer *self;
    const char *rule; /* its name, for messages */
    const char *name; /* the optimiser's */
    rn_graph *graph;
    rn_model *model;
    rn_type type;        /* of all weights */
    int count;           /* of the weights that are trained */
    rn_tensor *w, *dw;   /* they, and their gradients, in the graph's arena */
    rn_tensor rate;      /* f64 scalar */
    rn_tensor made;      /* bool scalar: the update is made */
    rn_tensor *t;        /* of a rule that counts: each weight's count of updates, i32 */
    rn_tensor counts;    /* i32 [count], they as one vector */
    rn_tensor factor[2]; /* [count] of the weights' type, that the rule has prepared */
} rn__update;

/* A rule. */
typedef struct rn__rule {
    const char *name;
    unsigned parameters; /* a bit for each rn_parameter that it has */
    bool counts;         /* it needs u->t and u->counts, and advances them */
    /* NULL, or what is wrong with the parameters, and *number is the culprit. */
    const char *(*fault)(const rn__update *u, double *number);
    /* A norm of the gradient up to which no moment overflows, of a type whose largest
     * number is `largest`, from whatever finite moments. */
    double (*limit)(const rn_optimizer *self, double largest);
    /* Builds what is common to all weights; may be NULL. */
    void (*prepare)(rn__update *u);
    /* The next value of weight i, from its clipped gradient. */
    rn_tensor (*step)(rn__update *u, int i);
} rn__rule;

/* Adds a whole update of the weights that the loss depends on; and, when rn_compile has
 * ended, keeps in the model what was added to it, or takes it out again. */
bool rn__optimize(const rn_optimizer *self, rn_tensor loss, const rn__rule *rule);
void rn__settle(const rn_optimizer *self, rn_tensor loss, bool compiled);

/* Finds what is trained: fills u->w, dw, count, model and type. False after an error on the
 * graph. weights.c */
bool rn__find_weights(rn__update *u, rn_tensor loss);

/* Whether every pattern of u->self->except is the name of a weight of the model; otherwise
 * an error. */
bool rn__patterns_fit(const rn__update *u);

/* The weight's moment "name", of its own type and shape; and any state that belongs to it.
 * Zeros when it is new. */
rn_tensor rn__moment(rn__update *u, int i, const char *name);
rn_tensor rn__moment_of(rn__update *u, int i, const char *name, rn_type type,
                        rn_shape shape);

/* Assigns next to the state where the update is made. Returns next. */
rn_tensor rn__advance(rn__update *u, rn_tensor state, rn_tensor next);

/* An f64 scalar as a scalar of the weights' type. */
rn_tensor rn__scalar_for(const rn__update *u, rn_tensor scalar);

/* NULL, or what is wrong with an epsilon: in the weights' type it must be more than 0. */
const char *rn__epsilon_fault(const rn__update *u, double epsilon);

#endif
