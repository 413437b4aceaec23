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

/* Decides how at most `threads` threads share a lowered program: sets `share` of its calls,
 * and p->threads, which is 1 where nothing is worth sharing. False without memory. */
bool rn__cpu_share(rn__cpu_program *p, int threads);

#endif
