/* SPDX-License-Identifier: MIT */
/* Element-wise steps: iterating over the axes. The innermost one is the kernel's. */
#include "backend/cpu/cpu.h"

/* Runs n elements of the innermost axis from where each operand is. */
static void run_row(rn__cpu_context *c, const rn__cpu_call *call, int64_t n,
                    char *const *data)
{
    const int inputs = call->inputs;
    const void *in[RN__MAP_OPERANDS];
    int64_t stride[RN__MAP_OPERANDS];

    for (int i = 0; i < inputs; i++) {
        in[i] = data[i];
        stride[i] = call->rank ? call->stride[i * RN_RANK_MAX + call->rank - 1] : 1;
    }
    if (c->tracer)
        rn__cpu_trace_row(c, call, n, in, stride, data[inputs]);
    else
        call->code.map(n, in, stride, data[inputs], call->attributes);
}

/* The first `rows` of the first axis. */
static void run_rows(rn__cpu_context *c, const rn__cpu_call *call, int64_t rows,
                     char *const *data)
{
    const int operands = call->inputs + 1, inner = call->rank - 1;
    char *at[RN__MAP_OPERANDS + 1];
    int64_t index[RN_RANK_MAX] = {0};

    if (call->rank <= 1) {
        run_row(c, call, call->rank ? rows : 1, data);
        return;
    }
    for (int i = 0; i < operands; i++) at[i] = data[i];
    for (;;) {
        run_row(c, call, call->size[inner], at);
        int axis = inner - 1;
        for (; axis >= 0; axis--) {
            const int64_t n = axis ? call->size[axis] : rows;
            const bool more = ++index[axis] < n;
            for (int i = 0; i < operands; i++) {
                const int64_t move = more ? 1 : 1 - n;
                at[i] +=
                    move * call->stride[i * RN_RANK_MAX + axis] * (int64_t)call->bytes[i];
            }
            if (more) break;
            index[axis] = 0;
        }
        if (axis < 0) return;
    }
}

/* Rows of the first axis, which the limit cuts: all iterations are along that axis. */
static int64_t rows_of(const rn__cpu_context *c, const rn__cpu_call *call)
{
    const int64_t rows = call->rank ? call->size[0] : 1, all = call->step->limit_of;

    if (!call->limit.base) return rows;
    const int64_t n = rn__cpu_limit(c, call, &call->limit, all);
    return n == all ? rows : rows / all * n;
}

/* Elements from..from + count - 1 of a call's output, whole rows of its first axis. */
static void run_tile(rn__cpu_context *c, const rn__cpu_call *call, int64_t from,
                     int64_t count)
{
    const int inputs = call->inputs;
    char *data[RN__MAP_OPERANDS + 1];
    int64_t row = 1;

    for (int i = 1; i < call->rank; i++) row *= call->size[i];
    for (int i = 0; i <= inputs; i++) {
        const int64_t stride =
            call->rank ? call->stride[i * RN_RANK_MAX] * (int64_t)call->bytes[i] : 0;
        data[i] = call->address[i].tile >= 0
                      ? c->tiles + call->address[i].tile
                      : rn__cpu_at(c, &call->address[i], call->depth) + from / row * stride;
    }
    if (c->tracer) rn__cpu_trace_begin(c, from, data[inputs]);
    run_rows(c, call, count / row, data);
}

/* The elements of a map's output that this thread computes, counted by its rows. */
static rn__range elements_of(const rn__cpu_context *c, const rn__cpu_call *call,
                             const rn__share *share)
{
    const int64_t rows = rows_of(c, call);
    rn__range r = {0, rows};
    int64_t row = 1;

    for (int i = 1; i < call->rank; i++) row *= call->size[i];
    if (share->divided) {
        const int64_t unit = call->size[0] / share->n;
        r = rn__share_range(rows / unit, share->granule, c->thread, c->threads);
        row *= unit;
    }
    return (rn__range){r.from * row, r.to * row};
}

void rn__cpu_map(rn__cpu_context *c, const rn__cpu_call *call)
{
    const rn__range r = elements_of(c, call, &call->share);

    if (r.from < r.to) run_tile(c, call, r.from, r.to - r.from);
}

void rn__cpu_chain(rn__cpu_context *c, int32_t chain)
{
    const rn__cpu_call *call = c->program->call;
    const rn__step *step = call[chain].step;
    const rn__range r = elements_of(c, &call[chain + 1], &call[chain].share);

    for (int64_t from = r.from; from < r.to; from += step->tile) {
        const int64_t rest = r.to - from, n = rest < step->tile ? rest : step->tile;
        for (int32_t i = chain + 1; i < step->end; i++) run_tile(c, &call[i], from, n);
    }
}
