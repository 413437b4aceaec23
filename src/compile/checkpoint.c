/* SPDX-License-Identifier: MIT */
/*
 * Checkpoint: divides loops with a memory budget, and their gradients, into segments (see
 * checkpoint.h). Values are the same: every step computes what it did, from the same
 * operands.
 */
#include "compile/checkpoint.h"

#include "compile/passes.h"
#include "graph/loop.h"
#include "rondo/ops.h"

/* A loop of the source that is being divided, in the graph `to`. */
typedef struct dividing {
    rn__copy_pass *pass;
    rn__region *outer;
    rn__segments *s;
    const rn_loop *loop;
    rn_graph *to;
    int64_t count, rest; /* S, and T - S K */
    bool gradient;       /* the loop is one */
} dividing;

static rn_tensor *tensors(const dividing *d, int count)
{
    rn_tensor *x =
        (rn_tensor *)rn__arena_new(&d->pass->arena, (size_t)(count + 1) * sizeof *x);

    if (!x) rn__no_memory(d->to);
    return x;
}

static const rn__carry *carry_at(const rn_loop *loop, int i)
{
    return rn__list_at(loop->carry, rn__carry, i);
}

static rn__region *body_of(const dividing *d, const rn_loop *loop)
{
    return rn__copy_region(d->pass, loop->body);
}

/* The loop's output i, or NULL if it is dead. */
static const rn__get *live_output(const dividing *d, const rn_loop *loop, int i)
{
    const int32_t id = *rn__list_at(loop->output, int32_t, i);

    if (!d->outer->live[id]) return NULL;
    return (const rn__get *)rn__at(d->outer->graph, id)->attributes;
}

/* ---- some steps of a loop ---- */

/* Forgets the copy of a body, so that it can be copied again. */
static void forget(const dividing *d, rn__region *body)
{
    for (int32_t id = 0; id < body->graph->count; id++) {
        const rn__node *node = rn__at(body->graph, id);
        body->to[id] = rn_null();
        if (body->live[id] && node->op == &rn__op_loop)
            forget(d, body_of(d, node->loop));
    }
}

/* The leaves of a body whose first step has index `start`. */
static bool make_leaves(const dividing *d, const rn_loop *old, rn_loop *loop,
                        rn_tensor start, const rn_tensor *initial, const rn_tensor *each)
{
    rn__region *body = body_of(d, old);

    for (int i = 0; i < old->carry.count; i++) {
        const int32_t leaf = carry_at(old, i)->leaf;
        if (!body->carried[i]) continue;
        body->to[leaf] = rn_loop_carry(loop, initial[i]);
        if (rn_is_null(body->to[leaf])) return false;
        rn_name(body->to[leaf], rn__at(old->body, leaf)->name);
    }
    for (int i = 0; i < old->each.count; i++) {
        const int32_t leaf = rn__list_at(old->each, rn__pair, i)->leaf;
        if (body->live[leaf]) body->to[leaf] = rn__loop_each(loop, each[i], "checkpoint");
    }
    for (int i = 0; i < old->capture.count; i++) {
        const rn__pair *p = rn__list_at(old->capture, rn__pair, i);
        body->to[p->leaf] = d->outer->to[p->outer];
    }
    if (old->index >= 0 && body->live[old->index])
        body->to[old->index] = rn_add(rn_loop_index(loop), start);
    return !d->to->root->failed;
}

/* How many of `steps` steps from `start` on the loop's limit leaves. */
static rn_tensor limit_of(const dividing *d, const rn_loop *old, rn_tensor start,
                          int64_t steps)
{
    const rn_tensor left = rn_sub(d->outer->to[old->limit], start);
    const rn_tensor none = rn_constant_like(left, 0);

    return rn_minimum(rn_maximum(left, none), rn_constant_like(left, (double)steps));
}

/* Copies `steps` steps of a loop into a graph. NULL after an error. */
static rn_loop *part(const dividing *d, const rn_loop *old, rn_graph *in, int64_t steps,
                     rn_tensor start, const rn_tensor *initial, const rn_tensor *each)
{
    rn__region *body = body_of(d, old);
    rn_loop *loop = rn_loop_begin(in);

    if (!loop) return NULL;
    forget(d, body);
    if (old->reverse) rn_loop_reverse(loop);
    rn_loop_steps(loop, steps);
    if (old->limit >= 0) rn__loop_limit(loop, limit_of(d, old, start, steps));
    if (!make_leaves(d, old, loop, start, initial, each)) return NULL;
    if (!rn__copy_body(d->pass, body, loop->body)) return NULL;
    rn__copy_nexts(d->outer, body, old, loop);
    loop->row_mask = -1;
    d->pass->to->gradient = d->gradient;
    return rn_loop_end(loop) ? loop : NULL;
}

