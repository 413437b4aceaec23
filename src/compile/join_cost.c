/* SPDX-License-Identifier: MIT */
/* Which of the groups that join_groups.c finds are worth it, and in which order. */
#include "compile/join.h"

typedef struct choice {
    const rn__region *region;
    const rn__groups *groups;
} choice;

static const rn__node *node_at(const choice *c, int32_t id)
{
    return rn__at(c->region->graph, id);
}

bool rn__group_reads_concat(const rn__group *g)
{
    for (int k = 0; k < g->node->inputs; k++)
        if (g->cut[k] >= 0 && g->from[k] == RN__OF_CONCAT) return true;
    return false;
}

int rn__group_operand(const rn__region *region, const rn__group *g)
{
    for (int k = 0; k < g->node->inputs; k++) {
        bool made = g->cut[k] >= 0 && g->from[k] == RN__OF_ANY;
        for (int i = 0; made && i < g->count; i++)
            made = rn__made_in_place(region, rn__at(region->graph, g->id[i])->in[k]);
        if (made) return k;
    }
    return -1;
}

/* Where in its concatenation or group operand k of member i is. */
static int position(const choice *c, const rn__group *g, int i, int k)
{
    const int32_t operand = node_at(c, g->id[i])->in[k];

    if (g->from[k] == RN__OF_GROUP) {
        const rn__group *of = &c->groups->group[g->of[k]];
        for (int at = 0; at < of->count; at++)
            if (of->id[at] == operand) return at;
    } else if (g->from[k] == RN__OF_OPERANDS) {
        const rn__group *of = &c->groups->group[g->of[k]];
        const int own = rn__group_operand(c->region, of);
        for (int at = 0; at < of->count; at++)
            if (node_at(c, of->id[at])->in[own] == operand) return at;
    } else {
        const rn__node *concat = node_at(c, g->of[k]);
        for (int at = 0; at < concat->inputs; at++)
            if (concat->in[at] == operand) return at;
    }
    return -1;
}

/* The order of member i: by where its operands are, else by the outer tensors that they
 * are, so that a concatenation is the same for all groups that need it. */
static int64_t key_of(const choice *c, const rn__group *g, int i)
{
    const rn_graph *graph = c->region->graph;

    for (int k = 0; k < g->node->inputs; k++)
        if (g->cut[k] >= 0 && g->from[k] != RN__OF_ANY) return position(c, g, i, k);
    for (int k = 0; k < g->node->inputs; k++) {
        const int32_t operand = node_at(c, g->id[i])->in[k];
        if (g->cut[k] >= 0 && node_at(c, operand)->op == &rn__op_capture)
            return rn__pair_of(&graph->loop->capture, operand)->outer;
    }
    return 0;
}

static void sort(const choice *c, rn__group *g)
{
    int64_t key[RN__JOINED_MOST];

    for (int i = 0; i < g->count; i++) {
        const int32_t id = g->id[i];
        const int64_t own = key_of(c, g, i);
        int at = i;
        for (; at > 0 && key[at - 1] > own; at--) {
            key[at] = key[at - 1];
            g->id[at] = g->id[at - 1];
        }
        key[at] = own;
        g->id[at] = id;
    }
}

/* What it costs to make operand k of all members one tensor; -1: it can't be. */
static int64_t operand_cost(const choice *c, const rn__group *g, int k)
{
    int32_t operand[RN__JOINED_MOST];

    if (g->cut[k] < 0) return 0;
    if (g->from[k] == RN__OF_ANY) {
        for (int i = 0; i < g->count; i++) operand[i] = node_at(c, g->id[i])->in[k];
        return rn__concatenation_cost(c->region, operand, g->count, g->cut[k]);
    }
    if (rn__from_group(g, k) && !c->groups->group[g->of[k]].valid) return -1;
    for (int i = 0; i < g->count; i++)
        if (position(c, g, i, k) != position(c, g, 0, k) + i) return -1;
    return 0;
}

/* A node that leaves the loop reads the concatenation's stack, so that its part needs none
 * of its own. */
static bool leaves_with_part(const rn__group *g)
{
    return rn__group_reads_concat(g) && (g->place & RN__LEAVES);
}

/* Whether a group can be joined; then what that costs and saves: the calls of all members
 * but one, and to read again what they share. */
static void weigh(const choice *c, rn__group *g)
{
    int64_t shared = 0;

    g->valid = g->count > 1 || leaves_with_part(g);
    if (g->valid) sort(c, g);
    for (int k = 0; g->valid && k < g->node->inputs; k++) {
        const int64_t cost = operand_cost(c, g, k);
        if (g->cut[k] < 0) shared += rn_shape_count(node_at(c, g->node->in[k])->shape);
        g->valid = cost >= 0;
        g->cost += cost;
    }
    g->gain = (g->count - 1) * rn__call_gain(c->region, g->id[0], shared);
}

/* The first group that a group is joined with. */
static int32_t first_of(const rn__groups *groups, int32_t i)
{
    while (groups->group[i].with != i) i = groups->group[i].with;
    return i;
}

/* Additions to the results of groups need all of these, so all are joined or none. The sums
 * of costs and gains are kept by the first of them. */
static void unite(const rn__groups *groups, int32_t i)
{
    rn__group *g = &groups->group[i];

    g->with = i;
    for (int k = 0; g->valid && k < g->node->inputs; k++) {
        if (g->cut[k] < 0 || !rn__from_group(g, k)) continue;
        const int32_t a = first_of(groups, g->of[k]), b = first_of(groups, i);
        groups->group[a > b ? a : b].with = a < b ? a : b;
    }
}

/* Of groups that are not worth it together, those that are worth it alone. */
static bool pays_alone(const rn__groups *groups, const rn__group *g)
{
    for (int k = 0; k < g->node->inputs; k++)
        if (g->cut[k] >= 0 && g->from[k] == RN__OF_GROUP && !groups->group[g->of[k]].valid)
            return false;
    return g->gain >= g->cost;
}

bool rn__choose_groups(rn__copy_pass *pass, const rn__region *region, rn__groups *groups)
{
    const choice c = {region, groups};
    int64_t *balance =
        (int64_t *)rn__arena_new(&pass->arena, (size_t)groups->count * sizeof *balance);

    if (!balance) return false;
    for (int32_t i = 0; i < groups->count; i++) {
        weigh(&c, &groups->group[i]);
        unite(groups, i);
    }
    for (int32_t i = 0; i < groups->count; i++)
        if (groups->group[i].valid)
            balance[first_of(groups, i)] += groups->group[i].gain - groups->group[i].cost;
    for (int32_t i = 0; i < groups->count; i++)
        if (groups->group[i].valid && balance[first_of(groups, i)] < 0)
            groups->group[i].valid = pays_alone(groups, &groups->group[i]);
    return true;
}
