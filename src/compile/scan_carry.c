/* SPDX-License-Identifier: MIT */
/* Scans: carries become known round by round, and sums over the steps. */
#include <string.h>

#include "compile/scan.h"
#include "graph/loop.h"
#include "ops/linear_scan.h"
#include "ops/op.h"
#include "rondo/ops.h"

static const rn__node *node_at(const rn__scan *s, int32_t id)
{
    return rn__at(s->b.old->body, id);
}

/* ---- carries ---- */

/* The history of a carry whose next value depends on no other. */
static rn_tensor delayed(const rn__scan *s, const rn__carry *c, rn_tensor initial)
{
    const rn_shape shape = node_at(s, c->leaf)->shape;
    const bool reverse = s->b.old->reverse;
    rn_tensor all[2];

    all[reverse] = rn_expand(initial, 0);
    all[!reverse] = rn__scan_whole(s, rn__hoist_operand(&s->b, c->next), shape);
    return rn_concat(all, 2, 0);
}

static rn_tensor scanned(const rn__scan *s, int i, rn_tensor initial, bool after)
{
    const rn__carry *c = rn__list_at(s->b.old->carry, rn__carry, i);
    const rn_shape shape = node_at(s, c->leaf)->shape;
    const rn_type type = node_at(s, c->leaf)->type;
    rn__batched a = s->scale[0][c->next], b = s->shift[c->next];
    const bool reverse = s->b.old->reverse;

    if (!rn__scan_has_form(s, i)) return rn__scan_mapped(s, i, &initial, after);
    if (rn_is_null(a.x)) a = rn__scan_scalar(s, type, 1);
    if (rn_is_null(b.x)) b = rn__scan_scalar(s, type, -0.0);
    a.x = rn__scan_whole(s, a, shape);
    b.x = rn__scan_whole(s, b, shape);
    if (after)
        return rn__linear_scan_after(a.x, b.x, initial, reverse ? RN__SCAN_REVERSE : 0);
    if (!s->b.h.ragged)
        return rn_linear_scan(a.x, b.x, initial, (rn_linear_scan_options){reverse});
    return rn__linear_scan_rows(
        a.x, b.x, initial, rn__hoist_array(&s->b.h, s->b.to, RN__RAGGED_OFFSETS),
        rn__hoist_array(&s->b.h, s->b.to, RN__RAGGED_ENDS), reverse);
}

/* The histories of a pair, the other one's too. */
static rn_tensor scanned_pair(rn__scan *s, int i, const rn_tensor *initial, bool after)
{
    const int of[2] = {i, s->mate[i]};
    const bool mapped = !rn__scan_has_form(s, i);
    rn_tensor in[8], y;

    for (int k = 0; k < 2 && !mapped; k++) {
        const rn__carry *c = rn__list_at(s->b.old->carry, rn__carry, of[k]);
        const rn__node *leaf = node_at(s, c->leaf);
        for (int part = 0; part < 3; part++) {
            rn__batched x = part < 2 ? s->scale[part][c->next] : s->shift[c->next];
            if (rn_is_null(x.x)) x = rn__scan_scalar(s, leaf->type, -0.0);
            in[3 * k + part] = rn__scan_whole(s, x, leaf->shape);
        }
        in[6 + k] = initial[k];
    }
    y = mapped ? rn__scan_mapped(s, i, initial, after)
               : rn__linear_scan_pair(in, s->b.old->reverse, after);
    for (int k = 0; k < 2; k++) s->states[of[k]] = rn_index(y, mapped ? 1 : -2, k);
    return s->states[i];
}

/* T slots of a history from the first or second one, packed in a ragged loop. */
static rn_tensor slots(const rn__scan *s, rn_tensor history, int64_t first)
{
    const rn_tensor x = rn_slice(history, 0, first, first + s->b.old->steps, 1);

    return s->b.h.ragged ? rn__hoist_pack(&s->b.h, s->b.to, x) : x;
}