/* An output of the loop that was copied last. */
static rn_tensor output_of(const dividing *d, rn_loop *copy, const rn_loop *old,
                           rn__get_kind kind, int64_t id)
{
    return rn__loop_get(copy, kind, body_of(d, old)->to[id].id);
}

/* ---- what they read ---- */

static rn_tensor last_steps(const dividing *d, rn_tensor x)
{
    return rn_slice(x, 0, d->count * d->s->length, d->loop->steps, 1);
}

/* A stack [T, ..] without the last steps as [S, K, ..]; the other way round. */
static rn_tensor by_segments(const dividing *d, rn_tensor x)
{
    const int64_t steps = d->count * d->s->length;
    rn_shape shape = rn_shape_get(x);

    for (int i = shape.rank++; i > 0; i--) shape.size[i] = shape.size[i - 1];
    shape.size[0] = d->count;
    shape.size[1] = d->s->length;
    return rn_reshape(steps < d->loop->steps ? rn_slice(x, 0, 0, steps, 1) : x, shape);
}

static rn_tensor by_steps(const dividing *d, rn_tensor x)
{
    rn_shape shape = rn_shape_get(x);

    shape.size[1] *= shape.size[0];
    return rn_reshape(x, rn_shape_of(shape.rank - 1, shape.size + 1));
}

/* The index of a gradient's step input among the outputs that are computed again, and the
 * first of its slots; -1: it has all steps. */
static int read_again(const dividing *d, const rn_loop *old, int i, int64_t *first)
{
    const rn__checkpoints *c = d->outer->checkpoints;
    const int32_t outer = rn__list_at(old->each, rn__pair, i)->outer;
    const int32_t id = rn__checkpoint_source(d->outer->graph, outer, first);
    const rn_loop *again = old == d->loop && d->s->again ? d->s->again->loop : NULL;

    if (!again || id < 0 || c->kept[id] || rn__at(d->outer->graph, id)->loop != again)
        return -1;
    for (int k = 0; k < again->output.count; k++)
        if (*rn__list_at(again->output, int32_t, k) == id) return k;
    return -1;
}

/* The steps from `first` on of an output that is computed again. */
static rn_tensor slots(rn_tensor x, const rn__get *get, int64_t first, int64_t steps)
{
    return get->kind == RN__HISTORY ? rn_slice(x, 0, first, first + steps, 1) : x;
}

/* The step inputs of a segment, read from `all`, the loop over segments. `again` has, by
 * output, what is computed again; NULL: nothing. */
static rn_tensor *segment_inputs(const dividing *d, const rn_loop *old, rn_loop *all,
                                 const rn_tensor *again)
{
    const rn__region *body = body_of(d, old);
    rn_tensor *each = tensors(d, old->each.count);

    for (int i = 0; each && i < old->each.count; i++) {
        const rn__pair *p = rn__list_at(old->each, rn__pair, i);
        int64_t first;
        if (!body->live[p->leaf]) continue;
        const int k = again ? read_again(d, old, i, &first) : -1;
        each[i] = k >= 0 ? slots(again[k], live_output(d, d->s->again->loop, k), first,
                                 d->s->length)
                         : rn_loop_each(all, by_segments(d, d->outer->to[p->outer]));
        if (rn_is_null(each[i])) return NULL;
    }
    return each;
}

/* The forward loop's segment again: what it collects, by output. */
static rn_tensor *run_again(const dividing *d, rn_loop *all, rn_tensor start)
{
    const rn__segments *s = d->s->again;
    const rn_loop *old = s->loop;
    const rn_tensor *each = segment_inputs(d, old, all, NULL);
    rn_tensor *initial = tensors(d, old->carry.count), *y = tensors(d, old->output.count);

    for (int i = 0; initial && i < old->carry.count; i++)
        if (!rn_is_null(s->start[i])) initial[i] = rn_loop_each(all, s->start[i]);
    if (!each || !initial || !y) return NULL;
    rn_loop *loop = part(d, old, all->body, s->length, start, initial, each);
    if (!loop) return NULL;
    for (int i = 0; i < old->output.count; i++) {
        const rn__get *get = live_output(d, old, i);
        if (!get || get->kind == RN__FINAL) continue;
        y[i] = output_of(d, loop, old, (rn__get_kind)get->kind, get->id);
    }
    return d->to->root->failed ? NULL : y;
}

