/* SPDX-License-Identifier: MIT */
/* What all optimisers share. A rule only updates one weight. */
#ifndef RN_TRAIN_OPTIMIZER_H
#define RN_TRAIN_OPTIMIZER_H

#include "graph/node.h"
#include "rondo/ops.h"
#include "rondo/train.h"

enum { RN__OPTIMIZER_NAME = 200 }; /* most bytes of an optimiser's name */

/* What rules do not see of an update. */
typedef struct rn__update {
    const rn_optimizer_rule *rule;
    const char *rule_name; /* for messages */
    const char *name;      /* the optimiser's name */
    rn_tensor made;        /* bool scalar: the update is made */
    rn_tensor due;     /* bool scalar: this run makes one, or skips it; null: each run */
    rn_tensor norm;    /* f64 scalar: the gradient's norm before clipping */
    rn_tensor *square; /* [count]: sums of squares of gradients, f64 */
    rn_tensor *t,
        counts; /* if the rule counts: each weight's updates so far, i32; joined */
    rn_tensor
        averages;   /* bool scalar: this run changes the averages; null: there are none */
    rn_tensor part; /* of the weight in the next average, a scalar of its type */
    rn_tensor *sum, *next; /* with accumulation: of gradients, and their next values */
} rn__update;

/* Fills a private copy of the optimiser with defaults. False with an error on the graph. In
 * hyperparameters.c. */
bool rn__hyperparameters_fit(const rn_update *u, rn_optimizer *self);

/* Finds the weights to train: fills u->w, dw, count, model and type. False with an error on
 * the graph. In weights.c. */
bool rn__find_weights(rn_update *u, rn_tensor loss);

/* Whether every pattern of the optimiser matches a weight of the model; false with an
 * error. */
bool rn__patterns_fit(const rn_update *u);

/* The group of a weight; NULL: none. */
const rn_weight_group *rn__group_of(const rn_optimizer *self, rn_tensor w);

/* Accumulates gradients, computes their norm and whether the update is made. Assigns
 * nothing. In gradients.c. */
bool rn__gather_gradients(rn_update *u);

/* Clips the gradients and adds the decay. */
void rn__shape_gradients(rn_update *u);

/* Assigns what rn__gather_gradients accumulated. */
void rn__keep_gradients(rn_update *u);

/* The weight of which the variable m is the optimiser's moment `moment`; NULL if it is not.
 * In average.c. */
rn_variable *rn__weight_of(const rn_model *model, const char *optimizer, const char *moment,
                           const rn_variable *m);

/* Builds what all averages need; and the average of weight i, whose next value, if the
 * update is made, is w. In average.c. */
void rn__prepare_average(rn_update *u);
void rn__average_weight(rn_update *u, int i, rn_tensor w);

/* The optimiser's variable of that name. */
rn_tensor rn__update_scalar(rn_update *u, const char *name, rn_type type);

/* `count` zeroed tensors or numbers in the graph's arena; NULL with an error. */
void *rn__update_array(const rn_update *u, size_t size);

/* The scalar moments `name` of all weights, also joined to one vector, or null tensors.
 * Only before a variable is assigned: joining several variables is a kernel that may fail.
 */
rn_tensor rn__update_join(rn_update *u, const char *name, rn_type type, rn_tensor **each);

/* Assigns the elements of a vector to scalar moments. */
void rn__update_part(rn_update *u, const rn_tensor *each, rn_tensor joined, rn_tensor next);

/* An f64 tensor in the weights' type. */
rn_tensor rn__update_cast(const rn_update *u, rn_tensor x);

/* The largest number of the weights' type. */
double rn__update_largest(const rn_update *u);

/* ---- parts of rules ---- */

/* The factor k of weight i, a scalar. */
rn_tensor rn__factor(const rn_update *u, int k, int i);

/* beta moment + (1 - beta) value, kept as the next moment. */
rn_tensor rn__average(rn_update *u, int i, const char *name, double beta, rn_tensor value);

/* x momentum and x (1 - momentum): the given number, or what it cycles to. */
rn_tensor rn__by_momentum(const rn_update *u, rn_tensor x, double momentum);
rn_tensor rn__beside_momentum(const rn_update *u, rn_tensor x, double momentum);

/* m = beta1 m + (1 - beta1) dw, kept. */
rn_tensor rn__first_moment(rn_update *u, int i);

/* Adam's moments: returns m, of dw, and sets *v, of dw dw. */
rn_tensor rn__moments(rn_update *u, int i, rn_tensor *v);

/* 1 - beta^t = -expm1(t log beta), of f64 t: accurate while t is small. */
rn_tensor rn__correction(rn_tensor t, double beta);

/* Sets factor[0] to 1 / (1 - beta1^t) and factor[1] to 1 / (1 - beta2^t). */
void rn__prepare_moments(rn_update *u);

/* True. */
bool rn__counts(const rn_optimizer *self);

/* dw dw <= largest / 4, so that a mean of old and new squares never exceeds the largest. */
double rn__limit_squares(const rn_optimizer *self, double largest);

/* dw <= largest / 2: means of gradients. */
double rn__limit_means(const rn_optimizer *self, double largest);

#define RN__EPS(preset)   RN_HYPERPARAMETER(eps, preset, DBL_MIN, 1e300)
#define RN__BETA1(preset) RN_HYPERPARAMETER(beta1, preset, 0, 1)
#define RN__BETA2(preset) RN_HYPERPARAMETER(beta2, preset, 0, 1)
#define RN__DECAY         RN_HYPERPARAMETER(weight_decay, 0, 0, 1e300)

/* The rule `name` and the list `parameters`, and the other members. */
#define RN__RULE(name_, ...)                                                               \
    static const rn_optimizer_rule rule_##name_ = {.name = #name_,                         \
                                                   .parameters = parameters,               \
                                                   .parameter_count = sizeof parameters /  \
                                                                      sizeof *parameters,  \
                                                   __VA_ARGS__};

#endif
