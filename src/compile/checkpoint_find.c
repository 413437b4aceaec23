/* SPDX-License-Identifier: MIT */
/* Decides which loops run in segments, and how long these are. */
#include "compile/checkpoint.h"

typedef struct finding {
    rn__copy_pass *pass;
    const rn__region *outer;
    rn__checkpoints *c;
} finding;

static const rn__node *node_at(const finding *f, int32_t id)
{
    return rn__at(f->outer->graph, id);
}

/* ---- what gradients read ---- */

int32_t rn__checkpoint_source(const rn_graph *graph, int32_t id, int64_t *first)
{
    const rn__node *node = rn__at(graph, id), *in;
    rn_array whole, part;
    int64_t offset, slot = 1;

    *first = 0;
    if (node->op == &rn__op_get)
        return ((const rn__get *)node->attributes)->kind == RN__COLLECT ? id : -1;
    if (!node->op->view || node->inputs != 1) return -1;
    in = rn__at(graph, node->in[0]);
    if (in->op != &rn__op_get || node->shape.rank != in->shape.rank ||
        ((const rn__get *)in->attributes)->kind != RN__HISTORY ||
        node->shape.size[0] != in->loop->steps)
        return -1;
    if (!rn__view_of_dense(node, in->type, in->shape, &whole, &part, &offset)) return -1;
    for (int i = 0; i < part.rank; i++) {
        if (part.stride[i] != whole.stride[i]) return -1;
        if (i > 0 && part.size[i] != whole.size[i]) return -1;
        slot *= i > 0 ? part.size[i] : 1;
    }
    *first = slot > 0 ? offset / slot : 0;
    return node->in[0];
}

/* Not one with a budget of its own, which others may run again. */
static bool is_gradient(const rn__node *node)
{
    return node->op == &rn__op_loop && node->gradient && !node->loop->checkpoint;
}

/* What a gradient reads besides its steps. */
static void keep_for_gradient(const finding *f, const rn_loop *loop)
{
    const rn__region *body = rn__copy_region(f->pass, loop->body);

    for (int i = 0; i < loop->capture.count; i++)
        f->c->kept[rn__list_at(loop->capture, rn__pair, i)->outer] = true;
    for (int i = 0; i < loop->carry.count; i++)
        if (body->carried[i])
            f->c->kept[rn__list_at(loop->carry, rn__carry, i)->initial] = true;
}

/* The outputs of the program, or of a body what its loop takes. */
static void keep_roots(const finding *f)
{
    const rn_graph *g = f->outer->graph;
    const rn__roots *roots = f->pass->roots;

    for (int i = 0; !g->parent && i < roots->count; i++) f->c->kept[roots->id[i]] = true;
    for (int i = 0; !g->parent && i < g->assignments; i++)
        f->c->kept[g->assignment[i].value] = true;
    for (int i = 0; g->parent && i < g->loop->carry.count; i++)
        f->c->kept[rn__list_at(g->loop->carry, rn__carry, i)->next] = true;
    for (int i = 0; g->parent && i < g->loop->output.count; i++) {
        const int32_t output = *rn__list_at(g->loop->output, int32_t, i);
        f->c->kept[((const rn__get *)rn__at(g->parent, output)->attributes)->id] = true;
    }
}

static void find_kept(const finding *f)
{
    int64_t first;
    int32_t reads[RN__READS];

    keep_roots(f);
    for (int32_t id = f->outer->graph->count - 1; id >= 0; id--) {
        const rn__node *node = node_at(f, id);
        if (!f->outer->live[id]) continue;
        for (int i = rn__copy_reads(node, reads) - 1; i >= 0; i--)
            f->c->kept[reads[i]] = true;
        if (is_gradient(node)) {
            keep_for_gradient(f, node->loop);
            continue;
        }
        const bool slots = node->op != &rn__op_get &&
                           rn__checkpoint_source(f->outer->graph, id, &first) >= 0;
        for (int i = 0; i < node->inputs; i++)
            f->c->kept[node->in[i]] |= !slots || f->c->kept[id];
    }
}

/* ---- what can be divided ---- */

/* How deep loops are nested in a graph; more than are allowed if it has an operator that
 * gives other values when it runs again, or ranks that leave no room for an axis. */
static int height(const finding *f, const rn_loop *loop)
{
    const rn__region *body = rn__copy_region(f->pass, loop->body);
    int most = 0;

    for (int32_t id = 0; id < loop->body->count; id++) {
        const rn__node *node = rn__at(loop->body, id);
        if (!body->live[id]) continue;
        if (node->op->flags & RN_OP_IMPURE || node->shape.rank > RN_RANK_MAX - 2)
            return RN_LOOP_DEPTH;
        if (node->op != &rn__op_loop) continue;
        const int inner = height(f, node->loop);
        most = inner > most ? inner : most;
    }
    return most + 1;
}

static bool divisible(const finding *f, const rn_loop *loop)
{
    int depth = height(f, loop);

    if (loop->ragged[0] >= 0) return false;
    for (const rn_graph *g = f->outer->graph; g->parent; g = g->parent) depth++;
    return depth < RN_LOOP_DEPTH;
}

/* ---- the length of a segment ---- */