/* ---- the two loops ---- */

/* Replaces the carries' values by those after all segments. `y` gets, by output, the
 * steps of the segments. */
static bool make_segments(const dividing *d, rn_tensor *carry, rn_tensor *y)
{
    const rn_loop *old = d->loop;
    const rn__region *body = body_of(d, old);
    rn_loop *all = rn_loop_begin(d->to);
    rn_tensor *at = tensors(d, old->carry.count), start, *again = NULL;

    if (!all || !at) return false;
    if (old->reverse) rn_loop_reverse(all);
    rn_loop_steps(all, d->count);
    all->segments = true;
    start = rn_scale(rn_loop_index(all), (double)d->s->length);
    for (int i = 0; i < old->carry.count; i++)
        if (body->carried[i]) at[i] = rn_loop_carry(all, carry[i]);
    if (d->s->again && !(again = run_again(d, all, start))) return false;
    const rn_tensor *each = segment_inputs(d, old, all, again);
    if (!each) return false;
    rn_loop *loop = part(d, old, all->body, d->s->length, start, at, each);
    if (!loop) return false;
    for (int i = 0; i < old->carry.count; i++)
        if (body->carried[i])
            rn_loop_next(all, at[i],
                         output_of(d, loop, old, RN__FINAL, carry_at(old, i)->leaf));
    for (int i = 0; i < old->output.count; i++) {
        const rn__get *get = live_output(d, old, i);
        if (!get || get->kind == RN__FINAL) continue;
        y[i] = output_of(d, loop, old, (rn__get_kind)get->kind, get->id);
        y[i] = slots(y[i], get, 0, d->s->length);
    }
    if (!rn_loop_end(all)) return false;
    for (int i = 0; i < old->carry.count; i++) {
        if (!body->carried[i]) continue;
        carry[i] = rn__loop_get(all, RN__FINAL, at[i].id);
        if (d->s->again) continue;
        const int64_t first = old->reverse ? 1 : 0;
        d->s->start[i] = rn_slice(rn__loop_get(all, RN__HISTORY, at[i].id), 0, first,
                                  first + d->count, 1);
    }
    for (int i = 0; i < old->output.count; i++)
        if (!rn_is_null(y[i]))
            y[i] = by_steps(d, rn__loop_get(all, RN__COLLECT, y[i].id));
    return !d->to->root->failed;
}

/* The same for the last steps of the loop. */
static bool make_rest(const dividing *d, rn_tensor *carry, rn_tensor *y)
{
    const rn_loop *old = d->loop;
    const rn__region *body = body_of(d, old);
    const int64_t first_step = d->count * d->s->length;
    rn_tensor *each = tensors(d, old->each.count);

    for (int i = 0; each && i < old->each.count; i++) {
        const rn__pair *p = rn__list_at(old->each, rn__pair, i);
        int64_t first;
        if (!body->live[p->leaf]) continue;
        const int k = read_again(d, old, i, &first);
        each[i] = k >= 0 ? slots(d->s->again->tail[k],
                                 live_output(d, d->s->again->loop, k), first, d->rest)
                         : last_steps(d, d->outer->to[p->outer]);
    }
    if (!each) return false;
    const rn_tensor start = rn_constant_scalar(d->to, RN_I32, (double)first_step);
    rn_loop *loop = part(d, old, d->to, d->rest, start, carry, each);
    if (!loop) return false;
    for (int i = 0; i < old->carry.count; i++)
        if (body->carried[i])
            carry[i] = output_of(d, loop, old, RN__FINAL, carry_at(old, i)->leaf);
    for (int i = 0; i < old->output.count; i++) {
        const rn__get *get = live_output(d, old, i);
        if (get && get->kind != RN__FINAL)
            y[i] = output_of(d, loop, old, (rn__get_kind)get->kind, get->id);
    }
    return !d->to->root->failed;
}