/* Whether an output or another carry takes the values of node id. */
static bool is_taken(const rn__scan *s, int32_t id, int carry)
{
    const rn_loop *old = s->b.old;

    for (int i = 0; i < old->output.count; i++) {
        const int32_t output = *rn__list_at(old->output, int32_t, i);
        const rn__get *get = (const rn__get *)rn__at(old->outer, output)->attributes;
        if (!s->b.outer->live[output] || get->id != id) continue;
        if (get->kind == RN__COLLECT || (get->kind == RN__HISTORY && !s->loop)) return true;
    }
    for (int i = 0; i < old->carry.count; i++)
        if (i != carry && rn__list_at(old->carry, rn__carry, i)->next == id) return true;
    return false;
}

/* Whether a node is one that a carry's next value is made of. */
static bool is_inside(const rn__scan *s, int32_t id, int carry)
{
    return s->cone[id] && rn__scan_depends(s, id, carry);
}

/* Whether nothing but the scan itself reads a carry's value before a step, or what its next
 * value is made of. Then the states after the steps are enough. */
static bool only_after(const rn__scan *s, int carry)
{
    const int mate = s->mate[carry] < 0 ? carry : s->mate[carry];
    const int32_t next = rn__list_at(s->b.old->carry, rn__carry, carry)->next;
    const int32_t other = rn__list_at(s->b.old->carry, rn__carry, mate)->next;

    for (int32_t id = 0; id < s->b.old->body->count; id++) {
        const rn__node *node = node_at(s, id);
        if (!s->b.body->live[id] || id == next || id == other) continue;
        if (is_inside(s, id, carry) && is_taken(s, id, carry)) return false;
        for (int i = 0; i < node->inputs && !s->cone[id]; i++) {
            const int32_t in = node->in[i];
            if (in != next && in != other && is_inside(s, in, carry)) return false;
        }
    }
    return next != rn__list_at(s->b.old->carry, rn__carry, carry)->leaf && !s->b.h.ragged;
}

/* The value of a carry before the steps that are computed at once. */
static rn_tensor initial_of(rn__scan *s, int i)
{
    const rn__carry *c = rn__list_at(s->b.old->carry, rn__carry, i);
    const rn_tensor x = s->b.outer->to[c->initial];

    s->leaf[i] = s->loop ? rn_loop_carry(s->loop, x) : rn__adopt(s->b.to, x, "scan");
    return s->leaf[i];
}

/* What is known of a carry from its states, a history or, `after`, one without the initial
 * value. */
static bool set_known(rn__scan *s, int i, bool after)
{
    const rn__carry *c = rn__list_at(s->b.old->carry, rn__carry, i);
    const int64_t before = s->b.old->reverse ? 1 : 0;
    rn__region *body = s->b.body;

    body->total[i] = rn_index(s->states[i], 0, before ? 0 : s->b.old->steps - after);
    s->after[i] = after ? s->states[i] : slots(s, s->states[i], 1 - before);
    if (!after) body->stack[c->leaf] = slots(s, s->states[i], before);
    if (s->of[c->next] >= 0 && c->next != c->leaf) body->stack[c->next] = s->after[i];
    return !s->b.to->root->failed;
}

/* Of a carry whose sums are scanned: they, and the value after the last step. */
static bool solve_sums(rn__scan *s, int i)
{
    const rn__carry *c = rn__list_at(s->b.old->carry, rn__carry, i);
    const rn_shape shape = node_at(s, c->leaf)->shape;
    const int32_t added = rn__scan_added(s, s->sum[i], c->leaf);
    const bool reverse = s->b.old->reverse;
    const int64_t last = reverse ? 0 : s->b.old->steps - 1;
    rn__batched a = s->scale[0][c->next];

    if (rn_is_null(a.x)) a = rn__scan_scalar(s, node_at(s, c->leaf)->type, 1);
    a.x = rn__scan_whole(s, a, shape);
    const rn_tensor b = rn__scan_whole(s, rn__hoist_operand(&s->b, added), shape);
    const rn_tensor y = rn__linear_scan_after(
        a.x, b, initial_of(s, i), RN__SCAN_SUMS | (reverse ? RN__SCAN_REVERSE : 0));
    s->b.body->stack[s->sum[i]] = s->states[i] = y;
    s->b.body->total[i] = rn_mul(rn_index(a.x, 0, last), rn_index(y, 0, last));
    return !rn_is_null(s->b.body->total[i]);
}

