/* SPDX-License-Identifier: MIT */
/*
 * Merge: loops over the same steps in the same direction, neither of which needs the other,
 * become one where they compute something in common. A second gradient is an example: its
 * backward loop repeats the cotangents of the first.
 *
 * Loops of one graph form groups. A group depends on whatever one of its loops depends on.
 * A loop joins the first group of its form that it does not depend on and that computes
 * something that it does too (number.c). The group is copied where its first loop stands,
 * after what the others need. Equal carries become one; equal nodes of the merged body are
 * found as anywhere else, for this is a hook of simplify. Outer tensors are compared by
 * their ids, so the graph must have been simplified before.
 */
#include "compile/number.h"
#include "compile/passes.h"
#include "graph/loop.h"

/* Groups are bits of a word; loops beyond so many groups are not merged. */
enum { GROUPS = 64 };

typedef struct group {
    rn__numbered *loops; /* in order of their nodes */
    int count;
    uint64_t needs; /* groups that it depends on */
} group;

struct rn__merge {
    group list[GROUPS];
    int groups;
    signed char *of;  /* by node of the graph: the group of a loop; -1: none */
    uint64_t *needs;  /* by node: the groups that it depends on */
    int32_t loops;    /* room for so many in a group */
    rn__numbered *at; /* of the group that a loop may join, and the loop */
    bool no_memory;
};

/* ---- groups ---- */

static uint64_t bit(int index)
{
    return (uint64_t)1 << index;
}

/* These groups and those that they depend on. */
static uint64_t closure(const rn__merge *m, uint64_t groups)
{
    uint64_t all = groups;

    for (int i = 0; i < m->groups; i++)
        if (groups & bit(i)) all |= m->list[i].needs;
    return all;
}

static bool same_form(const rn_loop *a, const rn_loop *b)
{
    return a->steps == b->steps && a->reverse == b->reverse && a->limit == b->limit;
}

/* Adds a loop to a group, which then depends on what the loop needs. */
static void join(rn__merge *m, group *g, const rn__numbered *with, int count,
                 uint64_t needs)
{
    const uint64_t own = bit((int)(g - m->list));

    for (int i = 0; i < count; i++) g->loops[i] = with[i];
    g->count = count;
    g->needs |= needs;
    for (int i = 0; i < m->groups; i++)
        if (m->list[i].needs & own) m->list[i].needs |= g->needs;
}

/* Whether the loop joined the group. */
static bool try_join(rn__merge *m, group *g, rn__numbered loop, uint64_t needs,
                     rn__arena *arena)
{
    if ((needs & bit((int)(g - m->list))) || !same_form(g->loops[0].loop, loop.loop))
        return false;
    for (int i = 0; i < g->count; i++) m->at[i] = g->loops[i];
    m->at[g->count] = loop;
    const int32_t numbers = rn__number_bodies(m->at, g->count + 1, arena);
    const int shares =
        numbers < 0 ? -1 : rn__number_shares(m->at, g->count + 1, numbers, arena);
    m->no_memory |= shares < 0;
    if (shares <= 0) return false;
    join(m, g, m->at, g->count + 1, needs);
    return true;
}

/* The group of a loop: one that it can join, or a new one; -1 if there are too many. */
static int find_group(rn__merge *m, rn__numbered loop, uint64_t needs, rn__arena *arena)
{
    for (int i = 0; i < m->groups; i++)
        if (try_join(m, &m->list[i], loop, needs, arena)) return i;
    if (m->groups == GROUPS) return -1;
    group *g = &m->list[m->groups];
    g->loops = (rn__numbered *)rn__arena_new(arena, (size_t)m->loops * sizeof *g->loops);
    m->no_memory |= !g->loops;
    if (!g->loops) return -1;
    g->loops[0] = loop;
    g->count = 1;
    g->needs = needs;
    return m->groups++;
}

static int32_t count_loops(const rn__region *region)
{
    int32_t n = 0;

    for (int32_t id = 0; id < region->graph->count; id++)
        n += region->live[id] && rn__at(region->graph, id)->op == &rn__op_loop;
    return n;
}

static bool find_groups(rn__copy_pass *pass, rn__merge *m, const rn__region *region)
{
    const rn_graph *g = region->graph;
    const size_t n = (size_t)g->count;

    m->at = (rn__numbered *)rn__arena_new(&pass->arena, (size_t)m->loops * sizeof *m->at);
    m->of = (signed char *)rn__arena_new(&pass->arena, n);
    m->needs = (uint64_t *)rn__arena_new(&pass->arena, n * sizeof *m->needs);
    if (!m->at || !m->of || !m->needs) return false;
    for (int32_t id = 0; id < g->count; id++) {
        const rn__node *node = rn__at(g, id);
        uint64_t needs = node->limit.id >= 0 ? m->needs[node->limit.id] : 0;
        m->of[id] = -1;
        if (!region->live[id]) continue;
        for (int i = 0; i < node->inputs; i++) needs |= m->needs[node->in[i]];
        m->needs[id] = needs;
        if (node->op != &rn__op_loop) continue;
        if (node->loop->limit >= 0) needs |= m->needs[node->loop->limit];
        const rn__numbered loop = {.body = rn__copy_region(pass, node->loop->body),
                                   .loop = node->loop};
        const int of = find_group(m, loop, closure(m, needs), &pass->arena);
        m->of[id] = (signed char)of;
        m->needs[id] = of < 0 ? needs : bit(of);
    }
    return !m->no_memory;
}