/* ---- the whole loop ---- */

/* x with a first axis of size 1. */
static rn_tensor one_slot(rn_tensor x)
{
    rn_shape shape = rn_shape_get(x);

    for (int i = shape.rank++; i > 0; i--) shape.size[i] = shape.size[i - 1];
    shape.size[0] = 1;
    return rn_reshape(x, shape);
}

/* An output of the divided loop, from the steps of its segments, its last steps, and the
 * carries before and after all. */
static rn_tensor whole(const dividing *d, const rn__get *get, rn_tensor segments,
                       rn_tensor rest, const rn_tensor *initial, const rn_tensor *final)
{
    const int carry = rn__carry_of(d->loop, (int32_t)get->id);

    if (get->kind == RN__FINAL) return final[carry];
    if (rn_is_null(rest) && get->kind == RN__COLLECT) return segments;
    if (rn_is_null(rest)) rest = one_slot(d->loop->reverse ? initial[carry] : final[carry]);
    const rn_tensor both[2] = {segments, rest};
    return rn_concat(both, 2, 0);
}

static bool divide(dividing *d)
{
    const rn_loop *old = d->loop;
    rn_tensor *initial = tensors(d, old->carry.count), *carry = tensors(d, old->carry.count),
              *y = tensors(d, old->output.count), *rest = tensors(d, old->output.count);

    if (!initial || !carry || !y || !rest) return false;
    d->s->start = tensors(d, old->carry.count);
    d->s->tail = rest;
    if (!d->s->start) return false;
    for (int i = 0; i < old->carry.count; i++)
        if (body_of(d, old)->carried[i])
            carry[i] = initial[i] = d->outer->to[carry_at(old, i)->initial];
    if (old->reverse && d->rest > 0 && !make_rest(d, carry, rest)) return false;
    if (!make_segments(d, carry, y)) return false;
    if (!old->reverse && d->rest > 0 && !make_rest(d, carry, rest)) return false;
    for (int i = 0; i < old->output.count; i++) {
        const rn__get *get = live_output(d, old, i);
        const int32_t id = *rn__list_at(old->output, int32_t, i);
        if (get) d->outer->to[id] = whole(d, get, y[i], rest[i], initial, carry);
    }
    return !d->to->root->failed;
}

static bool divide_loop(rn__copy_pass *pass, rn__region *outer, const rn__node *node,
                        rn_graph *to)
{
    rn__segments *s = outer->checkpoints ? outer->checkpoints->of[node->loop->node] : NULL;

    if (!s) return rn__copy_loop(pass, outer, node, to);
    dividing d = {pass, outer, s, node->loop, to, 0, 0, node->gradient};
    d.count = node->loop->steps / s->length;
    d.rest = node->loop->steps % s->length;
    return divide(&d);
}

bool rn__checkpoint_possible(const rn_graph *graph)
{
    for (int32_t id = 0; id < graph->count; id++) {
        const rn__node *node = rn__at(graph, id);
        if (node->op != &rn__op_loop) continue;
        if (node->loop->checkpoint || rn__checkpoint_possible(node->loop->body))
            return true;
    }
    return false;
}

static bool run(rn__copy_pass *pass, rn__copy_loop_hook loop, const int32_t *roots,
                int count)
{
    const rn__roots all = {roots, count};

    pass->roots = &all;
    pass->prepare = rn__checkpoint_find;
    pass->loop = loop;
    return rn__simplify(pass, roots, count);
}

bool rn__checkpoint(rn__copy_pass *pass, const int32_t *roots, int count)
{
    return run(pass, divide_loop, roots, count);
}

/* Loops with the lengths of one that will be divided keep their masks. */
static bool keep_mask(rn__copy_pass *pass, rn__region *outer, const rn__node *node,
                      rn_graph *to)
{
    const rn__checkpoints *c = outer->checkpoints;
    const rn_loop *old = node->loop;

    if (!rn__copy_loop(pass, outer, node, to)) return false;
    if (c && old->row_steps >= 0 && c->masked[old->row_steps]) {
        rn_loop *loop = rn__node_of(outer->to[old->node])->loop;
        loop->row_steps = loop->row_mask = -1;
    }
    return true;
}

bool rn__checkpoint_masks(rn__copy_pass *pass, const int32_t *roots, int count)
{
    return run(pass, keep_mask, roots, count);
}
