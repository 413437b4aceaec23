/* SPDX-License-Identifier: MIT */
/* Which thread touches which byte. */
#include "ownership.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { NOBODY = -1, MANY = -2 };

/* The last accesses of a byte, and how many barriers there were before. */
typedef struct byte {
    int64_t written_at, read_at;
    int writer, reader;
} byte;

typedef struct memory {
    const char *begin;
    size_t bytes;
    byte *byte;
} memory;

typedef struct walk {
    const rn__cpu_program *p;
    rn__cpu_context *context;
    memory *memory; /* the workspace and the variables */
    int memories;
    int64_t now; /* barriers */
    ownership *result;
} walk;

/* What the record of the back end holds begins like this. */
typedef struct beginning {
    rn__cpu_program program;
    rn__cpu_context *context;
} beginning;

static byte *find(const walk *w, const char *at)
{
    for (int i = 0; i < w->memories; i++) {
        const memory *m = &w->memory[i];
        if (at >= m->begin && at < m->begin + m->bytes) return &m->byte[at - m->begin];
    }
    return NULL;
}

static void complain(const walk *w, const rn__cpu_call *call, int thread, int other,
                     const char *how)
{
    if (w->result->error[0]) return;
    snprintf(w->result->error, sizeof w->result->error,
             "%d threads: step %d (%s): thread %d %s what thread %d has touched",
             w->result->threads, (int)(call - w->p->call),
             rn__step_node(w->p->plan, call->step)
                 ? rn__step_node(w->p->plan, call->step)->op->name
                 : "",
             thread, how, other);
}

static void touch_byte(const walk *w, const rn__cpu_call *call, int thread, bool write,
                       byte *b)
{
    if (b->written_at == w->now && b->writer != thread)
        complain(w, call, thread, b->writer, write ? "writes" : "reads");
    if (write && b->read_at == w->now && b->reader != thread)
        complain(w, call, thread, b->reader, "overwrites");
    if (write)
        b->written_at = w->now, b->writer = thread;
    else if (b->read_at == w->now && b->reader != thread)
        b->reader = MANY;
    else
        b->read_at = w->now, b->reader = thread;
}

/* All elements of a box, `first` being the first one. */
static void touch_box(const walk *w, const rn__cpu_call *call, int thread, bool write,
                      const char *first, const rn__operand *operand, const int64_t *size)
{
    const int64_t bytes = (int64_t)rn_type_size(operand->type);
    int64_t index[RN_RANK_MAX] = {0};

    for (int i = 0; i < operand->rank; i++)
        if (size[i] <= 0) return;
    for (;;) {
        int64_t place = 0;
        int axis = operand->rank - 1;
        for (int i = 0; i < operand->rank; i++)
            place += index[i] * operand->stride[i] * bytes;
        for (int64_t i = 0; i < bytes; i++) {
            byte *b = find(w, first + place + i);
            if (b) touch_byte(w, call, thread, write, b);
        }
        for (; axis >= 0 && ++index[axis] == size[axis]; axis--) index[axis] = 0;
        if (axis < 0) return;
    }
}

static int64_t limit_of(const walk *w, const rn__cpu_call *call)
{
    return rn__cpu_limit(w->context, &call->limit, call->step->limit_of);
}

/* A packed operand is read whole by every thread that reads it. */
static void touch_packed(const walk *w, const rn__cpu_call *call, int thread)
{
    if (!call->packed.base) return;
    const char *at = rn__cpu_at(w->context, &call->packed);
    const size_t bytes = w->p->plan->buffer[call->step->packed.buffer].bytes;

    for (size_t i = 0; i < bytes; i++) {
        byte *b = find(w, at + i);
        if (b) touch_byte(w, call, thread, false, b);
    }
}

/* A call that is a block's or not, by one thread. */
static void touch_call(const walk *w, const rn__cpu_call *call, int thread, bool divided)
{
    const rn__operand *operand = rn__step_operands(w->p->plan, call->step);
    const int64_t limit = call->limit.base ? limit_of(w, call) : call->step->limit_of;
    const rn__share *share = &call->share;

    for (int i = 0; i <= call->inputs; i++) {
        const rn__cpu_address *a = &call->address[i];
        const bool map = call->kind == RN__STEP_MAP;
        int64_t size[RN_RANK_MAX], n = share->n;
        if (a->tile >= 0 || !a->base) continue;
        const char *at = rn__cpu_at(w->context, a);
        memcpy(size, operand[i].size, sizeof size);
        if (call->limit.base && operand[i].limit_rows)
            size[operand[i].limit_axis] = operand[i].limit_rows * limit;
        if (share->by_limit && divided)
            n = map ? n / call->step->limit_of * limit
                    : operand[call->inputs].limit_rows * limit;
        if (divided && share->cut && share->cut[i] >= 0) {
            const rn__range r =
                rn__share_range(n, share->granule, thread, w->result->threads);
            at += r.from * call->unit[i];
            size[share->cut[i]] = r.to - r.from;
        }
        touch_box(w, call, thread, i == call->inputs, at, &operand[i], size);
    }
    touch_packed(w, call, thread);
}

