/* SPDX-License-Identifier: MIT */
/*
 * What threads touch between two barriers, to find where they must wait for one another.
 *
 * All threads walk the same steps. A touch is what one operand of a step reads or writes: a
 * range of bytes, and which thread touches which of them:
 *
 *   first   thread 0 alone
 *   all     any thread any byte
 *   part    thread p the units of its range of n; unit u lies within
 *           [unit_low + u stride, unit_high + u stride)
 *
 * A window has the touches since the last barrier, all of one list of steps: the program's
 * or that of one loop's body, for all threads wait before and after a loop that they share.
 * Two touches conflict if one of them writes and two threads may meet in a byte. They do
 * not if the bytes are others, or if both are parts of which a thread has the same units at
 * the same place: with the same n and stride, and both units within one stride.
 *
 * In doubt there is a conflict.
 */
#ifndef RN_BACKEND_CPU_DEPEND_H
#define RN_BACKEND_CPU_DEPEND_H

#include "plan/plan.h"

typedef enum rn__owner { RN__OWNER_FIRST, RN__OWNER_ALL, RN__OWNER_PART } rn__owner;

/* In how many iterations before that of the step in question a touch was. */
typedef enum rn__age { RN__AGE_SAME, RN__AGE_LAST, RN__AGE_ANY } rn__age;

typedef struct rn__touch {
    const void *memory; /* a variable; NULL: the workspace */
    bool write;
    rn__owner owner;
    rn__age age;
    int64_t low, high; /* bytes: low <= .. < high */
    int64_t advance[RN_LOOP_DEPTH];
    /* Bytes that it moves for each of a number that is only known in the iteration; and all
     * bytes that it may then be in. */
    int64_t unknown[RN_LOOP_DEPTH], all_low, all_high;
    int64_t n, granule, stride, unit_low, unit_high;
    rn__address limit; /* by which n is cut at run time; buffer -1: it is not */
} rn__touch;

enum { RN__WINDOW = 96 };

typedef struct rn__window {
    int depth;          /* loops around the steps */
    int64_t iterations; /* of the innermost one */
    bool reverse;
    int64_t around[RN_LOOP_DEPTH]; /* iterations of all */
    int barriers;                  /* so often it was cleared */
    double idle; /* the time that the other threads wait for thread 0 since then */
    int count;
    bool lost_first, lost_any; /* there are more touches, of thread 0 or of any */
    rn__touch touch[RN__WINDOW];
} rn__window;

void rn__window_clear(rn__window *w);

/* Whether a step that touches this must wait for what is in the window. */
bool rn__window_conflicts(const rn__window *w, const rn__touch *t);
void rn__window_add(rn__window *w, const rn__touch *t);

/* What is in the window is now of the iteration before or, if there was no barrier in it,
 * of any earlier one. */
void rn__window_next(rn__window *w, bool barrier);

#endif
