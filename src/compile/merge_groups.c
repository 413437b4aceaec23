/* SPDX-License-Identifier: MIT */
/*
 * Merge: finding the loops that become one.
 *
 * Loops are taken in order. Hashes of what a loop computes in common with an earlier one
 * lead to that one; then the two are compared exactly (number.c), and the loop joins the
 * group of the other if it does not depend on any loop of that. A group depends on whatever
 * one of its loops depends on.
 *
 * When a loop has joined, its outputs are known to be equal to outputs of its partner, and
 * then so is whatever is computed from them: so the second backward loops of a stack of
 * layers are found one after the other.
 */
#include "compile/merge.h"

#include <string.h>

#include "base/hash.h"
#include "compile/number.h"

/* Earlier loops that a loop is compared with, at most. */
enum { TRIES = 4 };

/* A hash of something that a loop computes, and the first loop that does. */
typedef struct clue {
    uint64_t hash;
    int32_t loop;
    bool used;
} clue;

typedef struct finding {
    rn__copy_pass *pass;
    const rn__region *region;
    rn__merge *m;
    int32_t *slot; /* a hash table of nodes, from 1 */
    size_t slots;
    clue *table; /* of clues, by their hashes */
    size_t clues, clue_count;
    int32_t *visit, *stack; /* by node: the last search that came here; nodes to go to */
    int32_t search;
    bool no_memory;
} finding;

static const rn__node *node_at(const finding *f, int32_t id)
{
    return rn__at(f->region->graph, id);
}

static const rn__region *body_of(const finding *f, int32_t loop)
{
    return rn__copy_region(f->pass, node_at(f, loop)->loop->body);
}

/* ---- equal nodes ---- */

static bool equal_nodes(const finding *f, int32_t a, int32_t b)
{
    const rn__node *x = node_at(f, a), *y = node_at(f, b);

    if (!rn__node_alike(x, y)) return false;
    for (int i = 0; i < x->inputs; i++)
        if (f->m->same[x->in[i]] != f->m->same[y->in[i]]) return false;
    return true;
}

/* The first node that is equal to an operator's node, which joins the table if there is
 * none. */
static int32_t first_equal(const finding *f, int32_t id)
{
    const rn__node *node = node_at(f, id);
    uint64_t hash = rn__node_hash(node, 0);

    if ((node->op->flags & RN_OP_IMPURE) || node->limit.id >= 0) return id;
    for (int i = 0; i < node->inputs; i++)
        hash = rn__mix(hash ^ (uint64_t)f->m->same[node->in[i]]);
    size_t at = hash & (f->slots - 1);
    for (; f->slot[at]; at = (at + 1) & (f->slots - 1))
        if (equal_nodes(f, f->slot[at] - 1, id)) return f->slot[at] - 1;
    f->slot[at] = id + 1;
    return id;
}

/* ---- dependence ---- */

static void go_to(finding *f, int32_t id, int32_t *depth)
{
    if (!f->region->live[id] || f->visit[id] == f->search) return;
    f->visit[id] = f->search;
    f->stack[(*depth)++] = id;
}

static void go_to_operands(finding *f, int32_t id, int32_t *depth)
{
    const rn__node *node = node_at(f, id);
    const int32_t limit = node->op == &rn__op_loop ? node->loop->limit : node->limit.id;

    for (int i = 0; i < node->inputs; i++) go_to(f, node->in[i], depth);
    if (limit >= 0) go_to(f, limit, depth);
}

/* Whether a loop needs one of a group, whose first loop is given. */
static bool depends(finding *f, int32_t loop, int32_t first)
{
    int32_t depth = 0;

    f->search++;
    go_to_operands(f, loop, &depth);
    while (depth > 0) {
        const int32_t id = f->stack[--depth];
        if (node_at(f, id)->op != &rn__op_loop) {
            go_to_operands(f, id, &depth);
            continue;
        }
        if (f->m->first[id] == first) return true;
        for (int32_t k = f->m->first[id]; k >= 0; k = f->m->next[k])
            go_to_operands(f, k, &depth);
    }
    return false;
}

/* ---- joining ---- */

static bool join(finding *f, int32_t loop, int32_t partner, const rn__numbered *pair)
{
    rn__merge *m = f->m;
    const int carries = pair[1].loop->carry.count;
    int32_t last = m->first[partner];

    m->carry[loop] =
        (int32_t *)rn__arena_new(&f->pass->arena, (size_t)carries * sizeof(int32_t));
    if (!m->carry[loop]) {
        f->no_memory = true;
        return false;
    }
    for (int i = 0; i < carries; i++) m->carry[loop][i] = rn__pair_carry(pair, i);
    rn__pair_outputs(pair, f->region, m->same);
    m->partner[loop] = partner;
    m->first[loop] = m->first[partner];
    while (m->next[last] >= 0) last = m->next[last];
    m->next[last] = loop;
    return true;
}

/* Whether the loop joined the group of an earlier one. */
static bool try_join(finding *f, int32_t loop, int32_t other)
{
    rn__arena scratch = {.allocator = f->pass->arena.allocator};
    rn__numbered pair[2] = {
        {.body = body_of(f, other), .loop = node_at(f, other)->loop},
        {.body = body_of(f, loop), .loop = node_at(f, loop)->loop},
    };
    const int32_t numbers = rn__number_pair(pair, f->m->same, &scratch);
    const int shares = numbers > 0 ? rn__number_shares(pair, numbers, &scratch) : numbers;

    f->no_memory |= shares < 0;
    const bool joined =
        shares > 0 && !depends(f, loop, f->m->first[other]) && join(f, loop, other, pair);
    rn__arena_finish(&scratch);
    return joined;
}

