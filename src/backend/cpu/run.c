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
    const int64_t n = rn__cpu_limit(c, &call->limit, call->step->limit_of);

    for (int i = 0; i <= call->inputs; i++)
        if (operand[i].limit_rows)
            array[i].size[operand[i].limit_axis] = n * operand[i].limit_rows;
    return n > 0 || !operand[call->inputs].limit_rows;
}

/* Cuts the arguments to this thread's range, n units; false if it has none. */
static bool take_part(const rn__cpu_context *c, const rn__cpu_call *call, rn_array *array,
                      int64_t *first)
{
    const rn__share *share = &call->share;
    const rn_array *out = array + call->inputs;
    const rn__range r =
        rn__cpu_part(c, call, share->by_limit ? out->size[share->axis] : share->n);

    *first = r.from;
    for (int i = share->axis + 1; i < out->rank; i++) *first *= out->size[i];
    for (int i = 0; i <= call->inputs; i++) {
        if (share->cut[i] < 0) continue;
        array[i].size[share->cut[i]] = r.to - r.from;
        array[i].data = (char *)array[i].data + r.from * call->unit[i];
    }
    return r.from < r.to;
}

static bool fail(rn__cpu_context *c, const rn__cpu_call *call, const char *message)
{
    c->failed = true;
    rn__step_fault(c->program->plan, call->step, c->iteration, message, c->error,
                   c->error_capacity);
    return false;
}

static bool run_kernel(rn__cpu_context *c, const rn__cpu_call *call)
{
    rn_array *array = c->array + call->array;
    char message[RN_MESSAGE];
    rn_call arguments = {.in = array,
                         .out = array + call->inputs,
                         .attributes = call->attributes,
                         .scratch = c->scratch,
                         .message = message,
                         .inputs = rn__step_kernel_inputs(call->step),
                         .add = call->step->added >= 0,
                         .packed = call->packed.base ? rn__cpu_at(c, &call->packed) : NULL};

    message[0] = 0;
    for (int i = 0; i <= call->inputs; i++)
        if (rn__cpu_moves(call, i)) array[i].data = rn__cpu_at(c, &call->address[i]);
    if (call->limit.base && !cut(c, call, array)) return true;
    if (call->share.divided && !take_part(c, call, array, &arguments.first)) return true;
    if (c->tracer) rn__trace_kernel_begin(c->tracer, call->step, array);
    if (!call->code.kernel(&arguments)) return fail(c, call, message);
    if (c->tracer) rn__trace_kernel(c->tracer, call->step, c->iteration, array, NULL);
    return true;
}

/* Examines the output for rows that begin with number `first`. */
static void trace_rows(const rn__cpu_context *c, const rn__cpu_call *call,
                       const rn_array *array, int64_t first)
{
    const rn__operand *operand = rn__step_operands(c->program->plan, call->step);
    int64_t before[3]; /* a reduction has one input, or the factors of one */

    for (int i = 0; i <= call->inputs; i++) {
        before[i] = call->move[i] ? first : 0;
        for (int axis = call->row_axis[i] + 1; axis < operand[i].rank; axis++)
            if (operand[i].stride[axis]) before[i] *= operand[i].size[axis];
    }
    rn__trace_kernel(c->tracer, call->step, c->iteration, array, before);
}

bool rn__cpu_kernel_rows(rn__cpu_context *c, const rn__cpu_call *call, int64_t first,
                         int64_t rows)
{
    rn_array *array = c->array + call->array;
    char message[RN_MESSAGE];
    const rn_call arguments = {.in = array,
                               .out = array + call->inputs,
                               .attributes = call->attributes,
                               .scratch = c->scratch,
                               .message = message,
                               .inputs = call->inputs,
                               .first = first * call->row};

    if (rows <= 0) return true;
    message[0] = 0;
    for (int i = 0; i <= call->inputs; i++) {
        const bool tiled = call->address[i].tile >= 0;
        array[i].data =
            rn__cpu_at(c, &call->address[i]) + (tiled ? 0 : first * call->move[i]);
        array[i].size[call->row_axis[i]] = rows;
    }
    if (c->tracer) rn__trace_kernel_begin(c->tracer, call->step, array);
    if (!call->code.kernel(&arguments)) return fail(c, call, message);
    if (c->tracer) trace_rows(c, call, array, first);
    return true;
}

