/* SPDX-License-Identifier: MIT */
/*
 * Element-wise steps: rows of a map, and of chains of maps tile by tile. The innermost axis
 * is the kernel's.
 *
 * A step of few elements costs little more than its kernel: addresses are base + row *
 * move.
 */
#include "backend/cpu/cpu.h"

/* Where the operands of a map are. */
typedef struct place {
    const void *in[RN__MAP_OPERANDS];
    char *out;
} place;

/* Runs n elements of the innermost axis. */
static inline void run_row(rn__cpu_context *c, const rn__cpu_call *call, int64_t n,
                           const place *at)
{
    if (c->tracer)
        rn__cpu_trace_row(c, call, n, at->in, call->step_of, at->out);
    else
        call->code.map(n, at->in, call->step_of, at->out, call->attributes);
}

/* Moves by `count` indices of an axis. */
static inline void move(const rn__cpu_call *call, int axis, int64_t count, place *at)
{
    const int inputs = call->inputs;
    const int64_t *by = call->move + axis * (inputs + 1);

    for (int i = 0; i < inputs; i++) at->in[i] = (const char *)at->in[i] + count * by[i];
    at->out += count * by[inputs];
}

/* Indices of the last axis but one. */
static void run_plane(rn__cpu_context *c, const rn__cpu_call *call, int64_t rows, place at)
{
    const int axis = call->rank - 2, operands = call->inputs + 1;

    if (call->plane && !c->tracer) {
        int64_t plane[2 * (RN__MAP_OPERANDS + 1)];
        memcpy(plane, call->plane, 2 * (size_t)operands * sizeof *plane);
        plane[call->inputs] = rows;
        call->code.map(call->size[axis + 1], at.in, plane, at.out, call->attributes);
        return;
    }
    for (; rows > 0; rows--, move(call, axis, 1, &at))
        run_row(c, call, call->size[axis + 1], &at);
}

/* At least three axes: `rows` indices of the first one. */
static void run_axes(rn__cpu_context *c, const rn__cpu_call *call, int64_t rows, place *at)
{
    const int inner = call->rank - 2;
    int64_t index[RN_RANK_MAX] = {0};

    for (;;) {
        run_plane(c, call, call->size[inner], *at);
        int axis = inner - 1;
        for (; axis >= 0; axis--) {
            const int64_t n = axis ? call->size[axis] : rows;
            const bool more = ++index[axis] < n;
            move(call, axis, more ? 1 : 1 - n, at);
            if (more) break;
            index[axis] = 0;
        }
        if (axis < 0) return;
    }
}

/* Where row `first` of an operand is. */
static inline char *place_of(const rn__cpu_call *call, void *const *to, int i,
                             int64_t first)
{
    return (char *)to[i] + (call->address[i].tile < 0 ? first * call->move[i] : 0);
}

void rn__cpu_map_rows(rn__cpu_context *c, const rn__cpu_call *call, int64_t first,
                      int64_t rows)
{
    const int inputs = call->inputs;
    void **const to = c->place + call->array;
    place at;

    if (rows <= 0) return;
    for (uint32_t moving = call->moving; moving; moving &= moving - 1) {
        const int i = __builtin_ctz(moving);
        to[i] = rn__cpu_at(c, &call->address[i]);
    }
    if (call->rank < 2 && first == 0 && !c->tracer) {
        call->code.map(rows, (const void *const *)to, call->step_of, to[inputs],
                       call->attributes);
        return;
    }
    for (int i = 0; i < inputs; i++) at.in[i] = place_of(call, to, i, first);
    at.out = place_of(call, to, inputs, first);
    if (c->tracer) rn__cpu_trace_begin(c, first * call->row, at.out);
    if (call->rank < 2)
        run_row(c, call, rows, &at);
    else if (call->rank == 2)
        run_plane(c, call, rows, at);
    else
        run_axes(c, call, rows, &at);
}

/* Fetches a part of some rows of the operands that come from memory: while step number
 * `part` of the chain computes, whose rows are in the cache. */
static void fetch(const rn__cpu_context *c, const rn__cpu_call *chain, int64_t row,
                  int64_t rows, int64_t part)
{
    enum { LINE = 64 };
    const int64_t parts = chain->end - (chain - c->program->call) - 1;

    for (int i = 0; i < chain->streams; i++) {
        const rn__cpu_stream *s = &chain->stream[i];
        const int64_t bytes = rows * s->bytes;
        const char *at = rn__cpu_at(c, s->address) + row * s->bytes;
        __asm__ volatile(""); /* else GCC leaves out what only fetches */
        for (int64_t b = bytes * part / parts / LINE * LINE; b < bytes * (part + 1) / parts;
             b += LINE)
            __builtin_prefetch(at + b, 0, 2);
    }
}

bool rn__cpu_chain_rows(rn__cpu_context *c, int32_t chain, int64_t first, int64_t rows)
{
    const rn__cpu_call *call = &c->program->call[chain];
    const rn__cpu_call *map = call + 1, *end = c->program->call + call->end;
    const int64_t tile = call->tile, last = first + rows;

    for (int64_t from = first; from < last; from += tile) {
        const int64_t n = last - from < tile ? last - from : tile;
        for (const rn__cpu_call *m = map; m < end; m++) {
            if (from + 2 * n <= last) fetch(c, call, from + n, n, m - map);
            if (m->kind == RN__STEP_MAP)
                rn__cpu_map_rows(c, m, from * m->scale, n * m->scale);
            else if (!rn__cpu_kernel_rows(c, m, from, n))
                return false;
        }
    }
    return true;
}

int64_t rn__cpu_rows(const rn__cpu_context *c, const rn__cpu_call *call)
{
    if (!call->limit.base) return call->rows;
    const rn__step *step = call->kind == RN__STEP_CHAIN ? call[1].step : call->step;
    const int64_t all = step->limit_of, n = rn__cpu_limit(c, &call->limit, all);
    return n == all ? call->rows : call->rows / all * n;
}
