/* SPDX-License-Identifier: MIT */
/* What a step has to do, as its shapes say. */
#ifndef RN_PLAN_COST_H
#define RN_PLAN_COST_H

#include "plan/plan.h"

typedef struct rn__cost {
    /* A product's multiply-adds, two each; for a reduction the elements that it combines;
     * for other operators the elements that they compute; 0 for what only copies. */
    double operations;
    /* Bytes of the operands, and of the result, in the workspace or variables. An element
     * that a broadcast repeats counts once. What a chain hands on within a tile does not
     * count. */
    double read, written;
} rn__cost;

/* Of one execution of a step that no limit cuts; nothing for a block or a tail. */
rn__cost rn__step_cost(const rn__plan *plan, const rn__step *step);

/* What it is called: the operator's name, "copy", "tail", "loop" or "chain". */
const char *rn__step_name(const rn__plan *plan, const rn__step *step);

#endif
