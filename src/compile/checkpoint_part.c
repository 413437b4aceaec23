/* SPDX-License-Identifier: MIT */
/* Some steps of a loop that is divided, and what they read. */
#include "compile/division.h"
#include "rondo/ops.h"

/* ---- some steps of a loop ---- */

/* Forgets the copy of a body, so that it can be copied again. */
static void forget(const rn__division *d, rn__region *body)
{
    for (int32_t id = 0; id < body->graph->count; id++) {
        const rn__node *node = rn__at(body->graph, id);
        body->to[id] = rn_null();
        if (body->live[id] && node->op == &rn__op_loop)
            forget(d, rn__division_body(d, node->loop));
    }
}

/* The leaves of a body whose first step has index `start`. */
static bool make_leaves(const rn__division *d, const rn_loop *old, rn_loop *loop,
                        rn_tensor start, const rn_tensor *initial, const rn_tensor *each)
{
    rn__region *body = rn__division_body(d, old);

    for (int i = 0; i < old->carry.count; i++) {
        const int32_t leaf = rn__carry_at(old, i)->leaf;
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
static rn_tensor limit_of(const rn__division *d, const rn_loop *old, rn_tensor start,
                          int64_t steps)
{
    const rn_tensor left = rn_sub(d->outer->to[old->limit], start);
    const rn_tensor none = rn_constant_like(left, 0);

    return rn_minimum(rn_maximum(left, none), rn_constant_like(left, (double)steps));
}

/* Copies `steps` steps of a loop into a graph. NULL after an error. */
rn_loop *rn__division_part(const rn__division *d, const rn_loop *old, rn_graph *in,
                           int64_t steps, rn_tensor start, const rn_tensor *initial,
                           const rn_tensor *each)
{
    rn__region *body = rn__division_body(d, old);
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
rn_tensor rn__division_get(const rn__division *d, rn_loop *part, const rn_loop *old,
                           rn__get_kind kind, int64_t id)
{
    return rn__loop_get(part, kind, rn__division_body(d, old)->to[id].id);
}

/* ---- what they read ---- */

static rn_tensor last_steps(const rn__division *d, rn_tensor x)
{
    return rn_slice(x, 0, d->count * d->s->length, d->loop->steps, 1);
}

/* A stack [T, ..] without the last steps as [S, K, ..]. */
static rn_tensor by_segments(const rn__division *d, rn_tensor x)
{
    const int64_t steps = d->count * d->s->length;
    rn_shape shape = rn_shape_get(x);

    for (int i = shape.rank++; i > 0; i--) shape.size[i] = shape.size[i - 1];
    shape.size[0] = d->count;
    shape.size[1] = d->s->length;
    return rn_reshape(steps < d->loop->steps ? rn_slice(x, 0, 0, steps, 1) : x, shape);
}

rn_tensor rn__division_by_steps(rn_tensor x)
{
    rn_shape shape = rn_shape_get(x);

    shape.size[1] *= shape.size[0];
    return rn_reshape(x, rn_shape_of(shape.rank - 1, shape.size + 1));
}

/* The index of a gradient's step input among the outputs that are computed again, and the
 * first of its slots; -1: it has all steps. */
static int read_again(const rn__division *d, const rn_loop *old, int i, int64_t *first)
{
    const rn__checkpoints *c = d->outer->checkpoints;
    const int32_t outer = rn__list_at(old->each, rn__pair, i)->outer;
    const int32_t id = rn__checkpoint_source(d->outer->graph, outer, first);
    const rn_loop *again = old == d->loop && d->s->again ? d->s->again->loop : NULL;

    if (!again || id < 0 || c->kept[id] || rn__at(d->outer->graph, id)->loop != again)
        return -1;
    return c->output[id];
}

rn_tensor rn__division_slots(rn_tensor x, const rn__get *get, int64_t first, int64_t steps)
{
    return get->kind == RN__HISTORY ? rn_slice(x, 0, first, first + steps, 1) : x;
}

/* The step inputs of a segment, read from `all`, the loop over segments. `again` has, by
 * output, what is computed again; NULL: nothing. */
static rn_tensor *segment_inputs(const rn__division *d, const rn_loop *old, rn_loop *all,
                                 const rn_tensor *again)
{
    const rn__region *body = rn__division_body(d, old);
    rn_tensor *each = rn__division_tensors(d, old->each.count);

    for (int i = 0; each && i < old->each.count; i++) {
        const rn__pair *p = rn__list_at(old->each, rn__pair, i);
        int64_t first;
        if (!body->live[p->leaf]) continue;
        const int k = again ? read_again(d, old, i, &first) : -1;
        each[i] = k >= 0 ? rn__division_slots(again[k],
                                              rn__division_output(d, d->s->again->loop, k),
                                              first, d->s->length)
                         : rn_loop_each(all, by_segments(d, d->outer->to[p->outer]));
        if (rn_is_null(each[i])) return NULL;
    }
    return each;
}

/* The forward loop's segment again: what it collects, by output. */
static rn_tensor *run_again(const rn__division *d, rn_loop *all, rn_tensor start)
{
    const rn__segments *s = d->s->again;
    const rn_loop *old = s->loop;
    const rn_tensor *each = segment_inputs(d, old, all, NULL);
    rn_tensor *initial = rn__division_tensors(d, old->carry.count),
              *y = rn__division_tensors(d, old->output.count);

    for (int i = 0; initial && i < old->carry.count; i++)
        if (rn__division_body(d, old)->carried[i])
            initial[i] = rn_is_null(s->start[i]) ? rn__division_zero(d, old, i)
                                                 : rn_loop_each(all, s->start[i]);
    if (!each || !initial || !y) return NULL;
    rn_loop *loop = rn__division_part(d, old, all->body, s->length, start, initial, each);
    if (!loop) return NULL;
    for (int i = 0; i < old->output.count; i++) {
        const rn__get *get = rn__division_output(d, old, i);
        if (!get || get->kind == RN__FINAL) continue;
        y[i] = rn__division_get(d, loop, old, (rn__get_kind)get->kind, get->id);
    }
    return d->to->root->failed ? NULL : y;
}

rn_tensor *rn__division_inputs(const rn__division *d, rn_loop *all, rn_tensor start)
{
    rn_tensor *again = NULL;

    if (d->s->again && !(again = run_again(d, all, start))) return NULL;
    return segment_inputs(d, d->loop, all, again);
}

rn_tensor *rn__division_last_inputs(const rn__division *d)
{
    const rn_loop *old = d->loop;
    rn_tensor *each = rn__division_tensors(d, old->each.count);

    for (int i = 0; each && i < old->each.count; i++) {
        const rn__pair *p = rn__list_at(old->each, rn__pair, i);
        int64_t first;
        if (!rn__division_body(d, old)->live[p->leaf]) continue;
        const int k = read_again(d, old, i, &first);
        each[i] = k < 0 ? last_steps(d, d->outer->to[p->outer])
                        : rn__division_slots(d->s->again->tail[k],
                                             rn__division_output(d, d->s->again->loop, k),
                                             first, d->rest);
        if (rn_is_null(each[i])) return NULL;
    }
    return each;
}
