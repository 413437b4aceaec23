/* SPDX-License-Identifier: MIT */
/*
 * Running: walking the list of calls.
 *
 * Nothing is decided and nothing allocated here. An address is a base and a stride for each
 * loop around the call.
 */
#include "run/run.h"

#include <stdio.h>
#include <string.h>

#include "kernel/strided.h"

/* What went wrong in a kernel, with the step of the loops around it. */
static bool report(rn_program *program, const rn__call *call, const char *message,
                   const int64_t *step)
{
    char where[64] = "", shape[128];
    size_t used = 0;

    for (int d = 0; d < call->depth && used < sizeof where; d++)
        used += (size_t)snprintf(where + used, sizeof where - used, "%s%lld",
                                 d ? "," : " at step ", (long long)step[d]);
    if (call->node->context && message[0]) {
        const char *told = call->node->context, *of = told + strlen(told) + 1;
        snprintf(program->error, sizeof program->error, "%s%s%s%s%s", told, message,
                 *of ? " of " : "", of, where);
        return false;
    }
    snprintf(program->error, sizeof program->error, "%s: %s: %s %s%s", call->node->op->name,
             message[0] ? message : "refused by its kernel",
             call->node->name ? call->node->name : "result",
             rn__shape_text(call->node->shape, shape, sizeof shape), where);
    return false;
}

/* Cuts the operands to the steps that the limit allows; false if nothing is left to do. */
static bool cut(const rn__call *call, const int64_t *step)
{
    const int64_t steps = rn__limit_of(call, &call->limit, step, call->limit_steps);

    for (int i = 0; i <= call->inputs; i++)
        if (call->limit_rows[i]) call->array[i].size[0] = steps * call->limit_rows[i];
    return steps > 0 || !call->limit_rows[call->inputs];
}

static bool run_kernel(rn_program *program, rn__look *look, const rn__call *call,
                       const int64_t *step)
{
    char message[RN_MESSAGE] = "";
    const rn_call arguments = {.in = call->array,
                               .out = call->array + call->inputs,
                               .attributes = call->attributes,
                               .scratch = call->scratch.base,
                               .message = message,
                               .inputs = call->inputs};

    for (int i = 0; i <= call->inputs; i++)
        call->array[i].data = rn__place_of(&call->address[i], step, call->depth);
    if (call->limit.buffer >= 0 && !cut(call, step)) return true;
    if (!call->code.kernel(&arguments)) return report(program, call, message, step);
    if (look) rn__look_kernel(look, call, step);
    return true;
}

static bool run_copy(const rn__call *call, const int64_t *step)
{
    const rn_array *from = &call->array[0], *to = &call->array[1];

    rn__copy(to->rank, to->size, rn_type_size(to->type),
             rn__place_of(&call->address[1], step, call->depth), to->stride,
             rn__place_of(&call->address[0], step, call->depth), from->stride);
    return true;
}

/* Of a stack of `slots`, dense. */
static void run_tail(const rn__call *call, const int64_t *step)
{
    const rn_array *stack = &call->array[1];
    char *data = rn__place_of(&call->address[1], step, call->depth);
    const int64_t last = stack->size[0] - 1;
    const int64_t limit = rn__limit_of(call, &call->address[0], step, stack->size[0]);
    size_t slot = rn_type_size(stack->type);

    for (int i = 1; i < stack->rank; i++) slot *= (size_t)stack->size[i];
    if (slot == 0) return;
    if (call->tail == RN__TAIL_ZERO && limit <= last)
        memset(data + (size_t)limit * slot, 0, (size_t)(last + 1 - limit) * slot);
    for (int64_t i = limit + 1; call->tail == RN__TAIL_HELD && i <= last; i++)
        memcpy(data + (size_t)i * slot, data + (size_t)limit * slot, slot);
    for (int64_t i = limit; call->tail == RN__TAIL_BEGIN && i < last; i++)
        memcpy(data + (size_t)i * slot, data + (size_t)last * slot, slot);
}

static bool run_loop(rn_program *program, rn__look *look, int32_t index, int64_t *step)
{
    const rn__call *call = &program->call[index];
    const rn__address *counted = &call->address[call->inputs];
    char *counter = counted->buffer >= 0 ? rn__place_of(counted, step, call->depth) : NULL;
    const int64_t steps = call->inputs
                              ? rn__limit_of(call, &call->address[0], step, call->steps)
                              : call->steps;

    for (int64_t i = 0; i < steps; i++) {
        const int64_t t = call->reverse ? steps - 1 - i : i;
        const int32_t index32 = (int32_t)t;
        step[call->depth] = t;
        if (counter) memcpy(counter, &index32, sizeof index32);
        if (!rn__run_calls(program, look, index + 1, call->end, step)) return false;
    }
    return true;
}

bool rn__run_calls(rn_program *program, rn__look *look, int32_t first, int32_t end,
                   int64_t *step)
{
    bool ok = true;

    for (int32_t i = first; ok && i < end; i++) {
        const rn__call *call = &program->call[i];
        switch (call->kind) {
        case RN__MAP:
            if (call->tiles_end == 0) {
                rn__run_map(call, look, step);
                break;
            }
            rn__run_tiles(program, look, i, step);
            i = call->tiles_end - 1;
            break;
        case RN__KERNEL:
            ok = run_kernel(program, look, call, step);
            break;
        case RN__COPY:
            ok = run_copy(call, step);
            break;
        case RN__TAIL:
            run_tail(call, step);
            break;
        case RN__LOOP:
            ok = run_loop(program, look, i, step);
            i = call->end - 1;
            break;
        }
    }
    return ok;
}

/* What readers are told of the run. */
static rn_status end(rn_program *program, rn_status status)
{
    program->last = status == RN_OK ? RN__RUN_DONE : RN__RUN_FAILED;
    if (status != RN_OK) memcpy(program->failure, program->error, sizeof program->failure);
    return status;
}

rn_status rn_run(rn_program *program)
{
    int64_t step[RN_LOOP_DEPTH] = {0};

    if (!program) return RN_INVALID;
    program->error[0] = 0;
    if (!rn__inputs_fed(program)) return end(program, RN_INVALID);
    const bool ok = program->watching.on
                        ? rn__run_watched(program, step)
                        : rn__run_calls(program, NULL, 0, program->calls, step);
    return end(program, ok ? RN_OK : RN_BAD_VALUE);
}
