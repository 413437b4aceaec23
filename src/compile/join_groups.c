/* SPDX-License-Identifier: MIT */
/*
 * Finds the nodes of a graph that become one.
 *
 * Products with a shared operand form a group, by the divide rules of their records. What
 * follows from it in the same way for all is a group too: additions to its results, such as
 * those of biases, and sums over axes of the parts of one concatenation, such as the
 * gradients of biases. One pass over the nodes finds the groups with a hash table. Nodes of
 * a group have the same level: how many such nodes they depend on, one after the other.
 */
#include "compile/join.h"

#include <string.h>

#include "base/hash.h"

/* Products of one operator with these shared operands. */
typedef struct sharing {
    const rn_op *op; /* NULL: an empty slot */
    int axis;
    int32_t operand[RN__FORM_INPUTS]; /* -1: not shared */
    int32_t count;
} sharing;

typedef struct finding {
    const rn__region *region;
    rn__groups *groups;
    const int32_t *concat; /* by node: the concatenation that it is a part of, from 1 */
    int32_t *level;        /* by node */
    int32_t *slot;         /* groups, from 1, by hash */
    sharing *shared;       /* by hash */
    size_t slots;          /* a power of two, of both */
} finding;

static const rn__node *node_at(const finding *f, int32_t id)
{
    return rn__at(f->region->graph, id);
}

/* Parts of a concatenation, at most: it is searched for each of them. */
enum { PARTS = 64 };

/* The largest concatenation that has a node as an operand, from 1, by node. */
static void find_concats(const rn__region *region, int32_t *concat)
{
    const rn_graph *g = region->graph;

    for (int32_t id = 0; id < g->count; id++) {
        const rn__node *node = rn__at(g, id);
        if (!region->live[id] || node->inputs > PARTS || rn__node_joins(g, node) < 0)
            continue;
        for (int i = 0; i < node->inputs; i++) {
            int32_t *at = &concat[node->in[i]];
            if (!*at || rn__at(g, *at - 1)->inputs < node->inputs) *at = id + 1;
        }
    }
}

/* ---- what a node would be in a group ---- */

/* Fills in how an operand that is cut would be put together. */
static void classify(const finding *f, rn__group *g, int32_t operand, int k)
{
    const int32_t group = f->groups->of[operand], concat = f->concat[operand];

    g->from[k] = RN__OF_ANY;
    if (concat && rn__node_joins(f->region->graph, node_at(f, concat - 1)) == g->cut[k]) {
        g->from[k] = RN__OF_CONCAT;
        g->of[k] = concat - 1;
        g->level = 0;
    } else if (group && f->groups->group[group - 1].axis == g->cut[k]) {
        g->from[k] = RN__OF_GROUP;
        g->of[k] = group - 1;
    }
}

/* A group of this node alone, of results along `axis`; false if it can't be in one. */
static bool begin(const finding *f, int32_t id, int axis, rn__group *g)
{
    rn__form form;

    *g = (rn__group){.node = node_at(f, id), .id = {id}, .count = 1, .axis = axis};
    if (!rn__form_of(&form, f->region->graph, g->node)) return false;
    if (!rn__form_cut(&form, g->node, axis, g->cut)) return false;
    if (!rn__products_keep_rows(f->region, id, g->cut)) return false;
    g->place = f->region->products->place ? f->region->products->place[id] : 0;
    bool cut = false;
    for (int k = 0; k < g->node->inputs; k++)
        if (f->level[g->node->in[k]] > g->level) g->level = f->level[g->node->in[k]];
    for (int k = 0; k < g->node->inputs; k++) {
        cut |= g->cut[k] >= 0;
        g->of[k] = g->node->in[k];
        if (g->cut[k] >= 0) classify(f, g, g->node->in[k], k);
    }
    return cut;
}

