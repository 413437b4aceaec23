/* SPDX-License-Identifier: MIT */
/* Operations and bytes of steps. */
#include "plan/cost.h"

#include <math.h>

static double count(const rn__operand *operand, bool once)
{
    double n = 1;

    for (int i = 0; i < operand->rank; i++)
        n *= once && operand->stride[i] == 0 && operand->size[i] > 1
                 ? 1
                 : (double)operand->size[i];
    return n;
}

static bool in_tiles(const rn__plan *plan, const rn__operand *operand)
{
    return operand->at.buffer < 0 || plan->buffer[operand->at.buffer].tiled;
}

/* Whether a step of a chain in first..end - 1 writes where this operand is. */
static bool written_in(const rn__plan *plan, int32_t first, int32_t end,
                       const rn__operand *operand)
{
    for (int32_t i = first; i < end; i++) {
        const rn__operand *out = rn__step_output(plan, &plan->step[i]);
        if (out->at.buffer == operand->at.buffer && out->at.offset == operand->at.offset)
            return true;
    }
    return false;
}

/* Of an operand that is read or written in memory, or in the cache beyond the first. */
static double bytes(const rn__plan *plan, const rn__step *step, const rn__operand *operand)
{
    const rn__step *block = step->block >= 0 ? &plan->step[step->block] : NULL;
    const int32_t index = (int32_t)(step - plan->step);

    if (in_tiles(plan, operand)) return 0;
    if (block && block->kind == RN__STEP_CHAIN) {
        const bool out = operand == rn__step_output(plan, step);
        if (out ? written_in(plan, index + 1, block->end, operand)
                : written_in(plan, step->block + 1, index, operand))
            return 0;
    }
    return count(operand, true) * (double)rn_type_size(operand->type);
}

/* Elements of the last two axes. */
static double matrix(rn_shape s)
{
    return s.rank < 2 ? 0 : (double)s.size[s.rank - 2] * (double)s.size[s.rank - 1];
}

/* [M, K] times [K, N], either transposed or not: K K = (M K) (K N) / (M N). */
static double product(const rn__plan *plan, const rn__step *step, const rn__node *node)
{
    const rn_graph *graph = plan->graphs[step->graph];
    const double x = matrix(rn__at(graph, node->in[0])->shape);
    const double y = matrix(rn__at(graph, node->in[1])->shape), z = matrix(node->shape);

    return z > 0 ? 2 * (double)rn_shape_count(node->shape) * sqrt(x * y / z) : 0;
}

static double operations(const rn__plan *plan, const rn__step *step)
{
    const rn__node *node = rn__step_node(plan, step);

    if (!node || (step->kind != RN__STEP_MAP && step->kind != RN__STEP_KERNEL)) return 0;
    switch (rn__op_kind(node->op)) {
    case RN_KIND_PRODUCT:
        return (node->inputs >= 2 ? product(plan, step, node) : 0) +
               (step->added >= 0 ? count(rn__step_output(plan, step), false) : 0);
    case RN_KIND_REDUCTION:
        return step->inputs *
               (step->inputs ? count(rn__step_operands(plan, step), false) : 0);
    case RN_KIND_VIEW:
    case RN_KIND_MOVEMENT:
        return 0;
    default:
        return (rn__adds_product(plan, step) ? step->inputs - 1 : 1) *
               count(rn__step_output(plan, step), false);
    }
}

rn__cost rn__step_cost(const rn__plan *plan, const rn__step *step)
{
    const rn__operand *operand = rn__step_operands(plan, step);
    rn__cost cost = {.operations = 0};

    if (step->kind == RN__STEP_LOOP || step->kind == RN__STEP_CHAIN ||
        step->kind == RN__STEP_TAIL)
        return cost;
    cost.operations = operations(plan, step);
    for (int i = 0; i < step->inputs; i++) cost.read += bytes(plan, step, &operand[i]);
    cost.written = bytes(plan, step, &operand[step->inputs]);
    return cost;
}

const char *rn__step_name(const rn__plan *plan, const rn__step *step)
{
    const rn__node *node = rn__step_node(plan, step);

    switch (step->kind) {
    case RN__STEP_LOOP:
        return "loop";
    case RN__STEP_CHAIN:
        return "chain";
    case RN__STEP_TAIL:
        return "tail";
    case RN__STEP_PACK:
        return "pack";
    default:
        return node ? node->op->name : "copy";
    }
}
