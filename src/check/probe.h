/* SPDX-License-Identifier: MIT */
/*
 * A probe: a function y(x) with a gradient that is compared with differences, in a graph of
 * its own. It is the loss (gradcheck.c), or one operator or loop alone
 * (alone.c).
 *
 * With cotangents w the gradient dx is compared with the derivative of
 *
 *   f(t) = sum w (y(x + t v) - y(x))
 *
 * The loss is one output whose cotangent is 1. Outputs that do not move drop out of f
 * without rounding, so that large values beside a small one do not hide it.
 */
#ifndef RN_CHECK_PROBE_H
#define RN_CHECK_PROBE_H

#include "check/branch.h"
#include "check/jitter.h"
#include "check/numeric.h"
#include "graph/node.h"
#include "rondo/gradcheck.h"
#include "rondo/program.h"

/* Runs in random arithmetic, see jitter.h. */
enum { RN__JITTERS = 4 };

typedef struct rn__probe_input {
    int32_t user; /* of the loss: the leaf of the user's graph that it stands for */
    const char *name;
    rn_tensor x, dx; /* dx null: the gradient is zero */
    bool judged;     /* its gradient is compared; only of real ones */
    int64_t count;
    const void *value;
    /* NULL unless judged. */
    double *gradient, *jittered[RN__JITTERS];
    double *moved, *unit;    /* room for where it is, and a direction; zeros */
    double largest;          /* of |gradient| */
    const double *direction; /* where it moves to; NULL: it stays */
} rn__probe_input;

typedef struct rn__probe_output {
    rn_tensor y, dy; /* dy null: it is 1 */
    int64_t count;
    double *weight; /* w */
    double *here, *there;
    double *jittered; /* how far each moved in each run of random arithmetic, ... */
    double *noise;    /* ... and by rounding */
    bool *depends;    /* on what is being moved */
} rn__probe_output;

typedef struct rn__comparison {
    rn_gradcheck_entry entry;
    rn_gradcheck_kink kink;
    bool kinked; /* no comparison: see kink */
    bool clear;  /* the numerical derivative is conclusive */
} rn__comparison;

typedef struct rn__probe {
    rn_graph *graph;
    rn__arena arena;
    const rn__copy_pass *copied; /* by which the graph was made of the user's; or NULL */
    rn__probe_input *input;
    rn__probe_output *output;
    int inputs, outputs;
    rn_program *forward, *backward; /* backward NULL: all gradients are zero */
    rn__jitter jitter;
    rn__branches branches;
    int stream; /* of the cotangents */
    bool alone; /* one operator or loop, not the whole loss */
    bool has_rule;
    bool map;    /* of one operator that is element-wise */
    bool finite; /* all outputs are numbers, in the last run */
    /* What depends on what is being moved. */
    double size, noise; /* of f: the sum of |w y|, and of rounding errors */
    int dependent;
    /* Takes each comparison: of input i, -1 for all together. */
    void (*take)(void *data, int i, const rn__comparison *comparison);
    void *data;
    /* What the comparisons found. */
    bool doubtful; /* a failure was left out: it may be a spike as narrow as a tiny x */
    int in_vain; /* failures that shorter steps did not explain, since the last they did */
    /* Why it cannot be run; refused: there is no gradient, for it cannot be built. */
    rn_status status;
    const char *problem;
    bool refused;
} rn__probe;

/* Notes why it cannot be; returns false. */
bool rn__probe_fail(rn__probe *p, rn_status status, const char *problem);
bool rn__probe_no_memory(rn__probe *p);

/* ---- making one ---- */

/* An empty probe with room for so many inputs and outputs; false without memory. Finish it
 * in either case. */
bool rn__probe_init(rn__probe *p, rn_allocator allocator, int inputs, int outputs);

/* After x, y and judged are set: the function; then dy and dx: the gradient. */
bool rn__probe_compile(rn__probe *p);
bool rn__probe_compile_gradient(rn__probe *p);
void rn__probe_finish(rn__probe *p);