static void run_pack(const rn__cpu_context *c, const rn__cpu_call *call)
{
    const int inputs = call->inputs - 1, packs = call->step->packs;
    rn_array *array = c->array + call->array;
    const rn_call arguments = {.in = array,
                               .out = array + inputs,
                               .attributes = call->attributes,
                               .inputs = inputs,
                               .packed = rn__cpu_at(c, &call->address[call->inputs]),
                               .pack = true};

    array[packs].data = rn__cpu_at(c, &call->address[packs]);
    call->code.kernel(&arguments);
}

static void run_copy(const rn__cpu_context *c, const rn__cpu_call *call)
{
    const rn__operand *operand = rn__step_operands(c->program->plan, call->step);
    char *from = rn__cpu_at(c, &call->address[0]);
    char *to = rn__cpu_at(c, &call->address[1]);
    int64_t size[RN_RANK_MAX];

    memcpy(size, operand[1].size, sizeof size);
    if (call->limit.base) size[0] = rn__cpu_limit(c, &call->limit, size[0]);
    if (call->share.divided) {
        const rn__range r = rn__cpu_part(c, call, call->share.n);
        size[call->share.axis] = r.to - r.from;
        from += r.from * call->unit[0];
        to += r.from * call->unit[1];
    }
    rn__copy(operand[1].rank, size, rn_type_size(operand[1].type), to, operand[1].stride,
             from, operand[0].stride);
}

/* Fills rows of a dense stack, whose slots have `rows` of them. */
static void fill_rows(const rn__cpu_context *c, const rn__cpu_call *call, char *data,
                      int64_t slots, int64_t rows, size_t row)
{
    const rn__tail_kind kind = call->step->tail;
    const int64_t last = (slots - 1) * rows;

    if (kind == RN__TAIL_ROWS) {
        const int64_t n = rn__cpu_limit(c, &call->address[0], slots * rows);
        for (int64_t i = n; i % rows; i++)
            memcpy(data + (size_t)i * row, data + (size_t)(n - 1) * row, row);
        return;
    }
    for (int64_t j = 0; j < rows; j++) {
        int32_t slot;
        memcpy(&slot, rn__cpu_at(c, &call->address[0]) + (size_t)j * sizeof slot,
               sizeof slot);
        char *end = data + (size_t)(last + j) * row;
        char *own = data + (size_t)(slot * rows + j) * row;
        if (end != own)
            memcpy(kind == RN__TAIL_ENDS ? end : own, kind == RN__TAIL_ENDS ? own : end,
                   row);
    }
}

/* Fills slots of a dense stack, or this thread's rows of each. */
static void run_tail(const rn__cpu_context *c, const rn__cpu_call *call)
{
    const rn__step *step = call->step;
    const rn__operand *stack = rn__step_output(c->program->plan, step);
    char *data = rn__cpu_at(c, &call->address[1]);
    const int64_t last = stack->size[0] - 1;
    const int64_t limit = rn__cpu_limit(c, &call->address[0], stack->size[0]);
    size_t slot = rn_type_size(stack->type);

    for (int i = 1; i < stack->rank; i++) slot *= (size_t)stack->size[i];
    if (slot == 0) return;
    if (step->tail >= RN__TAIL_ROWS) {
        const int64_t rows = stack->size[1];
        fill_rows(c, call, data, stack->size[0], rows, slot / (size_t)rows);
        return;
    }
    size_t part = slot;
    if (call->share.divided) {
        const rn__range r = rn__cpu_part(c, call, call->share.n);
        data += r.from * call->unit[1];
        part = (size_t)((r.to - r.from) * call->unit[1]);
    }
    if (part == 0) return;
    for (int64_t i = limit; step->tail == RN__TAIL_ZERO && i <= last; i++)
        memset(data + (size_t)i * slot, 0, part);
    for (int64_t i = limit + 1; step->tail == RN__TAIL_HELD && i <= last; i++)
        memcpy(data + (size_t)i * slot, data + (size_t)limit * slot, part);
    for (int64_t i = limit; step->tail == RN__TAIL_BEGIN && i < last; i++)
        memcpy(data + (size_t)i * slot, data + (size_t)last * slot, part);
}

