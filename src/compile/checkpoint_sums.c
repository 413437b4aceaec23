/* SPDX-License-Identifier: MIT */
/*
 * Sums over the steps of a loop that is divided, such as gradients of weights.
 *
 * Without segments such a sum is one product or sum over all steps (hoist_sums.c). Kernels
 * add the terms of long sums in blocks, and these pairwise: block 0 and block 1, 2 and 3,
 * then these sums, and so on. The sums of segments are added pairwise too, so if a segment
 * has a multiple of a block's terms, and is a power of two of them, the result has the same
 * bits. The last steps are one more block. Of each level one sum waits for its partner:
 *
 *   v = the sum of segment s
 *   for each level j, until v waits:
 *       the partner has been made:   v = v + pending[j]
 *       it will be made:             pending[j] = v
 *       there is none:               v stays as it is
 *
 * If that takes too much memory, sums are added one after the other, as the loop's carries.
 */
#include "compile/division.h"
#include "compile/hoist.h"
#include "rondo/ops.h"

rn_tensor rn__division_zero(const rn__division *d, const rn_loop *loop, int carry)
{
    const rn__node *leaf = rn__at(loop->body, rn__carry_at(loop, carry)->leaf);

    return rn_fill(d->to, leaf->type, leaf->shape, 0);
}

/* Blocks: the segments, and the last steps. */
static int64_t blocks(const rn__division *d)
{
    return d->count + (d->rest > 0);
}

/* ---- which partners there are ---- */

typedef enum action { STAYS, WAITS, ADDS } action;

/* What block s, or the sum that it has become, does at a level. */
static action action_of(const rn__division *d, int64_t s, int level)
{
    const bool second = s >> level & 1;
    const bool alone = !second && ((s >> level) + 1) << level >= blocks(d);

    if (alone) return STAYS;
    return second == d->loop->reverse ? WAITS : ADDS;
}

/* By segment and level, whether that is what it does, and it has not waited before. */
static rn_tensor table(const rn__division *d, action what)
{
    const size_t levels = (size_t)d->levels;
    bool *is = (bool *)rn__arena_new(&d->pass->arena, (size_t)d->count * levels + 1);

    if (!is) return rn__no_memory(d->to);
    for (int64_t s = 0; s < d->count; s++)
        for (int j = 0; j < d->levels; j++) {
            const action a = action_of(d, s, j);
            is[(size_t)s * levels + (size_t)j] = a == what;
            if (a == WAITS) break;
        }
    const rn_shape shape = {2, {d->count, d->levels}};
    return rn_constant(d->to, RN_BOOL, shape, is);
}

/* The level at which the last steps wait. They are made first if the loop is reversed. */
static int first_wait(const rn__division *d)
{
    int level = 0;

    while (level < d->levels && action_of(d, d->count, level) != WAITS) level++;
    return level;
}

/* ---- the sums ---- */

bool rn__division_find_sums(rn__division *d)
{
    const int carries = d->loop->carry.count;
    rn__hoist h = {
        .outer = d->outer, .body = rn__division_body(d, d->loop), .loop = d->loop};
    double bytes = 0;

    while (blocks(d) > (int64_t)1 << d->levels) d->levels++;
    d->rest_sum = rn__division_tensors(d, carries);
    d->pending = rn__division_tensors(d, carries * (d->levels + 1));
    if (!d->rest_sum || !d->pending) return false;
    if (!rn__hoist_classify(&h, &d->pass->arena)) {
        rn__no_memory(d->to);
        return false;
    }
    for (int i = 0; i < carries; i++) {
        const rn__node *leaf = rn__at(d->loop->body, rn__carry_at(d->loop, i)->leaf);
        if (h.summed[i])
            bytes += (double)rn_shape_count(leaf->shape) * (double)rn_type_size(leaf->type);
    }
    if (bytes * (d->levels + 1) > d->s->bytes) return true;
    d->summed = h.summed;
    if (d->levels > 0) d->adds = table(d, ADDS);
    if (d->levels > 0) d->waits = table(d, WAITS);
    return !d->to->root->failed;
}

bool rn__division_add(const rn__division *d, rn_loop *all, int i, rn_tensor segment)
{
    const rn_tensor zero = rn__division_zero(d, d->loop, i);
    const bool first = d->loop->reverse && d->rest > 0;
    rn_tensor *pending = d->pending + (ptrdiff_t)i * (d->levels + 1), v = segment;
    const rn_tensor total = rn_loop_carry(all, zero);

    for (int j = 0; j < d->levels; j++) {
        pending[j] =
            rn_loop_carry(all, first && j == first_wait(d) ? d->rest_sum[i] : zero);
        const rn_tensor waits = rn_index(rn_loop_each(all, d->waits), 0, j);
        const rn_tensor adds = rn_index(rn_loop_each(all, d->adds), 0, j);
        rn_loop_next(all, pending[j], rn_where(waits, v, pending[j]));
        v = rn_where(adds, rn_add(v, pending[j]), v);
    }
    pending[d->levels] = total;
    rn_loop_next(all, total, v);
    return !d->to->root->failed;
}

/* The value of a sum after the loop over segments. */
static rn_tensor after(rn_tensor carry)
{
    return rn__loop_get(carry.graph->loop, RN__FINAL, carry.id);
}

rn_tensor rn__division_total(const rn__division *d, int i)
{
    const rn_tensor *pending = d->pending + (ptrdiff_t)i * (d->levels + 1);
    rn_tensor v = d->rest_sum[i];

    if (d->loop->reverse || d->rest == 0) v = after(pending[d->levels]);
    for (int j = 0; j < d->levels && !d->loop->reverse && d->rest > 0; j++)
        if (action_of(d, d->count, j) == ADDS) v = rn_add(after(pending[j]), v);
    return rn_add(d->initial[i], v);
}
