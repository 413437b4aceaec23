/* SPDX-License-Identifier: MIT */
/* What the losses share. */
#ifndef RN_NN_LOSSES_H
#define RN_NN_LOSSES_H

#include "graph/node.h"
#include "kernel/ieee.h"
#include "rondo/losses.h"
#include "rondo/ops.h"

/* Whether x and y are real and have one type and shape; false with an error that begins
 * with `what`. At least one of them is not null. */
bool rn__loss_alike(const char *what, rn_tensor x, rn_tensor y);

/* The result of the loss `what` of two null tensors. */
rn_tensor rn__loss_null(const char *what, rn_tensor x, rn_tensor y);

/* Whether the factors of a penalty are at least 0 and finite; false with an error. */
bool rn__loss_factors(const char *what, rn_graph *graph, double l1, double l2);

/* ---- losses with options ---- */

/* The options besides reduction, weights and mask. */
typedef enum rn__loss_option {
    RN__LOSS_CLASSES = 1, /* class_weights, ignores */
    RN__LOSS_SMOOTHING = 2,
    RN__LOSS_GAMMA = 4,
    RN__LOSS_POSITIVE = 8,
    RN__LOSS_DELTA = 16
} rn__loss_option;

/* One loss being built. */
typedef struct rn__loss {
    const char *what;
    const rn_loss_options *options;
    rn_graph *graph;
    rn_type type;     /* of the terms */
    rn_shape shape;   /* of the terms, as the user sees them */
    bool flat;        /* the terms are computed as a vector */
    rn_tensor counts; /* bool: the terms that count; null: all */
} rn__loss;

/* Begins a loss whose terms have the shape and type; `has` are the rn__loss_option that it
 * has. Sets counts to the mask in the terms' shape. False with an error. */
bool rn__loss_begin(rn__loss *loss, const char *what, rn_graph *graph,
                    const rn_loss_options *options, unsigned has);

/* A tensor of the options in the shape of the terms. Null with an error. */
rn_tensor rn__loss_fit(const rn__loss *loss, const char *name, rn_tensor x, rn_type type);

/* An operand with zeros where it does not count; it has the shape of the terms, or with
 * `rows` a further axis. */
rn_tensor rn__loss_masked(const rn__loss *loss, rn_tensor x, bool rows);

/* The loss of its terms. `scale`, null or of their shape, are weights that the terms
 * contain already. */
rn_tensor rn__loss_reduce(const rn__loss *loss, rn_tensor terms, rn_tensor scale);

/* A loss of pairs: each element is a term, f of masked operands. */
typedef rn_tensor rn__pair_term(rn_tensor x, rn_tensor y, const rn_loss_options *options);
rn_tensor rn__loss_of_pairs(const char *what, rn_tensor x, rn_tensor y,
                            const rn_loss_options *options, unsigned has, rn__pair_term *f);

/* ---- classes ---- */

/* Rows of V numbers x [N, V] and their targets [N], without those that do not count. */
typedef struct rn__classes {
    rn__loss loss;
    rn_tensor x, targets;
    rn_tensor weight, all; /* class weights of the targets [N], and of all [V]; or null */
} rn__classes;

/* Checks and flattens what the user gave. False with an error. */
bool rn__classes_begin(rn__classes *c, const char *what, rn_tensor x, rn_tensor targets,
                       const rn_loss_options *options, unsigned has);

/* The element of each row that the target names: x [N, V], t [N] -> [N]. A target that is
 * no class makes the run fail. */
rn_tensor rn__classes_pick(rn_tensor x, rn_tensor t);

#endif
