/* SPDX-License-Identifier: MIT */
/*
 * Merge: loops over the same steps in the same direction, neither of which needs the other,
 * become one where they have a recurrence in common. A second gradient is an example: its
 * backward loop repeats the cotangents of the first.
 *
 * A group (merge_groups.c) is copied where its first loop is, after what the others need.
 * Equal carries become one, and so do equal nodes of the merged body, for simplify does
 * this pass's copying. Outer tensors are compared by their ids, so the graph must have been
 * simplified before.
 */
#include "compile/merge.h"

#include "compile/passes.h"
#include "graph/loop.h"

static const rn_loop *loop_at(const rn__region *outer, int32_t id)
{
    return rn__at(outer->graph, id)->loop;
}

/* Marks what the loops of a group need and has no copy yet; ids up to the last loop. */
static bool *find_needed(rn__copy_pass *pass, const rn__region *outer, int32_t first,
                         int32_t last)
{
    bool *needed = (bool *)rn__arena_new(&pass->arena, (size_t)last + 1);

    if (!needed) {
        rn__no_memory(pass->to);
        return NULL;
    }
    for (int32_t k = first; k >= 0; k = outer->merge->next[k]) needed[k] = true;
    for (int32_t id = last; id >= 0; id--) {
        const rn__node *node = rn__at(outer->graph, id);
        int32_t reads[RN__READS];
        if (!needed[id] || !outer->live[id] || !rn_is_null(outer->to[id])) continue;
        for (int i = 0; i < node->inputs; i++) needed[node->in[i]] = true;
        for (int i = rn__copy_reads(node, reads) - 1; i >= 0; i--) needed[reads[i]] = true;
    }
    for (int32_t k = first; k >= 0; k = outer->merge->next[k]) needed[k] = false;
    return needed;
}

static bool copy_needed(rn__copy_pass *pass, rn__region *outer, int32_t first, rn_graph *to)
{
    int32_t last = first;

    while (outer->merge->next[last] >= 0) last = outer->merge->next[last];
    const bool *needed = find_needed(pass, outer, first, last);
    if (!needed) return false;
    for (int32_t id = 0; id < last; id++)
        if (needed[id] && !rn__copy_one(pass, outer, id, to)) return false;
    return true;
}

/* Gives the carries of a loop that are equal to carries of its partner the copies of
 * those. */
static void share_carries(const rn__copy_pass *pass, const rn__region *outer, int32_t id)
{
    const int32_t partner = outer->merge->partner[id];
    const rn_loop *loop = loop_at(outer, id);

    for (int i = 0; partner >= 0 && i < loop->carry.count; i++) {
        const rn_loop *other = loop_at(outer, partner);
        const int32_t k = outer->merge->carry[id][i];
        if (k < 0) continue;
        rn__copy_region(pass, loop->body)
            ->to[rn__list_at(loop->carry, rn__carry, i)->leaf] =
            rn__copy_region(pass, other->body)
                ->to[rn__list_at(other->carry, rn__carry, k)->leaf];
    }
}

static bool copy_group(rn__copy_pass *pass, rn__region *outer, int32_t first, rn_graph *to)
{
    const int32_t *next = outer->merge->next;

    if (!copy_needed(pass, outer, first, to)) return false;
    rn_loop *loop = rn__copy_loop_begin(outer, rn__at(outer->graph, first), to);
    if (!loop) return false;
    for (int32_t k = first; k >= 0; k = next[k]) {
        const rn_loop *old = loop_at(outer, k);
        share_carries(pass, outer, k);
        if (!rn__copy_leaves(outer, rn__copy_region(pass, old->body), old, loop))
            return false;
    }
    for (int32_t k = first; k >= 0; k = next[k]) {
        rn__region *body = rn__copy_region(pass, loop_at(outer, k)->body);
        if (!rn__copy_body(pass, body, loop->body)) return false;
    }
    for (int32_t k = first; k >= 0; k = next[k]) {
        const rn_loop *old = loop_at(outer, k);
        rn__copy_nexts(outer, rn__copy_region(pass, old->body), old, loop);
    }
    if (!rn_loop_end(loop)) return false;
    for (int32_t k = first; k >= 0; k = next[k])
        outer->to[k] = rn__tensor(loop->outer, loop->node);
    return true;
}

static bool merge_loop(rn__copy_pass *pass, rn__region *outer, const rn__node *node,
                       rn_graph *to)
{
    const int32_t id = node->loop->node;

    if (!outer->merge) outer->merge = rn__merge_groups(pass, outer);
    if (!outer->merge) {
        rn__no_memory(pass->to);
        return false;
    }
    const int32_t first = outer->merge->first[id];
    if (outer->merge->next[first] < 0) return rn__copy_loop(pass, outer, node, to);
    return copy_group(pass, outer, first, to);
}

/* ---- the pass ---- */

/* What two loops must have in common. */
typedef struct form {
    int64_t steps;
    int32_t limit;
    bool reverse;
} form;

/* Whether two loops have one form; also if there are too many forms to know. */
static bool possible_in(const rn_graph *graph)
{
    enum { FORMS = 16 };
    form seen[FORMS];
    int forms = 0;

    for (int32_t i = 0; i < graph->count; i++) {
        if (rn__at(graph, i)->op != &rn__op_loop) continue;
        const rn_loop *loop = rn__at(graph, i)->loop;
        for (int k = 0; k < forms; k++)
            if (seen[k].steps == loop->steps && seen[k].reverse == loop->reverse &&
                seen[k].limit == loop->limit)
                return true;
        if (forms == FORMS) return true;
        seen[forms++] = (form){loop->steps, loop->limit, loop->reverse};
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
