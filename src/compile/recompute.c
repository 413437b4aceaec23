/* SPDX-License-Identifier: MIT */
/*
 * Recompute: a loop computes cheap values again and does not read what another one kept.
 *
 * A gradient's loop reads what the loop of its primal collected. Where that is a cheap
 * element-wise function of other values that both loops have, it is computed again from
 * these: the stack is then neither written nor read. Likewise a stack that was computed
 * from others before the loops. A value is the same bit for bit, because the same operator
 * makes it from the same operands.
 *
 * Only stacks that nothing but loops reads by step are left out, and only if all of these
 * loops have all operands. A stack of few elements a step stays: a call costs more than
 * reading it.
 */
#include "compile/passes.h"
#include "graph/loop.h"

enum { FEWEST_ELEMENTS = 256, INPUTS = 4 };

/* An operand as a loop has it: a leaf of its body, or else an outer value. */
typedef struct source {
    int32_t leaf, outer; /* -1: not that */
} source;

/* How the value of a leaf is computed again. */
struct rn__again {
    const rn__node *maker;
    source in[INPUTS];
};

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

/* Outside loops, element-wise operators can use a value that they compute on the way. */
static void keep_for_nodes(const finding *f)
{
    int32_t reads[RN__READS];

    for (int32_t id = 0; id < f->outer->graph->count; id++) {
        const rn__node *node = node_at(f, id);
        if (!f->outer->live[id]) continue;
        for (int i = rn__copy_reads(node, reads) - 1; i >= 0; i--) f->kept[reads[i]] = true;
        if (node->op == &rn__op_loop) {
            keep_for_loop(f, node->loop);
            continue;
        }
        const bool on_the_way = rn__is_elementwise(node->op);
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

/* ---- what a loop has ---- */

static source by_step(const finding *f, const rn_loop *loop, int32_t stack, rn__slots slots)
{
    const int32_t leaf = stack < 0 ? -1 : f->leaf[stack] - 1;

    if (leaf < 0 || rn__pair_of(&loop->each, leaf)->slots != slots) return (source){-1, -1};
    return (source){leaf, -1};
}

/* Operand `id` of a node in the body of loop `from`. */
static source source_inside(const finding *f, const rn_loop *from, int32_t id,
                            const rn_loop *loop, rn__slots slots)
{
    const rn__node *node = rn__at(from->body, id);
    const rn__pair *p = node->op == &rn__op_each ? rn__pair_of(&from->each, id) : NULL;

    if (node->op == &rn__op_capture)
        return (source){-1, rn__pair_of(&from->capture, id)->outer};
    if (p) return by_step(f, loop, p->outer, p->slots);
    return by_step(f, loop,
                   node->inputs > 0 ? rn__loop_find_get(from, RN__COLLECT, id) : -1, slots);
}

/* Operand `id` of an operator on stacks: itself one, or without an axis of steps. */
static source source_outside(const finding *f, const rn__node *maker, int32_t id,
                             const rn_loop *loop, rn__slots slots)
{
    const rn_shape shape = node_at(f, id)->shape;

    if (shape.rank < maker->shape.rank) return (source){-1, id};
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
    return cheap && node->inputs <= INPUTS && node->limit.id < 0 ? node : NULL;
}

static source source_of(const finding *f, const rn__node *maker, const rn_loop *from,
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
        const source s = source_of(f, maker, from, maker->in[k], loop, p->slots);
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
static bool find_again(rn__copy_pass *pass, const finding *f, const rn_loop *loop)
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

static bool find(rn__copy_pass *pass, rn__region *region)
{
    const size_t n = (size_t)region->graph->count;
    finding f = {.pass = pass, .outer = region};

    f.kept = (bool *)rn__arena_new(&pass->arena, n);
    f.leaf = (int32_t *)rn__arena_new(&pass->arena, n * sizeof *f.leaf);
    bool ok = f.kept && f.leaf;
    if (ok) {
        keep_for_nodes(&f);
        keep_roots(&f);
    }
    for (int32_t id = 0; ok && id < region->graph->count; id++)
        if (region->live[id] && node_at(&f, id)->op == &rn__op_loop)
            keep_stacks(&f, node_at(&f, id)->loop);
    for (int32_t id = 0; ok && id < region->graph->count; id++)
        if (region->live[id] && node_at(&f, id)->op == &rn__op_loop)
            ok = find_again(pass, &f, node_at(&f, id)->loop);
    if (!ok) rn__no_memory(pass->to);
    return ok;
}

/* ---- the copy ---- */

/* An operand that has yet to be computed again; -1: none. */
static int32_t missing(const rn__region *body, const rn__again *again)
{
    for (int k = 0; k < again->maker->inputs; k++)
        if (again->in[k].leaf >= 0 && rn_is_null(body->to[again->in[k].leaf]))
            return again->in[k].leaf;
    return -1;
}

static bool make(rn__copy_pass *pass, const rn__region *outer, rn__region *body,
                 int32_t leaf)
{
    const rn__again *again = body->again[leaf];
    rn_tensor in[INPUTS];

    for (int k = 0; k < again->maker->inputs; k++) {
        const source s = again->in[k];
        in[k] = s.leaf >= 0 ? body->to[s.leaf] : outer->to[s.outer];
    }
    pass->limit = pass->limit_rows = pass->limit_order = rn_null();
    const rn_tensor x = rn__simplified(pass, again->maker, in);
    if (rn_is_null(x)) return false;
    body->to[leaf] = x;
    return !again->maker->context || rn__copy_context(pass, again->maker, rn__node_of(x));
}

/* Makes all values again, each after its operands. */
static bool make_all(rn__copy_pass *pass, const rn__region *outer, rn__region *body,
                     const rn_loop *old)
{
    const size_t n = (size_t)old->each.count + 1;
    int32_t *stack = (int32_t *)rn__arena_new(&pass->arena, n * sizeof *stack);

    if (!stack) return !rn_is_null(rn__no_memory(pass->to));
    for (int i = 0; i < old->each.count; i++) {
        int depth = 1;
        stack[0] = rn__list_at(old->each, rn__pair, i)->leaf;
        if (!body->again[stack[0]]) continue;
        while (depth > 0) {
            const int32_t leaf = stack[depth - 1];
            const int32_t before =
                rn_is_null(body->to[leaf]) ? missing(body, body->again[leaf]) : -1;
            if (before >= 0) {
                stack[depth++] = before;
                continue;
            }
            if (rn_is_null(body->to[leaf]) && !make(pass, outer, body, leaf)) return false;
            depth--;
        }
    }
    return true;
}

static bool copy_loop(rn__copy_pass *pass, rn__region *outer, const rn__node *node,
                      rn_graph *to)
{
    rn__region *body = rn__copy_region(pass, node->loop->body);
    rn_loop *loop = rn__copy_loop_begin(outer, node, to);

    return loop && rn__copy_leaves(outer, body, node->loop, loop) &&
           make_all(pass, outer, body, node->loop) &&
           rn__copy_body(pass, body, loop->body) &&
           rn__copy_loop_end(outer, body, node->loop, loop);
}

/* ---- the pass ---- */

bool rn__recompute_possible(const rn_graph *graph)
{
    for (const rn_graph *body = graph->bodies; body; body = body->next_body)
        if (body->loop->each.count > 1) return true;
    return false;
}

bool rn__recompute(rn__copy_pass *pass, const int32_t *roots, int count)
{
    const rn__roots all = {roots, count};

    pass->roots = &all;
    pass->loop = copy_loop;
    pass->prepare = find;
    return rn__simplify(pass, roots, count);
}