/* The groups of a graph's loops, found when they are first wanted; NULL without memory. */
static rn__merge *groups_of(rn__copy_pass *pass, rn__region *region)
{
    if (region->merge) return region->merge;
    rn__merge *m = (rn__merge *)rn__arena_new(&pass->arena, sizeof *m);
    if (!m) return NULL;
    m->loops = count_loops(region);
    if (!find_groups(pass, m, region)) return NULL;
    return region->merge = m;
}

/* ---- copying a group ---- */

static const rn__node *node_of(const rn__region *outer, const group *g, int k)
{
    return rn__at(outer->graph, g->loops[k].loop->node);
}

/* Copies what the loops of a group need and has no copy yet. */
static bool copy_needed(rn__copy_pass *pass, rn__region *outer, const group *g,
                        rn_graph *to)
{
    const int32_t end = g->loops[g->count - 1].loop->node;
    bool *needed = (bool *)rn__arena_new(&pass->arena, (size_t)end + 1);

    if (!needed) {
        rn__no_memory(pass->to);
        return false;
    }
    for (int k = 0; k < g->count; k++)
        for (int i = 0; i < node_of(outer, g, k)->inputs; i++)
            needed[node_of(outer, g, k)->in[i]] = true;
    for (int32_t id = end; id >= 0; id--) {
        const rn__node *node = rn__at(outer->graph, id);
        const int32_t limit = node->op == &rn__op_loop ? node->loop->limit : node->limit.id;
        if (!needed[id] || !rn_is_null(outer->to[id])) continue;
        for (int i = 0; i < node->inputs; i++) needed[node->in[i]] = true;
        if (limit >= 0) needed[limit] = true;
    }
    for (int32_t id = 0; id < end; id++)
        if (needed[id] && !rn__copy_one(pass, outer, id, to)) return false;
    return true;
}

/* The copy of a carry of an earlier loop that is equal to carry i of loop k; null: there is
 * none. */
static rn_tensor earlier(const group *g, int k, int i)
{
    for (int a = 0; a < k; a++) {
        const rn__numbered *l = &g->loops[a];
        for (int b = 0; b < l->loop->carry.count; b++)
            if (l->body->carried[b] && l->carry[b] == g->loops[k].carry[i])
                return l->body->to[rn__list_at(l->loop->carry, rn__carry, b)->leaf];
    }
    return rn_null();
}

/* Gives the carries of loop k that are equal to earlier ones the copies of those. */
static void share_carries(const group *g, int k)
{
    const rn__numbered *l = &g->loops[k];

    for (int i = 0; i < l->loop->carry.count; i++) {
        const rn__carry *c = rn__list_at(l->loop->carry, rn__carry, i);
        if (l->body->carried[i]) l->body->to[c->leaf] = earlier(g, k, i);
    }
}

static bool copy_group(rn__copy_pass *pass, rn__region *outer, const group *g, rn_graph *to)
{
    if (!copy_needed(pass, outer, g, to)) return false;
    rn_loop *loop = rn__copy_loop_begin(outer, node_of(outer, g, 0), to);
    if (!loop) return false;
    for (int k = 0; k < g->count; k++) {
        rn__region *body = rn__copy_region(pass, g->loops[k].loop->body);
        share_carries(g, k);
        if (!rn__copy_leaves(outer, body, g->loops[k].loop, loop)) return false;
    }
    for (int k = 0; k < g->count; k++) {
        rn__region *body = rn__copy_region(pass, g->loops[k].loop->body);
        if (!rn__copy_body(pass, body, loop->body)) return false;
    }
    for (int k = 0; k < g->count; k++) {
        rn__region *body = rn__copy_region(pass, g->loops[k].loop->body);
        rn__copy_nexts(outer, body, g->loops[k].loop, loop);
    }
    if (!rn_loop_end(loop)) return false;
    for (int k = 0; k < g->count; k++)
        outer->to[g->loops[k].loop->node] = rn__tensor(loop->outer, loop->node);
    return true;
}

static bool merge_loop(rn__copy_pass *pass, rn__region *outer, const rn__node *node,
                       rn_graph *to)
{
    rn__merge *m = groups_of(pass, outer);

    if (!m) {
        rn__no_memory(pass->to);
        return false;
    }
    const int of = m->of[node->loop->node];
    if (of < 0 || m->list[of].count < 2) return rn__copy_loop(pass, outer, node, to);
    return copy_group(pass, outer, &m->list[of], to);
}

/* Two loops of one form. */
static bool possible_in(const rn_graph *graph)
{
    for (int32_t i = 0; i < graph->count; i++) {
        if (rn__at(graph, i)->op != &rn__op_loop) continue;
        for (int32_t k = i + 1; k < graph->count; k++)
            if (rn__at(graph, k)->op == &rn__op_loop &&
                same_form(rn__at(graph, i)->loop, rn__at(graph, k)->loop))
                return true;
    }
    return false;
}

bool rn__merge_possible(const rn_graph *graph)
{
    if (possible_in(graph)) return true;
    for (const rn_graph *body = graph->bodies; body; body = body->next_body)
        if (possible_in(body)) return true;
    return false;
}

bool rn__merge_loops(rn__copy_pass *pass, const int32_t *roots, int count)
{
    pass->loop = merge_loop;
    return rn__simplify(pass, roots, count);
}
