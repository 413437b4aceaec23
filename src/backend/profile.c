/* SPDX-License-Identifier: MIT */
/* The memory of a profile, and its events. */
#include "backend/profile.h"

#include <string.h>
#include <time.h>

int64_t rn__profile_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Steps that are not in a loop, without those in chains. */
static int32_t count_outside(const rn__plan *plan)
{
    int32_t n = 0;

    for (int32_t i = 0; i < plan->steps; i++)
        n += plan->step[i].block < 0 && plan->step[i].depth == 0;
    return n;
}

rn__profile *rn__profile_new(const rn__plan *plan, double f32_peak, double f64_peak)
{
    const rn_allocator a = plan->allocator;
    const int32_t outside = count_outside(plan);
    rn__profile *p = (rn__profile *)rn__new(a, sizeof *p);

    if (!p) return NULL;
    *p = (rn__profile){.plan = plan, .peak = {f32_peak, f64_peak}, .room_outside = outside};
    p->step = (rn__profile_step *)rn__new(a, (size_t)plan->steps * sizeof *p->step);
    p->event = (rn__profile_event *)rn__new(
        a, ((size_t)RN__PROFILE_EVENTS + (size_t)outside) * sizeof *p->event);
    if (p->step && p->event) return p;
    rn__profile_free(p);
    return NULL;
}

void rn__profile_free(rn__profile *p)
{
    if (!p) return;
    const rn_allocator a = p->plan->allocator;
    rn__free(a, p->step);
    rn__free(a, p->event);
    rn__free(a, p);
}

static void clear_events(rn__profile *p)
{
    p->events = p->outside = 0;
    p->left_out = 0;
}

void rn__profile_clear(rn__profile *p)
{
    memset(p->step, 0, (size_t)p->plan->steps * sizeof *p->step);
    p->runs = p->nanoseconds = p->last = 0;
    clear_events(p);
}

void rn__profile_begin_run(rn__profile *p)
{
    clear_events(p);
    p->begin = rn__profile_now();
}

void rn__profile_end_run(rn__profile *p)
{
    p->last = rn__profile_now() - p->begin;
    p->nanoseconds += p->last;
    p->runs++;
}

int32_t rn__profile_event_of(rn__profile *p, int32_t step, int64_t iteration, int64_t now)
{
    if (iteration < 0 && p->outside < p->room_outside) {
        p->outside++;
    } else if (p->events - p->outside == RN__PROFILE_EVENTS) {
        p->left_out++;
        return -1;
    }
    p->event[p->events] =
        (rn__profile_event){.start = now - p->begin, .iteration = iteration, .step = step};
    return p->events++;
}
