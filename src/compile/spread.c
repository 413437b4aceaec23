/* SPDX-License-Identifier: MIT */
/*
 * Spread: what a broadcast enlarges is computed in the loops that read it.
 *
 * A stack that element-wise operators make of others, much smaller than it, such as an
 * outer product of every step, takes longer to write and read than to compute. If nothing
 * but loops reads it by step, these read the smaller ones instead and compute each step of
 * it themselves, where it stays in the cache. A value is the same bit for bit, because the
 * same operators make it from the same operands.
 *
 * At most one of the operators may be expensive. Not for ragged loops, whose stacks are
 * packed.
 */
#include "compile/passes.h"
#include "compile/recompute.h"
#include "graph/loop.h"

enum {
    TIMES = 4, /* the stack is so much larger than all that it is made of */
    FEWEST_ELEMENTS = 256 /* of a step, or a call costs more than reading it */,
    LONGEST = 4 /* chain of operators */
};

/* Stacks that elements of one shape are made of. */
typedef struct made {
    const rn_graph *graph;
    rn_shape shape; /* of the stack; the first axis is that of steps */
    int64_t bytes;  /* of the stacks */
    int expensive;  /* operators */
    bool fits;
} made;

static bool is_made(const rn_graph *graph, int32_t id, rn_shape shape)
{
    const rn__node *node = rn__at(graph, id);

    return rn__is_elementwise(node->op) && node->inputs > 0 &&
           node->inputs <= RN__AGAIN_INPUTS && node->limit.id < 0 && !node->op->view &&
           rn_shape_equal(node->shape, shape);
}

/* Adds up what a value is made of. */
static void add_up(made *m, int32_t id, int depth)
{
    const rn__node *node = rn__at(m->graph, id);

    if (depth > 0 && is_made(m->graph, id, m->shape)) {
        m->expensive += !(node->op->flags & RN_OP_CHEAP);
        for (int i = 0; i < node->inputs; i++) add_up(m, node->in[i], depth - 1);
        return;
    }
    if (node->shape.rank < m->shape.rank) return;
    m->fits &= node->shape.size[0] == m->shape.size[0];
    m->bytes += rn_shape_count(node->shape) * (int64_t)rn_type_size(node->type);
}

/* Whether a loop computes a stack itself. */
static bool spreads(const rn__region *outer, const rn_loop *loop, const rn__pair *p)
{
    const rn__node *stack = rn__at(outer->graph, p->outer);
    made m = {.graph = outer->graph, .shape = stack->shape, .fits = true};
    const int64_t count = rn_shape_count(stack->shape);

    if (loop->ragged[0] >= 0 || p->slots != RN__SLOTS_PLAIN || outer->kept[p->outer] ||
        !is_made(outer->graph, p->outer, stack->shape) || stack->shape.size[0] == 0 ||
        count / stack->shape.size[0] < FEWEST_ELEMENTS)
        return false;
    add_up(&m, p->outer, LONGEST);
    return m.fits && m.expensive <= 1 && m.bytes > 0 &&
           m.bytes <= count * (int64_t)rn_type_size(stack->type) / TIMES;
}

/* ---- the copy ---- */

/* A step of a stack in the new loop. */
static rn_tensor each(rn_loop *loop, rn_tensor stack)
{
    for (int i = 0; i < loop->each.count; i++) {
        const rn__pair *p = rn__list_at(loop->each, rn__pair, i);
        if (p->outer == stack.id && p->slots == RN__SLOTS_PLAIN)
            return rn__tensor(loop->body, p->leaf);
    }
    return rn_loop_each(loop, stack);
}

static rn_tensor make(rn__copy_pass *pass, const rn__region *outer, rn_loop *loop,
                      int32_t id, rn_shape shape, int depth)
{
    const rn__node *node = rn__at(outer->graph, id);
    rn_tensor in[RN__AGAIN_INPUTS];

    if (depth == 0 || !is_made(outer->graph, id, shape))
        return node->shape.rank < shape.rank ? outer->to[id] : each(loop, outer->to[id]);
    for (int i = 0; i < node->inputs; i++)
        in[i] = make(pass, outer, loop, node->in[i], shape, depth - 1);
    pass->limit = pass->limit_rows = pass->limit_order = rn_null();
    const rn_tensor x = rn__simplified(pass, node, in);
    if (!rn_is_null(x) && node->context) rn__copy_context(pass, node, rn__node_of(x));
    return x;
}

static bool copy_loop(rn__copy_pass *pass, rn__region *outer, const rn__node *node,
                      rn_graph *to)
{
    rn__region *body = rn__copy_region(pass, node->loop->body);
    const rn_loop *old = node->loop;
    rn_loop *loop = rn__copy_loop_begin(outer, node, to);
    bool *spread = (bool *)rn__arena_new(&pass->arena, (size_t)old->each.count + 1);

    if (!spread) return !rn_is_null(rn__no_memory(to));
    for (int i = 0; i < old->each.count; i++) {
        const rn__pair *p = rn__list_at(old->each, rn__pair, i);
        spread[i] = body->live[p->leaf] && spreads(outer, old, p);
        if (spread[i]) body->live[p->leaf] = false;
    }
    if (!loop || !rn__copy_leaves(outer, body, old, loop)) return false;
    for (int i = 0; i < old->each.count; i++) {
        const rn__pair *p = rn__list_at(old->each, rn__pair, i);
        if (!spread[i]) continue;
        const rn_shape shape = rn__at(outer->graph, p->outer)->shape;
        body->to[p->leaf] = make(pass, outer, loop, p->outer, shape, LONGEST);
        if (rn_is_null(body->to[p->leaf])) return false;
    }
    return rn__copy_body(pass, body, loop->body) &&
           rn__copy_loop_end(outer, body, old, loop);
}

/* ---- the pass ---- */

static bool prepare(rn__copy_pass *pass, rn__region *region)
{
    region->kept = rn__find_kept(pass, region, &pass->arena, true);
    return region->kept || !rn_is_null(rn__no_memory(pass->to));
}

bool rn__spread(rn__copy_pass *pass, const int32_t *roots, int count)
{
    const rn__roots all = {roots, count};

    pass->roots = &all;
    pass->loop = copy_loop;
    pass->prepare = prepare;
    return rn__simplify(pass, roots, count);
}
