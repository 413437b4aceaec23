/* SPDX-License-Identifier: MIT */
/* The numerical check from inside: its state, and the report as it grows. */
#ifndef RN_CHECK_GRADCHECK_H
#define RN_CHECK_GRADCHECK_H

#include "check/probe.h"
#include "compile/copy.h"
#include "graph/node.h"

typedef struct rn__checking {
    rn_gradcheck_options options;
    rn_gradcheck_report *report;
    rn_graph *user;
    rn__copy_pass to_copy; /* from the user's graph */
    rn__probe probe;       /* the loss */
} rn__checking;

/* ---- values.c ---- */

/* Gives every leaf its value, in all programs. */
bool rn__set_values(rn__checking *c);

/* Whether the loss is finite, and twice the same. */
bool rn__repeats(rn__checking *c);

/* ---- report.c ---- */

/* An empty report, and its end. */
rn_gradcheck_report *rn__report_new(rn_allocator allocator, int worst);

/* The table of tensors; by their names entries and kinks belong to them. */
bool rn__report_tensors(rn_gradcheck_report *report, const rn__checking *c);

/* Takes a comparison of tensor number `tensor` (-1: all of them together): counts it and
 * keeps it if it is among the worst; at a kink, notes that it was left out. */
void rn__report_take(void *report, int tensor, const rn__comparison *comparison);

/* Writes the text. With a message the check could not be made. */
void rn__report_end(rn_gradcheck_report *report, rn_status status, const char *message);

#endif
