/* SPDX-License-Identifier: MIT */
/*
 * Place: offsets for all buffers.
 *
 * A buffer holds something from its first access to its last; where that is inside a block
 * that the buffer does not belong to, during all of the block. Two buffers may share memory
 * when one is no longer needed before the other is first written; offsets.c finds where
 * they go.
 */
#include "plan/planner.h"

/* Extends the lifetime of an address's buffer to a step. */
static void touch(rn__plan *plan, const rn__address *address, int32_t index)
{
    if (address->buffer < 0) return;
    rn__buffer *b = &plan->buffer[address->buffer];
    int32_t first = index, last = index;

    /* Out of the blocks that the buffer does not belong to: each iteration of a loop and
     * each tile of a chain touches it again. What lives in one tile is written anew. */
    for (int32_t block = plan->step[index].block;
         block != b->home && block >= 0 && !b->tiled; block = plan->step[block].block) {
        first = block;
        last = plan->step[block].end - 1;
    }
    if (first < b->first) b->first = first;
    if (last > b->last) b->last = last;
}

static void touch_all(rn__plan *plan, int32_t index)
{
    const rn__step *step = &plan->step[index];
    const rn__operand *operand = rn__step_operands(plan, step);

    for (int i = 0; i < rn__step_operand_count(step); i++)
        touch(plan, &operand[i].at, index);
    touch(plan, &step->limit, index);
    touch(plan, &step->packed, index);
    touch(plan, &step->order, index);
    /* A ragged loop reads where a step begins before each step. */
    if (step->kind == RN__STEP_LOOP && step->inputs > 1)
        touch(plan, &operand[1].at, step->end - 1);
}

static void find_lifetimes(rn__plan *plan)
{
    const int32_t end = plan->steps;

    for (int32_t i = 0; i < plan->buffers; i++) {
        plan->buffer[i].first = end;
        plan->buffer[i].last = -1;
    }
    for (int32_t i = 0; i < end; i++) touch_all(plan, i);
    for (int32_t i = 0; i < plan->buffers; i++) {
        rn__buffer *b = &plan->buffer[i];
        if (b->kind == RN__BUFFER_KEPT) b->first = 0;
        if (b->kind == RN__BUFFER_KEPT || (b->lasting && b->last >= 0)) b->last = end;
        if (b->lasting && b->last < 0) b->first = b->last = end;
    }
}

bool rn__place(rn__planner *p)
{
    rn__plan *plan = p->plan;
    char largest[320];

    find_lifetimes(plan);
    plan->placed = rn__find_offsets(plan, &p->live.arena, false, &plan->workspace_bytes) &&
                   rn__find_offsets(plan, &p->live.arena, true, &plan->tile_memory_bytes);
    if (plan->placed) return true;
    p->graph->root->no_memory = !p->graph->root->failed;
    rn_fail(p->graph, "compile: out of memory for a workspace of %zu bytes%s",
            plan->workspace_bytes, rn__plan_largest(plan, largest, sizeof largest));
    return false;
}
