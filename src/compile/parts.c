/* SPDX-License-Identifier: MIT */
/*
 * Parts: a sum of ranges in zeros becomes a concatenation.
 *
 *   [x 0 0] + [0 y 0] + [0 0 z] = [x y z]
 *
 * So the gradient of a tensor whose slices are used is written once, and not as often as it
 * has slices. Where the range is, the record says (rn_part_rule). Ranges that overlap are
 * left alone; where none is, the concatenation has zeros. Each element gets the same
 * additions in the same order, without those of zeros, but one: other terms of a sum that
 * rn_grad built are added first.
 */
#include "base/sort.h"
#include "compile/part.h"
#include "compile/passes.h"
#include "rondo/ops.h"

static const rn__node *node_at(const rn__region *region, int32_t id)
{
    return rn__at(region->graph, id);
}

/* ---- which sums ---- */

/* An operand in [start, stop) of the axis. */
typedef struct range {
    int32_t id;
    int64_t start, stop;
} range;

/* A sum of at least two parts. */
struct rn__parts {
    int32_t id; /* its last addition */
    int axis;
    range *part;
    const range **order;
    int count;
    int32_t *other; /* its other terms */
    int others;
};

typedef struct finding {
    rn__copy_pass *pass;
    const rn__region *region;
    int32_t *readers; /* by node */
    bool *within;     /* by node: a sum that only a sum reads */
    int32_t *stack;   /* for the nodes of one sum */
} finding;

static bool is_sum(const rn__region *region, int32_t id)
{
    return region->live[id] && rn__op_adds(node_at(region, id)->op);
}

static void find_within(const finding *f)
{
    for (int32_t id = 0; id < f->region->graph->count; id++)
        for (int i = 0; f->region->live[id] && i < node_at(f->region, id)->inputs; i++)
            f->readers[node_at(f->region, id)->in[i]]++;
    for (int32_t id = 0; id < f->region->graph->count; id++) {
        const rn__node *node = node_at(f->region, id);
        for (int i = 0; is_sum(f->region, id) && i < 2; i++) {
            const int32_t in = node->in[i];
            f->within[in] = is_sum(f->region, in) && f->readers[in] == 1 &&
                            rn_shape_equal(node_at(f->region, in)->shape, node->shape);
        }
    }
}

/* The axis of a range in zeros that a term of a sum is; -1: it is something else. */
static int axis_of(const finding *f, int32_t sum, int32_t id, rn__range *r)
{
    const rn__node *node = node_at(f->region, id);

    if (!rn_shape_equal(node->shape, node_at(f->region, sum)->shape)) return -1;
    return rn__part_of(f->region->graph, node, r) ? r->axis : -1;
}

/* The next term of a sum, whose nodes to come are on the stack; -1 at the end. */
static int32_t next_term(const finding *f, int32_t sum, int32_t *depth)
{
    while (*depth > 0) {
        const int32_t id = f->stack[--*depth];
        if (id != sum && !f->within[id]) return id;
        f->stack[(*depth)++] = node_at(f->region, id)->in[1];
        f->stack[(*depth)++] = node_at(f->region, id)->in[0];
    }
    return -1;
}

static int32_t first_term(const finding *f, int32_t sum, int32_t *depth)
{
    f->stack[0] = sum;
    *depth = 1;
    return next_term(f, sum, depth);
}

/* How many terms a sum has. Its axis is that of most ranges. */
static int32_t count_terms(const finding *f, rn__parts *parts)
{
    int32_t depth, count = 0, along[RN_RANK_MAX] = {0};
    rn__range r;

    for (int32_t id = first_term(f, parts->id, &depth); id >= 0;
         id = next_term(f, parts->id, &depth), count++) {
        const int axis = axis_of(f, parts->id, id, &r);
        if (axis >= 0 && ++along[axis] > along[parts->axis]) parts->axis = axis;
    }
    return count;
}

static void take_terms(const finding *f, rn__parts *parts)
{
    int32_t depth;
    rn__range r;

    for (int32_t id = first_term(f, parts->id, &depth); id >= 0;
         id = next_term(f, parts->id, &depth)) {
        if (axis_of(f, parts->id, id, &r) == parts->axis)
            parts->part[parts->count++] =
                (range){node_at(f->region, id)->in[0], r.start, r.stop};
        else
            parts->other[parts->others++] = id;
    }
}

static int by_start(const void *a, const void *b)
{
    const range *x = (const range *)a, *y = (const range *)b;

    return (x->start > y->start) - (x->start < y->start);
}

