/* SPDX-License-Identifier: MIT */
/* The state of L-BFGS. Vectors have an element for each of all weights, in f64. */
#ifndef RN_TRAIN_LBFGS_H
#define RN_TRAIN_LBFGS_H

#include "graph/node.h"
#include "kernel/ieee.h"
#include "rondo/lbfgs.h"

/* A point on the line x + t d: its loss, gradient, and derivative along the line. */
typedef struct rn__point {
    double t, f, slope;
    double *g;
} rn__point;

struct rn_lbfgs {
    rn_allocator allocator;
    rn_program *program;
    rn_tensor loss;
    rn_lbfgs_options o; /* without zeros */
    rn_variable **pair; /* weights and their gradients by turns, retained */
    int pairs;
    int64_t count;           /* elements of all weights */
    double *block;           /* of all vectors */
    double *x, *d;           /* the start of the current line, and its direction */
    double *before;          /* the gradient of the iteration before */
    double *g, *spare[2];    /* the gradient at x, and two for the line search */
    double *steps, *changes; /* [history_size, count]: of weights, and of gradients */
    double *inverse, *alpha; /* [history_size]: 1 / (change step), and for one iteration */
    int stored, next;        /* remembered iterations, and where the next one goes */
    int64_t iterations;      /* of all steps */
    double t, scale;         /* the last step length; of the first Hessian */
    int evaluations;         /* of this step */
    rn_status status;
    char error[200];
};

double rn__dot(const double *x, const double *y, int64_t count);

/* The largest absolute value; NaN if there is one. */
double rn__largest(const double *x, int64_t count);

/* Sets the weights to x + t d. */
void rn__lbfgs_move(rn_lbfgs *l, double t);

/* Moves, runs and fills the point; false if the run failed. The loss of a trial that is not
 * finite is infinite, and its slope NaN. */
bool rn__lbfgs_evaluate(rn_lbfgs *l, double t, rn__point *to);

/* Finds a point that satisfies the strong Wolfe conditions, or the best one after `most`
 * evaluations, from the first trial t; *at is the start of the line, then the result. False
 * if a run failed. In lbfgs_line.c. */
bool rn__lbfgs_search(rn_lbfgs *l, double t, int most, rn__point *at);

#endif
