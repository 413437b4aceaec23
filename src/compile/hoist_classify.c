/* SPDX-License-Identifier: MIT */
/*
 * Decides which nodes leave a loop.
 *
 * Before the loop: products that depend on no carry, with the nodes that they need and
 * those computed from them. After the loop: products on which no carry depends, with the
 * nodes computed from them. Element-wise nodes alone are not worth a stack in memory; they
 * stay in the loop, where their operands are in the cache.
 *
 * A carry that is only added to, and read only after the loop, is really a sum over the
 * steps. It is computed afterwards if that is one product over all steps (the gradient of a
 * weight) or the sum of something small (that of a bias).
 */
#include "compile/hoist.h"

#include "compile/batch.h"

static const rn__node *node_at(const rn__hoist *h, int32_t id)
{
    return rn__at(h->loop->body, id);
}

static const rn__carry *carry_at(const rn__hoist *h, int i)
{
    return rn__list_at(h->loop->carry, rn__carry, i);
}

static bool is_product(const rn__node *node)
{
    return rn__op_kind(node->op) == RN_KIND_PRODUCT;
}

/* Whether the node is small and can be summed from its stack: a sum over axes. */
static bool is_sum(const rn__node *node)
{
    return rn__op_kind(node->op) == RN_KIND_REDUCTION && (node->op->flags & RN_OP_ADDITIVE);
}

/* ---- rows ---- */

/* Whether a node of a ragged loop can be computed for all steps at once: what varies all
 * has packed rows, along the first axis, or none has. */
static bool packs(const rn__hoist *h, int32_t id)
{
    const rn__node *node = node_at(h, id);

    if (!h->ragged || node->inputs == 0) return true;
    const rn__row_use use = rn__row_use_of(&h->rows, id);
    if (use.axis > 0 || use.sum) return false;
    for (int i = 0; i < node->inputs && use.axis == 0; i++) {
        const int32_t in = node->in[i];
        const int axis = h->rows.axis[in];
        if (axis > 0 || (axis < 0 && (h->varies[in] || use.under[i] >= 0))) return false;
        if (axis == 0 && !h->varies[in]) return false;
    }
    return use.axis != RN__ROWS_MIXED;
}

/* The same for the sum of a product over the steps. */
static bool packs_sum(const rn__hoist *h, int32_t id)
{
    const rn__node *node = node_at(h, id);
    int rows = 0;

    for (int i = 0; i < node->inputs && h->ragged; i++) {
        if (h->rows.axis[node->in[i]] > 0) return false;
        rows += h->rows.axis[node->in[i]] == 0;
    }
    return rows == 0 || (rows == node->inputs && rn__row_use_of(&h->rows, id).sum);
}

/* ---- dependence ---- */

static void find_dependence(rn__hoist *h)
{
    for (int32_t id = 0; id < h->loop->body->count; id++) {
        const rn__node *node = node_at(h, id);

        h->of_carry[id] = node->op == &rn__op_carry || (node->op->flags & RN_OP_IMPURE);
        h->varies[id] =
            h->of_carry[id] || node->op == &rn__op_each || node->op == &rn__op_index;
        for (int i = 0; i < node->inputs; i++) {
            h->varies[id] |= h->varies[node->in[i]];
            h->of_carry[id] |= h->of_carry[node->in[i]];
        }
    }
}

/* ---- before ---- */

static bool leaf(const rn__node *node)
{
    return node->inputs == 0;
}

/* Marks nodes that could move before the loop as RN__BEFORE. */
static void find_able_before(rn__hoist *h)
{
    for (int32_t id = 0; id < h->loop->body->count; id++) {
        const rn__node *node = node_at(h, id);
        bool able = h->body->live[id] && h->varies[id] && !h->of_carry[id] && !leaf(node) &&
                    node->limit.id < 0 && rn__batch_known(node) && packs(h, id);

        for (int i = 0; able && i < node->inputs; i++)
            able = leaf(node_at(h, node->in[i])) || h->target[node->in[i]] == RN__BEFORE;
        if (able) h->target[id] = RN__BEFORE;
    }
}

/* Unmarks nodes that no product needs and that are computed from none. */
static void keep_wanted_before(rn__hoist *h, bool *wanted)
{
    const int32_t n = h->loop->body->count;

    for (int32_t id = 0; id < n; id++) {
        const rn__node *node = node_at(h, id);
        wanted[id] = h->target[id] == RN__BEFORE && is_product(node);
        for (int i = 0; h->target[id] == RN__BEFORE && i < node->inputs; i++)
            wanted[id] |= wanted[node->in[i]];
    }
    for (int32_t id = n - 1; id >= 0; id--)
        for (int i = 0; wanted[id] && i < node_at(h, id)->inputs; i++)
            wanted[node_at(h, id)->in[i]] = true;
    for (int32_t id = 0; id < n; id++)
        if (!wanted[id]) h->target[id] = RN__STAYS;
}