/* ---- clues ---- */

static bool grow_clues(finding *f)
{
    const size_t slots = f->clues ? 2 * f->clues : 256;
    clue *more = (clue *)rn__arena_new(&f->pass->arena, slots * sizeof *more);

    if (!more) return false;
    for (size_t i = 0; i < f->clues; i++) {
        size_t at = f->table[i].hash & (slots - 1);
        if (!f->table[i].used) continue;
        while (more[at].used) at = (at + 1) & (slots - 1);
        more[at] = f->table[i];
    }
    f->table = more;
    f->clues = slots;
    return true;
}

/* The first loop that computes what has this hash; it is `loop` if there was none. */
static int32_t first_with(finding *f, uint64_t hash, int32_t loop)
{
    if (2 * f->clue_count >= f->clues && !grow_clues(f)) {
        f->no_memory = true;
        return loop;
    }
    size_t at = hash & (f->clues - 1);
    for (; f->table[at].used; at = (at + 1) & (f->clues - 1))
        if (f->table[at].hash == hash) return f->table[at].loop;
    f->table[at] = (clue){hash, loop, true};
    f->clue_count++;
    return loop;
}

static bool same_form(const rn_loop *a, const rn_loop *b)
{
    return a->steps == b->steps && a->reverse == b->reverse && a->limit == b->limit &&
           a->row_steps == b->row_steps && a->row_sums == b->row_sums &&
           memcmp(a->ragged, b->ragged, sizeof a->ragged) == 0;
}

/* Follows the clues of a loop to earlier ones, until it joins one. */
static void add_loop(finding *f, int32_t loop)
{
    const rn_loop *l = node_at(f, loop)->loop;
    rn__arena scratch = {.allocator = f->pass->arena.allocator};
    int32_t tried[TRIES];
    int tries = 0;
    uint64_t *hash = NULL;
    const int32_t count =
        rn__number_hashes(body_of(f, loop), l, f->m->same, &hash, &scratch);
    bool joined = false;

    f->no_memory |= count < 0;
    for (int32_t i = 0; i < count; i++) {
        const uint64_t form = (uint64_t)l->steps * 4 + (l->reverse ? 2 : 0);
        const uint64_t key = rn__mix(hash[i] ^ rn__mix(form ^ (uint64_t)l->limit << 32));
        const int32_t other = first_with(f, key, loop);
        bool known = other == loop || joined || tries == TRIES ||
                     !same_form(node_at(f, other)->loop, l);
        for (int k = 0; k < tries; k++) known |= tried[k] == other;
        if (known) continue;
        tried[tries++] = other;
        joined = try_join(f, loop, other);
    }
    rn__arena_finish(&scratch);
}

/* ---- the walk ---- */

static bool make_room(finding *f)
{
    const size_t n = (size_t)f->region->graph->count;
    rn__arena *arena = &f->pass->arena;
    rn__merge *m = f->m;

    m->same = (int32_t *)rn__arena_new(arena, n * sizeof(int32_t));
    m->first = (int32_t *)rn__arena_new(arena, n * sizeof(int32_t));
    m->next = (int32_t *)rn__arena_new(arena, n * sizeof(int32_t));
    m->partner = (int32_t *)rn__arena_new(arena, n * sizeof(int32_t));
    m->carry = (int32_t **)rn__arena_new(arena, n * sizeof(int32_t *));
    if (!m->same || !m->first || !m->next || !m->partner || !m->carry) return false;
    for (size_t id = 0; id < n; id++) {
        m->same[id] = m->first[id] = (int32_t)id;
        m->next[id] = m->partner[id] = -1;
    }
    return true;
}

static bool make_tables(finding *f)
{
    const size_t n = (size_t)f->region->graph->count;
    rn__arena *arena = &f->pass->arena;

    for (f->slots = 64; f->slots <= 2 * n;) f->slots *= 2;
    f->slot = (int32_t *)rn__arena_new(arena, f->slots * sizeof(int32_t));
    f->visit = (int32_t *)rn__arena_new(arena, n * sizeof(int32_t));
    f->stack = (int32_t *)rn__arena_new(arena, n * sizeof(int32_t));
    return f->slot && f->visit && f->stack;
}

static int count_loops(const rn__region *region)
{
    int count = 0;

    for (int32_t id = 0; id < region->graph->count; id++)
        count += region->live[id] && rn__at(region->graph, id)->op == &rn__op_loop;
    return count;
}

rn__merge *rn__merge_groups(rn__copy_pass *pass, const rn__region *region)
{
    finding f = {.pass = pass, .region = region};

    f.m = (rn__merge *)rn__arena_new(&pass->arena, sizeof *f.m);
    if (!f.m || !make_room(&f)) return NULL;
    if (count_loops(region) < 2) return f.m;
    if (!make_tables(&f)) return NULL;
    for (int32_t id = 0; id < region->graph->count && !f.no_memory; id++) {
        const rn__node *node = node_at(&f, id);
        if (!region->live[id]) continue;
        if (node->op == &rn__op_loop)
            add_loop(&f, id);
        else if (node->op != &rn__op_get && node->inputs > 0)
            f.m->same[id] = first_equal(&f, id);
    }
    return f.no_memory ? NULL : f.m;
}
