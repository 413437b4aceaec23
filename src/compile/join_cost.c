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

/* Where in its concatenation or group operand k of member i is. */
static int position(const choice *c, const rn__group *g, int i, int k)
{
    const int32_t operand = node_at(c, g->id[i])->in[k];

    if (g->from[k] == RN__OF_GROUP) {
        const rn__group *of = &c->groups->group[g->of[k]];
        for (int at = 0; at < of->count; at++)
            if (of->id[at] == operand) return at;
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

/* Whether operand k of all members is one tensor at little cost. */
static bool operand_pays(const choice *c, const rn__group *g, const rn__form *form, int k)
{
    int32_t operand[RN__JOINED_MOST];

    if (g->cut[k] < 0) return true;
    if (g->from[k] == RN__OF_ANY) {
        for (int i = 0; i < g->count; i++) operand[i] = node_at(c, g->id[i])->in[k];
        return rn__concatenation_pays(c->region, operand, g->count, g->cut[k],
                                      rn__form_uses(form, g->node, k));
    }
    if (g->from[k] == RN__OF_GROUP && !c->groups->group[g->of[k]].valid) return false;
    for (int i = 0; i < g->count; i++)
        if (position(c, g, i, k) != position(c, g, 0, k) + i) return false;
    return true;
}

/* A node that leaves the loop reads the concatenation's stack, so that its part needs none
 * of its own. */
static bool leaves_with_part(const rn__group *g)
{
    return rn__group_reads_concat(g) && (g->place & RN__LEAVES);
}

static void validate(const choice *c, rn__group *g)
{
    rn__form form;

    g->valid = (g->count > 1 || leaves_with_part(g)) &&
               rn__form_of(&form, c->region->graph, g->node);
    if (g->valid) sort(c, g);
    for (int k = 0; g->valid && k < g->node->inputs; k++)
        g->valid = operand_pays(c, g, &form, k);
}

void rn__choose_groups(const rn__region *region, rn__groups *groups)
{
    const choice c = {region, groups};

    for (int32_t i = 0; i < groups->count; i++) validate(&c, &groups->group[i]);
}
