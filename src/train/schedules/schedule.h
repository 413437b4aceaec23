/* SPDX-License-Identifier: MIT */
/* A schedule's rule: the factor of the rate, by hand and as a graph. */
#ifndef RN_TRAIN_SCHEDULE_H
#define RN_TRAIN_SCHEDULE_H

#include "graph/node.h"
#include "rondo/schedules.h"

typedef struct rn__schedule_rule {
    const char *name;
    bool timed; /* it needs steps */
    /* The factor after s updates, a whole number from 0; all members of the schedule are
     * set. */
    double (*at)(const rn_schedule *o, double s);
    rn_tensor (*build)(const rn_schedule *o, rn_tensor s);
} rn__schedule_rule;

#define RN_SCHEDULE(name, ...) extern const rn__schedule_rule rn__schedule_##name;
#include "train/schedules/schedules.def"
#undef RN_SCHEDULE

/* The momentum of one_cycle, and where it lies: 0 stands for a default. */
double rn__one_cycle_momentum_at(const rn_schedule *o, double s);
rn_tensor rn__one_cycle_momentum(const rn_schedule *o, rn_tensor s);
double rn__base_momentum(const rn_schedule *o);
double rn__max_momentum(const rn_schedule *o);

static const double rn__pi = 3.14159265358979323846;

/* min(s, T) / T */
double rn__progress_at(const rn_schedule *o, double s);
rn_tensor rn__progress(const rn_schedule *o, rn_tensor s);

/* base^y, for a constant base. */
rn_tensor rn__power(double base, rn_tensor y);

/* (1 + cos(pi s / length)) / 2 */
double rn__cosine_at(double s, double length);
rn_tensor rn__cosine(rn_tensor s, rn_tensor length);

#endif
