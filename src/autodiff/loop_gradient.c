/* SPDX-License-Identifier: MIT */
/*
 * The gradient of a loop: a loop in the other direction.
 *
 * Its carries are the cotangents of the forward carries and, for each capture, the sum of
 * its gradient over the steps. Its step inputs are the cotangents of the collected stacks
 * and the forward values that the rules use (primal.h). It collects the gradients of the
 * forward step inputs. Its body is an ordinary reverse sweep over the forward body.
 *
 *   forward step t     c(t+1), y(t)  =  body(x(t), c(t), w)
 *   backward step t    dx(t), dc(t), dw += pullback of body at t, of dc(t+1), dy(t)
 */
#include "autodiff/reach.h"
#include "autodiff/sweep.h"
#include "rondo/ops.h"

typedef struct reversal {
    rn__sweep *outer; /* of the graph that contains the loop */
    rn_loop *forward, *backward;
    rn__sweep body;
    bool *reached;    /* nodes of the forward body that a cotangent reaches */
    rn_tensor *carry; /* by forward carry: the backward carry of its cotangent, or null */
    rn_tensor *sum;   /* by forward capture: the backward carry with its sum, or null */
} reversal;

/* ---- cotangents that come in ---- */

/* The cotangent of one of the loop's outputs, null for zero. */
static rn_tensor output_cotangent(const reversal *r, rn__get_kind kind, int32_t id)
{
    const int32_t output = rn__loop_find_get(r->forward, kind, id);

    return output < 0 || output >= r->outer->count ? rn_null()
                                                   : rn__sweep_get(r->outer, output);
}

static rn_tensor zeros(rn_graph *graph, const rn__node *like)
{
    return rn_fill(graph, like->type, like->shape, 0);
}

/* The sum of the cotangents of those slots of a history that no step reaches; null without
 * a limit. They hold the last step's value, or in a reversed loop the initial one. */
static rn_tensor held_cotangent(const reversal *r, rn_tensor history)
{
    const rn_loop *f = r->forward;
    const int64_t slots = f->steps + 1;
    rn_shape shape = {.rank = rn_rank(history)};

    if (f->limit < 0) return rn_null();
    for (int i = 0; i < shape.rank; i++) shape.size[i] = i ? 1 : slots;
    const rn_tensor limit = rn__primal(r->outer->primals, f->limit);
    const rn_tensor slot = rn_range(history.graph, slots);
    const rn_tensor held = f->reverse ? rn_less_equal(limit, slot) : rn_less(limit, slot);
    return rn_sum_axis(
        rn_where(rn_reshape(held, shape), history, rn_constant_like(history, 0)), 0);
}

/* A carry's cotangent starts as that of its final value. That of its history is added step
 * by step: slot t + 1 (t when reversed) is the carry after step t. A carry that no
 * cotangent reaches has none. */
static bool begin_carry(reversal *r, int i)
{
    const rn__carry *c = rn__list_at(r->forward->carry, rn__carry, i);
    const rn__node *leaf = rn__at(r->forward->body, c->leaf);
    rn_graph *target = r->outer->primals->target;

    rn_tensor start = output_cotangent(r, RN__FINAL, c->leaf);
    rn_tensor history = output_cotangent(r, RN__HISTORY, c->leaf);

    r->carry[i] = rn_null();
    if (!r->body.needed[c->leaf]) return true;
    if (rn_is_null(start) && rn_is_null(history) && !r->reached[c->leaf]) return true;
    if (rn_is_null(start)) start = zeros(target, leaf);
    const rn_tensor held =
        rn_is_null(history) || r->forward->reverse ? rn_null() : held_cotangent(r, history);
    if (!rn_is_null(held)) start = rn_add(start, held);
    r->carry[i] = rn_loop_carry(r->backward, start);
    if (rn_is_null(r->carry[i]) || !rn__sweep_add(&r->body, c->next, r->carry[i]))
        return false;
    if (rn_is_null(history)) return true;
    const int64_t first = r->forward->reverse ? 0 : 1;
    history = rn_slice(history, 0, first, first + r->forward->steps, 1);
    return rn__sweep_add(&r->body, c->next, rn_loop_each(r->backward, history));
}

