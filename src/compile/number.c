/* SPDX-License-Identifier: MIT */
/* Value numbering over the bodies of two loops. */
#include "compile/number.h"

#include <string.h>

#include "base/hash.h"

/* Rounds until carries must be told apart, for numbers; a hash sees fewer. */
enum { ROUNDS = 64, HASH_ROUNDS = 3 };

/* ---- nodes ---- */

uint64_t rn__node_hash(const rn__node *node, uint64_t hash)
{
    const char *at = (const char *)node->attributes;
    uint64_t word = 0;

    hash = rn__mix(hash ^ (uint64_t)(uintptr_t)node->op ^ ((uint64_t)node->type << 56));
    for (int i = 0; i < node->shape.rank; i++)
        hash = rn__mix(hash ^ (uint64_t)node->shape.size[i]);
    for (size_t i = 0; i < node->attribute_size; i += sizeof word) {
        const size_t n = node->attribute_size - i;
        word = 0;
        memcpy(&word, at + i, n < sizeof word ? n : sizeof word);
        hash = rn__mix(hash ^ word);
    }
    return hash;
}

bool rn__node_alike(const rn__node *a, const rn__node *b)
{
    return a->op == b->op && a->type == b->type && a->inputs == b->inputs &&
           a->variable == b->variable && rn_shape_equal(a->shape, b->shape) &&
           a->attribute_size == b->attribute_size &&
           (a->attribute_size == 0 ||
            memcmp(a->attributes, b->attributes, a->attribute_size) == 0);
}

/* Whether equal operands do not make equal values, or this does not know. */
static bool is_unique(const rn__node *node)
{
    return (node->op->flags & RN_OP_IMPURE) || node->op == &rn__op_loop ||
           node->op == &rn__op_get || node->limit.id >= 0;
}

/* The outer tensor that a leaf reads; -1: it reads none. */
static int32_t outer_of(const rn_loop *loop, const rn__node *node, int32_t id)
{
    if (node->op == &rn__op_each) return rn__pair_of(&loop->each, id)->outer;
    if (node->op == &rn__op_capture) return rn__pair_of(&loop->capture, id)->outer;
    return -1;
}

/* By node of a body, whether to share it is worth a merger; NULL without memory. */
static bool *find_costly(const rn__region *body, rn__arena *arena)
{
    const rn_graph *g = body->graph;
    bool *of_carry = (bool *)rn__arena_new(arena, (size_t)g->count);
    bool *costly = (bool *)rn__arena_new(arena, (size_t)g->count);

    if (!of_carry || !costly) return NULL;
    for (int32_t id = 0; id < g->count; id++) {
        const rn__node *node = rn__at(g, id);
        const bool product = rn__op_kind(node->op) == RN_KIND_PRODUCT && !node->op->batch;
        of_carry[id] = node->op == &rn__op_carry;
        for (int i = 0; i < node->inputs; i++) of_carry[id] |= of_carry[node->in[i]];
        costly[id] = body->live[id] && node->inputs > 0 && (of_carry[id] || product);
    }
    return costly;
}

/* ---- numbers ---- */

/* What a number stands for: a node with the numbers of its operands or, without a node, a
 * class of carries. */
typedef struct meaning {
    const rn__node *node;
    const int32_t *number; /* by node of its body */
    int64_t of;            /* a leaf's outer tensor; a carry's class, or where it starts */
    int64_t then;          /* a carry's next value; -1: not of a class */
} meaning;

typedef struct table {
    meaning *at;   /* by number */
    int32_t *slot; /* numbers, from 1 */
    size_t slots;  /* a power of two, more than twice the meanings of a round */
    int32_t count;
} table;

static uint64_t hash_of(const meaning *m)
{
    uint64_t hash = rn__mix(rn__mix((uint64_t)m->of) ^ (uint64_t)m->then);

    if (!m->node) return hash;
    hash = rn__node_hash(m->node, hash);
    for (int i = 0; i < m->node->inputs; i++)
        hash = rn__mix(hash ^ (uint64_t)m->number[m->node->in[i]]);
    return hash;
}

static bool same_meaning(const meaning *x, const meaning *y)
{
    if (x->of != y->of || x->then != y->then || !x->node != !y->node) return false;
    if (!x->node) return true;
    if (!rn__node_alike(x->node, y->node)) return false;
    for (int i = 0; i < x->node->inputs; i++)
        if (x->number[x->node->in[i]] != y->number[y->node->in[i]]) return false;
    return true;
}

static int32_t number_of(table *t, meaning m)
{
    size_t at = hash_of(&m) & (t->slots - 1);

    for (; t->slot[at]; at = (at + 1) & (t->slots - 1))
        if (same_meaning(&t->at[t->slot[at] - 1], &m)) return t->slot[at] - 1;
    t->at[t->count] = m;
    t->slot[at] = t->count + 1;
    return t->count++;
}

static void clear(table *t)
{
    memset(t->slot, 0, t->slots * sizeof *t->slot);
    t->count = 0;
}

static void number_node(table *t, rn__numbered *l, const int32_t *same, int32_t id)
{
    const rn__node *node = rn__at(l->loop->body, id);
    const int32_t outer = outer_of(l->loop, node, id);
    meaning m = {.node = node, .number = l->number, .of = -1, .then = -1};

    if (is_unique(node)) {
        t->at[t->count] = m;
        l->number[id] = t->count++;
        return;
    }
    if (outer >= 0) m.of = same[outer];
    if (node->op == &rn__op_carry) m.of = l->carry[rn__carry_of(l->loop, id)];
    l->number[id] = number_of(t, m);
}

