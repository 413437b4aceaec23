/* SPDX-License-Identifier: MIT */
/* The processor's back end as a record: a lowered program and the context it runs in. */
#include <stdio.h>

#include "backend/cpu/cpu.h"
#include "backend/cpu/flags.h"
#include "kernel/strided.h"

/* Small enough that the tiles of a chain's operands stay in the first-level cache. A test
 * compiles this file with tiles of a few elements. */
#ifndef RN_TILE_BYTES
#define RN_TILE_BYTES 8192
#endif

/* The threads after the first write their messages here. */
typedef struct fault {
    char text[512];
} fault;

typedef struct loaded {
    rn__cpu_program program;
    rn__cpu_context *context; /* of each thread */
    fault *message;
    int contexts;
    rn__pool *pool; /* NULL: one thread */
    rn__watch watch;
    rn__profile *profile; /* NULL: none */
    int32_t first, end;   /* of the steps that run */
} loaded;

/* ---- loading ---- */

static void unload(void *memory)
{
    loaded *l = (loaded *)memory;

    if (!l) return;
    const rn_allocator a = l->program.arena.allocator;
    rn__pool_free(l->pool);
    rn__watch_finish(&l->watch);
    for (int i = 0; i < l->contexts; i++) rn__context_finish(&l->context[i]);
    rn__profile_free(l->profile);
    rn__free(a, l->context);
    rn__free(a, l->message);
    rn__cpu_finish(&l->program);
    rn__free(a, l);
}

/* Where an operand outside all loops begins. */
static char *data_of(const void *with, const rn__operand *operand)
{
    const rn__cpu_program *p = (const rn__cpu_program *)with;

    return rn__cpu_buffer(p, operand->at.buffer) + operand->at.offset;
}

/* Steps are measured on the first thread. */
static bool add_profile(loaded *l, const rn__plan *plan)
{
    if (!plan->profile) return true;
    l->profile = rn__profile_new(plan, rn__cpu_peak(false), rn__cpu_peak(true));
    l->context[0].profile = l->profile;
    return l->profile != NULL;
}

/* The context of the first thread. */
static bool add_context(loaded *l, size_t scratch)
{
    const rn_allocator a = l->program.arena.allocator;
    const size_t n = (size_t)l->program.threads;

    l->context = (rn__cpu_context *)rn__new(a, n * sizeof *l->context);
    if (!l->context) return false;
    l->contexts = 1;
    return rn__context_init(&l->context[0], &l->program, scratch);
}

/* The pool, and what its threads need. Where that is more than there is, there are fewer
 * threads. */
static void add_threads(loaded *l, size_t scratch)
{
    const rn_allocator a = l->program.arena.allocator;
    const int threads = l->program.threads;

    if (threads > 1) l->message = (fault *)rn__new(a, (size_t)threads * sizeof *l->message);
    while (l->message && l->contexts < threads) {
        rn__cpu_context *c = &l->context[l->contexts];
        if (!rn__context_init(c, &l->program, scratch)) {
            rn__context_finish(c);
            break;
        }
        c->thread = l->contexts++;
        c->error = l->message[c->thread].text;
        c->error_capacity = sizeof l->message[c->thread].text;
    }
    l->pool = rn__pool_new(a, l->contexts);
}

static void *load(const rn__plan *plan, size_t scratch, int threads)
{
    loaded *l = (loaded *)rn__new(plan->allocator, sizeof *l);

    if (!l) return NULL;
    if (rn__cpu_lower(&l->program, plan, rn__threads_allowed(threads)) &&
        add_context(l, scratch) && add_profile(l, plan) &&
        rn__watch_init(&l->watch, plan, data_of, &l->program)) {
        add_threads(l, scratch);
        return l;
    }
    unload(l);
    return NULL;
}

static size_t bytes(const void *memory)
{
    const loaded *l = (const loaded *)memory;
    const size_t own = l->program.tile_bytes + l->context[0].scratch_bytes;

    return l->program.plan->workspace_bytes + own * (size_t)l->contexts;
}

static int threads_of(const void *memory)
{
    const loaded *l = (const loaded *)memory;

    return l->pool ? rn__pool_threads(l->pool) : 1;
}

/* ---- running ---- */

static void run_thread(void *with, int thread)
{
    const loaded *l = (const loaded *)with;
    rn__cpu_context *c = &l->context[thread];

    rn__cpu_walk(c, l->first, l->end);
    if (c->failed) rn__pool_stop(l->pool);
    if (thread > 0) c->raised = rn__flags_raised();
}

