/* SPDX-License-Identifier: MIT */
/*
 * Optimisers: rules that change weights by the gradient of a loss.
 *
 * An optimiser adds nodes to the graph that is being compiled: the gradient of the loss
 * with respect to every weight that the loss depends on, and assignments to these weights.
 * A weight that no gradient reaches, for example because it is used only behind
 * rn_stop_gradient, or that rn_except or a group freezes, is left unchanged: no decay, no
 * momentum, and it does not count in the gradient's norm.
 *
 * The optimiser's variables are in the model under its name, "optimizer" by default:
 *
 *   <name>/steps, skipped, norm, last_rate    see rn_training
 *   <name>/rate, given_rate       the current learning rate, and the one compiled with
 *   <name>/averaged, average_begun            with averages, see averages.h
 *   <name>/run                    with accumulation: the runs since the last update
 *   <name>/<weight>/..            moments, as each rule names them; `t`, the number of
 *                                 updates, if the rule counts them; `gradient`, with
 *                                 accumulation
 *
 * rn_compile creates the variables that do not exist yet. Existing ones keep their values,
 * so training continues where it stopped, in another program too. Optimisers with different
 * names share nothing. Programs whose optimisers have the same name share all variables,
 * except that every different rate has its own: `rate`, then `rate2`, `rate3`. So compiling
 * one program does not change another's rate. A weight that is added later starts its own
 * count. rn_model_load resets all but the rates to zero. A failed rn_compile adds no
 * variables.
 *
 * A run skips the update if the gradient's global norm, computed in f64, is not finite or
 * so large that a moment might overflow. In f32 the limits are, after clipping, 9.2e18 for
 * rules with squares of the gradient and 1.7e38 (1 - momentum) for momentum. All weights,
 * moments and step counts then stay unchanged, bit for bit, and the run is counted as
 * skipped. The decay that is added to the gradient is not part of the norm.
 *
 * Errors (rn_compile returns NULL, message on the graph): a rate, a limit or a
 * hyperparameter out of range, or one that the rule does not have; an eps that is 0 in the
 * weights' type; a loss that depends on no weight, or whose gradient reaches none; a
 * pattern that matches no weight, or patterns that freeze all of them; weights of two
 * models, or of a model that was freed; a name with '/'.
 */
#ifndef RONDO_OPTIMIZERS_H
#define RONDO_OPTIMIZERS_H

#include "averages.h"
#include "model.h"
#include "schedules.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A true 0, for members in which 0 means a default: adam.beta1 = RN_ZERO. */
#define RN_ZERO 1e-300

/* What is special about some weights. A weight belongs to the first group that names it.
 * Biases and gains without decay, and a body that learns slowly:
 *
 *   rn_weight_group groups[] = {{"*b, *gain", .weight_decay = RN_ZERO},
 *                               {"body*", .rate = 0.1}};
 */
typedef struct rn_weight_group {
    const char *weights; /* patterns of names, as for rn_except */
    double rate;         /* multiplies the optimiser's rate; 0 means 1 */
    double weight_decay; /* 0 means the optimiser's, RN_ZERO none */
    bool frozen;         /* these weights do not change */
} rn_weight_group;

typedef struct rn_optimizer_rule rn_optimizer_rule;

/* How a program minimises its loss. The functions below return one; set its members before
 * compiling. A member that is 0 means the default of the rule, which is the published one
 * and PyTorch's, as are the names; setting a member that the rule does not have is an
 * error. */
typedef struct rn_optimizer rn_optimizer;
struct rn_optimizer {
    /* Adds the nodes to the loss's graph, a private copy of the user's graph. Returns false
     * if it left an error on that graph. NULL: no optimiser. */
    bool (*build)(const rn_optimizer *self, rn_tensor loss);
    /* Called once, after build, when rn_compile is about to return; `loss` is in the user's
     * graph. If `compiled` is false, compilation failed, in build or later, and settle must
     * undo whatever build changed outside the graph. NULL: nothing to undo. */
    void (*settle)(const rn_optimizer *self, rn_tensor loss, bool compiled);
    const rn_optimizer_rule *rule; /* see below */
    const void *own;               /* whatever a rule of yours needs besides */

