/* SPDX-License-Identifier: MIT */
/*
 * Scans: carries to which something is added before anything else, as in most gradients.
 *
 *   s = c(t) + b, c(t + 1) = a s          so s(t) = a(t - 1) s(t - 1) + b(t)
 *
 * What is scanned are the sums, which the loop computes in the same way. Nothing is
 * multiplied out, and the rest of the body reads s and not c.
 */
#include "compile/scan.h"
#include "graph/loop.h"

static const rn__node *node_at(const rn__scan *s, int32_t id)
{
    return rn__at(s->b.old->body, id);
}

/* Whether the carry's values are read outside the body, or become those of another one. */
static bool leaves(const rn__scan *s, int32_t leaf)
{
    const rn_loop *old = s->b.old;
    static const rn__get_kind kinds[] = {RN__COLLECT, RN__HISTORY};

    for (int i = 0; i < 2; i++) {
        const int32_t get = rn__loop_find_get(s->b.h.loop, kinds[i], leaf);
        if (get >= 0 && s->b.outer->live[get]) return true;
    }
    for (int i = 0; i < old->carry.count; i++)
        if (rn__list_at(old->carry, rn__carry, i)->next == leaf) return true;
    return false;
}

/* The only node that reads a carry, if it adds to it what depends on no carry; else -1. */
static int32_t sum_of(const rn__scan *s, int32_t leaf)
{
    int32_t sum = -1;

    for (int32_t id = 0; id < s->b.old->body->count; id++) {
        const rn__node *node = node_at(s, id);
        for (int i = 0; i < node->inputs && s->b.body->live[id]; i++) {
            if (node->in[i] != leaf) continue;
            if (sum >= 0) return -1;
            sum = id;
        }
    }
    if (sum < 0 || !rn__op_adds(node_at(s, sum)->op)) return -1;
    const int32_t added = rn__scan_added(s, sum, leaf);
    return s->on[added] == 0 &&
                   rn_shape_equal(node_at(s, sum)->shape, node_at(s, leaf)->shape)
               ? sum
               : -1;
}

int32_t rn__scan_added(const rn__scan *s, int32_t sum, int32_t leaf)
{
    const rn__node *node = node_at(s, sum);

    return node->in[node->in[0] == leaf];
}

void rn__scan_find_sums(rn__scan *s)
{
    for (int i = 0; i < s->b.old->carry.count; i++) {
        const rn__carry *c = rn__list_at(s->b.old->carry, rn__carry, i);
        s->sum[i] = -1;
        if (s->known[i] || s->mate[i] >= 0 || s->b.h.ragged || leaves(s, c->leaf)) continue;
        s->sum[i] = sum_of(s, c->leaf);
        if (s->sum[i] == c->next) s->sum[i] = -1;
    }
}

bool rn__scan_drop_sums(rn__scan *s)
{
    bool dropped = false;

    for (int i = 0; i < s->b.old->carry.count; i++) {
        const int32_t next = rn__list_at(s->b.old->carry, rn__carry, i)->next;
        const bool fits =
            s->of[next] == i && rn__scan_has_form(s, i) && !(s->form[next] & RN__MOVED);
        if (s->sum[i] < 0 || fits) continue;
        s->sum[i] = -1;
        dropped = true;
    }
    return dropped;
}