/* Puts the parts in order; false if two overlap. */
static bool in_order(rn__parts *parts, const void **room)
{
    for (int i = 0; i < parts->count; i++) parts->order[i] = &parts->part[i];
    rn__sort((const void **)parts->order, room, (size_t)parts->count, by_start);
    for (int i = 1; i < parts->count; i++)
        if (parts->order[i - 1]->stop > parts->order[i]->start) return false;
    return true;
}

/* Records a sum with parts. False without memory. */
static bool find_sum(const finding *f, rn__region *region, int32_t id)
{
    rn__arena *arena = &f->pass->arena;
    rn__parts *parts = (rn__parts *)rn__arena_new(arena, sizeof *parts);

    if (!parts) return false;
    parts->id = id;
    const size_t n = (size_t)count_terms(f, parts);
    parts->part = (range *)rn__arena_new(arena, n * sizeof *parts->part);
    parts->order = (const range **)rn__arena_new(arena, 2 * n * sizeof(void *));
    parts->other = (int32_t *)rn__arena_new(arena, n * sizeof *parts->other);
    if (!parts->part || !parts->order || !parts->other) return false;
    take_terms(f, parts);
    if (parts->count < 2 || (parts->others > 1 && !node_at(region, id)->gradient))
        return true;
    if (in_order(parts, (const void **)(parts->order + n))) region->parts[id] = parts;
    return true;
}

static bool find_sums(rn__copy_pass *pass, rn__region *region)
{
    const size_t n = (size_t)region->graph->count;
    finding f = {.pass = pass, .region = region};

    region->parts = (rn__parts **)rn__arena_new(&pass->arena, n * sizeof(void *));
    f.readers = (int32_t *)rn__arena_new(&pass->arena, n * sizeof *f.readers);
    f.within = (bool *)rn__arena_new(&pass->arena, n);
    f.stack = (int32_t *)rn__arena_new(&pass->arena, (n + 2) * sizeof *f.stack);
    bool ok = region->parts && f.readers && f.within && f.stack;
    if (ok) find_within(&f);
    for (int32_t id = 0; ok && id < region->graph->count; id++)
        if (is_sum(region, id) && !f.within[id]) ok = find_sum(&f, region, id);
    if (!ok) rn__no_memory(pass->to);
    return ok;
}

/* ---- what they become ---- */

static rn_tensor zeros(rn__copy_pass *pass, const rn__node *sum, int axis, int64_t size)
{
    rn_shape shape = sum->shape;

    shape.size[axis] = size;
    const rn_tensor zero = rn__unique(pass, rn_constant_scalar(pass->to, sum->type, 0));
    return rn__unique(pass, rn_broadcast(zero, shape));
}

static rn_tensor concatenation(rn__copy_pass *pass, const rn__parts *parts)
{
    const rn__node *sum = node_at(pass->at, parts->id);
    const size_t most = 2 * (size_t)parts->count + 1;
    rn_tensor *x = (rn_tensor *)rn__arena_new(&pass->arena, most * sizeof *x);
    int64_t at = 0;
    int count = 0;

    if (!x) return rn__no_memory(pass->to);
    for (int i = 0; i < parts->count; at = parts->order[i++]->stop) {
        const range *p = parts->order[i];
        if (p->start > at) x[count++] = zeros(pass, sum, parts->axis, p->start - at);
        x[count++] = pass->at->to[p->id];
    }
    if (at < sum->shape.size[parts->axis])
        x[count++] = zeros(pass, sum, parts->axis, sum->shape.size[parts->axis] - at);
    return rn__unique(pass, rn_concat(x, count, parts->axis));
}

static rn_tensor join_parts(rn__copy_pass *pass, const rn__node *node, const rn_tensor *in)
{
    const rn__parts *parts = pass->at->parts[pass->id];

    if (!parts) return rn__simplified(pass, node, in);
    rn_tensor sum = rn_null();
    for (int i = 0; i < parts->others; i++) {
        const rn_tensor term = pass->at->to[parts->other[i]];
        sum = i == 0 ? term : rn__unique(pass, rn_add(sum, term));
    }
    const rn_tensor joined = concatenation(pass, parts);
    return parts->others == 0 ? joined : rn__unique(pass, rn_add(sum, joined));
}

/* ---- the pass ---- */

static int parts_in(const rn_graph *graph)
{
    int parts = 0;

    for (int32_t id = 0; id < graph->count; id++)
        parts += rn__at(graph, id)->op->part != NULL;
    return parts;
}

bool rn__parts_possible(const rn_graph *graph)
{
    if (parts_in(graph) > 1) return true;
    for (const rn_graph *body = graph->bodies; body; body = body->next_body)
        if (parts_in(body) > 1) return true;
    return false;
}

bool rn__join_parts(rn__copy_pass *pass, const int32_t *roots, int count)
{
    pass->node = join_parts;
    pass->prepare = find_sums;
    return rn__simplify(pass, roots, count);
}