/* ---- sums ---- */

int32_t rn__hoist_increment(const rn_loop *loop, int carry)
{
    const rn__carry *c = rn__list_at(loop->carry, rn__carry, carry);
    const rn__node *next = rn__at(loop->body, c->next);

    if (!rn__op_adds(next->op)) return -1;
    const int32_t other = next->in[0] == c->leaf ? next->in[1] : next->in[0];
    if (next->in[0] != c->leaf && next->in[1] != c->leaf) return -1;
    if (other == c->leaf || !rn_shape_equal(rn__at(loop->body, other)->shape, next->shape))
        return -1;
    return other;
}

/* The loop's output i, or NULL if it is dead. */
static const rn__get *live_output(const rn__hoist *h, int i)
{
    const int32_t id = *rn__list_at(h->loop->output, int32_t, i);

    if (!h->outer->live[id]) return NULL;
    return (const rn__get *)rn__at(h->outer->graph, id)->attributes;
}

static void count_readers(rn__hoist *h)
{
    for (int32_t i = 0; i < h->loop->body->count; i++)
        for (int k = 0; h->body->live[i] && k < node_at(h, i)->inputs; k++)
            h->readers[node_at(h, i)->in[k]]++;
    for (int i = 0; i < h->loop->carry.count; i++)
        if (h->body->carried[i]) h->readers[carry_at(h, i)->next]++;
    for (int i = 0; i < h->loop->output.count; i++) {
        const rn__get *get = live_output(h, i);
        if (get && get->kind != RN__FINAL) h->readers[get->id]++;
    }
}

bool rn__hoist_product(const rn__hoist *h, int32_t id)
{
    const rn__node *node = node_at(h, id);

    for (int i = 0; i < node->inputs; i++)
        if (!h->varies[node->in[i]]) return false;
    return packs_sum(h, id) && rn__batch_sums(h->loop->body, node);
}

/* Whether the sum of a node over the steps follows from the sums of its operands. */
static bool sum_of_operands(const rn__hoist *h, int32_t id)
{
    const rn__node *node = node_at(h, id);

    const bool elementwise = rn__is_elementwise(node->op);

    if (!(node->op->flags & RN_OP_ADDITIVE) || is_sum(node) || node->inputs == 0)
        return false;
    for (int i = 0; i < node->inputs && elementwise; i++)
        if (!rn_shape_equal(node->shape, node_at(h, node->in[i])->shape)) return false;
    return true;
}

/* An increment is a tree of additions and reshapes, whose leaves are products and sums over
 * axes. It is traversed with an explicit stack, because a chain of additions may be as long
 * as the body. */
static void push_operands(const rn__hoist *h, int32_t id, int32_t *count)
{
    for (int i = 0; i < node_at(h, id)->inputs; i++)
        h->stack[(*count)++] = node_at(h, id)->in[i];
}

/* Whether the sum of this node over the steps can be computed after the loop. Only a sum
 * over axes may have other readers; the other nodes are no longer computed step by step. */
static bool summable(const rn__hoist *h, int32_t id)
{
    int32_t count = 0;

    h->stack[count++] = id;
    while (count > 0) {
        id = h->stack[--count];
        if (is_sum(node_at(h, id))) {
            if (h->target[id] != RN__STAYS || !h->varies[id]) return false;
            continue;
        }
        if (h->readers[id] != 1) return false;
        if (rn__hoist_product(h, id)) continue;
        if (!sum_of_operands(h, id)) return false;
        push_operands(h, id, &count);
    }
    return true;
}

/* Marks the additions and products that are no longer computed step by step. */
static void mark_summand(rn__hoist *h, int32_t id)
{
    int32_t count = 0;

    h->stack[count++] = id;
    while (count > 0) {
        id = h->stack[--count];
        if (is_sum(node_at(h, id))) continue;
        h->in_sum[id] = true;
        if (!rn__hoist_product(h, id)) push_operands(h, id, &count);
    }
}

static void find_sums(rn__hoist *h)
{
    for (int i = 0; i < h->loop->carry.count; i++) {
        const rn__carry *c = carry_at(h, i);
        if (!h->body->carried[i] || c->rows) continue;
        const int32_t increment = rn__hoist_increment(h->loop, i);
        h->summed[i] = increment >= 0 && h->readers[c->leaf] == 1 &&
                       h->readers[c->next] == 1 && summable(h, increment);
        if (!h->summed[i]) continue;
        h->in_sum[c->next] = true;
        mark_summand(h, increment);
    }
}

/* ---- after ---- */

/* Marks all that a node reads. */
static void mark_operands(const rn__hoist *h, int32_t id, bool *marked)
{
    const rn__node *node = node_at(h, id);
    int32_t reads[RN__READS];

    for (int i = 0; i < node->inputs; i++) marked[node->in[i]] = true;
    for (int i = rn__copy_reads(node, reads) - 1; i >= 0; i--) marked[reads[i]] = true;
}