static double bytes_of(const rn__node *node)
{
    return (double)rn_shape_count(node->shape) * (double)rn_type_size(node->type);
}

/* Memory of all steps' values that only gradients read, and of the carries of one step. */
static double all_steps(const finding *f, const rn_loop *loop)
{
    double bytes = 0;

    for (int i = 0; i < loop->output.count; i++) {
        const int32_t id = *rn__list_at(loop->output, int32_t, i);
        if (f->outer->live[id] && !f->c->kept[id]) bytes += bytes_of(node_at(f, id));
    }
    return bytes;
}

static double carries(const finding *f, const rn_loop *loop)
{
    const rn__region *body = rn__copy_region(f->pass, loop->body);
    double bytes = 0;

    for (int i = 0; i < loop->carry.count; i++)
        if (body->carried[i])
            bytes +=
                bytes_of(rn__at(loop->body, rn__list_at(loop->carry, rn__carry, i)->leaf));
    return bytes;
}

/* The largest power of two with which the kept memory is within the budget, else the one
 * that needs the least; 0: all steps are within it, or need less. Powers of two, because
 * kernels add long sums in such blocks. */
static int64_t length_of(const finding *f, const rn_loop *loop)
{
    const double all = all_steps(f, loop), start = carries(f, loop);
    const double steps = (double)loop->steps;
    const double budget = loop->checkpoint > 0 ? (double)loop->checkpoint : 0;
    double least = all;
    int64_t fits = 0, smallest = 0;

    if (all <= budget) return 0;
    for (int64_t k = 1; k < loop->steps; k *= 2) {
        const double bytes =
            all / steps * (double)k + start * (double)(loop->steps / k + 1);
        if (bytes <= budget) fits = k;
        if (bytes < least) smallest = k, least = bytes;
    }
    return fits ? fits : smallest;
}

/* ---- gradients and their loops ---- */

/* The first loop with a budget whose steps only gradients read, this one among them. */
static const rn_loop *loop_of(const finding *f, const rn_loop *gradient)
{
    const rn__region *body = rn__copy_region(f->pass, gradient->body);

    for (int i = 0; i < gradient->each.count; i++) {
        const rn__pair *p = rn__list_at(gradient->each, rn__pair, i);
        int64_t first;
        const int32_t source = rn__checkpoint_source(f->outer->graph, p->outer, &first);
        if (source < 0 || !body->live[p->leaf] || f->c->kept[source]) continue;
        if (node_at(f, source)->loop->checkpoint) return node_at(f, source)->loop;
    }
    return NULL;
}

static rn__segments *segments_of(const finding *f, int32_t node)
{
    if (!f->c->of[node]) {
        f->c->of[node] =
            (rn__segments *)rn__arena_new(&f->pass->arena, sizeof(rn__segments));
        if (!f->c->of[node]) return NULL;
        f->c->of[node]->loop = node_at(f, node)->loop;
    }
    return f->c->of[node];
}

/* Divides a gradient and the loop whose values it reads. */
static bool divide(const finding *f, int32_t id)
{
    const rn_loop *gradient = node_at(f, id)->loop, *loop = loop_of(f, gradient);

    if (!loop || !divisible(f, loop) || !divisible(f, gradient)) return true;
    const int64_t length = length_of(f, loop);
    if (length == 0) return true;
    for (int i = 0; i < loop->output.count; i++)
        f->c->output[*rn__list_at(loop->output, int32_t, i)] = i;
    rn__segments *forward = segments_of(f, loop->node), *s = segments_of(f, id);
    if (!forward || !s) return false;
    if (loop->row_steps >= 0) f->c->masked[loop->row_steps] = true;
    forward->length = s->length = length;
    forward->bytes = s->bytes = all_steps(f, loop) / (double)loop->steps * (double)length;
    s->again = forward;
    return true;
}

static bool budgets(const finding *f)
{
    for (int32_t id = 0; id < f->outer->graph->count; id++)
        if (f->outer->live[id] && node_at(f, id)->op == &rn__op_loop &&
            node_at(f, id)->loop->checkpoint)
            return true;
    return false;
}

bool rn__checkpoint_find(rn__copy_pass *pass, rn__region *region)
{
    finding f = {pass, region, NULL};
    const size_t n = (size_t)region->graph->count;

    if (region->checkpoints || !budgets(&f)) return true;
    f.c = (rn__checkpoints *)rn__arena_new(&pass->arena, sizeof *f.c);
    bool ok = f.c != NULL;
    if (ok) f.c->of = (rn__segments **)rn__arena_new(&pass->arena, n * sizeof(void *));
    if (ok) f.c->kept = (bool *)rn__arena_new(&pass->arena, n);
    if (ok) f.c->masked = (bool *)rn__arena_new(&pass->arena, n);
    if (ok) f.c->output = (int32_t *)rn__arena_new(&pass->arena, n * sizeof(int32_t));
    ok = ok && f.c->of && f.c->kept && f.c->masked && f.c->output;
    if (ok) find_kept(&f);
    for (int32_t id = 0; ok && id < region->graph->count; id++)
        if (region->live[id] && is_gradient(node_at(&f, id))) ok = divide(&f, id);
    if (!ok) rn__no_memory(pass->to);
    region->checkpoints = f.c;
    return ok;
}
