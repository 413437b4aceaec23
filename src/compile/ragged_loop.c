/* SPDX-License-Identifier: MIT */
/* Ragged loops: builds one. */
#include "compile/ragged.h"
#include "graph/loop.h"
#include "rondo/ops.h"

/* A loop that becomes ragged. */
typedef struct making {
    rn__copy_pass *pass;
    rn__region *outer, *body;
    const rn__ragged_body *b;
    const rn_loop *old;
    rn_loop *loop;
    rn_tensor *ordered; /* by node: a value without rows as one that has them */
} making;

/* ---- order ---- */

/* x [B, ..] of the outer graph in order. */
static rn_tensor in_order(const making *m, rn_tensor x)
{
    return rn__ragged_uniform(x)
               ? x
               : rn_take(x, rn__ragged_array(m->pass, m->outer, m->old, RN__RAGGED_ORDER));
}

/* x [B, ..] of the body: the rows of this step. */
static rn_tensor rows_of_step(const making *m, rn_tensor x)
{
    const rn_tensor all = rn__ragged_array(m->pass, m->outer, m->old, RN__RAGGED_SEQUENCE);
    const rn_tensor row = rn__loop_each(m->loop, all, "ragged");

    if (rn_is_null(row)) return row;
    rn__pair_of(&m->loop->each, row.id)->slots = RN__SLOTS_PACKED;
    return rn_take(x, row);
}

/* The copy of a value without rows, used as one that has them. */
static rn_tensor ordered(const making *m, int32_t id)
{
    rn_tensor x = m->body->to[id];

    if (rn_is_null(m->ordered[id]) && !rn_is_null(x))
        m->ordered[id] = x.graph != m->loop->body ? in_order(m, x)
                         : rn__ragged_uniform(x)  ? x
                                                  : rows_of_step(m, x);
    return m->ordered[id];
}

/* ---- leaves ---- */

/* A step input of rows: a stack that is packed already, slots of a history, or another
 * stack, which is packed here. */
static rn_tensor each_of_rows(const making *m, int32_t id)
{
    const rn__ragging *r = m->pass->ragging;
    const int number = m->outer->graph->number;
    const bool sorted = r->history[number] && r->history[number][id] == 2;
    rn_tensor stack = m->outer->to[id];

    if (!sorted) {
        const rn__node *node = rn__at(m->outer->graph, id);
        const bool same = node->op == &rn__op_get && r->raw[number] &&
                          node->loop->row_steps == m->old->row_steps &&
                          !rn_is_null(r->raw[number][id]);
        stack =
            same ? r->raw[number][id] : rn__ragged_pack(m->pass, m->outer, m->old, stack);
    }
    const rn_tensor x = rn__loop_each(m->loop, stack, "ragged");
    if (rn_is_null(x)) return x;
    rn__pair_of(&m->loop->each, x.id)->slots = sorted ? RN__SLOTS_SORTED : RN__SLOTS_PACKED;
    return x;
}

static bool make_carries(const making *m)
{
    for (int i = 0; i < m->old->carry.count; i++) {
        const rn__carry *c = rn__list_at(m->old->carry, rn__carry, i);
        if (!m->body->carried[i]) continue;
        const bool rows = m->b->rows.axis[c->leaf] == 0;
        rn_tensor initial = m->outer->to[c->initial];
        if (rows) initial = in_order(m, initial);
        m->body->to[c->leaf] = rn_loop_carry(m->loop, initial);
        if (rn_is_null(m->body->to[c->leaf])) return false;
        rn_name(m->body->to[c->leaf], rn__at(m->old->body, c->leaf)->name);
        rn__loop_find_carry(m->loop, m->body->to[c->leaf])->rows = rows;
    }
    return true;
}

static bool make_leaves(const making *m)
{
    for (int i = 0; i < m->old->each.count; i++) {
        const rn__pair *p = rn__list_at(m->old->each, rn__pair, i);
        if (!m->body->live[p->leaf]) continue;
        m->body->to[p->leaf] = m->b->rows.axis[p->leaf] == 0
                                   ? each_of_rows(m, p->outer)
                                   : rn_loop_each(m->loop, m->outer->to[p->outer]);
        if (rn_is_null(m->body->to[p->leaf])) return false;
    }
    for (int i = 0; i < m->old->capture.count; i++) {
        const rn__pair *p = rn__list_at(m->old->capture, rn__pair, i);
        m->body->to[p->leaf] = m->outer->to[p->outer];
    }
    if (m->old->index >= 0 && m->body->live[m->old->index])
        m->body->to[m->old->index] = rn_loop_index(m->loop);
    return !m->pass->to->failed;
}

/* ---- the body ---- */

