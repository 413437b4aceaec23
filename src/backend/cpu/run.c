/* SPDX-License-Identifier: MIT */
/*
 * Running: walking the list of calls.
 *
 * Nothing is decided and nothing allocated here. An address is a base and an advance for
 * each loop around the call.
 */
#include "backend/cpu/cpu.h"

#include "kernel/strided.h"

/* Cuts the arguments to the iterations that the limit allows; false if nothing is left. */
static bool cut(const rn__cpu_context *c, const rn__cpu_call *call, rn_array *array)
{
    const rn__operand *operand = rn__step_operands(c->program->plan, call->step);
    const int64_t n = rn__cpu_limit(c, call, &call->limit, call->step->limit_of);

    for (int i = 0; i <= call->inputs; i++)
        if (operand[i].limit_rows) array[i].size[0] = n * operand[i].limit_rows;
    return n > 0 || !operand[call->inputs].limit_rows;
}

static bool run_kernel(rn__cpu_context *c, const rn__cpu_call *call)
{
    rn_array *array = c->array + call->array;
    char message[RN_MESSAGE];
    const rn_call arguments = {.in = array,
                               .out = array + call->inputs,
                               .attributes = call->attributes,
                               .scratch = c->scratch,
                               .message = message,
                               .inputs = call->inputs};

    message[0] = 0;
    for (int i = 0; i <= call->inputs; i++)
        array[i].data = rn__cpu_at(c, &call->address[i], call->depth);
    if (call->limit.base && !cut(c, call, array)) return true;
    if (!call->code.kernel(&arguments)) {
        rn__step_fault(c->program->plan, call->step, c->iteration, message, c->error,
                       c->error_capacity);
        return false;
    }
    if (c->tracer) rn__trace_kernel(c->tracer, call->step, c->iteration, array);
    return true;
}

static void run_copy(const rn__cpu_context *c, const rn__cpu_call *call)
{
    const rn__operand *operand = rn__step_operands(c->program->plan, call->step);
    const int depth = call->depth;

    rn__copy(operand[1].rank, operand[1].size, rn_type_size(operand[1].type),
             rn__cpu_at(c, &call->address[1], depth), operand[1].stride,
             rn__cpu_at(c, &call->address[0], depth), operand[0].stride);
}

/* Fills slots of a dense stack. */
static void run_tail(const rn__cpu_context *c, const rn__cpu_call *call)
{
    const rn__step *step = call->step;
    const rn__operand *stack = rn__step_output(c->program->plan, step);
    char *data = rn__cpu_at(c, &call->address[1], step->depth);
    const int64_t last = stack->size[0] - 1;
    const int64_t limit = rn__cpu_limit(c, call, &call->address[0], stack->size[0]);
    size_t slot = rn_type_size(stack->type);

    for (int i = 1; i < stack->rank; i++) slot *= (size_t)stack->size[i];
    if (slot == 0) return;
    if (step->tail == RN__TAIL_ZERO && limit <= last)
        memset(data + (size_t)limit * slot, 0, (size_t)(last + 1 - limit) * slot);
    for (int64_t i = limit + 1; step->tail == RN__TAIL_HELD && i <= last; i++)
        memcpy(data + (size_t)i * slot, data + (size_t)limit * slot, slot);
    for (int64_t i = limit; step->tail == RN__TAIL_BEGIN && i < last; i++)
        memcpy(data + (size_t)i * slot, data + (size_t)last * slot, slot);
}

static bool run_loop(rn__cpu_context *c, int32_t index)
{
    const rn__cpu_call *call = &c->program->call[index];
    const rn__cpu_address *counted = &call->address[call->inputs];
    char *counter = counted->base ? rn__cpu_at(c, counted, call->depth) : NULL;
    const bool reverse = call->step->reverse;
    int64_t n = call->step->iterations;

    if (call->inputs) n = rn__cpu_limit(c, call, &call->address[0], n);
    for (int64_t i = 0; i < n; i++) {
        const int64_t t = reverse ? n - 1 - i : i;
        const int32_t index32 = (int32_t)t;
        c->iteration[call->depth] = t;
        if (counter) memcpy(counter, &index32, sizeof index32);
        if (!rn__cpu_walk(c, index + 1, call->end)) return false;
    }
    return true;
}

bool rn__cpu_run(rn__cpu_context *c, int32_t first, int32_t end)
{
    bool ok = true;

    for (int32_t i = first; ok && i < end; i++) {
        const rn__cpu_call *call = &c->program->call[i];
        switch (call->kind) {
        case RN__STEP_MAP:
            rn__cpu_map(c, call);
            break;
        case RN__STEP_KERNEL:
            ok = run_kernel(c, call);
            break;
        case RN__STEP_COPY:
            run_copy(c, call);
            break;
        case RN__STEP_TAIL:
            run_tail(c, call);
            break;
        case RN__STEP_LOOP:
            ok = run_loop(c, i);
            i = call->end - 1;
            break;
        case RN__STEP_CHAIN:
            rn__cpu_chain(c, i);
            i = call->end - 1;
            break;
        }
    }
    return ok;
}