static bool solve_pair(rn__scan *s, int i)
{
    const int mate = s->mate[i];
    const bool after = only_after(s, i) && only_after(s, mate);
    const rn_tensor initial[2] = {initial_of(s, i), initial_of(s, mate)};

    return !rn_is_null(scanned_pair(s, i, initial, after)) && set_known(s, i, after) &&
           set_known(s, mate, after);
}

static bool solve(rn__scan *s, int i)
{
    const rn__carry *c = rn__list_at(s->b.old->carry, rn__carry, i);
    const bool by_scan = s->of[c->next] >= 0;

    if (by_scan && s->mate[i] >= 0) return s->mate[i] < i || solve_pair(s, i);
    if (by_scan && s->sum[i] >= 0) return solve_sums(s, i);
    const rn_tensor initial = initial_of(s, i);
    const bool after = by_scan && only_after(s, i);
    if (rn_is_null(initial)) return false;
    s->states[i] = by_scan ? scanned(s, i, initial, after) : delayed(s, c, initial);
    return !rn_is_null(s->states[i]) && set_known(s, i, after);
}

/* Makes those carries known that can be. */
static bool make_round(rn__scan *s)
{
    const rn_loop *old = s->b.old;

    rn__scan_classify(s);
    rn__scan_find_cone(s);
    if (!rn__scan_make_stacks(s)) return false;
    if (!rn__scan_make_forms(s)) return false;
    for (int i = 0; i < old->carry.count; i++) {
        if (!rn__scan_solves(s, i)) continue;
        if (!solve(s, i)) return false;
        s->known[i] = true;
    }
    return true;
}

static bool all_known(const rn__scan *s)
{
    for (int i = 0; i < s->b.old->carry.count; i++)
        if (!s->known[i]) return false;
    return true;
}

/* ---- sums ---- */

bool rn__scan_is_sum(const rn__scan *s, int i)
{
    return s->b.body->carried[i] && s->b.h.summed[i];
}

/* Marks what the sums of increments are computed from. */
void rn__scan_want_summands(rn__scan *s)
{
    const rn__hoisting *b = &s->b;

    memset(s->cone, 0, (size_t)b->old->body->count);
    for (int i = 0; i < b->old->carry.count; i++)
        if (rn__scan_is_sum(s, i)) s->cone[rn__hoist_increment(b->old, i)] = true;
    for (int32_t id = b->old->body->count - 1; id >= 0; id--) {
        const bool whole_sum = s->cone[id] && rn__hoist_sums_whole(b, id);
        const bool parts = s->cone[id] && !whole_sum && rn__hoist_sums_operands(b, id);
        if (s->cone[id] && !whole_sum && !parts) s->want[id] = true;
        for (int k = 0; (whole_sum || parts) && k < node_at(s, id)->inputs; k++)
            (parts ? s->cone : s->want)[node_at(s, id)->in[k]] = true;
    }
}

bool rn__scan_make_sums(rn__scan *s)
{
    for (int i = 0; i < s->b.old->carry.count; i++) {
        if (!rn__scan_is_sum(s, i)) continue;
        const rn_tensor before = initial_of(s, i);
        const rn_tensor sum = rn__hoist_sum(&s->b, rn__hoist_increment(s->b.old, i));
        s->b.body->total[i] = rn_add(before, sum);
        if (rn_is_null(s->b.body->total[i])) return false;
    }
    return true;
}

bool rn__scan_rounds(rn__scan *s)
{
    while (!all_known(s))
        if (!make_round(s)) return false;
    return true;
}
