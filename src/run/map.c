/* SPDX-License-Identifier: MIT */
/* Walking the axes of an element-wise call: the innermost one is the kernel's. */
#include "run.h"

/* Runs the innermost axis from where each operand is. */
static void run_row(const rn__call *call, char *const *data)
{
    const void *in[RN__MAP_OPERANDS];
    int64_t step[RN__MAP_OPERANDS];
    const int axis = call->rank - 1;
    const int64_t n = call->rank ? call->size[axis] : 1;

    for (int i = 0; i < call->inputs; i++) {
        in[i] = data[i];
        step[i] = call->rank ? call->stride[i * RN_RANK_MAX + axis] : 1;
    }
    call->code.map(n, in, step, data[call->inputs], call->attributes);
}

void rn__run_map(const rn__call *call, char *const *data)
{
    const int operands = call->inputs + 1, outer = call->rank - 1;
    char *at[RN__MAP_OPERANDS + 1];
    int64_t index[RN_RANK_MAX] = {0};

    for (int i = 0; i < call->rank; i++)
        if (call->size[i] == 0) return;
    for (int i = 0; i < operands; i++) at[i] = data[i];
    for (;;) {
        run_row(call, at);
        int axis = outer - 1;
        for (; axis >= 0; axis--) {
            const int64_t n = call->size[axis];
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
