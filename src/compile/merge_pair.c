/* SPDX-License-Identifier: MIT */
/* Merge: what is equal of two loops that have been numbered. */
#include "compile/number.h"

int32_t rn__pair_carry(const rn__numbered *pair, int i)
{
    for (int k = 0; k < pair[0].loop->carry.count; k++)
        if (pair[0].body->carried[k] && pair[1].body->carried[i] &&
            pair[0].carry[k] == pair[1].carry[i])
            return k;
    return -1;
}

/* Whether two outputs of the loops of a pair are equal. */
static bool equal_outputs(const rn__numbered *pair, const rn__get *x, const rn__get *y)
{
    if (x->kind != y->kind) return false;
    if (x->kind == RN__COLLECT) return pair[0].number[x->id] == pair[1].number[y->id];
    return pair[0].carry[rn__carry_of(pair[0].loop, (int32_t)x->id)] ==
           pair[1].carry[rn__carry_of(pair[1].loop, (int32_t)y->id)];
}

void rn__pair_outputs(const rn__numbered *pair, const rn__region *outer, int32_t *same)
{
    const rn__list *a = &pair[0].loop->output, *b = &pair[1].loop->output;

    for (int i = 0; i < b->count; i++) {
        const int32_t y = *rn__list_at(*b, int32_t, i);
        if (!outer->live[y]) continue;
        for (int k = 0; k < a->count; k++) {
            const int32_t x = *rn__list_at(*a, int32_t, k);
            if (!outer->live[x] ||
                !equal_outputs(pair, (const rn__get *)rn__at(outer->graph, x)->attributes,
                               (const rn__get *)rn__at(outer->graph, y)->attributes))
                continue;
            same[y] = same[x];
            break;
        }
    }
}