/* At first carries of one class are those that start with one tensor; how many classes. */
static int32_t begin(table *t, rn__numbered *pair, const int32_t *same)
{
    clear(t);
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < pair[k].loop->carry.count; i++) {
            const rn__carry *c = rn__list_at(pair[k].loop->carry, rn__carry, i);
            if (!pair[k].body->carried[i]) continue;
            pair[k].carry[i] = number_of(t, (meaning){.of = same[c->initial], .then = -1});
        }
    return t->count;
}

/* One round: numbers for all nodes, then new classes; how many of those. */
static int32_t run_round(table *t, rn__numbered *pair, const int32_t *same)
{
    clear(t);
    for (int k = 0; k < 2; k++)
        for (int32_t id = 0; id < pair[k].loop->body->count; id++)
            if (pair[k].body->live[id]) number_node(t, &pair[k], same, id);
    const int32_t before = t->count;
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < pair[k].loop->carry.count; i++) {
            const rn__carry *c = rn__list_at(pair[k].loop->carry, rn__carry, i);
            if (!pair[k].body->carried[i]) continue;
            pair[k].carry[i] = number_of(
                t, (meaning){.of = pair[k].carry[i], .then = pair[k].number[c->next]});
        }
    return t->count - before;
}

static bool make_room(table *t, rn__numbered *pair, rn__arena *arena)
{
    size_t most = 0;

    for (int k = 0; k < 2; k++) {
        const size_t nodes = (size_t)pair[k].loop->body->count;
        const size_t carries = (size_t)pair[k].loop->carry.count;
        pair[k].number = (int32_t *)rn__arena_new(arena, nodes * sizeof(int32_t));
        pair[k].carry = (int32_t *)rn__arena_new(arena, carries * sizeof(int32_t));
        if (!pair[k].number || !pair[k].carry) return false;
        most += nodes + carries;
    }
    for (t->slots = 64; t->slots <= 2 * most;) t->slots *= 2;
    t->at = (meaning *)rn__arena_new(arena, most * sizeof *t->at);
    t->slot = (int32_t *)rn__arena_new(arena, t->slots * sizeof *t->slot);
    return t->at && t->slot;
}

int32_t rn__number_pair(rn__numbered *pair, const int32_t *same, rn__arena *arena)
{
    table t = {0};

    if (!make_room(&t, pair, arena)) return -1;
    int32_t classes = begin(&t, pair, same);
    for (int round = 0; round < ROUNDS; round++) {
        const int32_t now = run_round(&t, pair, same);
        if (now == classes) return t.count;
        classes = now;
    }
    return 0;
}

int rn__number_shares(const rn__numbered *pair, int32_t numbers, rn__arena *arena)
{
    bool *computed = (bool *)rn__arena_new(arena, (size_t)numbers);

    if (!computed) return -1;
    for (int k = 0; k < 2; k++) {
        const bool *costly = find_costly(pair[k].body, arena);
        if (!costly) return -1;
        for (int32_t id = 0; id < pair[k].loop->body->count; id++) {
            if (!costly[id]) continue;
            if (k == 1 && computed[pair[1].number[id]]) return 1;
            if (k == 0) computed[pair[0].number[id]] = true;
        }
    }
    return 0;
}

/* ---- hashes ---- */

/* Hashes of a body's live nodes, given those of its carries. */
static void hash_nodes(const rn__region *body, const rn_loop *loop, const int32_t *same,
                       const uint64_t *carry, uint64_t *hash)
{
    for (int32_t id = 0; id < loop->body->count; id++) {
        const rn__node *node = rn__at(loop->body, id);
        const int32_t outer = outer_of(loop, node, id);
        if (!body->live[id]) continue;
        hash[id] = rn__node_hash(node, outer >= 0 ? (uint64_t)same[outer] : 0);
        if (node->op == &rn__op_carry) hash[id] ^= carry[rn__carry_of(loop, id)];
        if (is_unique(node)) hash[id] ^= (uint64_t)(uintptr_t)node;
        for (int i = 0; i < node->inputs; i++)
            hash[id] = rn__mix(hash[id] ^ hash[node->in[i]]);
    }
}

int32_t rn__number_hashes(const rn__region *body, const rn_loop *loop, const int32_t *same,
                          uint64_t **hashes, rn__arena *arena)
{
    const size_t nodes = (size_t)loop->body->count, carries = (size_t)loop->carry.count;
    uint64_t *hash = (uint64_t *)rn__arena_new(arena, nodes * sizeof *hash);
    uint64_t *carry = (uint64_t *)rn__arena_new(arena, carries * sizeof *carry);
    const bool *costly = find_costly(body, arena);
    int32_t count = 0;

    if (!hash || !carry || !costly) return -1;
    for (int i = 0; i < loop->carry.count; i++) {
        const rn__carry *c = rn__list_at(loop->carry, rn__carry, i);
        carry[i] = rn__mix((uint64_t)same[c->initial]);
    }
    for (int round = 0; round < HASH_ROUNDS; round++) {
        hash_nodes(body, loop, same, carry, hash);
        for (int i = 0; i < loop->carry.count; i++) {
            const rn__carry *c = rn__list_at(loop->carry, rn__carry, i);
            if (body->carried[i]) carry[i] = rn__mix(carry[i] ^ hash[c->next]);
        }
    }
    hash_nodes(body, loop, same, carry, hash);
    for (int32_t id = 0; id < loop->body->count; id++)
        if (costly[id]) hash[count++] = hash[id];
    *hashes = hash;
    return count;
}
