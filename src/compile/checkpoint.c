/* SPDX-License-Identifier: MIT */
/*
 * Checkpoint: divides loops with a memory budget, and their gradients, into segments (see
 * checkpoint.h). Values are the same: every step computes what it did, from the same
 * operands.
 */
#include "compile/division.h"
#include "compile/passes.h"
#include "rondo/ops.h"

rn_tensor *rn__division_tensors(const rn__division *d, int count)
{
    rn_tensor *x =
        (rn_tensor *)rn__arena_new(&d->pass->arena, (size_t)(count + 1) * sizeof *x);

    if (!x) rn__no_memory(d->to);
    return x;
}

const rn__get *rn__division_output(const rn__division *d, const rn_loop *loop, int i)
{
    const int32_t id = *rn__list_at(loop->output, int32_t, i);

    if (!d->outer->live[id]) return NULL;
    return (const rn__get *)rn__at(d->outer->graph, id)->attributes;
}

/* ---- the two loops ---- */

static bool is_sum(const rn__division *d, int carry)
{
    return d->summed && d->summed[carry];
}

static bool carried(const rn__division *d, int carry)
{
    return rn__division_body(d, d->loop)->carried[carry];
}

/* Of the part of the loop that was made last. */
static rn_tensor final_of(const rn__division *d, rn_loop *part, int carry)
{
    return rn__division_get(d, part, d->loop, RN__FINAL,
                            rn__carry_at(d->loop, carry)->leaf);
}

/* Collects its outputs, in y. */
static void collect(const rn__division *d, rn_loop *part, rn_tensor *y)
{
    for (int i = 0; i < d->loop->output.count; i++) {
        const rn__get *get = rn__division_output(d, d->loop, i);
        if (get && get->kind != RN__FINAL)
            y[i] = rn__division_get(d, part, d->loop, (rn__get_kind)get->kind, get->id);
    }
}

/* The initial values of a part of the loop, given those of the carries that are no sums. */
static rn_tensor *initial_of(const rn__division *d, const rn_tensor *carry)
{
    rn_tensor *initial = rn__division_tensors(d, d->loop->carry.count);

    for (int i = 0; initial && i < d->loop->carry.count; i++)
        if (carried(d, i))
            initial[i] = is_sum(d, i) ? rn__division_zero(d, d->loop, i) : carry[i];
    return initial;
}

/* The body of `all`: one segment. `at` has its carries. */
static bool make_segment(const rn__division *d, rn_loop *all, const rn_tensor *at)
{
    const int64_t length = d->s->length;
    const rn_tensor start = rn_scale(rn_loop_index(all), (double)length);
    const rn_tensor *initial = initial_of(d, at);
    const rn_tensor *each = rn__division_inputs(d, all, start);

    if (!each || !initial) return false;
    rn_loop *part = rn__division_part(d, d->loop, all->body, length, start, initial, each);
    if (!part) return false;
    collect(d, part, d->steps);
    for (int i = 0; i < d->loop->carry.count; i++) {
        if (!carried(d, i)) continue;
        const rn_tensor final = final_of(d, part, i);
        if (is_sum(d, i) && !rn__division_add(d, all, i, final)) return false;
        if (!is_sum(d, i)) rn_loop_next(all, at[i], final);
    }
    for (int i = 0; i < d->loop->output.count; i++)
        if (!rn_is_null(d->steps[i]))
            d->steps[i] = rn__division_slots(d->steps[i],
                                             rn__division_output(d, d->loop, i), 0, length);
    return rn_loop_end(all);
}