/* The cotangents of collected stacks enter at the collected nodes. */
static bool begin_collected(reversal *r)
{
    const rn__sweep *s = r->outer;

    for (int i = 0; i < r->forward->output.count; i++) {
        const int32_t output = *rn__list_at(r->forward->output, int32_t, i);
        if (output >= s->count || s->cotangent[output] < 0) continue;
        const rn__node *node = rn__at(s->primals->source, output);
        const rn__get *get = (const rn__get *)node->attributes;
        if (get->kind != RN__COLLECT) continue;
        const rn_tensor dy = rn_loop_each(r->backward, rn__sweep_get(s, output));
        if (!rn__sweep_add(&r->body, (int32_t)get->id, dy)) return false;
    }
    return true;
}

/* ---- the end of the backward body ---- */

static bool end_carries(reversal *r)
{
    const rn_loop *f = r->forward;

    for (int i = 0; i < f->carry.count; i++) {
        const rn__carry *c = rn__list_at(f->carry, rn__carry, i);
        if (rn_is_null(r->carry[i])) continue;
        rn_tensor dc = rn__sweep_get(&r->body, c->leaf);
        if (rn_is_null(dc)) dc = zeros(r->backward->body, rn__at(f->body, c->leaf));
        rn_loop_next(r->backward, r->carry[i], dc);
    }
    /* Gradients are collected after the end, when masks can no longer be applied. */
    for (int i = 0; i < f->each.count; i++)
        rn__sweep_get(&r->body, rn__list_at(f->each, rn__pair, i)->leaf);
    for (int i = 0; i < f->capture.count; i++) {
        const rn__pair *p = rn__list_at(f->capture, rn__pair, i);
        const rn_tensor dw = rn__sweep_get(&r->body, p->leaf);
        r->sum[i] = rn_null();
        if (!r->body.needed[p->leaf] || rn_is_null(dw)) continue;
        r->sum[i] = rn_loop_carry(
            r->backward, zeros(r->outer->primals->target, rn__at(f->body, p->leaf)));
        rn_loop_next(r->backward, r->sum[i], rn_add(r->sum[i], dw));
    }
    return !f->body->root->failed;
}

/* Removes the pairs from a list whose leaf nothing reads. */
static void keep_used(rn__list *pairs, const bool *used)
{
    int kept = 0;

    for (int i = 0; i < pairs->count; i++) {
        const rn__pair p = *rn__list_at(*pairs, rn__pair, i);
        if (used[p.leaf]) *rn__list_at(*pairs, rn__pair, kept++) = p;
    }
    pairs->count = kept;
}

/* The rules got all forward values of their nodes; removes those that no rule used. */
static bool prune(reversal *r)
{
    rn_graph *body = r->backward->body;
    const rn_allocator a = body->root->allocator;
    bool *used = (bool *)rn__new(a, (size_t)body->count * sizeof *used);

    if (!used) {
        rn__no_memory(body);
        return false;
    }
    for (int i = 0; i < r->backward->carry.count; i++)
        used[rn__list_at(r->backward->carry, rn__carry, i)->next] = true;
    for (int i = 0; i < r->forward->each.count; i++) {
        const int32_t leaf = rn__list_at(r->forward->each, rn__pair, i)->leaf;
        const int32_t dx = r->body.cotangent[leaf];
        if (r->body.needed[leaf] && dx >= 0) used[dx] = true;
    }
    for (int32_t id = body->count - 1; id >= 0; id--) {
        const rn__node *node = rn__at(body, id);
        for (int i = 0; used[id] && i < node->inputs; i++) used[node->in[i]] = true;
        if (used[id] && node->op == &rn__op_loop && node->loop->row_steps >= 0)
            used[node->loop->row_steps] = true;
    }
    keep_used(&r->backward->each, used);
    keep_used(&r->backward->capture, used);
    rn__free(a, used);
    return true;
}

/* ---- cotangents that go out ---- */

/* The cotangent of a carry's initial value as an element of its history. */
static rn_tensor first_cotangent(const reversal *r, rn_tensor history)
{
    const rn_tensor held = r->forward->reverse ? held_cotangent(r, history) : rn_null();

    if (!rn_is_null(held)) return held;
    return rn_index(history, 0, r->forward->reverse ? r->forward->steps : 0);
}

/* The node may have a cotangent already, of which a condition selects some elements. */
static bool add_outer(reversal *r, int32_t id, rn_tensor dx)
{
    return rn__mask_add(r->outer, id, dx, (rn__mask){-1, false, true});
}

