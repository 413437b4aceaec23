/* SPDX-License-Identifier: MIT */
/*
 * An order in which all that a group needs comes before it.
 *
 * A depth-first walk, in which a group is one unit that needs what its nodes need. A group
 * that would need itself is given up.
 */
#include "compile/join.h"

enum { ROUNDS = 8 };

enum { NEW, OPEN, DONE };

typedef struct walk {
    const rn__region *region;
    const rn__groups *groups;
    unsigned char *state; /* by node; of a group, that of its first */
    int32_t *stack;       /* units that are open */
    int64_t *next;        /* which of its needs comes next, by depth */
    int32_t depth, count;
    int32_t *order;
    bool again; /* a group was given up */
} walk;

static rn__group *group_of(const walk *w, int32_t id)
{
    const int32_t of = w->groups->of[id];

    return of && w->groups->group[of - 1].valid ? &w->groups->group[of - 1] : NULL;
}

static int32_t unit_of(const walk *w, int32_t id)
{
    const rn__group *g = group_of(w, id);

    return g ? g->id[0] : id;
}

/* The i-th node that a node needs; -1: none; -2: there are no more. */
static int32_t need_of(const walk *w, int32_t id, int64_t i)
{
    const rn__node *node = rn__at(w->region->graph, id);

    int32_t reads[RN__READS];

    if (i < node->inputs) return node->in[i];
    const int n = rn__copy_reads(node, reads);
    return i - node->inputs < n ? reads[i - node->inputs] : -2;
}

/* The same of a unit: of each node of a group in turn, and its concatenations. */
static int32_t need_of_unit(const walk *w, int32_t unit, int64_t i)
{
    const rn__group *g = group_of(w, unit);

    if (!g) return need_of(w, unit, i);
    const int64_t each = g->node->inputs, member = i / each;
    if (member < g->count) return need_of(w, g->id[member], i % each);
    const int64_t k = i - g->count * each;
    if (k >= g->node->inputs) return -2;
    if (g->cut[k] < 0) return -1;
    if (g->from[k] == RN__OF_OPERANDS) return w->groups->group[g->of[k]].id[0];
    return g->from[k] == RN__OF_CONCAT ? g->of[k] : -1;
}

static void open(walk *w, int32_t unit)
{
    w->state[unit] = OPEN;
    w->stack[w->depth] = unit;
    w->next[w->depth++] = 0;
}

static void close(walk *w)
{
    const int32_t unit = w->stack[--w->depth];
    const rn__group *g = group_of(w, unit);

    w->state[unit] = DONE;
    if (!g) w->order[w->count++] = unit;
    for (int i = 0; g && i < g->count; i++) w->order[w->count++] = g->id[i];
}

/* Gives up a group of a cycle that ends at this unit. */
static void give_up(walk *w, int32_t unit)
{
    for (int32_t i = w->depth - 1; i >= 0; i--) {
        rn__group *g = group_of(w, w->stack[i]);
        if (g) {
            g->valid = false;
            w->again = true;
            return;
        }
        if (w->stack[i] == unit) return;
    }
}

static void visit(walk *w, int32_t unit)
{
    if (w->state[unit] != NEW) return;
    open(w, unit);
    while (w->depth > 0 && !w->again) {
        const int32_t top = w->stack[w->depth - 1];
        const int32_t need = need_of_unit(w, top, w->next[w->depth - 1]++);
        if (need == -2)
            close(w);
        else if (need >= 0 && w->state[unit_of(w, need)] == OPEN)
            give_up(w, unit_of(w, need));
        else if (need >= 0 && w->state[unit_of(w, need)] == NEW)
            open(w, unit_of(w, need));
    }
}

/* A group that needs one that was given up is given up too. */
static void give_up_readers(const rn__groups *groups)
{
    for (int32_t i = 0; i < groups->count; i++) {
        rn__group *g = &groups->group[i];
        for (int k = 0; k < g->node->inputs; k++)
            if (g->cut[k] >= 0 && rn__from_group(g, k) && !groups->group[g->of[k]].valid)
                g->valid = false;
    }
}

bool rn__order_groups(rn__copy_pass *pass, const rn__region *region, rn__groups *groups,
                      int32_t *order)
{
    const int32_t n = region->graph->count;
    rn__arena *arena = &pass->arena;
    walk w = {.region = region, .groups = groups, .order = order};

    w.state = (unsigned char *)rn__arena_new(arena, (size_t)n);
    w.stack = (int32_t *)rn__arena_new(arena, (size_t)n * sizeof *w.stack);
    w.next = (int64_t *)rn__arena_new(arena, (size_t)n * sizeof *w.next);
    if (!w.state || !w.stack || !w.next) return false;
    for (int round = 0;; round++) {
        for (int32_t i = 0; i < groups->count && round == ROUNDS; i++)
            groups->group[i].valid = false;
        for (int32_t id = 0; id < n; id++) w.state[id] = NEW;
        w.again = false;
        w.depth = w.count = 0;
        for (int32_t id = 0; id < n && !w.again; id++) visit(&w, unit_of(&w, id));
        if (!w.again) return true;
        give_up_readers(groups);
    }
}
