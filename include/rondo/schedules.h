/* SPDX-License-Identifier: MIT */
/*
 * Schedules: how the learning rate depends on the number of updates made.
 *
 * A schedule is a small record. As the member `schedule` of an optimiser it becomes part of
 * the program, so nothing is called between runs:
 *
 *   rn_optimizer adam = rn_adam(1e-3);
 *   adam.schedule = (rn_schedule){RN_SCHEDULE_COSINE, .steps = 10000, .warm_up = 500};
 *
 * rn_schedule_at computes the same rate by hand. Names and results are those of PyTorch's
 * torch.optim.lr_scheduler, with steps counted in updates. See docs/schedules.md.
 */
#ifndef RONDO_SCHEDULES_H
#define RONDO_SCHEDULES_H

#include "graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* In the formulas r is the base rate, and s the number of updates made so far, without
 * those of the warm-up. T is the member `steps`, which these schedules need unless noted:
 *
 *   STEP          r gamma^floor(s / T)
 *   MULTI_STEP    r gamma^(number of milestones <= s)                  without T
 *   EXPONENTIAL   r gamma^s                                            without T
 *   POLYNOMIAL    r (1 - min(s, T) / T)^power
 *   LINEAR        r (start_factor + (end_factor - start_factor) min(s, T) / T)
 *   COSINE        r (1 + cos(pi s / T)) / 2, which rises again after T
 *   RESTARTS      the same from s = 0 on, from T on, and so on; every period is t_mult
 *                 times as long as the one before; arXiv:1608.03983
 *   ONE_CYCLE     from r / div_factor up to r, and down to r / (div_factor
 *                 final_div_factor) at s = T - 1; constant after that; arXiv:1708.07120
 *   INVERSE_SQRT  r min((s + 1) / T, sqrt(T / (s + 1))): T updates of warm-up are a part of
 *                 it; arXiv:1706.03762 with r = 1 / sqrt(units T)
 */
typedef enum rn_schedule_kind {
    RN_SCHEDULE_CONSTANT,
    RN_SCHEDULE_STEP,
    RN_SCHEDULE_MULTI_STEP,
    RN_SCHEDULE_EXPONENTIAL,
    RN_SCHEDULE_POLYNOMIAL,
    RN_SCHEDULE_LINEAR,
    RN_SCHEDULE_COSINE,
    RN_SCHEDULE_RESTARTS,
    RN_SCHEDULE_ONE_CYCLE,
    RN_SCHEDULE_INVERSE_SQRT
} rn_schedule_kind;

enum { RN_MILESTONES_MAX = 16 };

/* Zeros are a constant rate. Numbers must be finite and not negative. */
typedef struct rn_schedule {
    rn_schedule_kind kind;
    int64_t steps;   /* T: step_size, total_iters, T_max, T_0 or total_steps in PyTorch */
    int64_t warm_up; /* updates in which the rate first rises linearly, before s = 0 */
    double warm_up_factor; /* the first of them has this part of the rate */
    double eta_min;        /* the schedule applies to r - eta_min, and eta_min is added */
    double gamma;          /* 0: 0.1; EXPONENTIAL needs it */
    double power;          /* 0: 1 */
    double start_factor, end_factor; /* both 0: 1/3 and 1 */
    int64_t t_mult;                  /* 0: 1 */
    double pct_start;                /* the part of T in which the rate rises; 0: 0.3 */
    double div_factor;               /* 0: 25 */
    double final_div_factor;         /* 0: 10000 */
    bool linear;         /* ONE_CYCLE changes the rate linearly, not along a cosine */
    bool three_phase;    /* ONE_CYCLE falls to r / div_factor as fast as it rose */
    bool cycle_momentum; /* ONE_CYCLE moves the momentum the other way: from max_momentum
                            to base_momentum, while the rate rises, and back. It takes the
                            place of the optimiser's momentum or beta1 */
    double base_momentum, max_momentum;   /* 0: 0.85 and 0.95; less than 1 */
    int64_t milestone[RN_MILESTONES_MAX]; /* MULTI_STEP's, in any order; 0 ends them */
} rn_schedule;

/* The rate after `step` updates, for the base rate `rate`. A negative step counts as 0. NaN
 * if the schedule is NULL or not valid: an unknown kind, a number out of range, or no T. */
RN_API double rn_schedule_at(const rn_schedule *schedule, double rate, int64_t step);

/* The same as a graph, an f64 scalar: rate is an f64 scalar, step an i32 scalar of its
 * graph. Optimisers call it. Errors: as above, or another type or shape. */
RN_API rn_tensor rn_scheduled_rate(const rn_schedule *schedule, rn_tensor rate,
                                   rn_tensor step);

/* The same of the momentum, with cycle_momentum; before the end of the warm-up it is that
 * of s = 0. Errors: as above, or no cycle_momentum. */
RN_API double rn_schedule_momentum_at(const rn_schedule *schedule, int64_t step);
RN_API rn_tensor rn_scheduled_momentum(const rn_schedule *schedule, rn_tensor step);

/* ---- by hand ---- */

/* Reduces the rate when a measure stops improving: PyTorch's ReduceLROnPlateau. The first
 * members are options, the others its state; all may begin as zeros. A record that is
 * copied and restored goes on from there. */
typedef struct rn_plateau {
    double factor;    /* the rate is multiplied by it; 0: 0.1 */
    int64_t patience; /* measures without improvement that are accepted; 0: 10, negative: 0
                       */
    double threshold; /* smallest improvement that counts; 0: 1e-4, negative: 0 */
    bool absolute;    /* the threshold is absolute, and not a part of the best measure */
    bool maximize;    /* higher measures are better, such as accuracies */
    int64_t cooldown; /* measures after a reduction that do not count */
    double min_lr;    /* smallest rate */
    double eps;       /* smaller changes of the rate are not made; 0: 1e-8, negative: 0 */

    bool begun;
    double best;
    int64_t bad, cooling; /* measures without improvement; left of the cooldown */
} rn_plateau;

/* The next rate, after a measure such as the validation loss of an epoch. A NaN is no
 * improvement.
 *
 *   rate = rn_plateau_next(&plateau, loss, rate);
 *   rn_set_learning_rate(model, rate);
 *
 * Returns `rate` if the plateau is NULL or its factor is not in 0 <= factor < 1. */
RN_API double rn_plateau_next(rn_plateau *plateau, double measure, double rate);

#ifdef __cplusplus
}
#endif
#endif
