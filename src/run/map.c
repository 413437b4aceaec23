/* SPDX-License-Identifier: MIT */
/* Walking the axes of an element-wise call: the innermost one is the kernel's. */
#include "run/run.h"

/* Runs n elements of the innermost axis from where each operand is. */
static void run_row(const rn__call *call, rn__look *look, int64_t n, char *const *data)
{
    const void *in[RN__MAP_OPERANDS];
    int64_t step[RN__MAP_OPERANDS];

    for (int i = 0; i < call->inputs; i++) {
        in[i] = data[i];
        step[i] = call->rank ? call->stride[i * RN_RANK_MAX + call->rank - 1] : 1;
    }
    if (look)
        rn__look_row(look, call, n, in, step, data[call->inputs]);
    else
        call->code.map(n, in, step, data[call->inputs], call->attributes);
}

/* The first `rows` of the first axis. */
static void run_rows(const rn__call *call, rn__look *look, int64_t rows, char *const *data)
{
    const int operands = call->inputs + 1, inner = call->rank - 1;
    char *at[RN__MAP_OPERANDS + 1];
    int64_t index[RN_RANK_MAX] = {0};

    if (call->rank <= 1) {
        run_row(call, look, call->rank ? rows : 1, data);
        return;
    }
    for (int i = 0; i < operands; i++) at[i] = data[i];
    for (;;) {
        run_row(call, look, call->size[inner], at);
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

/* Rows of the first axis, which the limit cuts: all steps are along that axis. */
static int64_t rows_of(const rn__call *call, const int64_t *step)
{
    const int64_t rows = call->rank ? call->size[0] : 1;

    if (call->limit.buffer < 0) return rows;
    const int64_t steps = rn__limit_of(call, &call->limit, step, call->limit_steps);
    return steps == call->limit_steps ? rows : rows / call->limit_steps * steps;
}

void rn__run_map(const rn__call *call, rn__look *look, const int64_t *step)
{
    const int64_t rows = rows_of(call, step);
    char *data[RN__MAP_OPERANDS + 1];

    for (int i = 1; i < call->rank; i++)
        if (call->size[i] == 0) return;
    if (rows == 0) return;
    for (int i = 0; i <= call->inputs; i++)
        data[i] = rn__place_of(&call->address[i], step, call->depth);
    if (look) rn__look_begin(look, call, 0, data[call->inputs], step);
    run_rows(call, look, rows, data);
}

/* Elements from..from + count - 1 of a call's output, whole rows of its first axis. */
static void run_tile(const rn__call *call, rn__look *look, int64_t from, int64_t count,
                     const int64_t *step)
{
    char *data[RN__MAP_OPERANDS + 1];
    int64_t row = 1;

    for (int i = 1; i < call->rank; i++) row *= call->size[i];
    for (int i = 0; i <= call->inputs; i++) {
        const int64_t stride = call->stride[i * RN_RANK_MAX] * (int64_t)call->bytes[i];
        data[i] = rn__place_of(&call->address[i], step, call->depth);
        if (!call->local || !call->local[i]) data[i] += from / row * stride;
    }
    if (look) rn__look_begin(look, call, from, data[call->inputs], step);
    run_rows(call, look, count / row, data);
}

void rn__run_tiles(const rn_program *program, rn__look *look, int32_t first,
                   const int64_t *step)
{
    const rn__call *head = &program->call[first];
    int64_t count = rows_of(head, step);

    for (int i = 1; i < head->rank; i++) count *= head->size[i];
    for (int64_t from = 0; from < count; from += head->tile) {
        const int64_t rest = count - from, n = rest < head->tile ? rest : head->tile;
        for (int32_t c = first; c < head->tiles_end; c++)
            run_tile(&program->call[c], look, from, n, step);
    }
}