static bool add_initial_cotangents(reversal *r)
{
    for (int i = 0; i < r->forward->carry.count; i++) {
        const rn__carry *c = rn__list_at(r->forward->carry, rn__carry, i);
        if (!r->outer->needed[c->initial] || rn_is_null(r->carry[i])) continue;
        rn_tensor history = output_cotangent(r, RN__HISTORY, c->leaf);
        /* A limit of 0 leaves the initial value, which the body need not read. */
        if (r->reached[c->leaf] || r->forward->steps == 0 || r->forward->limit >= 0) {
            const rn_tensor dc = rn_loop_final(r->backward, r->carry[i]);
            if (!add_outer(r, c->initial, dc)) return false;
        }
        if (rn_is_null(history)) continue;
        if (!add_outer(r, c->initial, first_cotangent(r, history))) return false;
    }
    return true;
}

static bool add_input_cotangents(reversal *r)
{
    if (r->forward->steps == 0) return true;
    for (int i = 0; i < r->forward->each.count; i++) {
        const rn__pair *p = rn__list_at(r->forward->each, rn__pair, i);
        const rn_tensor dx = rn__sweep_get(&r->body, p->leaf);
        if (!r->body.needed[p->leaf] || rn_is_null(dx)) continue;
        if (!add_outer(r, p->outer, rn_loop_collect(r->backward, dx))) return false;
    }
    for (int i = 0; i < r->forward->capture.count; i++) {
        const rn__pair *p = rn__list_at(r->forward->capture, rn__pair, i);
        if (rn_is_null(r->sum[i])) continue;
        if (!add_outer(r, p->outer, rn_loop_final(r->backward, r->sum[i]))) return false;
    }
    return true;
}

/* Marks the nodes of the forward body that the cotangents of the loop's outputs reach; none
 * if it has 0 steps. */
static bool find_reached(reversal *r)
{
    const rn__sweep *s = r->outer;

    if (r->forward->steps == 0) return true;
    for (int i = 0; i < r->forward->output.count; i++) {
        const int32_t get = *rn__list_at(r->forward->output, int32_t, i);
        if (get >= s->count || s->cotangent[get] < 0) continue;
        const rn__node *node = rn__at(s->primals->source, get);
        rn__reach_enter(r->forward, (const rn__get *)node->attributes, r->reached);
    }
    if (rn__reach_body(r->forward, r->body.needed, r->reached)) return true;
    rn__no_memory(s->primals->target);
    return false;
}

static bool reverse(reversal *r)
{
    rn__need_body(r->forward, r->outer->needed, r->body.needed);
    if (!find_reached(r) || !begin_collected(r)) return false;
    for (int i = 0; i < r->forward->carry.count; i++)
        if (!begin_carry(r, i)) return false;
    if (!rn__sweep_run(&r->body) || !end_carries(r) || !prune(r)) return false;
    if (!rn_loop_end(r->backward)) return false;
    return add_initial_cotangents(r) && add_input_cotangents(r);
}

bool rn__sweep_loop(rn__sweep *outer, int32_t id)
{
    rn_loop *f = rn__at(outer->primals->source, id)->loop;
    rn_graph *target = outer->primals->target;
    reversal r = {.outer = outer, .forward = f, .backward = rn_loop_begin(target)};

    if (!r.backward) return false;
    if (!f->reverse) rn_loop_reverse(r.backward);
    rn_loop_steps(r.backward, f->steps);
    if (f->limit >= 0) rn__loop_limit(r.backward, rn__primal(outer->primals, f->limit));
    if (f->row_steps >= 0)
        rn__loop_rows(r.backward, rn__primal(outer->primals, f->row_steps));
    r.backward->row_sums = true;

    const rn_allocator a = target->root->allocator;
    rn__primals primals = {f->body, r.backward->body, outer->primals, NULL, 0};
    r.carry = (rn_tensor *)rn__new(a, (size_t)f->carry.count * sizeof *r.carry);
    r.sum = (rn_tensor *)rn__new(a, (size_t)f->capture.count * sizeof *r.sum);
    r.reached = (bool *)rn__new(a, (size_t)f->body->count);
    bool ok = r.carry && r.sum && r.reached;
    if (!ok) rn__no_memory(target);
    if (ok && (ok = rn__sweep_init(&r.body, &primals))) {
        ok = reverse(&r);
        rn__sweep_finish(&r.body);
    }
    rn__primals_finish(&primals);
    rn__free(a, r.carry);
    rn__free(a, r.sum);
    rn__free(a, r.reached);
    return ok;
}
