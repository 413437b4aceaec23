/* SPDX-License-Identifier: MIT */
/* Steps and operands: adding and renumbering them. */
#include "plan/planner.h"

#include <string.h>

/* Room for `more` elements in a list that grows; false after an error. */
static bool reserve(rn__planner *p, void **list, int32_t *capacity, int32_t used, int more,
                    size_t size)
{
    int32_t wanted = *capacity ? *capacity : 64;

    if (used > INT32_MAX / 2 - more) {
        rn__no_memory(p->graph);
        return false;
    }
    while (wanted < used + more) wanted *= 2;
    if (wanted == *capacity) return true;
    void *larger = rn__resize(p->plan->allocator, *list, (size_t)wanted * size);
    if (!larger) {
        rn__no_memory(p->graph);
        return false;
    }
    *list = larger;
    *capacity = wanted;
    return true;
}

int32_t rn__plan_step(rn__planner *p, rn__step_kind kind, const rn_graph *graph,
                      int32_t node, int inputs, const rn__operand *operand)
{
    rn__plan *plan = p->plan;
    const int n = inputs + 1;
    void *steps = plan->step, *operands = plan->operand;

    const bool ok =
        reserve(p, &steps, &plan->step_capacity, plan->steps, 1, sizeof *plan->step);
    plan->step = (rn__step *)steps;
    if (!ok || !reserve(p, &operands, &plan->operand_capacity, plan->operands, n,
                        sizeof *plan->operand))
        return -1;
    plan->operand = (rn__operand *)operands;
    memcpy(plan->operand + plan->operands, operand, (size_t)n * sizeof *operand);
    plan->step[plan->steps] = (rn__step){.kind = kind,
                                         .graph = graph ? graph->number : 0,
                                         .node = node,
                                         .added = -1,
                                         .inputs = inputs,
                                         .operand = plan->operands,
                                         .block = p->home,
                                         .depth = p->depth,
                                         .limit.buffer = -1,
                                         .order.buffer = -1,
                                         .packed.buffer = -1};
    plan->operands += n;
    return plan->steps++;
}

bool rn__plan_add_input(rn__planner *p, int32_t index, const rn__operand *input)
{
    rn__plan *plan = p->plan;
    rn__step *step = &plan->step[index];
    const int n = step->inputs + 2;
    void *operands = plan->operand;

    if (!reserve(p, &operands, &plan->operand_capacity, plan->operands, n,
                 sizeof *plan->operand))
        return false;
    plan->operand = (rn__operand *)operands;
    rn__operand *to = plan->operand + plan->operands;
    const rn__operand *from = plan->operand + step->operand;
    const rn__operand added = *input;
    memcpy(to, from, (size_t)step->inputs * sizeof *to);
    to[n - 2] = added;
    to[n - 1] = from[step->inputs];
    step->operand = plan->operands;
    step->inputs++;
    plan->operands += n;
    return true;
}

bool rn__plan_tail(rn__planner *p, rn__tail_kind kind, const rn__layout *limit,
                   const rn__node *stack, const rn__layout *layout)
{
    const bool by_row = kind == RN__TAIL_ENDS || kind == RN__TAIL_BEGINS;
    const rn__operand operand[2] = {{.type = RN_I32,
                                     .rank = by_row,
                                     .size = {by_row ? stack->shape.size[1] : 0},
                                     .stride = {1},
                                     .at = limit->address},
                                    rn__layout_operand(stack->type, stack->shape, layout)};
    const int32_t step = rn__plan_step(p, RN__STEP_TAIL, NULL, -1, 1, operand);

    if (step >= 0) p->plan->step[step].tail = kind;
    return step >= 0;
}

bool rn__plan_copy(rn__planner *p, rn_type type, rn_shape shape, const rn__layout *from,
                   const rn__layout *to)
{
    const rn__operand operand[2] = {rn__layout_operand(type, shape, from),
                                    rn__layout_operand(type, shape, to)};

    return rn__plan_step(p, RN__STEP_COPY, NULL, -1, 1, operand) >= 0;
}

bool rn__plan_renumber(rn__planner *p, const int32_t *start)
{
    rn__plan *plan = p->plan;
    const int32_t count = start[plan->steps];
    rn__step *step =
        (rn__step *)rn__new(plan->allocator, ((size_t)count + 1) * sizeof *step);

    if (!step) {
        rn__no_memory(p->graph);
        return false;
    }
    for (int32_t i = 0; i < plan->steps; i++) {
        rn__step s = plan->step[i];
        if (start[i + 1] == start[i]) continue;
        if (s.end > 0) s.end = start[s.end];
        if (s.block >= 0) s.block = start[s.block + 1] - 1;
        step[start[i + 1] - 1] = s;
    }
    for (int32_t i = 0; i < plan->buffers; i++) {
        int32_t *home = &plan->buffer[i].home;
        if (*home >= 0) *home = start[*home + 1] - 1;
    }
    rn__free(plan->allocator, plan->step);
    plan->step = step;
    plan->steps = count;
    plan->step_capacity = count + 1;
    return true;
}

rn_shape rn__operand_shape(const rn__operand *operand)
{
    return rn_shape_of(operand->rank, operand->size);
}

int64_t rn__operand_count(const rn__operand *operand)
{
    return rn_shape_count(rn__operand_shape(operand));
}

bool rn__operand_is_dense(const rn__operand *operand)
{
    return rn__layout_is_dense(rn__operand_shape(operand), operand->stride);
}