/* Marks the nodes that the remaining carries need. */
static void find_core(const rn__hoist *h, bool *core)
{
    for (int i = 0; i < h->loop->carry.count; i++)
        if (h->body->carried[i] && !h->summed[i]) core[carry_at(h, i)->next] = true;
    for (int32_t id = h->loop->body->count - 1; id >= 0; id--)
        if (core[id]) mark_operands(h, id, core);
}

/* A node moves after the loop if it can, if no node in the loop reads it, and if it is a
 * product or is computed from one that moves. */
static void find_after(rn__hoist *h, bool *held)
{
    const int32_t n = h->loop->body->count;

    for (int32_t id = n - 1; id >= 0; id--) {
        const rn__node *node = node_at(h, id);
        if (!h->body->live[id] || h->in_sum[id]) continue;
        held[id] |= h->target[id] == RN__BEFORE || !h->varies[id] || leaf(node) ||
                    node->limit.id >= 0 || !rn__batch_known(node) || !packs(h, id);
        if (held[id] && h->target[id] != RN__BEFORE) mark_operands(h, id, held);
    }
    for (int32_t id = 0; id < n; id++) {
        const rn__node *node = node_at(h, id);
        if (!h->body->live[id] || h->in_sum[id] || held[id]) continue;
        bool leaves = is_product(node);
        for (int i = 0; i < node->inputs; i++)
            leaves |= h->target[node->in[i]] == RN__AFTER;
        if (leaves) h->target[id] = RN__AFTER;
    }
}

/* ---- what is left in the body ---- */

static void need(const rn__hoist *h, int32_t id)
{
    if (h->target[id] == RN__STAYS) h->inside[id] = true;
}

/* The nodes that the sum of an increment reads: factors of products, or the small
 * summand. */
static void need_summand(const rn__hoist *h, int32_t id)
{
    int32_t count = 0;

    h->stack[count++] = id;
    while (count > 0) {
        id = h->stack[--count];
        const rn__node *node = node_at(h, id);
        if (rn__hoist_product(h, id)) {
            need(h, node->in[0]);
            need(h, node->in[1]);
        } else if (is_sum(node)) {
            need(h, id);
        } else {
            push_operands(h, id, &count);
        }
    }
}

static void find_inside(rn__hoist *h)
{
    for (int i = 0; i < h->loop->carry.count; i++) {
        if (!h->body->carried[i]) continue;
        if (h->summed[i])
            need_summand(h, rn__hoist_increment(h->loop, i));
        else
            h->inside[carry_at(h, i)->next] = h->inside[carry_at(h, i)->leaf] = true;
    }
    for (int i = 0; i < h->loop->output.count; i++) {
        const rn__get *get = live_output(h, i);
        if (get && get->kind == RN__COLLECT) need(h, (int32_t)get->id);
    }
    for (int32_t id = h->loop->body->count - 1; id >= 0; id--) {
        if (h->inside[id] && h->target[id] == RN__STAYS) mark_operands(h, id, h->inside);
        for (int i = 0; h->target[id] == RN__AFTER && i < node_at(h, id)->inputs; i++)
            need(h, node_at(h, id)->in[i]);
    }
}

bool rn__hoist_classify(rn__hoist *h, rn__arena *arena)
{
    const size_t n = (size_t)h->loop->body->count;
    bool *scratch = (bool *)rn__arena_new(arena, n),
         *held = (bool *)rn__arena_new(arena, n);

    h->target = (unsigned char *)rn__arena_new(arena, n);
    h->varies = (bool *)rn__arena_new(arena, n);
    h->of_carry = (bool *)rn__arena_new(arena, n);
    h->inside = (bool *)rn__arena_new(arena, n);
    h->summed = (bool *)rn__arena_new(arena, (size_t)h->loop->carry.count);
    h->in_sum = (bool *)rn__arena_new(arena, n);
    h->readers = (int32_t *)rn__arena_new(arena, n * sizeof *h->readers);
    h->stack = (int32_t *)rn__arena_new(arena, (n + 1) * sizeof *h->stack);
    if (!h->readers || !h->stack) return false;
    if (!scratch || !held || !h->in_sum || !h->target || !h->varies || !h->of_carry ||
        !h->inside || !h->summed)
        return false;
    h->ragged = h->loop->ragged[0] >= 0;
    if (h->ragged && !rn__row_axes(&h->rows, h->loop, arena)) return false;
    find_dependence(h);
    find_able_before(h);
    keep_wanted_before(h, scratch);
    count_readers(h);
    find_sums(h);
    find_core(h, held);
    find_after(h, held);
    find_inside(h);
    for (size_t i = 0; i < n; i++) h->any |= h->target[i] != RN__STAYS;
    for (int i = 0; i < h->loop->carry.count; i++) h->any |= h->summed[i];
    return true;
}
