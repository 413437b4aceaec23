/* SPDX-License-Identifier: MIT */
/*
 * The public loop: its inputs.
 *
 * Lengths exist only here: they become a `where` on the step inputs, the carries and the
 * collected values (padding.c), so their gradient is that of ordinary operators.
 */
#include "graph/loop.h"
#include "ops/composite/padding.h"
#include "rondo/ops.h"

void rn_loop_lengths(rn_loop *loop, rn_tensor lengths)
{
    char text[160];

    if (rn_is_null(lengths) && !rn__null_named(lengths)) return;
    if (!rn__loop_open(loop, "loop: lengths", true)) return;
    if (rn_is_null(lengths)) {
        rn__adopt(loop->outer, lengths, "loop: lengths");
        return;
    }
    if (rn_type_get(lengths) != RN_I32 || rn_rank(lengths) != 1) {
        rn_fail(loop->outer, "loop: lengths must be i32 [B]: %s %s",
                rn_type_name(rn_type_get(lengths)),
                rn__describe(lengths, text, sizeof text));
        return;
    }
    lengths = rn__adopt(loop->outer, lengths, "loop: lengths");
    if (!rn_is_null(lengths)) rn__padding_begin(loop, lengths);
}

rn_tensor rn_loop_each(rn_loop *loop, rn_tensor xs)
{
    if (!loop) return rn__null_refuse(xs.graph, "loop_each", NULL, RN__NULL_LOOP, xs);
    if (!rn__loop_open(loop, "loop: each", false)) return rn_null();
    rn_tensor x = rn__loop_each(loop, xs, "loop: each");
    return rn_is_null(x) || rn_is_null(loop->mask) ? x : rn__padding_each(loop, xs, x);
}

rn_tensor rn_loop_carry(rn_loop *loop, rn_tensor initial)
{
    if (!loop)
        return rn__null_refuse(initial.graph, "loop_carry", NULL, RN__NULL_LOOP, initial);
    if (!rn__loop_open(loop, "loop: carry", false)) return rn_null();
    initial = rn__adopt(loop->outer, initial, "loop: carry");
    if (rn_is_null(initial)) return initial;

    const rn_tensor leaf = rn__loop_carry(loop, initial);
    if (rn_is_null(leaf) || rn_is_null(loop->mask)) return leaf;
    const rn_tensor seen = rn__padding_carry(loop, initial, leaf);
    rn__loop_find_carry(loop, leaf)->seen = seen.id;
    return seen;
}

void rn_loop_next(rn_loop *loop, rn_tensor leaf, rn_tensor next)
{
    if (!rn__loop_open(loop, "loop: next", false)) return;
    rn__carry *carry = rn__loop_find_carry(loop, leaf);
    if (!carry) {
        rn_fail(loop->outer, "loop: next: not a carry of this loop");
        return;
    }
    next = rn__adopt(loop->body, next, "loop: next");
    if (rn_is_null(next) || !rn__loop_fits(loop, carry, next)) return;
    if (!rn_is_null(loop->mask)) {
        leaf = rn__tensor(loop->body, carry->leaf);
        next = rn__padding_choose(loop, next, leaf, "loop: carry");
        if (rn_is_null(next)) return;
    }
    carry->next = next.id;
}

bool rn_loop_end(rn_loop *loop)
{
    if (!rn__loop_open(loop, "loop: end", false)) return false;
    if (!rn__loop_complete(loop)) return false;
    if (!rn_is_null(loop->mask)) rn__padding_end(loop);
    return rn__loop_end(loop);
}
