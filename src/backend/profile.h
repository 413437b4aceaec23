/* SPDX-License-Identifier: MIT */
/*
 * What runs of a program with .profile have measured: sums for each step of the plan, and
 * the events of the last run. A back end fills it; it costs a reading of the clock a step.
 */
#ifndef RN_BACKEND_PROFILE_H
#define RN_BACKEND_PROFILE_H

#include "plan/plan.h"

/* Events of steps in loops that are kept; those of steps outside all loops always are. */
enum { RN__PROFILE_EVENTS = 1 << 16 };

typedef struct rn__profile_step {
    int64_t times;       /* it was run */
    double part;         /* the sum of the parts that limits left of it */
    int64_t nanoseconds; /* of an operator in a chain 0 */
} rn__profile_step;

typedef struct rn__profile_event {
    int64_t start, nanoseconds; /* since the run began */
    int64_t iteration;          /* of the innermost loop around it; -1: none */
    int32_t step;
} rn__profile_event;

typedef struct rn__profile {
    const rn__plan *plan;
    double peak[2];                  /* operations a second of one core: f32, f64 */
    int64_t runs, nanoseconds, last; /* all runs, and the last */
    rn__profile_step *step;          /* by step of the plan */
    rn__profile_event *event;        /* of the last run */
    int32_t events, outside; /* all, and those in the room for steps outside loops */
    int32_t room_outside;
    int64_t left_out; /* events for which there was no room */
    int64_t begin;    /* of the run, by the clock */
} rn__profile;

/* NULL without memory. The plan must outlive it. Free takes NULL. */
rn__profile *rn__profile_new(const rn__plan *plan, double f32_peak, double f64_peak);
void rn__profile_free(rn__profile *p);

/* Forgets all runs. */
void rn__profile_clear(rn__profile *p);

void rn__profile_begin_run(rn__profile *p);
void rn__profile_end_run(rn__profile *p);

/* Nanoseconds of a clock that never goes back. */
int64_t rn__profile_now(void);

/* Reserves an event for a step that begins now; -1: there is no room. The events of a loop
 * come before those of its body. */
int32_t rn__profile_event_of(rn__profile *p, int32_t step, int64_t iteration, int64_t now);

#endif