    const char *name;              /* prefix of its variables' names; NULL: "optimizer" */
    const char *except;            /* patterns of the weights to freeze; NULL: none */
    const rn_weight_group *groups; /* [group_count], must live until rn_compile returns */
    int group_count;
    double rate;          /* learning rate; 0 is 0 */
    rn_schedule schedule; /* how it depends on the updates made; zeros: not at all */
    rn_average average;   /* of the weights; zeros: none */

    bool maximize; /* maximises the loss: each gradient is taken with the other sign */

    /* At most one of these; 0: no clipping. */
    double clip;       /* largest global norm of the gradient */
    double clip_each;  /* largest norm of each weight's gradient */
    double clip_value; /* largest absolute value of an element */

    /* The update is made in every run number `accumulate`, with the mean of the gradients
     * of these runs, or with their sum; 0 means every run. Clipping is that of the mean or
     * sum. If one of the gradients is not finite, the update is skipped. */
    int accumulate;
    bool accumulate_sum;

    double momentum;     /* sgd, rmsprop */
    double dampening;    /* sgd */
    double beta1, beta2; /* those with moments m and v, and lion */
    double eps, eps2;    /* eps2: adafactor */
    double weight_decay; /* 0 is none, for all. It is added to the gradient, as decay w, or
                            decoupled, w -= rate decay w, in adamw, lion and adafactor */
    double alpha;        /* rmsprop, asgd */
    double rho;          /* adadelta */
    double lr_decay, initial_accumulator_value;   /* adagrad */
    double momentum_decay;                        /* nadam */
    double etaminus, etaplus, step_min, step_max; /* rprop */
    double lambd, t0;                             /* asgd */
    double beta2_decay, d;                        /* adafactor */
    bool nesterov;                                /* sgd: w -= rate (dw + momentum v) */
    bool centered;               /* rmsprop: by the variance of the gradient */
    bool amsgrad;                /* adam, adamw: by the largest v so far */
    bool decoupled_weight_decay; /* adam, nadam, radam */
};

/* ---- the rules ----
 *
 * dw is the gradient after clipping, with the decay unless it is decoupled; t counts the
 * updates of a weight from 1; c1 = 1 - beta1^t, c2 = 1 - beta2^t. Numbers are defaults. */

/* v = momentum v + (1 - dampening) dw,  w -= rate v,  the first v being dw. With momentum 0
 * no v is stored. */
RN_API rn_optimizer rn_sgd(double rate, double momentum);

/* sum += dw dw,  w -= rate / (1 + (t - 1) lr_decay) dw / (sqrt(sum) + eps), where sum
 * begins as initial_accumulator_value and eps is 1e-10. Duchi et al. 2011. */
RN_API rn_optimizer rn_adagrad(double rate);

/* s = rho s + (1 - rho) dw dw,  d = sqrt(a + eps) / sqrt(s + eps) dw,
 * a = rho a + (1 - rho) d d,  w -= rate d; rho 0.9, eps 1e-6, and a rate of 1 is usual.
 * Zeiler 2012, arXiv:1212.5701. */
RN_API rn_optimizer rn_adadelta(double rate);

/* s = alpha s + (1 - alpha) dw dw,  w -= rate dw / (sqrt(s) + eps); alpha 0.99, eps 1e-8.
 * If centered, s - g g replaces s, where g is the mean of dw as s is that of dw dw. With
 * momentum v = momentum v + dw / (..),  w -= rate v. Tieleman and Hinton 2012; Graves 2013,
 * arXiv:1308.0850. */
RN_API rn_optimizer rn_rmsprop(double rate);

/* m = beta1 m + (1 - beta1) dw,  v = beta2 v + (1 - beta2) dw dw,
 * w -= rate (m / c1) / (sqrt(v / c2) + eps); beta1 0.9, beta2 0.999, eps 1e-8. Kingma and
 * Ba 2015, arXiv:1412.6980. rn_amsgrad sets amsgrad: the largest v so far takes the place
 * of v; Reddi et al. 2018, arXiv:1904.09237. */