/* How many products share the operands that this one does; it is added first. */
static int32_t *sharing_count(const finding *f, const rn__group *g)
{
    sharing own = {.op = g->node->op, .axis = g->axis};
    uint64_t hash = rn__mix((uint64_t)g->axis);

    for (int k = 0; k < RN__FORM_INPUTS; k++)
        own.operand[k] = k < g->node->inputs && g->cut[k] < 0 ? g->of[k] : -1;
    for (int k = 0; k < RN__FORM_INPUTS; k++)
        hash = rn__mix(hash ^ (uint64_t)own.operand[k]);
    for (size_t at = hash & (f->slots - 1);; at = (at + 1) & (f->slots - 1)) {
        sharing *s = &f->shared[at];
        if (!s->op) *s = own;
        if (s->op == own.op && s->axis == own.axis &&
            memcmp(s->operand, own.operand, sizeof own.operand) == 0)
            return &s->count;
    }
}

/* The axis of a product whose operand is in a concatenation, or that most others with the
 * same operand share. */
static int product_axis(const finding *f, int32_t id)
{
    const int rank = node_at(f, id)->shape.rank;
    int best = -1, most = 1;
    rn__group g;

    for (int axis = rank - 1; axis >= 0 && axis >= rank - 2; axis--) {
        if (!begin(f, id, axis, &g)) continue;
        if (rn__group_reads_concat(&g)) return axis;
        const int32_t count = *sharing_count(f, &g);
        if (count > most) {
            most = count;
            best = axis;
        }
    }
    return best;
}

/* The axis of a node's result along which operand k would be put together from `axis`. */
static int axis_over(const finding *f, int32_t id, int k, int axis)
{
    const rn__node *node = node_at(f, id);
    int cut[RN__FORM_INPUTS];
    rn__form form;

    if (!rn__form_of(&form, f->region->graph, node)) return -1;
    for (int i = 0; i < node->shape.rank; i++)
        if (rn__form_cut(&form, node, i, cut) && cut[k] == axis) return i;
    return -1;
}

/* Whether a node of parts of a concatenation can become one of all of it. */
static bool reads_parts(const rn__node *node)
{
    return rn__is_product(node) || rn__op_kind(node->op) == RN_KIND_REDUCTION;
}

/* The axis along which the results of a node and others could be put together; -1. */
static int axis_of(const finding *f, int32_t id)
{
    const rn__node *node = node_at(f, id);
    int axis;

    if (rn__is_product(node) && (axis = product_axis(f, id)) >= 0) return axis;
    for (int k = 0; k < node->inputs && reads_parts(node); k++) {
        const int32_t concat = f->concat[node->in[k]];
        if (!concat) continue;
        axis = rn__node_joins(f->region->graph, node_at(f, concat - 1));
        return axis_over(f, id, k, axis);
    }
    for (int k = 0; rn__op_adds(node->op) && k < 2; k++) {
        const int32_t group = f->groups->of[node->in[k]];
        if (group) return axis_over(f, id, k, f->groups->group[group - 1].axis);
    }
    return -1;
}

/* ---- which nodes go together ---- */

/* Adds a node to the group of those like it, or to a new one. */
static void add(finding *f, rn__group *g)
{
    size_t at = rn__group_hash(g) & (f->slots - 1);
    const int32_t id = g->id[0];

    f->level[id]++;
    for (; f->slot[at]; at = (at + 1) & (f->slots - 1)) {
        rn__group *other = &f->groups->group[f->slot[at] - 1];
        if (!rn__same_group(f->region, other, g)) continue;
        if (other->count == RN__JOINED_MOST) break;
        other->id[other->count++] = id;
        f->groups->of[id] = f->slot[at];
        return;
    }
    f->groups->group[f->groups->count++] = *g;
    f->slot[at] = f->groups->count;
    f->groups->of[id] = f->groups->count;
}

static void count_sharing(const finding *f)
{
    rn__group g;

    for (int32_t id = 0; id < f->region->graph->count; id++) {
        const rn__node *node = node_at(f, id);
        const int rank = node->shape.rank;
        if (!f->region->live[id] || !rn__is_product(node)) continue;
        for (int axis = rank - 1; axis >= 0 && axis >= rank - 2; axis--)
            if (begin(f, id, axis, &g)) ++*sharing_count(f, &g);
    }
}