/* ---- its values ---- */

/* The value of an input, which must stay. */
bool rn__probe_set(rn__probe *p, int i, const void *value);

/* Draws the cotangents of this stream, signed and none near 0, or makes them all 1; runs
 * the function and the gradient, which also in random arithmetic. */
enum { RN__ONES = -1 };
bool rn__probe_run(rn__probe *p, int stream);

/* Gives other weights to f alone: those of `output` are multiplied by `mask`, all others
 * are 0. NULL: what was drawn. */
void rn__probe_mask(rn__probe *p, int output, const double *mask);

/* The root mean square of the finite ones among a few numbers, which may be tiny or huge.
 */
double rn__mean_size(const double *x, int count);

/* ---- kink.c ---- */

/* The number that a node of a copy has in the user's graph, or body; -1: none. */
int32_t rn__user_id(const rn__copy_pass *copied, rn_tensor x);

/* The steps of all loops around a graph, outermost first, in run number `run` of it.
 * Returns how many loops there are. */
int rn__steps_at(const rn_graph *graph, int64_t run, int64_t *step);

/* Fills in which choice changes at this distance, at which element of which step; or what
 * the matter is with the function itself. */
void rn__kink_choice(rn__probe *p, const rn__choice *choice, int64_t element,
                     double distance, rn_gradcheck_kink *kink);
void rn__kink_loss(const rn__probe *p, const char *what, double distance,
                   rn_gradcheck_kink *kink);

/* ---- line.c: f along the inputs' directions ---- */

typedef struct rn__slope_of_line {
    rn__derivative derivative;
    rn__derivative own; /* by steps as small as the one element that moves; value NaN: not
                           asked for */
    double scale;       /* of the longest steps */
    bool kinked;        /* nothing, for a kink or because f is not finite there */
    bool inconclusive;  /* not much: it must not be taken for a failure */
} rn__slope_of_line;

/* The derivative of f; at a kink *kink says which and how far it is, and where it is not
 * sharp what the matter may be. False when a run fails. */
bool rn__line_slope(rn__probe *p, rn__slope_of_line *out, rn_gradcheck_kink *kink);

/* The same by shorter steps, taking f to be that noisy at least. */
bool rn__line_closer(rn__probe *p, double scale, double noise, rn__derivative *out);

/* Whether f has a kink here, that no operator reports and that could make a right gradient
 * differ by so much from differences over steps of this scale. */
bool rn__line_kinked(rn__probe *p, double scale, double difference);

/* ---- compare.c ---- */

/* Compares the gradient along the inputs' directions, or of one element alone. */
bool rn__compare_line(rn__probe *p, int64_t element, rn__comparison *out);
bool rn__compare_element(rn__probe *p, int i, int64_t element, rn__comparison *out);

/* The derivative of f with respect to one element, or along a direction. */
typedef struct rn__slope {
    double value, error; /* error infinite: it is unknown, as at a kink */
} rn__slope;

/* Along the direction or, that being NULL, the element of input i. False when a run fails.
 */
bool rn__slope_of(rn__probe *p, int i, const double *direction, int64_t element,
                  rn__slope *out);

/* ---- compare_all.c ---- */

/* All that the options ask for; of one input; of that the elements. False when a run fails.
 */
bool rn__compare_all(rn__probe *p, const rn_gradcheck_options *options);
bool rn__compare_input(rn__probe *p, int i, const rn_gradcheck_options *options);
bool rn__compare_elements(rn__probe *p, int i, const rn_gradcheck_options *options);

/* Number i of a stream of normally distributed ones. */
double rn__probe_normal(uint64_t seed, uint32_t stream, uint64_t i);

/* ---- locate.c ---- */

/* After a direction of an input failed: halves it, [*first, *last) being what is left; it
 * stops early when no half is wrong by itself. */
bool rn__narrow(rn__probe *p, int i, const double *direction, int64_t *first,
                int64_t *last);

#endif