RN_API rn_optimizer rn_adam(double rate);
RN_API rn_optimizer rn_amsgrad(double rate);

/* Adam with decoupled decay; arXiv:1711.05101. Vectors and scalars, such as biases, are
 * decayed too, unless a group excepts them. PyTorch's default decay is 0.01. */
RN_API rn_optimizer rn_adamw(double rate, double decay);

/* u = max(beta2 u, |dw| + eps),  w -= rate (m / c1) / u; as Adam. arXiv:1412.6980. */
RN_API rn_optimizer rn_adamax(double rate);

/* Adam with Nesterov's momentum, momentum_decay 0.004:
 * a(t) = beta1 (1 - 0.96^(t momentum_decay) / 2),  p(t) = a(1) .. a(t),
 * w -= rate ((1 - a(t)) / (1 - p(t)) dw + a(t+1) / (1 - p(t+1)) m) / (sqrt(v / c2) + eps).
 * Dozat 2016. */
RN_API rn_optimizer rn_nadam(double rate);

/* Adam whose variance is rectified; until it is tractable, w -= rate m / c1. Liu et al.
 * 2020, arXiv:1908.03265. */
RN_API rn_optimizer rn_radam(double rate);

/* w -= rate sign(beta1 m + (1 - beta1) dw),  m = beta2 m + (1 - beta2) dw; beta1 0.9, beta2
 * 0.99, decoupled decay. Chen et al. 2023, arXiv:2302.06675. */
RN_API rn_optimizer rn_lion(double rate, double decay);

/* r = (m / c1) / (sqrt(v / c2) + eps) + weight_decay w,  w -= rate |w| / |r| r, with norms
 * of whole weights and the factor 1 where one of them is 0; eps 1e-6. You et al. 2020,
 * arXiv:1904.00962. */
RN_API rn_optimizer rn_lamb(double rate, double decay);

/* v is kept by rows and columns of the last two axes, in whole for vectors, with beta2 =
 * 1 - t^beta2_decay; u = dw / sqrt(v),
 * w -= max(eps2, rms(w)) min(rate, 1 / sqrt(t)) u / max(1, rms(u) / d). beta2_decay -0.8,
 * eps2 0.001, d 1; eps, the least root of v, is the precision of the weights' type;
 * decoupled decay. Shazeer and Stern 2018, arXiv:1804.04235. */
RN_API rn_optimizer rn_adafactor(double rate);

/* Each element has a step, at first the rate, that is multiplied by etaplus, 1.2, while its
 * gradient keeps its sign, and by etaminus, 0.5, when it changes; it stays within step_min,
 * 1e-6, and step_max, 50. For gradients of all the data. Riedmiller and Braun 1993. */
RN_API rn_optimizer rn_rprop(double rate);

/* w -= r (dw + lambd w),  r = rate / (1 + lambd rate (t - 1))^alpha; after t0 updates the
 * variable `ax` is the mean of the weights since then, before that the weights. lambd
 * 1e-4, alpha 0.75, t0 1e6. Polyak and Juditsky 1992. */
RN_API rn_optimizer rn_asgd(double rate);

/* ---- and what goes with all of them ---- */

/* The optimiser with its gradients scaled so that their global norm is at most `norm`. */
RN_API rn_optimizer rn_clipped(rn_optimizer optimizer, double norm);

/* The optimiser under another name, with its own rates, counts and moments. Use it if a
 * model has two optimisers, such as a generator's and a discriminator's. The name has 1 to
 * 200 bytes without '/' and must stay valid until rn_compile returns. */
RN_API rn_optimizer rn_named(rn_optimizer optimizer, const char *name);

/* The optimiser with some weights frozen. `patterns` is a comma-separated list of full
 * names such as "embed/w", in which * matches any text, including '/': "embed*,
 * rnn/layer0*". Spaces around a name are ignored. Every pattern must match a weight. The
 * text must stay valid until rn_compile returns. */
