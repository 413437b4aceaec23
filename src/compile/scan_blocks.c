/* SPDX-License-Identifier: MIT */
/* Scans: how many steps are computed at once, and whether it is worth it. */
#include "compile/scan.h"

static const rn__node *node_at(const rn__scan *s, int32_t id)
{
    return rn__at(s->b.old->body, id);
}

static const rn__carry *carry_at(const rn__scan *s, int i)
{
    return rn__list_at(s->b.old->carry, rn__carry, i);
}

/* Values of a block that are in the cache together; some of them never leave the tiles of a
 * chain. And what a step computes at most where there are no blocks: above, stacks of a, b
 * and the history in memory take longer than the steps. */
enum { BLOCK_BYTES = 1 << 21, STEP_BYTES = 1 << 14 };

static int64_t bytes_of(const rn__node *node)
{
    return rn_shape_count(node->shape) * (int64_t)rn_type_size(node->type);
}

/* What a step computes, but for views. */
static int64_t computed(const rn__scan *s)
{
    int64_t bytes = 1;

    for (int32_t id = 0; id < s->b.old->body->count; id++) {
        const rn__node *node = node_at(s, id);
        if (s->b.body->live[id] && node->inputs > 0 && !node->op->view &&
            !s->b.h.in_sum[id])
            bytes += bytes_of(node);
    }
    return bytes;
}

/* The sums over the steps, such as gradients of weights, to which each block adds. */
static int64_t summed(const rn__scan *s)
{
    int64_t bytes = 0;

    for (int i = 0; i < s->b.old->carry.count; i++)
        if (s->b.body->carried[i] && s->b.h.summed[i])
            bytes += bytes_of(node_at(s, carry_at(s, i)->leaf));
    return bytes;
}

/* Without blocks a, b and the history are stacks of all steps. They may not be much larger
 * than the stacks that the loop reads and writes anyway. */
static bool small_states(const rn__scan *s)
{
    const rn_loop *old = s->b.old;
    int64_t states = 0, stacks = 0;

    for (int i = 0; i < old->carry.count; i++)
        if (!s->known[i]) states += bytes_of(node_at(s, carry_at(s, i)->leaf));
    for (int i = 0; i < old->each.count; i++)
        stacks += bytes_of(node_at(s, rn__list_at(old->each, rn__pair, i)->leaf));
    for (int i = 0; i < old->output.count; i++) {
        const rn__node *output = rn__at(old->outer, *rn__list_at(old->output, int32_t, i));
        const rn__get *get = (const rn__get *)output->attributes;
        if (get->kind == RN__COLLECT) stacks += bytes_of(node_at(s, (int32_t)get->id));
    }
    return states <= stacks;
}

int64_t rn__scan_block(const rn__scan *s)
{
    const int64_t T = s->b.old->steps, most = BLOCK_BYTES / computed(s);
    int64_t K = most < T ? most : T;

    if (s->hoisted) return computed(s) <= STEP_BYTES && small_states(s) ? T : 0;
    while (K > 1 && T % K) K--;
    /* Rather an even number, which threads can halve. */
    for (int64_t even = K; even > K / 2 && K < T; even--)
        if (even % 2 == 0 && T % even == 0) {
            K = even;
            break;
        }
    if (K < T && (K < 2 || K < most / 8 || K * computed(s) < 3 * summed(s))) return 0;
    return K;
}