static void barrier(walk *w)
{
    w->now++;
    w->result->barriers++;
}

static void steps(walk *w, int32_t first, int32_t end, bool alone);

static void loop(walk *w, int32_t index, bool alone)
{
    const rn__cpu_call *call = &w->p->call[index];
    const rn__cpu_address *counted = &call->address[call->inputs];
    const bool reverse = call->step->reverse;
    const char *rows = call->inputs > 1 ? rn__cpu_at(w->context, &call->address[1]) : NULL;
    int64_t n = call->step->iterations;

    if (call->inputs) n = rn__cpu_limit(w->context, &call->address[0], n);
    for (int64_t i = 0; i < n; i++) {
        const int64_t t = reverse ? n - 1 - i : i;
        const int32_t t32 = (int32_t)t;
        int32_t row = 0;
        if (rows) memcpy(&row, rows + (size_t)t * sizeof row, sizeof row);
        w->context->iteration[call->depth] = t;
        w->context->iteration[RN_LOOP_DEPTH + call->depth] = row;
        if (counted->base || counted->tile >= 0)
            memcpy(rn__cpu_at(w->context, counted), &t32, sizeof t32);
        steps(w, index + 1, call->end, alone);
    }
    if (call->share.waits_then) barrier(w);
}

static void steps(walk *w, int32_t first, int32_t end, bool alone)
{
    for (int32_t i = first; i < end; i++) {
        const rn__cpu_call *call = &w->p->call[i];
        const bool divided = call->share.divided && !alone;
        const int threads = divided ? w->result->threads : 1;
        cr_assert(!alone || (!call->share.divided && !call->share.waits), "step %d",
                  (int)i);
        if (call->share.waits) barrier(w);
        w->result->calls += divided;
        for (int t = 0; t < threads; t++) {
            if (call->kind != RN__STEP_CHAIN) touch_call(w, call, t, divided);
            for (int32_t c = i + 1; call->kind == RN__STEP_CHAIN && c < call->end; c++) {
                rn__cpu_call map = w->p->call[c];
                map.share = call->share;
                map.share.cut = w->p->call[c].share.cut;
                touch_call(w, &map, t, divided);
            }
        }
        if (call->kind == RN__STEP_LOOP)
            loop(w, i, !divided);
        else
            cr_assert(rn__cpu_run(w->context, i, call->end ? call->end : i + 1));
        if (call->end) i = call->end - 1;
    }
}

static void add_memory(walk *w, const char *begin, size_t bytes)
{
    memory *m = &w->memory[w->memories++];

    *m = (memory){begin, bytes, (byte *)malloc((bytes + 1) * sizeof(byte))};
    for (size_t i = 0; i < bytes; i++) m->byte[i] = (byte){-1, -1, NOBODY, NOBODY};
}

ownership rn_test_ownership(rn_program *program)
{
    const beginning *l = (const beginning *)program->loaded;
    const rn__plan *plan = &program->plan;
    ownership result = {.threads = l->program.threads};
    walk w = {.p = &l->program, .context = &l->context[0], .result = &result};

    w.memory = (memory *)calloc((size_t)plan->buffers + 1, sizeof *w.memory);
    add_memory(&w, l->program.workspace, plan->workspace_bytes);
    for (int32_t i = 0; i < plan->buffers; i++) {
        if (plan->buffer[i].kind != RN__BUFFER_VARIABLE) continue;
        const rn_variable *v = rn__at(plan->graph, plan->buffer[i].leaf)->variable;
        if (v->bytes && !find(&w, (const char *)v->data))
            add_memory(&w, (const char *)v->data, v->bytes);
    }
    w.context->tracer = NULL;
    w.context->pool = NULL;
    w.context->threads = 1;
    steps(&w, 0, plan->steps, false);
    for (int i = 0; i < w.memories; i++) free(w.memory[i].byte);
    free(w.memory);
    return result;
}
