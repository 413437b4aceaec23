/* SPDX-License-Identifier: MIT */
/* The processor's back end as a record: a lowered program and the context it runs in. */
#include "backend/cpu/cpu.h"
#include "backend/cpu/flags.h"
#include "kernel/strided.h"

/* Small enough that the tiles of a chain's operands stay in the first-level cache. A test
 * compiles this file with tiles of a few elements. */
#ifndef RN_TILE_BYTES
#define RN_TILE_BYTES 8192
#endif

typedef struct loaded {
    rn__cpu_program program;
    rn__cpu_context context;
    rn__watch watch;
} loaded;

/* ---- contexts ---- */

/* The arguments of all kernels. */
static void fill_arrays(const rn__cpu_context *c)
{
    const rn__cpu_program *p = c->program;

    for (int32_t i = 0; i < p->plan->steps; i++) {
        const rn__cpu_call *call = &p->call[i];
        const rn__operand *operand = rn__step_operands(p->plan, call->step);
        for (int k = 0; call->kind == RN__STEP_KERNEL && k <= call->inputs; k++)
            c->array[call->array + k] = rn__step_array(&operand[k], NULL);
    }
}

static bool context_init(rn__cpu_context *c, const rn__cpu_program *p, size_t scratch)
{
    const rn_allocator a = p->arena.allocator;

    *c = (rn__cpu_context){.program = p, .scratch_bytes = scratch};
    c->array = (rn_array *)rn__new(a, (size_t)p->arrays * sizeof *c->array);
    c->tiles = (char *)rn__allocate_aligned(a, p->plan->tile_memory_bytes, true);
    c->scratch = (char *)rn__allocate_aligned(a, scratch, true);
    if (!c->array || !c->tiles || !c->scratch) return false;
    fill_arrays(c);
    return true;
}

static void context_finish(rn__cpu_context *c)
{
    if (!c->program) return;
    const rn_allocator a = c->program->arena.allocator;

    rn__free(a, c->array);
    rn__free_aligned(a, c->tiles);
    rn__free_aligned(a, c->scratch);
}

/* ---- loading ---- */

static void unload(void *memory)
{
    loaded *l = (loaded *)memory;

    if (!l) return;
    const rn_allocator a = l->program.arena.allocator;
    rn__watch_finish(&l->watch);
    rn__profile_free(l->context.profile);
    context_finish(&l->context);
    rn__cpu_finish(&l->program);
    rn__free(a, l);
}

/* Where an operand outside all loops begins. */
static char *data_of(const void *with, const rn__operand *operand)
{
    const rn__cpu_program *p = (const rn__cpu_program *)with;

    return rn__cpu_buffer(p, operand->at.buffer) + operand->at.offset;
}

static bool add_profile(loaded *l, const rn__plan *plan)
{
    if (!plan->profile) return true;
    l->context.profile = rn__profile_new(plan, rn__cpu_peak(false), rn__cpu_peak(true));
    return l->context.profile != NULL;
}

static void *load(const rn__plan *plan, size_t scratch)
{
    loaded *l = (loaded *)rn__new(plan->allocator, sizeof *l);

    if (!l) return NULL;
    if (rn__cpu_lower(&l->program, plan) &&
        context_init(&l->context, &l->program, scratch) && add_profile(l, plan) &&
        rn__watch_init(&l->watch, plan, data_of, &l->program))
        return l;
    unload(l);
    return NULL;
}

static size_t bytes(const void *memory)
{
    const rn__cpu_context *c = &((const loaded *)memory)->context;
    const rn__plan *plan = c->program->plan;

    return plan->workspace_bytes + plan->tile_memory_bytes + c->scratch_bytes;
}

/* ---- running ---- */

static bool run_steps(void *self, rn__tracer *tracer, int32_t first, int32_t end)
{
    rn__cpu_context *c = (rn__cpu_context *)self;

    c->tracer = tracer;
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

/* The caller's flags are as before after a run that is watched. */
static bool run_watched(loaded *l)
{
    const rn__watched_run how = {&l->context, run_steps, clear, raised};
    const rn__flags flags = rn__flags_get();
    const bool ok = rn__watch_run(&l->watch, &how);

    rn__flags_set(flags);
    return ok;
}

static bool run(void *memory, char *error, size_t capacity)
{
    loaded *l = (loaded *)memory;
    const rn__plan *plan = l->program.plan;

    l->context.error = error;
    l->context.error_capacity = capacity;
    if (l->context.profile) rn__profile_begin_run(l->context.profile);
    const bool ok =
        plan->watch.on ? run_watched(l) : run_steps(&l->context, NULL, 0, plan->steps);
    if (l->context.profile) rn__profile_end_run(l->context.profile);
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
    return ((const loaded *)memory)->context.profile;
}

const rn__backend rn__cpu = {.name = "cpu",
                             .tile_bytes = RN_TILE_BYTES,
                             .supports = rn__cpu_supports,
                             .scratch = rn__step_scratch,
                             .load = load,
                             .free = unload,
                             .bytes = bytes,
                             .run = run,
                             .feed = feed,
                             .read = read,
                             .nonfinite = nonfinite,
                             .profile = profile};
