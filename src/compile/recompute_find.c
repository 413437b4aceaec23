/* SPDX-License-Identifier: MIT */
/* Finds the values that loops compute again, from what they have. */
#include "compile/recompute.h"
#include "graph/loop.h"

enum { FEWEST_ELEMENTS = 256 };

typedef struct finding {
    const rn__copy_pass *pass;
    rn__region *outer;
    bool *kept;    /* by outer node: all of it must be there */
    int32_t *leaf; /* by outer node: the leaf of the present loop that has its steps, from
                      1; 0: none */
} finding;

static const rn__node *node_at(const finding *f, int32_t id)
{
    return rn__at(f->outer->graph, id);
}

/* The pair of a loop that is read, or NULL. */
static const rn__pair *live_pair(const finding *f, const rn_loop *loop, int i)
{
    const rn__pair *p = rn__list_at(loop->each, rn__pair, i);

    return rn__copy_region(f->pass, loop->body)->live[p->leaf] ? p : NULL;
}

/* ---- what must be there ---- */

static void keep_for_loop(const finding *f, const rn_loop *loop)
{
    const rn__region *body = rn__copy_region(f->pass, loop->body);

    for (int i = 0; i < loop->capture.count; i++) {
        const rn__pair *p = rn__list_at(loop->capture, rn__pair, i);
        if (body->live[p->leaf]) f->kept[p->outer] = true;
    }
    for (int i = 0; i < loop->carry.count; i++)
        if (body->carried[i])
            f->kept[rn__list_at(loop->carry, rn__carry, i)->initial] = true;
}

/* Outside loops, element-wise operators can use a value that they compute on the way: for
 * any reader or, if `alone`, only for one that need not be there either. */
static void keep_for_nodes(const finding *f, bool alone)
{
    int32_t reads[RN__READS];

    for (int32_t id = f->outer->graph->count - 1; id >= 0; id--) {
        const rn__node *node = node_at(f, id);
        if (!f->outer->live[id]) continue;
        for (int i = rn__copy_reads(node, reads) - 1; i >= 0; i--) f->kept[reads[i]] = true;
        if (node->op == &rn__op_loop) {
            keep_for_loop(f, node->loop);
            continue;
        }
        const bool on_the_way = rn__is_elementwise(node->op) && !(alone && f->kept[id]);
        for (int i = 0; i < node->inputs; i++)
            if (!on_the_way || node_at(f, node->in[i])->op == &rn__op_get)
                f->kept[node->in[i]] = true;
    }
}

/* The outputs of the program, or of a body what its loop takes. */
static void keep_roots(const finding *f)
{
    const rn_graph *g = f->outer->graph;
    const rn__roots *roots = f->pass->roots;

    for (int i = 0; !g->parent && i < roots->count; i++) f->kept[roots->id[i]] = true;
    for (int i = 0; !g->parent && i < g->assignments; i++)
        f->kept[g->assignment[i].value] = true;
    for (int i = 0; g->parent && i < g->loop->carry.count; i++)
        f->kept[rn__list_at(g->loop->carry, rn__carry, i)->next] = true;
    for (int i = 0; g->parent && i < g->loop->output.count; i++) {
        const int32_t output = *rn__list_at(g->loop->output, int32_t, i);
        const rn__get *get = (const rn__get *)rn__at(g->parent, output)->attributes;
        f->kept[get->id] = true;
    }
}

bool *rn__find_kept(const rn__copy_pass *pass, rn__region *outer, rn__arena *arena,
                    bool alone)
{
    const size_t n = (size_t)outer->graph->count;
    finding f = {.pass = pass, .outer = outer};

    f.kept = (bool *)rn__arena_new(arena, n);
    if (!f.kept) return NULL;
    keep_roots(&f);
    keep_for_nodes(&f, alone);
    return f.kept;
}

/* ---- what a loop has ---- */

static rn__source by_step(const finding *f, const rn_loop *loop, int32_t stack,
                          rn__slots slots)
{
    const int32_t leaf = stack < 0 ? -1 : f->leaf[stack] - 1;

    if (leaf < 0 || rn__pair_of(&loop->each, leaf)->slots != slots)
        return (rn__source){-1, -1};
    return (rn__source){leaf, -1};
}

/* Operand `id` of a node in the body of loop `from`. */
static rn__source source_inside(const finding *f, const rn_loop *from, int32_t id,
                                const rn_loop *loop, rn__slots slots)
{
    const rn__node *node = rn__at(from->body, id);
    const rn__pair *p = node->op == &rn__op_each ? rn__pair_of(&from->each, id) : NULL;

    if (node->op == &rn__op_capture)
        return (rn__source){-1, rn__pair_of(&from->capture, id)->outer};
    if (p) return by_step(f, loop, p->outer, p->slots);
    return by_step(f, loop,
                   node->inputs > 0 ? rn__loop_find_get(from, RN__COLLECT, id) : -1, slots);
}

/* Operand `id` of an operator on stacks: itself one, or without an axis of steps. */
static rn__source source_outside(const finding *f, const rn__node *maker, int32_t id,
                                 const rn_loop *loop, rn__slots slots)
{
    const rn_shape shape = node_at(f, id)->shape;

    if (shape.rank < maker->shape.rank) return (rn__source){-1, id};
    return by_step(f, loop, id, slots);
}

/* ---- what is computed again ---- */