RN_API rn_optimizer rn_except(rn_optimizer optimizer, const char *patterns);

/* ---- rules of your own, see docs/optimizers.md ---- */

enum { RN_UPDATE_FACTORS = 4 };

/* An update as nodes of the graph that is being compiled. */
typedef struct rn_update {
    const rn_optimizer *self; /* with defaults in place of zeros */
    rn_graph *graph;
    rn_model *model;
    rn_type type;        /* of all weights */
    int count;           /* of the weights that are trained */
    rn_tensor *w, *dw;   /* [count]: the weights and their gradients, of the same shape */
    rn_tensor *rate;     /* [count]: the learning rate of each, a scalar of their type */
    double *decay;       /* [count]: weight_decay of each */
    rn_tensor base_rate; /* of the optimiser, an f64 scalar */
    rn_tensor momentum;  /* if it cycles: it takes the place of momentum or beta1, an f64
                            scalar; else null */
    rn_tensor t; /* if the rule counts: the number of this update, from 1, of each weight,
                    f64 [count] */
    rn_tensor factor[RN_UPDATE_FACTORS]; /* for `prepare`, to keep what all weights need */
    struct rn__update *more;             /* private */
} rn_update;

/* How decay is added. */
typedef enum rn_decay {
    RN_DECAY_GRADIENT, /* dw + decay w is given to the rule in place of dw */
    RN_DECAY_WEIGHT,   /* w -= rate decay w besides the rule's change */
    RN_DECAY_OWN       /* the rule adds it, if it has any */
} rn_decay;

/* A member of rn_optimizer that a rule has, the value that its 0 stands for, and where
 * values must lie: low <= value < high. If low is positive, values must also fit the type
 * of the weights. */
typedef struct rn_hyperparameter {
    size_t offset;
    double preset, low, high;
} rn_hyperparameter;

/* RN_HYPERPARAMETER(beta1, 0.9, 0, 1). For a bool: RN_HYPERPARAMETER(amsgrad, 0, 0, 0). */
#define RN_HYPERPARAMETER(member, preset, low, high)                                       \
    {                                                                                      \
        offsetof(rn_optimizer, member), preset, low, high                                  \
    }

/* The rule of an optimiser. Zeros mean: nothing. */
struct rn_optimizer_rule {
    const char *name; /* for messages */
    const rn_hyperparameter *parameters;
    int parameter_count;
    rn_decay decay; /* if weight_decay is a parameter */
    bool cycles;    /* the rule uses update->momentum, if that is not null */
    /* Whether the rule needs update->t. NULL: no. */
    bool (*counts)(const rn_optimizer *self);
    /* NULL, or what is wrong with the hyperparameters together. */
    const char *(*fault)(const rn_optimizer *self);
    /* The largest norm of a gradient with which no moment overflows, in a type whose
     * largest number is `largest`. NULL: none overflows. */
    double (*limit)(const rn_optimizer *self, double largest);
    /* Builds what all weights need. */
    void (*prepare)(rn_update *update);
    /* What is subtracted from weight i, of its shape or one that broadcasts to it. */
    rn_tensor (*step)(rn_update *update, int i);
};

/* The optimiser of a rule, which must live until rn_compile returns. */
RN_API rn_optimizer rn_optimizer_of(const rn_optimizer_rule *rule, double rate);

/* The moment of weight i with that name, of the weight's type and shape, or of another
 * one: the variable <optimiser>/<weight>/<name>. New ones are zeros. Null with an error on
 * the graph: no such weight, a name that is taken, out of memory. */
RN_API rn_tensor rn_update_moment(rn_update *update, int i, const char *name);
RN_API rn_tensor rn_update_moment_of(rn_update *update, int i, const char *name,
                                     rn_type type, rn_shape shape);

/* Assigns `next` to a moment in runs that make the update. Returns next. */
RN_API rn_tensor rn_update_advance(rn_update *update, rn_tensor moment, rn_tensor next);

#ifdef __cplusplus
}
#endif
#endif
