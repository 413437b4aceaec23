/* SPDX-License-Identifier: MIT */
/* Watching runs: when to trace, and what. */
#include "backend/watch.h"

#include <string.h>

#include "backend/values.h"
#include "kernel/strided.h"

_Static_assert((int)RN_NONFINITE_STEPS == (int)RN_LOOP_DEPTH, "a step for every loop");

/* ---- lists ---- */

static rn__values values_of(const rn__plan *plan, const rn__watched *w, char *data)
{
    const rn__node *leaf = w->leaf >= 0 ? rn__at(plan->graph, w->leaf) : NULL;
    rn__values v = {.origin = w->origin, .shape.rank = w->value.rank};
    int64_t *stride = v.array.stride;

    memcpy(v.shape.size, w->value.size, (size_t)v.shape.rank * sizeof *v.shape.size);
    v.name = leaf && leaf->name ? leaf->name : "";
    v.op = w->origin == RN_ORIGIN_INPUT ? "input" : "variable";
    v.array.type = w->value.type;
    v.array.data = data;
    memcpy(v.array.size, w->value.size, sizeof v.array.size);
    memcpy(v.array.stride, w->value.stride, sizeof v.array.stride);
    v.array.rank = rn__collapse(w->value.rank, v.array.size, 1, &stride);
    return v;
}

bool rn__watch_init(rn__watch *watch, const rn__plan *plan,
                    char *(*data_of)(const void *with, const rn__operand *operand),
                    const void *with)
{
    const rn__plan_watch *w = &plan->watch;
    const size_t n = (size_t)w->leaves + (size_t)w->results;

    *watch = (rn__watch){.plan = plan, .leaves = w->leaves, .results = w->results};
    watch->leaf = (rn__values *)rn__new(plan->allocator, n * sizeof *watch->leaf);
    if (!watch->leaf) return false;
    watch->result = watch->leaf + w->leaves;
    for (int i = 0; i < w->leaves; i++)
        watch->leaf[i] = values_of(plan, &w->leaf[i], data_of(with, &w->leaf[i].value));
    for (int i = 0; i < w->results; i++)
        watch->result[i] =
            values_of(plan, &w->result[i], data_of(with, &w->result[i].value));
    return true;
}

void rn__watch_finish(rn__watch *watch)
{
    if (watch->plan) rn__free(watch->plan->allocator, watch->leaf);
}

/* ---- runs ---- */

/* A flag may come from a value that nothing uses, or be false, in every run again; then
 * tracing must not cost much in the long run. */
static bool due(int64_t times, int64_t always)
{
    return times <= always || (times & (times - 1)) == 0;
}

static bool all_finite(const rn__values *list, int count)
{
    for (int i = 0; i < count; i++)
        if (!rn__values_finite(&list[i].array)) return false;
    return true;
}

static void trace_again(rn__watch *w, const rn__watched_run *how, bool reached)
{
    rn__tracer tracer = {.watch = w, .how = how, .reached = reached};

    w->count = 0;
    for (int i = 0; i < w->leaves && reached; i++) {
        const int64_t element = rn__values_first(&w->leaf[i].array, false);
        if (element >= 0) rn__finding_add_leaf(&tracer, &w->leaf[i], element);
    }
    how->run(how->self, &tracer, 0, w->plan->watch.repeatable);
}

/* Between the steps that can be repeated and those that change variables. Whether some
 * result was not finite. */
static bool judge(rn__watch *w, const rn__watched_run *how, bool raised)
{
    enum { REACHED_ALWAYS = 8, RAISED_ALWAYS = 1 };
    const bool reached = !all_finite(w->result, w->results);

    w->reached = reached ? w->reached + 1 : 0;
    if (raised && !reached) w->raised++;
    if (!raised && !reached)
        w->count = 0;
    else if (reached ? due(w->reached, REACHED_ALWAYS) : due(w->raised, RAISED_ALWAYS))
        trace_again(w, how, reached);
    return reached;
}

/* The rest of the steps. What they compute is kept in variables. */
static bool finish(rn__watch *w, const rn__watched_run *how, bool reached)
{
    const rn__plan *plan = w->plan;
    const int before = w->count;
    const bool old = before > 0 && w->found[0].ago > 0;
    rn__tracer tracer = {.watch = w, .how = how, .by_flags = true, .reached = reached};

    how->clear(how->self);
    if (!how->run(how->self, old ? NULL : &tracer, plan->watch.repeatable, plan->steps))
        return false;
    for (int i = before; i < w->count; i++)
        w->found[i].reached |= !all_finite(w->leaf, w->leaves);
    return true;
}

bool rn__watch_run(rn__watch *w, const rn__watched_run *how)
{
    for (int i = 0; i < w->count; i++) w->found[i].ago++;
    how->clear(how->self);
    if (!how->run(how->self, NULL, 0, w->plan->watch.repeatable)) {
        w->count = 0;
        return false;
    }
    return finish(w, how, judge(w, how, how->raised(how->self)));
}

bool rn__watch_found(const rn__watch *w, int index, rn_nonfinite *out)
{
    if (index < 0 || index >= w->count) return false;
    *out = w->found[index];
    return true;
}