/* The node that computes a stack or, of a stack that a loop collected, each step of it, and
 * that loop; NULL if it is not computed again. */
static const rn__node *maker_of(const finding *f, int32_t stack, const rn_loop **from)
{
    const rn__node *node = node_at(f, stack);
    const int64_t steps = node->shape.rank > 0 ? node->shape.size[0] : 0;

    *from = NULL;
    if (rn_shape_count(node->shape) < steps * FEWEST_ELEMENTS || steps == 0) return NULL;
    if (node->op == &rn__op_get) {
        const rn__get *get = (const rn__get *)node->attributes;
        *from = node->loop;
        node = rn__at(node->loop->body, (int32_t)get->id);
    }
    const bool cheap = (node->op->flags & RN_OP_CHEAP) && rn__is_elementwise(node->op);
    return cheap && node->inputs <= RN__AGAIN_INPUTS && node->limit.id < 0 ? node : NULL;
}

static rn__source source_of(const finding *f, const rn__node *maker, const rn_loop *from,
                            int32_t id, const rn_loop *loop, rn__slots slots)
{
    return from ? source_inside(f, from, id, loop, slots)
                : source_outside(f, maker, id, loop, slots);
}

/* Whether two loops run the same steps, of the same rows. */
static bool same_steps(const rn_loop *a, const rn_loop *b)
{
    for (int i = 0; i < RN__RAGGED_ARRAYS; i++)
        if (a->ragged[i] != b->ragged[i]) return false;
    return a->limit == b->limit;
}

/* Whether a loop has all that computes a stack which it reads. */
static bool has_operands(const finding *f, const rn_loop *loop, const rn__pair *p)
{
    const rn_loop *from;
    const rn__node *maker = maker_of(f, p->outer, &from);

    if (!maker || (from && !same_steps(from, loop))) return false;
    for (int k = 0; k < maker->inputs; k++) {
        const rn__source s = source_of(f, maker, from, maker->in[k], loop, p->slots);
        if (s.leaf < 0 && s.outer < 0) return false;
    }
    return true;
}

/* Enters the leaves of a loop in f->leaf, or takes them out again. */
static void enter(const finding *f, const rn_loop *loop, bool in)
{
    for (int i = 0; i < loop->each.count; i++) {
        const rn__pair *p = live_pair(f, loop, i);
        if (p) f->leaf[p->outer] = in ? p->leaf + 1 : 0;
    }
}

/* Keeps the stacks that a loop cannot compute again. */
static void keep_stacks(const finding *f, const rn_loop *loop)
{
    enter(f, loop, true);
    for (int i = 0; i < loop->each.count; i++) {
        const rn__pair *p = live_pair(f, loop, i);
        if (p && !has_operands(f, loop, p)) f->kept[p->outer] = true;
    }
    enter(f, loop, false);
}

/* A value that takes the place of a leaf. */
static rn__again *again_of(rn__copy_pass *pass, const finding *f, const rn_loop *loop,
                           const rn__pair *p)
{
    rn__again *again = (rn__again *)rn__arena_new(&pass->arena, sizeof *again);
    const rn_loop *from;

    if (!again) return NULL;
    again->maker = maker_of(f, p->outer, &from);
    for (int k = 0; k < again->maker->inputs; k++)
        again->in[k] =
            source_of(f, again->maker, from, again->maker->in[k], loop, p->slots);
    return again;
}

/* Finds the values of a loop that are computed again. */
static bool find_in_loop(rn__copy_pass *pass, const finding *f, const rn_loop *loop)
{
    rn__region *body = rn__copy_region(pass, loop->body);
    const size_t n = (size_t)loop->body->count;
    bool ok = true;

    body->again = (rn__again **)rn__arena_new(&pass->arena, n * sizeof *body->again);
    if (!body->again) return false;
    enter(f, loop, true);
    for (int i = 0; ok && i < loop->each.count; i++) {
        const rn__pair *p = live_pair(f, loop, i);
        if (!p || f->kept[p->outer]) continue;
        body->again[p->leaf] = again_of(pass, f, loop, p);
        ok = body->again[p->leaf] != NULL;
    }
    enter(f, loop, false);
    for (int i = 0; ok && i < loop->each.count; i++) {
        const rn__pair *p = live_pair(f, loop, i);
        if (!p || !body->again[p->leaf]) continue;
        body->live[p->leaf] = false;
        if (node_at(f, p->outer)->op == &rn__op_get) f->outer->live[p->outer] = false;
    }
    return ok;
}

bool rn__find_again(rn__copy_pass *pass, rn__region *region)
{
    const size_t n = (size_t)region->graph->count;
    finding f = {.pass = pass, .outer = region};

    f.kept = rn__find_kept(pass, region, &pass->arena, false);
    f.leaf = (int32_t *)rn__arena_new(&pass->arena, n * sizeof *f.leaf);
    bool ok = f.kept && f.leaf;
    for (int32_t id = 0; ok && id < region->graph->count; id++)
        if (region->live[id] && node_at(&f, id)->op == &rn__op_loop)
            keep_stacks(&f, node_at(&f, id)->loop);
    for (int32_t id = 0; ok && id < region->graph->count; id++)
        if (region->live[id] && node_at(&f, id)->op == &rn__op_loop)
            ok = find_in_loop(pass, &f, node_at(&f, id)->loop);
    if (!ok) rn__no_memory(pass->to);
    return ok;
}
