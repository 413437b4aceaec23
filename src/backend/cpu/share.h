/* SPDX-License-Identifier: MIT */
/*
 * How threads share a program.
 *
 * All threads walk the list of calls. Of a call that is divided each computes a range of
 * the output, along its first axis that is longer than 1; any other call is thread 0's. No
 * sum is divided, so the results have the same bits with any number of threads. Before a
 * call that needs it, all threads wait for one another (depend.h).
 *
 * A range has the same units for all calls of as many units, so rows of a batch stay with
 * one thread from call to call, and a loop whose calls are all divided by those rows has no
 * barrier inside. With one row the columns are divided.
 *
 * What is divided is decided by an estimate of time, in multiply-adds of a matrix product:
 * that of the largest range and of the barriers. A call, a loop and a program are shared
 * only where that is less than the time of one thread. A barrier's cost is the only
 * constant of a machine.
 */
#ifndef RN_BACKEND_CPU_SHARE_H
#define RN_BACKEND_CPU_SHARE_H

#include "backend/cpu/cpu.h"
#include "backend/cpu/depend.h"

/* Decides how at most `threads` threads share a lowered program: sets `share` of its calls,
 * and p->threads, which is 1 where nothing is worth sharing. False without memory. */
bool rn__cpu_share(rn__cpu_program *p, int threads);

/* ---- divide.c ---- */

/* Finds for each call whether and how it can be divided. False without memory. */
bool rn__cpu_divide(rn__cpu_program *p);

/* The time of a call that is no block, in multiply-adds of a product, for a thread that has
 * a part `of` of its units. */
double rn__cpu_cost(const rn__plan *plan, const rn__cpu_call *call, double of);

/* The part of a divided call's units that the thread with most of them has. */
double rn__cpu_largest_part(const rn__share *share, int threads);

/* ---- touch.c ---- */

/* Whether all must wait before a step, or a whole block, that is divided or thread 0's; and
 * adds what it touches to the window. */
bool rn__cpu_conflicts(const rn__cpu_program *p, rn__window *w, int32_t index,
                       bool divided);
void rn__cpu_touch(const rn__cpu_program *p, rn__window *w, int32_t index, bool divided);

/* Adds what all threads read at the head of a loop that they share. */
void rn__cpu_touch_head(const rn__cpu_program *p, rn__window *w, const rn__cpu_call *loop);

#endif
