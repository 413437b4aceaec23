/* SPDX-License-Identifier: MIT */
/* Running with every step measured, and the peak that its speed is compared with. */
#include "backend/cpu/cpu.h"
#include "kernel/peak.h"

double rn__cpu_peak(bool f64)
{
    enum { TIMES = 10, ROUNDS = 10000 };
    const rn__peak_loop *loop = rn__peak_of(f64);
    /* Read and written each time, so that no call can be left out. */
    volatile double start = 1e-3, sink;
    int64_t least = INT64_MAX;

    for (int i = 0; i < TIMES; i++) {
        const int64_t begin = rn__profile_now();
        sink = loop->work(ROUNDS, start);
        const int64_t taken = rn__profile_now() - begin;
        if (taken < least) least = taken;
    }
    (void)sink;
    return loop->operations * ROUNDS / (1e-9 * (double)(least > 0 ? least : 1));
}

/* The part of a step that its limit leaves, now. */
static double part_of(const rn__cpu_context *c, const rn__cpu_call *call)
{
    const int64_t of = call->step->limit_of;

    if (!call->limit.base || of == 0) return 1;
    return (double)rn__cpu_limit(c, &call->limit, of) / (double)of;
}

static void add(rn__cpu_context *c, int32_t index, int64_t nanoseconds)
{
    rn__profile_step *s = &c->profile->step[index];

    s->times++;
    s->part += part_of(c, &c->program->call[index]);
    s->nanoseconds += nanoseconds;
}

bool rn__cpu_profile(rn__cpu_context *c, int32_t first, int32_t end)
{
    rn__profile *p = c->profile;
    int64_t begin = rn__profile_now();
    bool ok = true;

    for (int32_t i = first, next; ok && i < end; i = next) {
        const rn__cpu_call *call = &c->program->call[i];
        const int64_t iteration = call->depth ? c->iteration[call->depth - 1] : -1;
        const int32_t event = rn__profile_event_of(p, i, iteration, begin);

        ok = rn__cpu_run(c, i, i + 1);
        const int64_t now = rn__profile_now();
        add(c, i, now - begin);
        if (event >= 0) p->event[event].nanoseconds = now - begin;
        next = call->end > i ? call->end : i + 1;
        for (int32_t k = i + 1; call->kind == RN__STEP_CHAIN && k < next; k++) add(c, k, 0);
        begin = now;
    }
    return ok;
}