/* What the mask selects on rows that run. */
static rn_tensor selected(const making *m, int32_t id)
{
    const rn__node *node = rn__at(m->old->body, id);
    const int32_t in = node->in[1];
    const bool rows = m->b->rows.axis[id] >= 0;
    rn_tensor x = m->body->to[in];

    if (rows && m->b->rows.axis[in] < 0 && rn_shape_equal(rn_shape_get(x), node->shape))
        return rows_of_step(m, rn__adopt(m->loop->body, x, "ragged"));
    if (rows && m->b->rows.axis[in] < 0)
        return rows_of_step(
            m, rn__adopt(m->loop->body, rn_broadcast(x, node->shape), "ragged"));
    return rn_shape_equal(rn_shape_get(x), node->shape) ? x : rn_broadcast(x, node->shape);
}

/* Copies a node whose operands are in order where they must be. */
static bool copy_in_order(const making *m, int32_t id)
{
    const rn__node *node = rn__at(m->old->body, id);
    const rn__row_use use = id == m->old->row_mask ? rn__row_need(&m->b->rows, id, 0)
                                                   : rn__row_use_of(&m->b->rows, id);
    rn_tensor before[RN__ROWS_INPUTS];
    bool ok = true;

    if (use.axis < 0 && !use.sum) return rn__copy_one(m->pass, m->body, id, m->loop->body);
    for (int i = 0; i < node->inputs; i++) before[i] = m->body->to[node->in[i]];
    for (int i = 0; i < node->inputs && ok; i++) {
        const int32_t in = node->in[i];
        if (use.under[i] < 0 || m->b->rows.axis[in] >= 0) continue;
        m->body->to[in] = before[i];
        m->body->to[in] =
            id == m->old->row_mask
                ? rows_of_step(m, rn__adopt(m->loop->body, before[i], "ragged"))
                : ordered(m, in);
        ok = !rn_is_null(m->body->to[in]);
    }
    ok = ok && rn__copy_one(m->pass, m->body, id, m->loop->body);
    for (int i = 0; i < node->inputs; i++) m->body->to[node->in[i]] = before[i];
    return ok;
}

static bool make_body(const making *m)
{
    for (int32_t id = 0; id < m->old->body->count; id++) {
        const rn__node *node = rn__at(m->old->body, id);
        if (!m->body->live[id] || node->inputs == 0) {
            if (!rn__copy_one(m->pass, m->body, id, m->loop->body)) return false;
        } else if (m->b->masked[id]) {
            m->body->to[id] = selected(m, id);
            if (rn_is_null(m->body->to[id])) return false;
        } else if (!copy_in_order(m, id)) {
            return false;
        }
    }
    return !m->pass->to->failed;
}

/* Next values of carries with rows must have them too. */
static bool make_nexts(const making *m)
{
    for (int i = 0; i < m->old->carry.count; i++) {
        const rn__carry *c = rn__list_at(m->old->carry, rn__carry, i);
        if (!m->body->carried[i] || m->b->rows.axis[c->leaf] < 0) continue;
        rn_tensor next = m->body->to[c->next];
        if (m->b->rows.axis[c->next] < 0 && !rn__ragged_uniform(next))
            next = rows_of_step(m, rn__adopt(m->loop->body, next, "ragged"));
        if (rn_is_null(next)) return false;
        rn_loop_next(m->loop, m->body->to[c->leaf], next);
    }
    return !m->pass->to->failed;
}

bool rn__ragged_make(rn__copy_pass *pass, rn__region *outer, const rn__node *node,
                     rn_graph *to)
{
    making m = {.pass = pass, .outer = outer, .old = node->loop};

    m.body = rn__copy_region(pass, m.old->body);
    m.b = pass->ragging->body[m.old->body->number];
    m.ordered = (rn_tensor *)rn__arena_new(&pass->arena,
                                           (size_t)m.old->body->count * sizeof *m.ordered);
    if (!m.ordered) {
        rn__no_memory(to);
        return false;
    }
    for (int32_t i = 0; i < m.old->body->count; i++) m.ordered[i] = rn_null();
    m.loop = rn__copy_loop_begin(outer, node, to);
    if (!m.loop) return false;
    for (int i = 0; i < RN__RAGGED_STORED; i++) {
        const rn_tensor array = rn__ragged_array(pass, outer, m.old, (rn__ragged)i);
        if (rn_is_null(array)) return false;
        m.loop->ragged[i] = rn__adopt(m.loop->outer, array, "ragged").id;
    }
    return make_carries(&m) && make_leaves(&m) && make_body(&m) && make_nexts(&m) &&
           rn__copy_loop_end(outer, m.body, m.old, m.loop);
}
