/* SPDX-License-Identifier: MIT */
/*
 * Concatenations that have parts in common: the gradients of a GRU's gates, of which those
 * of r and z are the same for W and U, but that of the candidate is not. All their operands
 * are then one concatenation, in which each of the two is a range:
 *
 *   [x1 | x2 x3 | x4]     [x1|x2|x3] [Y1|Y2|Y3]'  and  [x2|x3|x4] [Z2|Z3|Z4]'
 *
 * Otherwise each step would copy the parts in common, and keep them twice.
 */
#include "compile/sums.h"

static const rn__node *node_at(const rn__region *region, int32_t id)
{
    return rn__at(region->graph, id);
}

static int32_t operand(const rn__region *region, const rn__joined *j, int i, int k)
{
    return node_at(region, j->id[i])->in[k];
}

static bool has(const rn__region *region, const rn__joined *j, int32_t moving)
{
    for (int i = 0; i < j->count; i++)
        if (operand(region, j, i, j->moving) == moving) return true;
    return false;
}

/* Puts the products whose operands the other one has last, or first, in their order.
 * Returns how many these are. */
static int arrange(const rn__region *region, rn__joined *j, const rn__joined *other,
                   bool last)
{
    int32_t id[RN__JOINED_MOST];
    int count = 0, shared = 0;

    for (int half = 0; half < 2; half++)
        for (int i = 0; i < j->count; i++) {
            const bool both = has(region, other, operand(region, j, i, j->moving));
            if (both != (half == last)) continue;
            id[count++] = j->id[i];
            shared += both;
        }
    for (int i = 0; i < count; i++) j->id[i] = id[i];
    return shared;
}

/* What it costs to concatenate the operands from outside. */
static int64_t cost(const rn__region *region, const rn__joined *j)
{
    const int k = !j->moving;
    int32_t of[RN__JOINED_MOST];

    for (int i = 0; i < j->count; i++) of[i] = operand(region, j, i, k);
    return rn__concatenation_cost(region, of, j->count, j->inner[k]);
}

/* Whether the parts in common are in the same order. */
static bool continues(const rn__region *region, const rn__joined *first,
                      const rn__joined *second, int shared)
{
    const int start = first->count - shared;

    for (int i = 0; i < shared; i++)
        if (operand(region, first, start + i, first->moving) !=
            operand(region, second, i, second->moving))
            return false;
    return true;
}

/* Each of them has operands of its own and some that both have, and it costs less to
 * concatenate weights in another order than to copy these in each step. */
static bool overlap(const rn__region *region, rn__joined *first, rn__joined *second)
{
    const rn__joined a = *first, b = *second;
    const int64_t before = cost(region, first) + cost(region, second);
    int64_t elements = 0;

    if (first->moving != second->moving ||
        first->inner[first->moving] != second->inner[second->moving] || first->with ||
        second->with)
        return false;
    const int shared = arrange(region, first, second, true);
    /* An operand of several products may be in one of them more often. */
    const bool equal = arrange(region, second, first, false) == shared;
    for (int i = 0; i < shared && equal; i++)
        elements +=
            rn_shape_count(node_at(region, operand(region, second, i, b.moving))->shape);
    const int64_t after = cost(region, first) + cost(region, second);
    if (equal && shared > 0 && shared < a.count && shared < b.count &&
        first->count + second->count - shared <= RN__JOINED_MOST &&
        continues(region, first, second, shared) && after >= 0 &&
        after - before <= 2 * elements * region->graph->loop->steps) {
        first->shared = second->shared = shared;
        return true;
    }
    *first = a, *second = b;
    return false;
}

void rn__overlap_sums(const rn__region *region, const rn__sums *s)
{
    for (int32_t i = 0; i < region->graph->count; i++) {
        rn__joined *second = s->at[i];
        if (!second) continue;
        for (int k = 0; k < second->count && !second->with; k++) {
            const int32_t other = s->within[operand(region, second, k, second->moving)];
            if (!other || other - 1 == i || !overlap(region, s->at[other - 1], second))
                continue;
            s->at[other - 1]->with = i + 1, s->at[other - 1]->leads = true;
            second->with = other;
        }
    }
}