/* Sums over axes of what groups concatenate, if no concatenation was there before. */
static void find_sums(finding *f)
{
    const int32_t groups = f->groups->count;
    rn__group g;

    for (int32_t i = 0; i < groups; i++) {
        const rn__group *of = &f->groups->group[i];
        const int k = of->count > 1 ? rn__group_operand(f->region, of) : -1;
        for (int m = 0; k >= 0 && m < of->count; m++)
            f->groups->operand[node_at(f, of->id[m])->in[k]] = i + 1;
    }
    for (int32_t id = 0; id < f->region->graph->count; id++) {
        const rn__node *node = node_at(f, id);
        if (!f->region->live[id] || node->inputs != 1 || f->groups->of[id]) continue;
        const int32_t i = f->groups->operand[node->in[0]];
        if (!i || rn__op_kind(node->op) != RN_KIND_REDUCTION) continue;
        const rn__group *of = &f->groups->group[i - 1];
        const int k = rn__group_operand(f->region, of);
        if (!begin(f, id, axis_over(f, id, 0, of->cut[k]), &g)) continue;
        g.from[0] = RN__OF_OPERANDS;
        g.of[0] = i - 1;
        g.level = 0;
        add(f, &g);
    }
}

static void find(finding *f)
{
    rn__group g;

    for (int32_t id = 0; id < f->region->graph->count; id++) {
        const rn__node *node = node_at(f, id);
        if (!f->region->live[id] || node->inputs == 0) continue;
        for (int i = 0; i < node->inputs; i++)
            if (f->level[node->in[i]] > f->level[id]) f->level[id] = f->level[node->in[i]];
        if (node->limit.id >= 0 || (node->op->flags & RN_OP_IMPURE)) continue;
        const int axis = axis_of(f, id);
        if (axis >= 0 && begin(f, id, axis, &g)) add(f, &g);
    }
}

/* ---- the whole ---- */

/* How many nodes may be in a group. */
static int32_t count_candidates(const rn__region *region)
{
    int32_t products = 0, others = 0;

    for (int32_t id = 0; id < region->graph->count; id++) {
        const rn__node *node = rn__at(region->graph, id);
        if (!region->live[id]) continue;
        products += rn__is_product(node);
        others += rn__op_adds(node->op) || rn__op_kind(node->op) == RN_KIND_REDUCTION;
    }
    return products < 2 ? 0 : products + others;
}

bool rn__find_groups(rn__copy_pass *pass, const rn__region *region, rn__groups *groups)
{
    const size_t n = (size_t)region->graph->count;
    const int32_t candidates = count_candidates(region);
    rn__arena *arena = &pass->arena;
    finding f = {.region = region, .groups = groups, .slots = 64};

    *groups = (rn__groups){0};
    if (candidates == 0) return true;
    while (f.slots < 4 * (size_t)candidates) f.slots *= 2;
    int32_t *concat = (int32_t *)rn__arena_new(arena, n * sizeof *concat);
    groups->group =
        (rn__group *)rn__arena_new(arena, (size_t)candidates * sizeof *groups->group);
    groups->of = (int32_t *)rn__arena_new(arena, n * sizeof *groups->of);
    groups->operand = (int32_t *)rn__arena_new(arena, n * sizeof *groups->operand);
    f.level = (int32_t *)rn__arena_new(arena, n * sizeof *f.level);
    f.slot = (int32_t *)rn__arena_new(arena, f.slots * sizeof *f.slot);
    f.shared = (sharing *)rn__arena_new(arena, f.slots * sizeof *f.shared);
    if (!concat || !groups->group || !groups->of || !groups->operand || !f.level ||
        !f.slot || !f.shared)
        return false;
    f.concat = concat;
    find_concats(region, concat);
    count_sharing(&f);
    find(&f);
    find_sums(&f);
    return rn__choose_groups(pass, region, groups);
}
