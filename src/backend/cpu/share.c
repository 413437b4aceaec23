/* SPDX-License-Identifier: MIT */
/* Deciding how threads share the calls of a program. */
#include "backend/cpu/share.h"

#include <math.h>

/* What a barrier of two threads costs, in multiply-adds of a product: most of it is not the
 * waiting, but that caches exchange what one thread wrote and the other reads. Tests
 * compile this file with 0. */
#ifndef RN_BARRIER_COST
#define RN_BARRIER_COST 60000.0
#endif

/* A loop or a program is shared if that takes so much of its time on one thread. */
static const double worth = 0.9;

/* Threads that have slept are as late as so many barriers take. They poll no longer than
 * that, and sleep between runs. */
enum { WAKING = 15 };

typedef struct sharing {
    rn__cpu_program *p;
    const rn__plan *plan;
    int threads;
    bool decide; /* else decisions are kept, and only barriers added */
    double barrier;
    double *cost; /* by step: on one thread; of a block, of all that is in it */
    double *time; /* by loop: when it is shared */
    rn__window window[RN_LOOP_DEPTH + 1]; /* by number of loops around */
} sharing;

static double find_cost(sharing *s, int32_t first, int32_t end)
{
    double sum = 0;

    for (int32_t i = first; i < end; i++) {
        const rn__cpu_call *call = &s->p->call[i];
        const bool block = call->kind == RN__STEP_LOOP || call->kind == RN__STEP_CHAIN;
        s->cost[i] =
            block ? find_cost(s, i + 1, call->end) : rn__cpu_cost(s->plan, call, 1);
        if (call->kind == RN__STEP_LOOP) s->cost[i] *= (double)call->step->iterations;
        sum += s->cost[i];
        if (block) i = call->end - 1;
    }
    return sum;
}

/* ---- decisions ---- */

static double barrier_cost(const sharing *s, const rn__window *w)
{
    return w->idle > WAKING * s->barrier ? WAKING * s->barrier : s->barrier;
}

/* Sharing a call may cost a barrier later on; half of one is counted for that. */
static void decide_step(const sharing *s, rn__window *w, int32_t index)
{
    rn__share *share = &s->p->call[index].share;
    double alone = s->cost[index], shared;

    share->waits = share->divided = false;
    if (!share->cut) return;
    shared = s->time[index] + s->barrier / 2;
    if (rn__cpu_conflicts(s->p, w, index, false)) alone += s->barrier;
    if (rn__cpu_conflicts(s->p, w, index, true)) shared += barrier_cost(s, w);
    share->divided = shared < alone;
}

/* Waits before a step that needs it; returns the time of that. */
static double wait_before(const sharing *s, rn__window *w, int32_t index)
{
    rn__share *share = &s->p->call[index].share;
    const double time = barrier_cost(s, w);

    if (!share->waits && !rn__cpu_conflicts(s->p, w, index, share->divided)) return 0;
    share->waits = true;
    rn__window_clear(w);
    return time;
}

/* A call, a chain, or a loop that thread 0 runs alone; returns its time. */
static double share_step(const sharing *s, rn__window *w, int32_t index)
{
    const rn__share *share = &s->p->call[index].share;
    const double time = share->divided ? s->time[index] : s->cost[index];
    const double waiting = wait_before(s, w, index);

    if (!share->divided) w->idle += time;
    rn__cpu_touch(s->p, w, index, share->divided);
    return time + waiting;
}

static double share_steps(sharing *s, rn__window *w, int32_t first, int32_t end);

/* The body once as the first iteration, and once as one after another. Returns the time of
 * an iteration. */
static double share_body(sharing *s, const rn__window *around, int32_t index)
{
    const rn__cpu_call *loop = &s->p->call[index];
    rn__window *w = &s->window[around->depth + 1];

    rn__window_clear(w);
    w->barriers = 0;
    w->depth = around->depth + 1;
    w->iterations = loop->step->iterations;
    w->reverse = loop->step->reverse;
    for (int d = 0; d < around->depth; d++) w->around[d] = around->around[d];
    w->around[around->depth] = w->iterations;
    rn__cpu_touch_head(s->p, w, loop);
    share_steps(s, w, index + 1, loop->end);
    rn__window_next(w, w->barriers > 0);
    s->decide = false;
    const double time = share_steps(s, w, index + 1, loop->end);
    s->decide = true;
    return time;
}

