/* SPDX-License-Identifier: MIT */
/*
 * Watching runs for values that are not finite: the part that all back ends share.
 *
 * The repeatable steps of a plan run as usual. The back end's own flags, and the results
 * themselves, then say whether the run has a reason to trace; if so the same steps run once
 * more from the same inputs and variables, which gives the same values, and each operator
 * is traced. The few steps after them, which change variables and so cannot be
 * repeated, are traced as they run.
 */
#ifndef RN_BACKEND_WATCH_H
#define RN_BACKEND_WATCH_H

#include "plan/plan.h"

/* Values in memory, their axes collapsed. */
typedef struct rn__values {
    rn_array array;
    rn_shape shape;
    rn_origin origin;
    const char *name, *op;
} rn__values;

/* The state of watching, between runs too. */
typedef struct rn__watch {
    const rn__plan *plan;
    rn__values *leaf, *result; /* as the plan lists them; leaves come first in memory */
    int leaves, results;
    /* Runs so far that had a reason to trace, of either kind; watch.c. */
    int64_t raised, reached;
    rn_nonfinite found[RN_NONFINITE_MOST];
    int count;
} rn__watch;

/* Tracing the operators of a run. */
typedef struct rn__tracer {
    rn__watch *watch;
    const struct rn__watched_run *how;
    /* Trust the back end's flags: only what raises them is examined, after it has run. */
    bool by_flags;
    bool reached; /* some result was not finite */
    /* Of a kernel that adds: whether a NaN, and whether an infinity was there before. */
    bool nan_before, inf_before;
} rn__tracer;

/* What watching needs of a back end. `self` is passed to each. */
typedef struct rn__watched_run {
    void *self;
    /* Runs steps first..end - 1, with a tracer or NULL. */
    bool (*run)(void *self, rn__tracer *tracer, int32_t first, int32_t end);
    /* The flags that some operation gave a NaN or an infinity since they were cleared. */
    void (*clear)(void *self);
    bool (*raised)(void *self);
    /* The i32 numbers at an address of a step, now. */
    const int32_t *(*numbers)(void *self, const rn__step *step, const rn__address *address);
} rn__watched_run;

/* Makes the lists of values; data_of gives an operand's address. False without memory. */
bool rn__watch_init(rn__watch *watch, const rn__plan *plan,
                    char *(*data_of)(const void *with, const rn__operand *operand),
                    const void *with);
void rn__watch_finish(rn__watch *watch);

/* Runs all steps, and finds where values that are not finite first appeared. */
bool rn__watch_run(rn__watch *watch, const rn__watched_run *how);

/* Finding number `index`, counted from 0; false when there are no more. */
bool rn__watch_found(const rn__watch *watch, int index, rn_nonfinite *out);

/* ---- for tracers: findings.c ---- */

/* Whether something may still be found at this step. */
bool rn__finding_wanted(const rn__tracer *tracer, const rn__step *step);

/* Adds a finding at a step: the element of its output, and for each operand, of which
 * there are step->inputs or RN_NONFINITE_OPERANDS if that is less, the element that went
 * into it. `iteration` has the indices of the loops around. */
void rn__finding_add(rn__tracer *tracer, const rn__step *step, const int64_t *iteration,
                     int64_t element, double value, const rn_nonfinite_operand *operand);
void rn__finding_add_leaf(rn__tracer *tracer, const rn__values *leaf, int64_t element);

/* Examines the output of an operator that is not element-wise, given its operands and then
 * its output as arrays. Which elements it combined is not known, so a NaN anywhere in an
 * operand explains any NaN of the output. The beginning is before its kernel runs, which
 * may overwrite what it adds to. `before`: by array, how many elements of the operand come
 * before it; NULL: none. */
void rn__trace_kernel_begin(rn__tracer *tracer, const rn__step *step,
                            const rn_array *array);
void rn__trace_kernel(rn__tracer *tracer, const rn__step *step, const int64_t *iteration,
                      const rn_array *array, const int64_t *before);

#endif
