/* SPDX-License-Identifier: MIT */
/* The numerical check from inside: its state, and the report as it grows. */
#ifndef RN_CHECK_GRADCHECK_H
#define RN_CHECK_GRADCHECK_H

#include "branch.h"
#include "copy.h"
#include "jitter.h"
#include "node.h"
#include "numeric.h"
#include "rondo/gradcheck.h"
#include "rondo/program.h"

/* Runs of the gradient with random arithmetic, see jitter.h. */
enum { RN__JITTERS = 4 };

/* A leaf of the user's graph, its copies and its value. */
typedef struct rn__leaf_value {
    int32_t user;
    rn_tensor x, dx;
    rn_tensor jittered_x, jittered_dx;
    bool checked;
    const char *name;
    int64_t count;
    void *value; /* double when real, else of its type */
    double *gradient;
    double *jittered[RN__JITTERS]; /* gradients */
    double largest;                /* of |gradient| */
    double *direction;             /* where it moves to; NULL: it stays */
    double *at;                    /* room for where it is */
} rn__leaf_value;

typedef struct rn__checking {
    rn_gradcheck_options options;
    rn_gradcheck_report *report;
    rn_graph *user, *copy;
    rn__copy_pass to_copy; /* from the user's graph */
    rn_tensor loss;
    rn__leaf_value *leaf;
    int leaves;
    rn_program *with_gradient, *without;
    rn__jitter jitter;
    rn_tensor jittered_loss;
    double value, noise; /* of the loss; the noise by random arithmetic */
    rn__branches branches;
    rn__arena arena;
    bool doubtful; /* a failure was left out: it may be a spike as narrow as a tiny x */
    int in_vain;  /* failures that shorter steps did not explain, since the last they did */
    bool refused; /* there is no gradient, for it cannot be built */
    const char *problem;
    rn_status status;
} rn__checking;

/* Notes why the check cannot be made; returns false. */
bool rn__check_fail(rn__checking *c, rn_status status, const char *problem);
bool rn__check_no_memory(rn__checking *c);

/* The number that a node of the copy has in the user's graph, or body; -1: none. */
int32_t rn__check_user_id(const rn__checking *c, rn_tensor x);

/* Number i of a stream of normally distributed ones. */
double rn__check_normal(uint64_t seed, uint32_t stream, uint64_t i);

/* ---- values.c ---- */

/* Gives every leaf its value, in all programs. */
bool rn__set_values(rn__checking *c);

/* The gradient at these values, also in random arithmetic. */
bool rn__run_gradient(rn__checking *c);

/* The root mean square of the finite ones among a few numbers, which may be tiny or huge.
 */
double rn__mean_size(const double *x, int count);

/* Whether the loss is finite, and twice the same. */
bool rn__repeats(rn__checking *c);

/* ---- line.c: the loss along a line ---- */

/* What a difference along the leaves' directions says. */
typedef struct rn__slope_of_line {
    rn__derivative derivative;
    rn__derivative own; /* by steps as small as the one element that moves; value NaN: not
                           asked for */
    bool kinked;        /* nothing, for a kink or because the loss is not finite there */
    bool vague;         /* not much: it must not be taken for a failure */
} rn__slope_of_line;

/* The derivative of the loss along the directions; at a kink *kink says which and how far
 * it is, and where it is not sharp what the matter may be. False when a run fails. */
bool rn__line_slope(rn__checking *c, rn__slope_of_line *out, rn_gradcheck_kink *kink);

/* The same by shorter steps, taking the loss to be that noisy at least. */
bool rn__line_closer(rn__checking *c, double scale, double noise, rn__derivative *out);

/* ---- compare.c ---- */

typedef struct rn__comparison {
    rn_gradcheck_entry entry;
    rn_gradcheck_kink kink;
    bool kinked; /* no comparison: see kink */
    bool clear;  /* the numerical side tells something */
} rn__comparison;

/* Compares the gradient along the leaves' directions. */
bool rn__compare_line(rn__checking *c, int64_t element, rn__comparison *out);

/* ---- compare_all.c ---- */

/* Compares all that the options ask for. */
bool rn__compare_all(rn__checking *c);

/* ---- locate.c ---- */

/* After a direction failed: halves it down to the element that is wrong, and compares that.
 */
bool rn__locate(rn__checking *c, rn__leaf_value *leaf, const double *direction);

/* ---- report.c ---- */

/* An empty report, and its end. */
rn_gradcheck_report *rn__report_new(rn_allocator allocator, int worst);

/* The table of tensors; by their names entries and kinks belong to them. */
bool rn__report_tensors(rn_gradcheck_report *report, const rn__leaf_value *leaf,
                        int leaves);

/* Counts the comparison for tensor number `tensor` (-1: all of them together), and keeps
 * the entry if it is among the worst. */
void rn__report_add(rn_gradcheck_report *report, int tensor, rn_gradcheck_entry entry);

/* Notes a point that was left out. Copies the texts. */
void rn__report_kink(rn_gradcheck_report *report, int tensor, rn_gradcheck_kink kink);

/* Writes the text. With a message the check could not be made. */
void rn__report_end(rn_gradcheck_report *report, rn_status status, const char *message);

#endif
