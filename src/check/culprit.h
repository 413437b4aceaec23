/* SPDX-License-Identifier: MIT */
/* After a failed check: which operator's gradient rule is wrong. culprit.c, rule.c. */
#ifndef RN_CHECK_CULPRIT_H
#define RN_CHECK_CULPRIT_H

#include "node.h"
#include "rondo/program.h"

/* An input of a frozen f64 graph, and its value as rn_feed takes it. */
typedef struct rn__fed {
    rn_tensor x;
    const void *value;
    size_t bytes;
} rn__fed;

/* Checks the rule of each operator that the loss is made from, alone, on the values that it
 * meets in a run, those in loops at their last and middle steps. Writes to `text` the first
 * that is wrong, or that all agree; "" without memory or when the run fails. Adds nodes to
 * the loss's graph. */
void rn__find_culprit(rn_tensor loss, const rn__fed *fed, int count, char *text,
                      size_t capacity);

/* One node, with the values of its operands for all steps of the loops around it. */
enum { RN__SITE_OPERANDS = 8 };
typedef struct rn__site {
    rn_graph *graph;
    int32_t id;
    rn_tensor stack[RN__SITE_OPERANDS]; /* in the outermost graph; outputs of `program` */
    int64_t runs;                       /* steps of all loops around it, multiplied */
    rn_program *program;
} rn__site;

/* Whether the rule of a site's operator agrees with it at one run of the loops around; says
 * why not. True too when it cannot be judged. */
bool rn__rule_agrees(const rn__site *site, int64_t run, rn__arena *arena, char *text,
                     size_t capacity);

#endif
