/* SPDX-License-Identifier: MIT */
/*
 * Decides which nodes leave a loop.
 *
 * Before the loop: products that depend on no carry, with the nodes that they need and
 * those computed from them. After the loop: products on which no carry depends, with the
 * nodes computed from them. Neither, if they are as fast in the loop (hoist_cost.c).
 * Element-wise nodes alone are not worth a stack in memory; they stay in the loop, where
 * their operands are in the cache.
 */
#include "compile/hoist.h"

#include <string.h>

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

bool rn__hoist_packs(const rn__hoist *h, int32_t id)
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
                    node->limit.id < 0 && rn__batch_known(node) && rn__hoist_packs(h, id) &&
                    !rn__hoist_product_stays(h, id);

        for (int i = 0; able && i < node->inputs; i++)
            able = leaf(node_at(h, node->in[i])) || h->target[node->in[i]] == RN__BEFORE;
        if (able) h->target[id] = RN__BEFORE;
    }
}

/* Unmarks nodes that no product needs and that are computed from none; or from one by way
 * of a large reduction, as in a layer normalisation. These read a product several times, so
 * they stay in the loop, where one step of it is in the cache. */
static void keep_wanted_before(rn__hoist *h, bool *wanted)
{
    const int32_t n = h->loop->body->count;

    for (int32_t id = 0; id < n; id++) {
        const rn__node *node = node_at(h, id);
        bool reduced = rn__hoist_reduces_much(h, node);
        if (h->target[id] != RN__BEFORE) continue;
        for (int i = 0; i < node->inputs; i++) {
            wanted[id] |= wanted[node->in[i]];
            reduced |= h->reduced[node->in[i]];
        }
        h->reduced[id] = reduced && !is_product(node);
        wanted[id] = is_product(node) || (wanted[id] && !reduced);
    }
    for (int32_t id = n - 1; id >= 0; id--)
        for (int i = 0; wanted[id] && i < node_at(h, id)->inputs; i++)
            wanted[node_at(h, id)->in[i]] = true;
    for (int32_t id = 0; id < n; id++)
        if (!wanted[id]) h->target[id] = RN__STAYS;
}

/* ---- readers ---- */

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
                    node->limit.id >= 0 || !rn__batch_known(node) ||
                    !rn__hoist_packs(h, id);
        if (held[id] && h->target[id] != RN__BEFORE) mark_operands(h, id, held);
    }
    for (int32_t id = 0; id < n; id++) {
        const rn__node *node = node_at(h, id);
        if (!h->body->live[id] || h->in_sum[id] || held[id]) continue;
        bool leaves = is_product(node) && !rn__hoist_product_stays(h, id);
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

/* Whether a view of all steps is one of its operand's stack, which exists or is no
 * larger. */
static bool views_stack(const rn__hoist *h, int32_t id)
{
    const rn__node *node = node_at(h, id);

    if (!node->op->view || !rn__batch_known(node) || !h->varies[id] ||
        !rn__hoist_packs(h, id))
        return false;
    const rn__node *in = node_at(h, node->in[0]);
    return !in->op->view && (in->op == &rn__op_each || (in->op->flags & RN_OP_JOINS) ||
                             rn_shape_count(in->shape) == rn_shape_count(node->shape));
}

/* What a node that leaves reads. */
static void need_operands(const rn__hoist *h, int32_t id)
{
    for (int i = 0; i < node_at(h, id)->inputs; i++) {
        const int32_t in = node_at(h, id)->in[i];
        h->viewed[in] |= h->target[in] == RN__STAYS && views_stack(h, in);
        need(h, h->viewed[in] ? node_at(h, in)->in[0] : in);
    }
}

/* Whether a node has a stack anyway, once `inside` has all that the other nodes that leave
 * need; or it costs no more than that of its sum over axes. */
static bool has_stack(const rn__hoist *h, int32_t id, int32_t sum, const bool *collected)
{
    const rn__node *node = node_at(h, id);

    return collected[id] || h->viewed[id] || node->op == &rn__op_each ||
           h->target[id] == RN__BEFORE ||
           rn_shape_count(node->shape) == rn_shape_count(node_at(h, sum)->shape);
}

/* A sum over axes that only increments read, of what has a stack: all steps become one. */
static void find_whole_sums(rn__hoist *h, const bool *collected)
{
    for (int32_t id = 0; id < h->loop->body->count; id++) {
        const rn__node *node = node_at(h, id);
        if (!h->summed_reads[id] || !rn__hoist_is_sum(node)) continue;
        if (h->target[id] == RN__STAYS && h->summed_reads[id] == h->readers[id] &&
            rn__hoist_product(h, id) && has_stack(h, node->in[0], id, collected))
            h->in_sum[id] = true;
        if (h->in_sum[id])
            need_operands(h, id);
        else
            need(h, id);
    }
}

static void find_inside(rn__hoist *h, bool *collected)
{
    const int32_t n = h->loop->body->count;

    for (int i = 0; i < h->loop->output.count; i++) {
        const rn__get *get = live_output(h, i);
        if (get && get->kind == RN__COLLECT) need(h, (int32_t)get->id);
    }
    for (int32_t id = 0; id < n; id++)
        if ((h->in_sum[id] && rn__hoist_product(h, id)) || h->target[id] == RN__AFTER)
            need_operands(h, id);
    memcpy(collected, h->inside, (size_t)n * sizeof *collected);
    find_whole_sums(h, collected);
    for (int i = 0; i < h->loop->carry.count; i++)
        if (h->body->carried[i] && !h->summed[i])
            h->inside[carry_at(h, i)->next] = h->inside[carry_at(h, i)->leaf] = true;
    for (int32_t id = n - 1; id >= 0; id--)
        if (h->inside[id] && h->target[id] == RN__STAYS) mark_operands(h, id, h->inside);
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
    h->viewed = (bool *)rn__arena_new(arena, n);
    h->reduced = (bool *)rn__arena_new(arena, n);
    h->summed = (bool *)rn__arena_new(arena, (size_t)h->loop->carry.count);
    h->in_sum = (bool *)rn__arena_new(arena, n);
    h->readers = (int32_t *)rn__arena_new(arena, n * sizeof *h->readers);
    h->summed_reads = (int32_t *)rn__arena_new(arena, n * sizeof *h->summed_reads);
    h->stack = (int32_t *)rn__arena_new(arena, (n + 1) * sizeof *h->stack);
    if (!h->readers || !h->summed_reads || !h->stack) return false;
    if (!scratch || !held || !h->in_sum || !h->target || !h->varies || !h->of_carry ||
        !h->inside || !h->viewed || !h->reduced || !h->summed)
        return false;
    h->ragged = h->loop->ragged[0] >= 0;
    if (h->ragged && !rn__row_axes(&h->rows, h->loop, arena)) return false;
    find_dependence(h);
    h->multiplies = rn__hoist_multiplies(h, held);
    memset(held, 0, n * sizeof *held);
    find_able_before(h);
    keep_wanted_before(h, scratch);
    count_readers(h);
    if (!rn__hoist_find_sums(h, arena)) return false;
    find_core(h, held);
    find_after(h, held);
    find_inside(h, scratch);
    for (size_t i = 0; i < n; i++) h->any |= h->target[i] != RN__STAYS;
    for (int i = 0; i < h->loop->carry.count; i++) h->any |= h->summed[i];
    return true;
}
