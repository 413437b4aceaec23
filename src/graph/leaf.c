/* SPDX-License-Identifier: MIT */
/* Finds the pair or carry of a leaf of a loop's body. The lists are sorted by leaf. */
#include "graph/node.h"

rn__pair *rn__pair_of(const rn__list *pairs, int32_t leaf)
{
    int low = 0, high = pairs->count;

    while (low < high) {
        const int middle = low + (high - low) / 2;
        rn__pair *pair = rn__list_at(*pairs, rn__pair, middle);
        if (pair->leaf == leaf) return pair;
        if (pair->leaf < leaf)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

int rn__carry_of(const rn_loop *loop, int32_t leaf)
{
    int low = 0, high = loop->carry.count;

    while (low < high) {
        const int middle = low + (high - low) / 2;
        const rn__carry *carry = rn__list_at(loop->carry, rn__carry, middle);
        if (carry->leaf == leaf) return middle;
        if (carry->leaf < leaf)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}
