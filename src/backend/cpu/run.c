/* SPDX-License-Identifier: MIT */
/*
 * Running: walking the list of calls.
 *
 * Nothing is decided and nothing allocated here. An address is a memory, an offset and an
 * advance for each loop around the call.
 */
#include "backend/cpu/cpu.h"

#include <stdio.h>

#include "kernel/strided.h"

/* Puts an error into words: what a kernel rejected, and the iterations of the loops around
 * it. Returns false. */
static bool fail(rn__cpu_context *c, const rn__cpu_call *call, const char *message)
{
    const rn__node *node = rn__step_node(c->program->plan, call->step);
    char where[64] = "", shape[128];
    size_t used = 0;

    for (int d = 0; d < call->step->depth && used < sizeof where; d++)
        used += (size_t)snprintf(where + used, sizeof where - used, "%s%lld",
                                 d ? "," : " at step ", (long long)c->iteration[d]);
    if (node->told && message[0]) {
        const char *told = node->told, *of = told + strlen(told) + 1;
        snprintf(c->error, c->error_capacity, "%s%s%s%s%s", told, message,
                 *of ? " of " : "", of, where);
        return false;
    }
    snprintf(c->error, c->error_capacity, "%s: %s: %s %s%s", node->op->name,
             message[0] ? message : "refused by its kernel",
             node->name ? node->name : "result",
             rn__shape_text(node->shape, shape, sizeof shape), where);
    return false;
}

/* Cuts the arguments to the iterations that the limit allows; false if nothing is left. */
static bool cut(rn__cpu_context *c, const rn__cpu_call *call)
{
    const rn__operand *operand = rn__step_operands(c->program->plan, call->step);
    const int64_t n = rn__cpu_limit(c, call, &call->limit, call->step->limit_of);
    const int inputs = call->step->inputs;

    for (int i = 0; i <= inputs; i++)
        if (operand[i].limit_rows) c->array[i].size[0] = n * operand[i].limit_rows;
    return n > 0 || !operand[inputs].limit_rows;
}

static bool run_kernel(rn__cpu_context *c, const rn__cpu_call *call)
{
    const rn__step *step = call->step;
    const rn__operand *operand = rn__step_operands(c->program->plan, step);
    char message[RN_MESSAGE] = "";
    const rn_call arguments = {.in = c->array,
                               .out = c->array + step->inputs,
                               .attributes = call->attributes,
                               .scratch = c->scratch,
                               .message = message,
                               .inputs = step->inputs};

    for (int i = 0; i <= step->inputs; i++)
        c->array[i] =
            rn__cpu_array(&operand[i], rn__cpu_at(c, &call->address[i], step->depth));
    if (step->limit.buffer >= 0 && !cut(c, call)) return true;
    if (!call->code.kernel(&arguments)) return fail(c, call, message);
    if (c->tracer) rn__trace_kernel(c->tracer, step, c->iteration, c->array);
    return true;
}

static void run_copy(const rn__cpu_context *c, const rn__cpu_call *call)
{
    const rn__operand *operand = rn__step_operands(c->program->plan, call->step);
    const int depth = call->step->depth;

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
    const rn__step *step = call->step;
    const rn__cpu_address *counted = &call->address[step->inputs];
    char *counter = counted->memory >= 0 ? rn__cpu_at(c, counted, step->depth) : NULL;
    const int64_t n = step->inputs
                          ? rn__cpu_limit(c, call, &call->address[0], step->iterations)
                          : step->iterations;

    for (int64_t i = 0; i < n; i++) {
        const int64_t t = step->reverse ? n - 1 - i : i;
        const int32_t index32 = (int32_t)t;
        c->iteration[step->depth] = t;
        if (counter) memcpy(counter, &index32, sizeof index32);
        if (!rn__cpu_run(c, index + 1, step->end)) return false;
    }
    return true;
}

bool rn__cpu_run(rn__cpu_context *c, int32_t first, int32_t end)
{
    bool ok = true;

    for (int32_t i = first; ok && i < end; i++) {
        const rn__cpu_call *call = &c->program->call[i];
        switch (call->step->kind) {
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
            i = call->step->end - 1;
            break;
        case RN__STEP_CHAIN:
            rn__cpu_chain(c, i);
            i = call->step->end - 1;
            break;
        }
    }
    return ok;
}
