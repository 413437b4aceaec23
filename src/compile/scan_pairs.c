/* SPDX-License-Identifier: MIT */
/*
 * Scans: pairs of carries that need one another, such as the real and the imaginary part of
 * a complex state.
 *
 *   p(t + 1) = a p + b q + c,  q(t + 1) = d p + e q + f
 */
#include "compile/scan.h"

enum { BITS = 64 };

static uint64_t bit_of(int carry)
{
    return (uint64_t)1 << carry;
}

bool rn__scan_begin_pairs(rn__scan *s, rn__arena *arena)
{
    const size_t n = (size_t)s->b.old->body->count, m = (size_t)s->b.old->carry.count;

    s->on = (uint64_t *)rn__arena_new(arena, n * sizeof *s->on);
    s->mate = (int *)rn__arena_new(arena, m * sizeof *s->mate);
    s->sum = (int32_t *)rn__arena_new(arena, m * sizeof *s->sum);
    return s->on && s->mate && s->sum;
}

/* On which carries that are not known each node depends; of more than BITS nothing is
 * said. */
static void find_dependences(rn__scan *s)
{
    const rn_loop *old = s->b.old;

    for (int32_t id = 0; id < old->body->count; id++) {
        const rn__node *node = rn__at(old->body, id);
        const int carry = node->op == &rn__op_carry ? rn__carry_of(old, id) : -1;
        s->on[id] = carry >= 0 && carry < BITS && !s->known[carry] ? bit_of(carry) : 0;
        for (int i = 0; i < node->inputs; i++) s->on[id] |= s->on[node->in[i]];
    }
}

static bool alike(const rn__scan *s, int i, int j)
{
    const rn_loop *old = s->b.old;
    const rn__node *a = rn__at(old->body, rn__list_at(old->carry, rn__carry, i)->leaf);
    const rn__node *b = rn__at(old->body, rn__list_at(old->carry, rn__carry, j)->leaf);

    return a->type == b->type && rn_shape_equal(a->shape, b->shape) && a->shape.rank > 0 &&
           a->shape.rank + 2 <= RN_RANK_MAX;
}

void rn__scan_find_pairs(rn__scan *s)
{
    const int carries = s->b.old->carry.count;

    find_dependences(s);
    for (int i = 0; i < carries; i++) s->mate[i] = -1;
    for (int i = 0; i < carries && carries <= BITS && !s->b.h.ragged; i++)
        for (int j = i + 1; j < carries && s->mate[i] < 0; j++) {
            const uint64_t both = bit_of(i) | bit_of(j);
            if (s->on[rn__list_at(s->b.old->carry, rn__carry, i)->next] != both ||
                s->on[rn__list_at(s->b.old->carry, rn__carry, j)->next] != both ||
                !alike(s, i, j))
                continue;
            s->mate[i] = j;
            s->mate[j] = i;
        }
}

int rn__scan_pair_of(const rn__scan *s, int32_t id)
{
    for (int i = 0; s->on[id] && i < s->b.old->carry.count; i++)
        if (s->mate[i] > i && s->on[id] == (bit_of(i) | bit_of(s->mate[i]))) return i;
    return -1;
}

int rn__scan_side_carry(const rn__scan *s, int32_t id, int side)
{
    const int carry = s->of[id], mate = s->mate[carry];

    if (mate < 0) return side == 0 ? carry : -1;
    const int of_side = (mate < carry) == (side == 0) ? mate : carry;
    return s->on[id] & bit_of(of_side) ? of_side : -1;
}

bool rn__scan_depends(const rn__scan *s, int32_t id, int carry)
{
    return s->mate[carry] < 0 ? s->of[id] == carry : (s->on[id] & bit_of(carry)) != 0;
}
