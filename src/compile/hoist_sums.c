/* SPDX-License-Identifier: MIT */
/*
 * Decides which carries are sums.
 *
 * A carry that is only added to, and read only after the loop, is really a sum over the
 * steps. It is computed afterwards if that is one product over all steps (the gradient of a
 * weight) or the sum of something small (that of a bias).
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

/* Whether the sum over the steps of a node of a ragged loop can be computed at once: all
 * its operands have packed rows, over which it is a sum, or none has rows. */
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

    if (!(node->op->flags & RN_OP_ADDITIVE) || rn__hoist_is_sum(node) || node->inputs == 0)
        return false;
    for (int i = 0; i < node->inputs && elementwise; i++)
        if (!rn_shape_equal(node->shape, node_at(h, node->in[i])->shape)) return false;
    return true;
}

/* An increment is a sum that several carries may share parts of. Its nodes are additions,
 * reshapes and ranges; its summands are products, and sums over axes. Only the last may
 * have readers that are no part of an increment; the other nodes are no longer computed
 * step by step. */
typedef struct summing {
    rn__hoist *h;
    bool *barred; /* by node: it is computed step by step */
    bool *form;   /* by node: its sum over the steps can be computed after the loop */
} summing;

static void find_forms(const summing *s)
{
    const rn__hoist *h = s->h;

    for (int32_t id = 0; id < h->loop->body->count; id++) {
        const rn__node *node = node_at(h, id);
        s->form[id] = false;
        if (!h->body->live[id] || s->barred[id]) continue;
        if (rn__hoist_is_sum(node)) {
            s->form[id] = h->target[id] == RN__STAYS && h->varies[id];
            continue;
        }
        s->form[id] = rn__hoist_product(h, id) || sum_of_operands(h, id);
        for (int i = 0; i < node->inputs && !rn__hoist_product(h, id); i++)
            s->form[id] = s->form[id] && s->form[node->in[i]];
    }
}

/* Whether carry i is a sum, if its increment's sum can be computed. */
static bool sums_up(const summing *s, int i)
{
    const rn__hoist *h = s->h;
    const rn__carry *c = carry_at(h, i);
    const int32_t increment = h->body->carried[i] ? rn__hoist_increment(h->loop, i) : -1;

    return increment >= 0 && !c->rows && h->readers[c->leaf] == 1 &&
           h->readers[c->next] == 1 && s->form[increment];
}

/* Counts how often the increments read each node, and bars those that something else reads
 * too. Whether there were any. */
static bool count_summed(const summing *s)
{
    const rn__hoist *h = s->h;
    bool barred = false;

    memset(h->summed_reads, 0, (size_t)h->loop->body->count * sizeof *h->summed_reads);
    for (int i = 0; i < h->loop->carry.count; i++)
        if (sums_up(s, i)) h->summed_reads[rn__hoist_increment(h->loop, i)]++;
    for (int32_t id = h->loop->body->count - 1; id >= 0; id--) {
        if (!h->summed_reads[id] || rn__hoist_is_sum(node_at(h, id))) continue;
        if (h->summed_reads[id] != h->readers[id]) barred = s->barred[id] = true;
        for (int i = 0; !rn__hoist_product(h, id) && i < node_at(h, id)->inputs; i++)
            h->summed_reads[node_at(h, id)->in[i]]++;
    }
    return barred;
}

/* Until no more nodes are barred. After some rounds without sharing, which ends it. */
static void find_summed(const summing *s)
{
    enum { ROUNDS = 8 };

    for (int round = 0;; round++) {
        for (int32_t id = 0; round == ROUNDS && id < s->h->loop->body->count; id++)
            if (s->h->readers[id] != 1 && !rn__hoist_is_sum(node_at(s->h, id)))
                s->barred[id] = true;
        find_forms(s);
        if (!count_summed(s)) return;
    }
}

bool rn__hoist_find_sums(rn__hoist *h, rn__arena *arena)
{
    const size_t n = (size_t)h->loop->body->count;
    const summing s = {h, (bool *)rn__arena_new(arena, n), (bool *)rn__arena_new(arena, n)};

    if (!s.barred || !s.form) return false;
    find_summed(&s);
    for (int i = 0; i < h->loop->carry.count; i++) {
        h->summed[i] = sums_up(&s, i);
        if (h->summed[i]) h->in_sum[carry_at(h, i)->next] = true;
    }
    for (size_t id = 0; id < n; id++)
        if (h->summed_reads[id] && !rn__hoist_is_sum(node_at(h, (int32_t)id)))
            h->in_sum[id] = true;
    return true;
}
