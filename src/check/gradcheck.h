/* SPDX-License-Identifier: MIT */
/* The numerical check from inside: its state, and the report as it grows. */
#ifndef RN_CHECK_GRADCHECK_H
#define RN_CHECK_GRADCHECK_H

#include "branch.h"
#include "node.h"
#include "numeric.h"
#include "rondo/gradcheck.h"
#include "rondo/program.h"

/* A leaf of the user's graph, its copy and its value. */
typedef struct rn__leaf_value {
    int32_t user;
    rn_tensor x, dx;
    bool checked;
    const char *name;
    int64_t count;
    void *value; /* double when real, else of its type */
    double *gradient;
} rn__leaf_value;

typedef struct rn__checking {
    rn_gradcheck_options options;
    rn_gradcheck_report *report;
    rn_graph *user, *copy;
    rn_tensor loss;
    rn__leaf_value *leaf;
    int leaves;
    rn_program *with_gradient, *without;
    rn__branches branches;
    rn__arena arena;
    const char *problem;
    rn_status status;
    /* The function along a direction of one leaf. */
    const rn__leaf_value *moved;
    double *direction, *at;
} rn__checking;

/* Notes why the check cannot be made; returns false. */
bool rn__check_fail(rn__checking *c, rn_status status, const char *problem);
bool rn__check_no_memory(rn__checking *c);

/* Number i of a stream of normally distributed ones. */
double rn__check_normal(uint64_t seed, uint32_t stream, uint64_t i);

/* Compares the gradient of one leaf with differences (compare.c). */
bool rn__check_leaf(rn__checking *c, const rn__leaf_value *leaf);

/* An empty report, and its end. */
rn_gradcheck_report *rn__report_new(rn_allocator allocator, int worst);

/* Compares, counts, and keeps the entry if it is among the worst. */
void rn__report_add(rn_gradcheck_report *report, const char *tensor, int64_t element,
                    double analytic, rn__derivative numeric, double tolerance);

/* Notes a point where the loss has a kink, seen at `distance`: it is not compared. */
void rn__report_kink(rn_gradcheck_report *report, const rn__choice *choice, int64_t element,
                     double distance);

/* Writes the text. With a message the check could not be made. */
void rn__report_end(rn_gradcheck_report *report, rn_status status, const char *message);

#endif
