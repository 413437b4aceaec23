/* SPDX-License-Identifier: MIT */
/* Lowering: for each step of a plan the code that computes it, and where its operands are.
 */
#include "backend/cpu/share.h"
#include "plan/planner.h"

bool rn__cpu_supports(const rn_op *op, rn_type variant)
{
    const rn__code code = rn__op_code(op, variant);

    return code.map || code.kernel;
}

/* ---- memory ---- */

char *rn__cpu_buffer(const rn__cpu_program *p, int32_t buffer)
{
    const rn__buffer *b = &p->plan->buffer[buffer];

    if (b->kind != RN__BUFFER_VARIABLE) return p->workspace + b->offset;
    return (char *)rn__at(p->plan->graph, b->leaf)->variable->data;
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

/* The index of a loop is a thread's own where its loop alone writes it. */
static bool find_counters(rn__cpu_program *p)
{
    const rn__plan *plan = p->plan;
    const size_t n = (size_t)plan->buffers;
    int32_t *writers = (int32_t *)rn__new(plan->allocator, n * sizeof *writers);
    int32_t count = 0;

    p->counter = (int32_t *)rn__arena_new(&p->arena, n * sizeof *p->counter);
    for (int32_t i = 0; writers && p->counter && i < plan->steps; i++) {
        const rn__step *step = &plan->step[i];
        if (step->kind == RN__STEP_CHAIN) continue;
        const int32_t b = rn__step_output(plan, step)->at.buffer;
        if (step->limit.buffer >= 0) writers[step->limit.buffer]++; /* not as a limit */
        if (b < 0) continue;
        writers[b]++;
        if (step->kind == RN__STEP_LOOP) p->counter[b] = ++count;
    }
    for (int32_t b = 0; writers && p->counter && b < plan->buffers; b++)
        if (writers[b] != 1 || plan->buffer[b].lasting ||
            plan->buffer[b].bytes != sizeof(int32_t))
            p->counter[b] = 0;
    p->tile_bytes = (plan->tile_memory_bytes + 63) / 64 * 64 + (size_t)count * 64;
    rn__free(plan->allocator, writers);
    return writers && p->counter;
}

/* How many of `n` advances there are up to the last that is not 0. */
static int advances(const int64_t *advance, int n)
{
    while (n > 0 && advance[n - 1] == 0) n--;
    return n;
}

/* Of a step with so many loops around it. */
static rn__cpu_address address_of(const rn__cpu_program *p, const rn__address *address,
                                  int depth)
{
    rn__cpu_address a = {.tile = -1, .advance = address->advance};

    if (address->buffer < 0) return a;
    const rn__buffer *b = &p->plan->buffer[address->buffer];
    if (p->counter[address->buffer])
        a.tile = (int64_t)(p->tile_bytes - (size_t)p->counter[address->buffer] * 64);
    else if (b->tiled)
        a.tile = (int64_t)b->offset + address->offset;
    else
        a.base = rn__cpu_buffer(p, address->buffer) + address->offset;
    a.loops = advances(a.advance, depth);
    a.rows = RN_LOOP_DEPTH + advances(a.advance + RN_LOOP_DEPTH, depth);
    return a;
}

/* ---- calls ---- */

static bool lower_map(rn__cpu_program *p, rn__cpu_call *call)
{
    const rn__operand *operand = rn__step_operands(p->plan, call->step);
    const int inputs = call->inputs, n = inputs + 1;
    int64_t stride[(RN__MAP_OPERANDS + 1) * RN_RANK_MAX];
    const int rank = rn__map_axes(p->plan, call->step, call->size, stride);

    call->rank = rank;
    call->move = (int64_t *)rn__arena_new(&p->arena, (size_t)(rank ? rank : 1) * (size_t)n *
                                                         sizeof *call->move);
    call->step_of =
        (int64_t *)rn__arena_new(&p->arena, 4 * (size_t)n * sizeof *call->step_of);
    if (!call->move || !call->step_of) return false;
    for (int i = 0; i < inputs; i++)
        call->step_of[i] = rank ? stride[i * RN_RANK_MAX + rank - 1] : 1;
    call->step_of[inputs] = 1;
    for (int axis = 0; axis < rank; axis++)
        for (int i = 0; i < n; i++)
            call->move[axis * n + i] =
                stride[i * RN_RANK_MAX + axis] * (int64_t)rn_type_size(operand[i].type);
    call->rows = rank ? call->size[0] : 1;
    call->row = call->scale = 1;
    for (int axis = 1; axis < rank; axis++) call->row *= call->size[axis];
    if (rank < 2 || !rn__adds_product(p->plan, call->step)) return true;
    call->plane = call->step_of + 2 * n;
    memcpy(call->plane, call->step_of, (size_t)inputs * sizeof *call->plane);
    call->plane[inputs] = call->size[rank - 2];
    memcpy(call->plane + n, call->move + (rank - 2) * n, (size_t)n * sizeof *call->plane);
    return true;
}

static int64_t elements_of(const rn__operand *operand)
{
    return rn_shape_count(rn_shape_of(operand->rank, operand->size));
}

/* A kernel in a chain by rows. */
static bool lower_row_kernel(rn__cpu_program *p, rn__cpu_call *call, int64_t rows)
{
    const size_t n = (size_t)call->inputs + 1;

    call->move = (int64_t *)rn__arena_new(&p->arena, n * sizeof *call->move);
    call->row_axis = (int *)rn__arena_new(&p->arena, n * sizeof *call->row_axis);
    if (!call->move || !call->row_axis) return false;
    for (int i = 0; i <= call->inputs; i++) {
        rn__row_form at;
        rn__find_row_form(p->plan, call->step, i, rows, &at);
        call->move[i] = at.stride;
        call->row_axis[i] = at.axis;
    }
    call->rows = rows;
    call->row = elements_of(rn__step_output(p->plan, call->step)) / rows;
    return true;
}

/* Adds the inputs of a step in a chain by rows that are in memory, each of them once: what
 * is large, or another part of a stack in every iteration. */
static void add_streams(const rn__cpu_program *p, const rn__cpu_call *call, int64_t rows,
                        rn__cpu_call *chain)
{
    enum { ROW = 4096, LARGE = 4 << 20 }; /* bytes; a shorter row takes no time */
    const rn__operand *o = rn__step_operands(p->plan, call->step);

    for (int i = 0; i < call->inputs && chain->streams < RN__CPU_STREAMS; i++) {
        const rn__cpu_address *at = &call->address[i];
        const int64_t bytes = rn__operand_count(&o[i]) * (int64_t)rn_type_size(o[i].type);
        const bool moves = call->depth > 0 && at->advance[call->depth - 1] != 0;
        bool known = at->tile >= 0;
        for (int k = 0; k < chain->streams; k++)
            known |= chain->stream[k].address->base == at->base;
        if (!known && (moves || bytes >= LARGE) && bytes / rows >= ROW &&
            rn__operand_is_dense(&o[i]))
            chain->stream[chain->streams++] = (rn__cpu_stream){at, bytes / rows};
    }
}

/* The rows of a chain by rows are rows of all its steps. */
static bool lower_rows(rn__cpu_program *p, rn__cpu_call *chain)
{
    const int64_t rows = chain->step->chain_rows;

    chain->row = 1;
    chain->rows = rows;
    chain->tile = chain->step->tile;
    for (int32_t i = chain[1].step->block + 1; i < chain->step->end; i++) {
        rn__cpu_call *call = &p->call[i];
        add_streams(p, call, rows, chain);
        if (call->kind == RN__STEP_MAP)
            call->scale = call->rows / rows;
        else if (!lower_row_kernel(p, call, rows))
            return false;
    }
    chain->limit = chain[1].limit;
    return true;
}

/* The rows of a chain are the longest of its maps. The maps have the same elements, and
 * collapse the same axes, so that the length of a row divides that of a longer one. */
static bool lower_chain(rn__cpu_program *p, rn__cpu_call *chain)
{
    if (chain->step->chain_rows) return lower_rows(p, chain);
    rn__cpu_call *first = chain + 1, *end = &p->call[chain->step->end];
    const int64_t count = first->rows * first->row;

    chain->row = 1;
    for (const rn__cpu_call *map = first; map < end; map++)
        if (map->row > chain->row) chain->row = map->row;
    chain->rows = count / chain->row;
    chain->tile = chain->step->tile / chain->row;
    for (rn__cpu_call *map = first; map < end; map++) map->scale = chain->row / map->row;
    chain->limit = first->limit;
    return true;
}

static bool lower_step(rn__cpu_program *p, rn__cpu_call *call, const rn__step *step)
{
    const rn__plan *plan = p->plan;
    const rn__node *node = rn__step_node(plan, step);
    const int n = rn__step_operand_count(step);
    const rn__operand *operand = rn__step_operands(plan, step);

    *call = (rn__cpu_call){.kind = step->kind,
                           .inputs = step->inputs,
                           .depth = step->depth,
                           .end = step->end,
                           .limit = address_of(p, &step->limit, step->depth),
                           .packed = address_of(p, &step->packed, step->depth),
                           .step = step};
    call->address =
        (rn__cpu_address *)rn__arena_new(&p->arena, (size_t)n * sizeof *call->address);
    if (!call->address) return false;
    for (int i = 0; i < n; i++)
        call->address[i] = address_of(p, &operand[i].at, step->depth);
    if (step->kind != RN__STEP_MAP && step->kind != RN__STEP_KERNEL &&
        step->kind != RN__STEP_PACK)
        return true;
    call->code = rn__op_code(node->op, node->variant);
    call->attributes = node->attributes;
    if (rn__adds_product(plan, step))
        call->attributes = step->inputs == 3 ? rn__of_product : rn__of_products;
    int32_t *const count = step->kind == RN__STEP_MAP ? &p->places : &p->arrays;
    call->array = *count;
    *count += n;
    return step->kind != RN__STEP_MAP || lower_map(p, call);
}

/* A divided call moves its addresses to each thread's part. */
static void find_moving(rn__cpu_call *call)
{
    const int n = rn__step_operand_count(call->step);

    for (int i = 0; i < n; i++) {
        const rn__cpu_address *a = &call->address[i];
        if (call->share.divided || a->loops || a->rows > RN_LOOP_DEPTH || i >= 31)
            call->moving |= (uint32_t)1 << (i < 31 ? i : 31);
    }
}

bool rn__cpu_lower(rn__cpu_program *p, const rn__plan *plan, int threads)
{
    *p = (rn__cpu_program){.plan = plan, .arena.allocator = plan->allocator};
    p->workspace =
        (char *)rn__allocate_aligned(plan->allocator, plan->workspace_bytes, true);
    rn__cpu_large_pages(p->workspace, plan->workspace_bytes);
    p->call =
        (rn__cpu_call *)rn__new(plan->allocator, (size_t)plan->steps * sizeof *p->call);
    if (!p->workspace || !p->call || !find_counters(p)) return false;
    for (int32_t i = 0; i < plan->steps; i++)
        if (!lower_step(p, &p->call[i], &plan->step[i])) return false;
    for (int32_t i = 0; i < plan->steps; i++)
        if (plan->step[i].kind == RN__STEP_CHAIN && !lower_chain(p, &p->call[i]))
            return false;
    fill_constants(p);
    if (!rn__cpu_share(p, threads)) return false;
    for (int32_t i = 0; i < plan->steps; i++) find_moving(&p->call[i]);
    return true;
}

void rn__cpu_finish(rn__cpu_program *p)
{
    rn__free_aligned(p->arena.allocator, p->workspace);
    rn__free(p->arena.allocator, p->call);
    rn__arena_finish(&p->arena);
}
