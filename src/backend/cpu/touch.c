/* SPDX-License-Identifier: MIT */
/* What the steps of a lowered program touch. */
#include "backend/cpu/share.h"

enum { ADVANCES = sizeof((rn__address){0}.advance) / sizeof(int64_t) };

typedef bool visitor(rn__window *w, const rn__touch *t);

static bool add(rn__window *w, const rn__touch *t)
{
    rn__window_add(w, t);
    return false;
}

static bool conflicts(rn__window *w, const rn__touch *t)
{
    return rn__window_conflicts(w, t);
}

/* Sets the memory of an address, and all its bytes; false if it is a thread's own. */
static bool begin_touch(const rn__cpu_program *p, const rn__window *w,
                        const rn__address *at, rn__touch *t)
{
    if (at->buffer < 0 || p->counter[at->buffer]) return false;
    const rn__buffer *b = &p->plan->buffer[at->buffer];
    if (b->tiled) return false;
    const bool variable = b->kind == RN__BUFFER_VARIABLE;
    *t = (rn__touch){.owner = RN__OWNER_ALL, .limit.buffer = -1};
    if (variable) t->memory = rn__at(p->plan->graph, b->leaf)->variable;
    t->low = t->high = at->offset + (variable ? 0 : (int64_t)b->offset);
    for (int d = 0; d < w->depth; d++) t->advance[d] = at->advance[d];
    t->all_low = t->low - at->offset;
    t->all_high = t->all_low + (int64_t)b->bytes;
    /* An address may have more advances than there are loops; those are such numbers. */
    for (int d = RN_LOOP_DEPTH; d < ADVANCES; d++)
        t->unknown[d - RN_LOOP_DEPTH] = at->advance[d];
    return true;
}

static void extend(int64_t *low, int64_t *high, int64_t reach)
{
    *(reach < 0 ? low : high) += reach;
}

/* The touch of operand i of a call. In a loop within the window's list that thread 0 runs
 * alone, it is of all iterations. */
static bool touch_of(const rn__cpu_program *p, const rn__window *w,
                     const rn__cpu_call *call, int i, bool divided, rn__touch *t)
{
    const rn__operand *operand = rn__step_operands(p->plan, call->step) + i;
    const int64_t bytes = (int64_t)rn_type_size(operand->type);
    const rn__share *share = &call->share;
    const int cut = divided && share->cut ? share->cut[i] : -1;

    if (!begin_touch(p, w, &operand->at, t)) return false;
    for (int32_t b = call->step->block; b >= 0; b = p->plan->step[b].block) {
        const rn__step *loop = &p->plan->step[b];
        if (loop->kind == RN__STEP_LOOP && loop->depth >= w->depth && loop->iterations > 0)
            extend(&t->low, &t->high,
                   operand->at.advance[loop->depth] * (loop->iterations - 1));
    }
    t->write = i == call->inputs;
    t->high += bytes;
    t->unit_low = t->low, t->unit_high = t->high;
    for (int axis = 0; axis < operand->rank; axis++) {
        if (operand->size[axis] == 0) return false;
        const int64_t reach = (operand->size[axis] - 1) * operand->stride[axis] * bytes;
        extend(&t->low, &t->high, reach);
        if (axis != cut) extend(&t->unit_low, &t->unit_high, reach);
    }
    if (!divided) t->owner = RN__OWNER_FIRST;
    if (cut < 0 || call->unit[i] <= 0) return true;
    t->owner = RN__OWNER_PART;
    t->n = share->n, t->granule = share->granule, t->stride = call->unit[i];
    if (share->by_limit) t->limit = call->step->limit;
    return true;
}

/* The touch of an operand that was packed before; of all its bytes. */
static bool touch_packed(const rn__cpu_program *p, const rn__window *w,
                         const rn__cpu_call *call, bool divided, rn__touch *t)
{
    if (!begin_touch(p, w, &call->step->packed, t)) return false;
    t->high += (int64_t)p->plan->buffer[call->step->packed.buffer].bytes;
    if (!divided) t->owner = RN__OWNER_FIRST;
    return true;
}

/* Visits what a call touches; true as soon as a visit is. */
static bool visit_call(const rn__cpu_program *p, rn__window *w, const rn__cpu_call *call,
                       bool divided, visitor *visit)
{
    rn__touch t;

    for (int i = 0; i <= call->inputs; i++)
        if (touch_of(p, w, call, i, divided, &t) && visit(w, &t)) return true;
    if (touch_packed(p, w, call, divided, &t) && visit(w, &t)) return true;
    if (!begin_touch(p, w, &call->step->limit, &t)) return false;
    /* Where a limit is in a loop that thread 0 runs alone, it may be anywhere. */
    for (int d = w->depth; d < call->depth; d++)
        if (call->step->limit.advance[d]) t.low = 0, t.high = INT64_MAX / 4;
    t.high += (int64_t)sizeof(int32_t);
    if (!divided) t.owner = RN__OWNER_FIRST;
    return visit(w, &t);
}

/* The same of a step, or of all steps of a block. */
static bool visit_step(const rn__cpu_program *p, rn__window *w, int32_t index, bool divided,
                       visitor *visit)
{
    const rn__cpu_call *call = &p->call[index];
    const bool block = call->kind == RN__STEP_LOOP || call->kind == RN__STEP_CHAIN;

    if (call->kind != RN__STEP_CHAIN && visit_call(p, w, call, divided, visit)) return true;
    for (int32_t i = index + 1; block && i < call->end; i++)
        if (p->call[i].kind != RN__STEP_CHAIN &&
            visit_call(p, w, &p->call[i], divided, visit))
            return true;
    return false;
}

bool rn__cpu_conflicts(const rn__cpu_program *p, rn__window *w, int32_t index, bool divided)
{
    return visit_step(p, w, index, divided, conflicts);
}

void rn__cpu_touch(const rn__cpu_program *p, rn__window *w, int32_t index, bool divided)
{
    visit_step(p, w, index, divided, add);
}

void rn__cpu_touch_head(const rn__cpu_program *p, rn__window *w, const rn__cpu_call *loop)
{
    visit_call(p, w, loop, true, add);
}
