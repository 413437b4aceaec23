/* SPDX-License-Identifier: MIT */
/* Lowering: for each step of a plan the code that computes it, and where its operands are.
 */
#include "backend/cpu/cpu.h"

bool rn__cpu_supports(const rn_op *op, rn_type variant)
{
    const rn__code code = rn__op_code(op, variant);

    return code.map || code.kernel;
}

rn_array rn__cpu_array(const rn__operand *operand, void *data)
{
    rn_array array = {.data = data, .type = operand->type, .rank = operand->rank};

    memcpy(array.size, operand->size, sizeof array.size);
    memcpy(array.stride, operand->stride, sizeof array.stride);
    return array;
}

/* The scratch rule's answer; `array` has room for the step's operands. */
static size_t scratch_of(const rn__plan *plan, const rn__step *step, rn_array *array)
{
    const rn__node *node = rn__step_node(plan, step);
    const rn_call form = {.in = array,
                          .out = array + step->inputs,
                          .attributes = node->attributes,
                          .inputs = step->inputs};

    for (int i = 0; i <= step->inputs; i++)
        array[i] = rn__cpu_array(rn__step_operands(plan, step) + i, NULL);
    return node->op->scratch(&form);
}

static bool has_scratch(const rn__plan *plan, const rn__step *step)
{
    return step->kind == RN__STEP_KERNEL && rn__step_node(plan, step)->op->scratch;
}

size_t rn__cpu_scratch(const rn__plan *plan, const rn__step *step)
{
    if (!has_scratch(plan, step)) return 0;
    rn_array *array =
        (rn_array *)rn__new(plan->allocator, ((size_t)step->inputs + 1) * sizeof *array);
    const size_t bytes = array ? scratch_of(plan, step, array) : 0;

    rn__free(plan->allocator, array);
    return bytes;
}

/* ---- memory ---- */

/* The memory of each buffer, and where that begins. */
static bool find_memories(rn__cpu_program *p)
{
    const rn__plan *plan = p->plan;
    const size_t n = (size_t)plan->buffers;

    p->memory = (int32_t *)rn__arena_new(&p->arena, n * sizeof *p->memory);
    p->base = (char **)rn__arena_new(&p->arena, (n + RN__CPU_VARIABLES) * sizeof(char *));
    if (!p->memory || !p->base) return false;
    p->memories = RN__CPU_VARIABLES;
    p->base[RN__CPU_WORKSPACE] = p->workspace;
    for (int32_t i = 0; i < plan->buffers; i++) {
        const rn__buffer *b = &plan->buffer[i];
        p->memory[i] = b->tiled ? RN__CPU_TILES : RN__CPU_WORKSPACE;
        if (b->kind != RN__BUFFER_VARIABLE) continue;
        p->memory[i] = p->memories;
        p->base[p->memories++] = (char *)rn__at(plan->graph, b->leaf)->variable->data;
    }
    return true;
}

static void fill_constants(const rn__cpu_program *p)
{
    const rn__plan *plan = p->plan;

    for (int32_t i = 0; i < plan->buffers; i++) {
        const rn__buffer *b = &plan->buffer[i];
        if (b->kind != RN__BUFFER_KEPT || b->part.buffer >= 0) continue;
        const rn__node *leaf = rn__at(plan->graph, b->leaf);
        char *to = p->workspace + b->offset;
        if (leaf->op == &rn__op_scalar)
            rn__scalar_store(leaf->type, *(const double *)leaf->attributes, to);
        else if (leaf->op == &rn__op_constant && leaf->attribute_size)
            memcpy(to, leaf->attributes, leaf->attribute_size);
    }
}

static rn__cpu_address address_of(const rn__cpu_program *p, const rn__address *address)
{
    rn__cpu_address a = {.memory = -1};

    if (address->buffer < 0) return a;
    a.memory = p->memory[address->buffer];
    a.offset = (int64_t)p->plan->buffer[address->buffer].offset + address->offset;
    memcpy(a.advance, address->advance, sizeof a.advance);
    return a;
}

/* ---- calls ---- */

static bool lower_map(rn__cpu_program *p, rn__cpu_call *call)
{
    const rn__step *step = call->step;
    const rn__operand *operand = rn__step_operands(p->plan, step);
    const size_t n = (size_t)step->inputs + 1;

    call->stride =
        (int64_t *)rn__arena_new(&p->arena, n * RN_RANK_MAX * sizeof *call->stride);
    call->bytes = (size_t *)rn__arena_new(&p->arena, n * sizeof *call->bytes);
    if (!call->stride || !call->bytes) return false;
    call->rank = rn__map_axes(p->plan, step, call->size, call->stride);
    for (size_t i = 0; i < n; i++) call->bytes[i] = rn_type_size(operand[i].type);
    return true;
}

static bool lower_step(rn__cpu_program *p, rn__cpu_call *call, const rn__step *step)
{
    const rn__plan *plan = p->plan;
    const rn__node *node = rn__step_node(plan, step);
    const int n = rn__step_operand_count(step);
    const rn__operand *operand = rn__step_operands(plan, step);

    call->step = step;
    call->limit = address_of(p, &step->limit);
    if (n > p->operands) p->operands = n;
    call->address =
        (rn__cpu_address *)rn__arena_new(&p->arena, (size_t)n * sizeof *call->address);
    if (!call->address) return false;
    for (int i = 0; i < n; i++) call->address[i] = address_of(p, &operand[i].at);
    if (step->kind != RN__STEP_MAP && step->kind != RN__STEP_KERNEL) return true;
    call->code = rn__op_code(node->op, node->variant);
    call->attributes = node->attributes;
    return step->kind != RN__STEP_MAP || lower_map(p, call);
}

/* The largest scratch of any step: a thread runs one at a time. */
static bool find_scratch(rn__cpu_program *p)
{
    const rn__plan *plan = p->plan;
    rn_array *array =
        (rn_array *)rn__arena_new(&p->arena, (size_t)p->operands * sizeof *array);

    for (int32_t i = 0; array && i < plan->steps; i++) {
        if (!has_scratch(plan, &plan->step[i])) continue;
        const size_t bytes = scratch_of(plan, &plan->step[i], array);
        if (bytes > p->scratch_bytes) p->scratch_bytes = bytes;
    }
    return array != NULL;
}

bool rn__cpu_lower(rn__cpu_program *p, const rn__plan *plan)
{
    *p = (rn__cpu_program){.plan = plan, .arena.allocator = plan->allocator};
    p->workspace =
        (char *)rn__allocate_aligned(plan->allocator, plan->workspace_bytes, true);
    p->call =
        (rn__cpu_call *)rn__new(plan->allocator, (size_t)plan->steps * sizeof *p->call);
    if (!p->workspace || !p->call || !find_memories(p)) return false;
    for (int32_t i = 0; i < plan->steps; i++)
        if (!lower_step(p, &p->call[i], &plan->step[i])) return false;
    fill_constants(p);
    return find_scratch(p);
}

void rn__cpu_raise(rn__cpu_program *p)
{
    rn__free_aligned(p->arena.allocator, p->workspace);
    rn__free(p->arena.allocator, p->call);
    rn__arena_finish(&p->arena);
}
