/* SPDX-License-Identifier: MIT */
/*
 * Simplify: the copy has each value once. Before a node is appended, identities and
 * constants are tried, then a node with the same graph, operator, operands and attributes.
 * Dead code is not copied, and loop invariants leave their loop; copy.c does both.
 */
#include "compile/passes.h"

#include <string.h>

#include "rondo/ops.h"

typedef struct entry {
    struct entry *next;
    uint64_t hash;
    rn_tensor node;
} entry;

enum { FEWEST = 256 };

typedef struct table {
    entry **bucket; /* a power of two of them, at least as many as entries */
    size_t buckets, count;
} table;

static uint64_t mix(uint64_t hash, const void *data, size_t bytes)
{
    const char *at = (const char *)data;

    for (uint64_t word = 0; bytes > 0; word = 0) {
        const size_t n = bytes < sizeof word ? bytes : sizeof word;
        memcpy(&word, at, n);
        hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
        at += n;
        bytes -= n;
    }
    return hash;
}

static uint64_t hash_of(const rn_graph *graph, const rn_op *op, rn_type type,
                        rn_shape shape, const int32_t *in, int inputs,
                        const void *attributes, size_t size)
{
    uint64_t hash = mix((uint64_t)type, &graph, sizeof(void *));

    hash = mix(hash, &op, sizeof(void *));
    hash = mix(hash, shape.size, (size_t)shape.rank * sizeof *shape.size);
    hash = mix(hash, in, (size_t)inputs * sizeof *in);
    return mix(hash, attributes, size);
}

static uint64_t hash_node(rn_tensor x)
{
    const rn__node *n = rn__node_of(x);

    return hash_of(x.graph, n->op, n->type, n->shape, n->in, n->inputs, n->attributes,
                   n->attribute_size);
}

static bool same(rn_tensor x, rn_tensor y)
{
    const rn__node *a = rn__node_of(x), *b = rn__node_of(y);

    return x.graph == y.graph && a->op == b->op && a->type == b->type &&
           rn_shape_equal(a->shape, b->shape) && a->inputs == b->inputs &&
           a->attribute_size == b->attribute_size && a->variable == b->variable &&
           a->limit.id == b->limit.id && a->limit.operands == b->limit.operands &&
           (a->limit.id < 0 || a->limit.rows == b->limit.rows) &&
           memcmp(a->in, b->in, (size_t)a->inputs * sizeof *a->in) == 0 &&
           memcmp(a->attributes, b->attributes, a->attribute_size) == 0;
}

static bool grow(rn_allocator a, table *t)
{
    const size_t buckets = t->buckets ? 2 * t->buckets : FEWEST;
    entry **bucket = (entry **)rn__new(a, buckets * sizeof *bucket);

    if (!bucket) return false;
    for (size_t i = 0; i < t->buckets; i++)
        for (entry *e = t->bucket[i], *next; e; e = next) {
            entry **to = &bucket[e->hash & (buckets - 1)];
            next = e->next;
            e->next = *to;
            *to = e;
        }
    rn__free(a, t->bucket);
    t->bucket = bucket;
    t->buckets = buckets;
    return true;
}

/* The first node equal to x; if there is none, x is added to the table and returned. x was
 * appended only for this comparison; if it is not used, it is dead code. */
rn_tensor rn__unique(rn__copy_pass *pass, rn_tensor x)
{
    table *t = (table *)pass->data;

    if (rn_is_null(x) || (rn__node_of(x)->op->flags & RN_OP_IMPURE)) return x;
    const uint64_t hash = hash_node(x);
    if (t->count == t->buckets && !grow(pass->to->allocator, t))
        return rn__no_memory(pass->to);
    entry **bucket = &t->bucket[hash & (t->buckets - 1)];
    for (const entry *e = *bucket; e; e = e->next)
        if (e->hash == hash && same(e->node, x)) return e->node;

    entry *e = (entry *)rn__arena_new(&pass->arena, sizeof *e);
    if (!e) return rn__no_memory(pass->to);
    *e = (entry){*bucket, hash, x};
    *bucket = e;
    t->count++;
    return x;
}

rn_tensor rn__simplified(rn__copy_pass *pass, const rn__node *node, const rn_tensor *in)
{
    for (int i = 0; i < node->inputs; i++)
        if (rn_is_null(in[i])) return rn_null();
    rn_tensor x = rn__identity(node, in);

    /* Operands are unique already, or leaves of a body, which are never merged. */
    if (!rn_is_null(x)) return x;
    x = rn__fold(pass->to, node, in);
    if (rn_is_null(x)) x = rn__copy_as_is(pass, node, in);
    return rn__unique(pass, x);
}

static rn_tensor simplify_leaf(rn__copy_pass *pass, const rn__node *leaf)
{
    const rn_tensor x = rn__copy_leaf_as_is(pass, leaf);

    return leaf->op == &rn__op_variable || leaf->op == &rn__op_input ? x
                                                                     : rn__unique(pass, x);
}

bool rn__simplify(rn__copy_pass *pass, const int32_t *roots, int count)
{
    table t = {0};

    if (!pass->node) pass->node = rn__simplified;
    pass->leaf = simplify_leaf;
    pass->data = &t;
    const bool ok = rn__copy_run(pass, roots, count, true);
    rn__free(pass->to->allocator, t.bucket);
    pass->data = NULL;
    return ok;
}