static void decide_loop(sharing *s, const rn__window *w, int32_t index)
{
    rn__cpu_call *loop = &s->p->call[index];
    const int32_t counter = rn__step_output(s->plan, loop->step)->at.buffer;
    const double iterations = (double)loop->step->iterations;
    double time = s->cost[index];

    if (counter < 0 || s->p->counter[counter])
        time = share_body(s, w, index) * iterations + barrier_cost(s, w) + s->barrier;
    loop->share = (rn__share){.divided = time < worth * s->cost[index]};
    s->time[index] = time;
    loop->share.waits_then = loop->share.divided;
    for (int32_t i = index + 1; i < loop->end && !loop->share.divided; i++) {
        rn__share *share = &s->p->call[i].share;
        share->divided = share->waits = share->waits_then = false;
    }
}

static double share_loop(sharing *s, rn__window *w, int32_t index)
{
    rn__share *share = &s->p->call[index].share;

    if (s->decide) decide_loop(s, w, index);
    if (!share->divided) return share_step(s, w, index);
    share->waits = true;
    rn__window_clear(w);
    return s->time[index];
}

static double share_steps(sharing *s, rn__window *w, int32_t first, int32_t end)
{
    double time = 0;

    for (int32_t i = first; i < end; i++) {
        const rn__cpu_call *call = &s->p->call[i];
        if (call->kind == RN__STEP_LOOP) {
            time += share_loop(s, w, i);
        } else {
            if (s->decide) decide_step(s, w, i);
            time += share_step(s, w, i);
        }
        if (call->end) i = call->end - 1;
    }
    return time;
}

/* ---- the whole ---- */

/* Shares the program among so many threads; returns the time. */
static double share_among(sharing *s, int threads)
{
    const rn__plan *plan = s->plan;

    s->decide = true;
    s->barrier = RN_BARRIER_COST * log2(threads);
    for (int32_t i = 0; i < plan->steps; i++) {
        const rn__cpu_call *call = &s->p->call[i];
        if (!call->share.cut) continue;
        const double part = rn__cpu_largest_part(&call->share, threads);
        s->time[i] = call->kind == RN__STEP_CHAIN ? s->cost[i] * part
                                                  : rn__cpu_cost(plan, call, part);
    }
    s->window[0] = (rn__window){.depth = 0};
    /* What changes variables is a run of its own if values are watched. */
    const int runs = plan->watch.on ? 2 : 1;
    return share_steps(s, &s->window[0], 0, plan->steps) + runs * WAKING * s->barrier;
}

/* The most threads that have something to do in some call. */
static int useful_threads(const rn__cpu_program *p, int threads)
{
    int64_t most = 1;

    for (int32_t i = 0; i < p->plan->steps; i++) {
        const rn__share *share = &p->call[i].share;
        if (!share->cut) continue;
        const int64_t ranges = (share->n + share->granule - 1) / share->granule;
        if (ranges > most) most = ranges;
    }
    return most < threads ? (int)most : threads;
}

/* Half as many threads may be faster: a barrier costs less, or ranges are less uneven. */
static void find_threads(sharing *s, double alone, int threads)
{
    double least = worth * alone;
    int last = 1;

    for (int n = threads; n > 1; n /= 2) {
        const double time = share_among(s, n);
        last = n;
        if (time < least)
            s->p->threads = n;
        else if (s->p->threads > 1)
            break;
        if (time < least) least = time;
    }
    if (s->p->threads > 1 && s->p->threads != last) share_among(s, s->p->threads);
}

bool rn__cpu_share(rn__cpu_program *p, int threads)
{
    const rn__plan *plan = p->plan;
    const size_t n = (size_t)plan->steps;
    sharing *s = (sharing *)rn__new(plan->allocator, sizeof *s);
    bool ok = s != NULL;

    p->threads = 1;
    if (ok) {
        *s = (sharing){.p = p, .plan = plan};
        s->cost = (double *)rn__new(plan->allocator, n * sizeof *s->cost);
        s->time = (double *)rn__new(plan->allocator, n * sizeof *s->time);
        ok = s->cost && s->time;
    }
    const double alone = ok ? find_cost(s, 0, plan->steps) : 0;
    if (ok && threads > 1 && alone > WAKING * RN_BARRIER_COST) {
        ok = rn__cpu_divide(p);
        if (ok) find_threads(s, alone, useful_threads(p, threads));
    }
    if (s) {
        rn__free(plan->allocator, s->cost);
        rn__free(plan->allocator, s->time);
        rn__free(plan->allocator, s);
    }
    return ok;
}