static bool wait_for_all(const rn__cpu_context *c)
{
    return !c->pool || rn__pool_wait(c->pool);
}

/* In a loop that thread 0 runs alone, it walks calls that the others do not. */
static bool run_loop(rn__cpu_context *c, int32_t index)
{
    const rn__cpu_call *call = &c->program->call[index];
    const rn__cpu_address *counted = &call->address[call->inputs];
    const bool counts = counted->base || counted->tile >= 0;
    char *counter = counts ? rn__cpu_at(c, counted) : NULL;
    const bool reverse = call->step->reverse;
    const int64_t calls = c->calls;
    int64_t n = call->step->iterations;
    bool ok = true;

    const char *rows = call->inputs > 1 ? rn__cpu_at(c, &call->address[1]) : NULL;

    if (call->inputs) n = rn__cpu_limit(c, &call->address[0], n);
    for (int64_t i = 0; ok && i < n; i++) {
        const int64_t t = reverse ? n - 1 - i : i;
        const int32_t index32 = (int32_t)t;
        int32_t row = 0;
        if (rows) memcpy(&row, rows + (size_t)t * sizeof row, sizeof row);
        c->iteration[call->depth] = t;
        c->iteration[RN_LOOP_DEPTH + call->depth] = row;
        if (counter) memcpy(counter, &index32, sizeof index32);
        ok = rn__cpu_walk(c, index + 1, call->end);
    }
    if (!call->share.divided) c->calls = calls;
    return ok && (!call->share.waits_then || wait_for_all(c));
}

/* A map or a chain, or this thread's rows of it. */
static bool run_rows(rn__cpu_context *c, const rn__cpu_call *call, int32_t index)
{
    rn__range r = {0, rn__cpu_rows(c, call)};

    if (call->share.divided) {
        const int64_t unit = call->rows / call->share.n;
        r = rn__cpu_part(c, call, r.to / unit);
        r.from *= unit, r.to *= unit;
    }
    if (call->kind == RN__STEP_CHAIN)
        return rn__cpu_chain_rows(c, index, r.from, r.to - r.from);
    rn__cpu_map_rows(c, call, r.from, r.to - r.from);
    return true;
}

static bool run_call(rn__cpu_context *c, int32_t index)
{
    const rn__cpu_call *call = &c->program->call[index];

    switch (call->kind) {
    case RN__STEP_MAP:
    case RN__STEP_CHAIN:
        return run_rows(c, call, index);
    case RN__STEP_KERNEL:
        return run_kernel(c, call);
    case RN__STEP_COPY:
        run_copy(c, call);
        return true;
    case RN__STEP_PACK:
        run_pack(c, call);
        return true;
    case RN__STEP_TAIL:
        run_tail(c, call);
        return true;
    case RN__STEP_LOOP:
        return run_loop(c, index);
    }
    return true;
}

bool rn__cpu_run(rn__cpu_context *c, int32_t first, int32_t end)
{
    for (int32_t i = first; i < end; i++) {
        const rn__cpu_call *call = &c->program->call[i];
        if (call->share.waits && !wait_for_all(c)) return false;
        c->calls++;
        if ((c->thread == 0 || call->share.divided) && !run_call(c, i)) return false;
        if (call->end) i = call->end - 1;
    }
    return true;
}