/* The loop over segments. */
static bool make_segments(const rn__division *d)
{
    const rn_loop *old = d->loop;
    rn_loop *all = rn_loop_begin(d->to);
    rn_tensor *at = rn__division_tensors(d, old->carry.count);

    if (!all || !at) return false;
    if (old->reverse) rn_loop_reverse(all);
    rn_loop_steps(all, d->count);
    all->segments = true;
    for (int i = 0; i < old->carry.count; i++)
        if (carried(d, i) && !is_sum(d, i)) at[i] = rn_loop_carry(all, d->carry[i]);
    if (!make_segment(d, all, at)) return false;
    for (int i = 0; i < old->carry.count; i++) {
        if (rn_is_null(at[i])) continue;
        d->carry[i] = rn__loop_get(all, RN__FINAL, at[i].id);
        if (d->s->again) continue;
        const int64_t first = old->reverse ? 1 : 0;
        d->s->start[i] = rn_slice(rn__loop_get(all, RN__HISTORY, at[i].id), 0, first,
                                  first + d->count, 1);
    }
    for (int i = 0; i < old->output.count; i++)
        if (!rn_is_null(d->steps[i]))
            d->steps[i] =
                rn__division_by_steps(rn__loop_get(all, RN__COLLECT, d->steps[i].id));
    return !d->to->root->failed;
}

/* The loop over the last steps. */
static bool make_rest(const rn__division *d)
{
    const double first = (double)(d->count * d->s->length);
    const rn_tensor start = rn_constant_scalar(d->to, RN_I32, first);
    const rn_tensor *each = rn__division_last_inputs(d);
    const rn_tensor *initial = initial_of(d, d->carry);

    if (!each || !initial) return false;
    rn_loop *part = rn__division_part(d, d->loop, d->to, d->rest, start, initial, each);
    if (!part) return false;
    collect(d, part, d->s->tail);
    for (int i = 0; i < d->loop->carry.count; i++)
        if (carried(d, i))
            (is_sum(d, i) ? d->rest_sum : d->carry)[i] = final_of(d, part, i);
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

/* Output i of the divided loop. */
static rn_tensor whole(const rn__division *d, int i, const rn__get *get)
{
    const int carry = rn__carry_of(d->loop, (int32_t)get->id);

    if (get->kind == RN__FINAL) return d->carry[carry];
    if (d->rest == 0 && get->kind == RN__COLLECT) return d->steps[i];
    const rn_tensor rest =
        d->rest > 0 ? d->s->tail[i]
                    : one_slot(d->loop->reverse ? d->initial[carry] : d->carry[carry]);
    const rn_tensor both[2] = {d->steps[i], rest};
    return rn_concat(both, 2, 0);
}

static bool begin(rn__division *d)
{
    const int carries = d->loop->carry.count, outputs = d->loop->output.count;

    d->initial = rn__division_tensors(d, carries);
    d->carry = rn__division_tensors(d, carries);
    d->steps = rn__division_tensors(d, outputs);
    d->s->start = rn__division_tensors(d, carries);
    d->s->tail = rn__division_tensors(d, outputs);
    if (!d->initial || !d->carry || !d->steps || !d->s->start || !d->s->tail) return false;
    for (int i = 0; i < carries; i++)
        if (carried(d, i))
            d->carry[i] = d->initial[i] = d->outer->to[rn__carry_at(d->loop, i)->initial];
    return rn__division_find_sums(d);
}

static bool divide(rn__division *d)
{
    const rn_loop *old = d->loop;

    if (!begin(d)) return false;
    if (old->reverse && d->rest > 0 && !make_rest(d)) return false;
    if (!make_segments(d)) return false;
    if (!old->reverse && d->rest > 0 && !make_rest(d)) return false;
    for (int i = 0; i < old->carry.count; i++)
        if (is_sum(d, i)) d->carry[i] = rn__division_total(d, i);
    for (int i = 0; i < old->output.count; i++) {
        const rn__get *get = rn__division_output(d, old, i);
        const int32_t id = *rn__list_at(old->output, int32_t, i);
        if (get) d->outer->to[id] = whole(d, i, get);
    }
    return !d->to->root->failed;
}

static bool divide_loop(rn__copy_pass *pass, rn__region *outer, const rn__node *node,
                        rn_graph *to)
{
    rn__segments *s = outer->checkpoints ? outer->checkpoints->of[node->loop->node] : NULL;

    if (!s) return rn__copy_loop(pass, outer, node, to);
    rn__division d = {.pass = pass,
                      .outer = outer,
                      .s = s,
                      .loop = node->loop,
                      .to = to,
                      .count = node->loop->steps / s->length,
                      .rest = node->loop->steps % s->length,
                      .gradient = node->gradient};
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