/* Of the threads that failed, the one whose call comes first; of one call the first range.
 * NULL: none. */
static const rn__cpu_context *find_failed(const loaded *l, int threads)
{
    const rn__cpu_context *first = NULL;

    for (int i = 0; i < threads; i++) {
        const rn__cpu_context *c = &l->context[i];
        if (c->failed && (!first || c->calls < first->calls)) first = c;
    }
    return first;
}

static bool run_shared(loaded *l, int threads)
{
    rn__cpu_context *own = &l->context[0];

    for (int i = 0; i < threads; i++) {
        rn__cpu_context *c = &l->context[i];
        c->tracer = NULL;
        c->pool = l->pool;
        c->threads = threads;
        c->calls = 0;
        c->failed = c->raised = false;
    }
    rn__pool_run(l->pool, run_thread, l);
    for (int i = 1; i < threads && l->program.plan->watch.on; i++)
        if (l->context[i].raised) rn__flags_raise();
    const rn__cpu_context *failed = find_failed(l, threads);
    if (failed && failed != own)
        snprintf(own->error, own->error_capacity, "%s", failed->error);
    return !failed;
}

/* One thread traces. */
static bool run_steps(void *self, rn__tracer *tracer, int32_t first, int32_t end)
{
    loaded *l = (loaded *)self;
    rn__cpu_context *c = &l->context[0];
    const int threads = tracer ? 1 : threads_of(l);

    l->first = first;
    l->end = end;
    if (threads > 1 && first < end) return run_shared(l, threads);
    c->tracer = tracer;
    c->pool = NULL;
    c->threads = 1;
    return rn__cpu_walk(c, first, end);
}

static void clear(void *self)
{
    (void)self;
    rn__flags_clear();
}

static bool raised(void *self)
{
    (void)self;
    return rn__flags_raised();
}

static const int32_t *numbers(void *self, const rn__step *step, const rn__address *address)
{
    const rn__cpu_context *c = &((const loaded *)self)->context[0];
    char *at = rn__cpu_buffer(c->program, address->buffer) + address->offset;

    for (int d = 0; d < step->depth; d++) at += c->iteration[d] * address->advance[d];
    return (const int32_t *)(const void *)at;
}

/* The caller's flags are as before after a run that is watched. */
static bool run_watched(loaded *l)
{
    const rn__watched_run how = {l, run_steps, clear, raised, numbers};
    const rn__flags flags = rn__flags_get();
    const bool ok = rn__watch_run(&l->watch, &how);

    rn__flags_set(flags);
    return ok;
}

static bool run(void *memory, char *error, size_t capacity)
{
    loaded *l = (loaded *)memory;
    const rn__plan *plan = l->program.plan;

    l->context[0].error = error;
    l->context[0].error_capacity = capacity;
    if (l->profile) rn__profile_begin_run(l->profile);
    const bool ok = plan->watch.on ? run_watched(l) : run_steps(l, NULL, 0, plan->steps);
    if (l->profile) rn__profile_end_run(l->profile);
    return ok;
}

/* ---- ports ---- */

static void feed(void *memory, const rn__operand *to, const void *data)
{
    const loaded *l = (const loaded *)memory;
    int64_t dense[RN_RANK_MAX];

    rn__layout_dense(rn_shape_of(to->rank, to->size), dense);
    rn__copy(to->rank, to->size, rn_type_size(to->type), data_of(&l->program, to),
             to->stride, data, dense);
}

static void read(const void *memory, const rn__operand *from, void *data)
{
    const loaded *l = (const loaded *)memory;
    int64_t dense[RN_RANK_MAX];

    rn__layout_dense(rn_shape_of(from->rank, from->size), dense);
    rn__copy(from->rank, from->size, rn_type_size(from->type), data, dense,
             data_of(&l->program, from), from->stride);
}

static bool nonfinite(const void *memory, int index, rn_nonfinite *out)
{
    return rn__watch_found(&((const loaded *)memory)->watch, index, out);
}

static rn__profile *profile(const void *memory)
{
    return ((const loaded *)memory)->profile;
}

const rn__backend rn__cpu = {.name = "cpu",
                             .tile_bytes = RN_TILE_BYTES,
                             .packed = rn__step_packed,
                             .supports = rn__cpu_supports,
                             .scratch = rn__step_scratch,
                             .load = load,
                             .free = unload,
                             .bytes = bytes,
                             .threads = threads_of,
                             .run = run,
                             .feed = feed,
                             .read = read,
                             .nonfinite = nonfinite,
                             .profile = profile};
