/* SPDX-License-Identifier: MIT */
/* Value numbering over loops. */
#include "compile/number.h"

#include <string.h>

#include "base/hash.h"

/* What a number stands for: a node with the numbers of its operands or, without a node, a
 * class of carries. */
typedef struct meaning {
    struct meaning *next;
    uint64_t hash;
    const rn__node *node;
    const int32_t *number; /* by node of its body */
    int64_t of;            /* a leaf's outer tensor; a carry's class, or where it starts */
    int64_t then;          /* a carry's next value; -1: not of a class */
    int32_t result;
} meaning;

typedef struct table {
    rn__arena *arena;
    meaning **bucket; /* as many as a power of two */
    size_t buckets;
    int32_t count; /* numbers given */
    bool failed;
} table;

static uint64_t hash_of(const meaning *m)
{
    uint64_t hash = rn__mix((uint64_t)m->of * 3 + (uint64_t)m->then);

    if (!m->node) return hash;
    hash = rn__mix(hash ^ (uint64_t)(uintptr_t)m->node->op);
    for (int i = 0; i < m->node->inputs; i++)
        hash = rn__mix(hash ^ (uint64_t)m->number[m->node->in[i]]);
    return hash;
}

static bool same_node(const meaning *x, const meaning *y)
{
    const rn__node *a = x->node, *b = y->node;

    if (!a || !b) return a == b;
    if (a->op != b->op || a->type != b->type || a->inputs != b->inputs ||
        !rn_shape_equal(a->shape, b->shape) || a->attribute_size != b->attribute_size ||
        memcmp(a->attributes, b->attributes, a->attribute_size) != 0)
        return false;
    for (int i = 0; i < a->inputs; i++)
        if (x->number[a->in[i]] != y->number[b->in[i]]) return false;
    return true;
}

static int32_t number_of(table *t, meaning m)
{
    m.hash = hash_of(&m);
    meaning **bucket = &t->bucket[m.hash & (t->buckets - 1)];

    for (const meaning *e = *bucket; e; e = e->next)
        if (e->hash == m.hash && e->of == m.of && e->then == m.then && same_node(e, &m))
            return e->result;
    meaning *added = (meaning *)rn__arena_new(t->arena, sizeof *added);
    if (!added) {
        t->failed = true;
        return 0;
    }
    m.next = *bucket;
    m.result = t->count++;
    *added = m;
    *bucket = added;
    return m.result;
}

/* Whether equal operands do not make equal values, or this does not know. */
static bool is_unique(const rn__node *node)
{
    return (node->op->flags & RN_OP_IMPURE) || node->op == &rn__op_loop ||
           node->op == &rn__op_get || node->op == &rn__op_residual || node->limit.id >= 0;
}

static int32_t number_node(table *t, const rn__numbered *l, int32_t id)
{
    const rn__node *node = rn__at(l->loop->body, id);
    meaning m = {.node = node, .number = l->number, .then = -1};

    if (is_unique(node)) return t->count++;
    if (node->op == &rn__op_each || node->op == &rn__op_capture) {
        const rn__list *pairs =
            node->op == &rn__op_each ? &l->loop->each : &l->loop->capture;
        m.of = rn__pair_of(pairs, id)->outer;
    } else if (node->op == &rn__op_carry) {
        m.of = l->carry[rn__carry_of(l->loop, id)];
    }
    return number_of(t, m);
}

/* One round: numbers for all nodes and then new classes; how many of those there are. */
static int32_t run_round(table *t, rn__numbered *loops, int count)
{
    for (int k = 0; k < count; k++)
        for (int32_t id = 0; id < loops[k].loop->body->count; id++)
            if (loops[k].body->live[id])
                loops[k].number[id] = number_node(t, &loops[k], id);
    const int32_t before = t->count;
    for (int k = 0; k < count; k++)
        for (int i = 0; i < loops[k].loop->carry.count; i++) {
            const rn__carry *c = rn__list_at(loops[k].loop->carry, rn__carry, i);
            if (!loops[k].body->carried[i]) continue;
            loops[k].carry[i] = number_of(
                t, (meaning){.of = loops[k].carry[i], .then = loops[k].number[c->next]});
        }
    return t->count - before;
}

/* At first carries of one class are those of one shape that start with one tensor. */
static void begin(table *t, rn__numbered *loops, int count)
{
    for (int k = 0; k < count; k++)
        for (int i = 0; i < loops[k].loop->carry.count; i++)
            loops[k].carry[i] = number_of(
                t, (meaning){.of = rn__list_at(loops[k].loop->carry, rn__carry, i)->initial,
                             .then = -1});
}

static bool make_room(table *t, rn__numbered *loops, int count)
{
    size_t nodes = 0;

    for (int k = 0; k < count; k++) {
        const rn_loop *loop = loops[k].loop;
        const size_t n = (size_t)loop->body->count, carries = (size_t)loop->carry.count;
        loops[k].number = (int32_t *)rn__arena_new(t->arena, n * sizeof(int32_t));
        loops[k].carry = (int32_t *)rn__arena_new(t->arena, carries * sizeof(int32_t));
        if (!loops[k].number || !loops[k].carry) return false;
        nodes += n + carries;
    }
    for (t->buckets = 64; t->buckets < nodes;) t->buckets *= 2;
    t->bucket = (meaning **)rn__arena_new(t->arena, t->buckets * sizeof(void *));
    return t->bucket != NULL;
}

int32_t rn__number_bodies(rn__numbered *loops, int count, rn__arena *arena)
{
    table t = {.arena = arena};
    int32_t classes = -1, now = 0;

    if (!make_room(&t, loops, count)) return -1;
    begin(&t, loops, count);
    while (now != classes && !t.failed) {
        classes = now;
        now = run_round(&t, loops, count);
    }
    return t.failed ? -1 : t.count;
}

/* By node of a body, whether it is a product or depends on a carry; NULL without memory. */
static bool *find_costly(const rn_graph *body, rn__arena *arena)
{
    bool *costly = (bool *)rn__arena_new(arena, (size_t)body->count);

    for (int32_t id = 0; costly && id < body->count; id++) {
        const rn__node *node = rn__at(body, id);
        costly[id] = node->op == &rn__op_carry || rn__op_kind(node->op) == RN_KIND_PRODUCT;
        for (int i = 0; i < node->inputs; i++) costly[id] |= costly[node->in[i]];
    }
    return costly;
}

int rn__number_shares(const rn__numbered *loops, int count, int32_t numbers,
                      rn__arena *arena)
{
    bool *computed = (bool *)rn__arena_new(arena, (size_t)numbers);

    if (!computed) return -1;
    for (int k = 0; k < count; k++) {
        const rn_graph *body = loops[k].loop->body;
        const bool *costly = find_costly(body, arena);
        if (!costly) return -1;
        for (int32_t id = 0; id < body->count; id++) {
            if (!loops[k].body->live[id] || !costly[id] || rn__at(body, id)->inputs == 0)
                continue;
            if (k < count - 1)
                computed[loops[k].number[id]] = true;
            else if (computed[loops[k].number[id]])
                return 1;
        }
    }
    return 0;
}
