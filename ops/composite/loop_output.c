/* SPDX-License-Identifier: MIT */
/* The outputs of a loop: stacks of body values, final carries, and their histories. */
#include "graph/loop.h"
#include "ops/composite/padding.h"
#include "rondo/ops.h"

/* Whether the loop has ended; false with an error. */
static bool ended(const rn_loop *loop, const char *what)
{
    if (loop->outer->root->failed) return false;
    if (!loop->ended) rn_fail(loop->outer, "%s: the loop has not ended", what);
    return loop->ended;
}

/* x within the sequence, 0 past its length. Reopens the body for this. */
static rn_tensor masked(rn_loop *loop, rn_tensor x)
{
    loop->ended = false;
    x = rn__padding_choose(loop, x, rn_constant_like(x, 0), "loop: collect");
    loop->ended = true;
    return x;
}

/* The stack of a value that is the same in every step: x of the outer graph, repeated. */
static rn_tensor collect_outer(rn_loop *loop, rn_tensor x)
{
    rn_shape stack, shape;

    x = rn__adopt(loop->outer, x, "loop: collect");
    if (rn_is_null(x) || !rn__loop_stack(loop, rn_shape_get(x), false, &stack))
        return rn_null();
    const bool has_lengths = !rn_is_null(loop->mask);
    if (has_lengths && !rn__padding_has_batch(loop, x, "loop: collect")) return rn_null();
    shape = rn_shape_get(x);
    for (int i = 1; i < shape.rank; i++) shape.size[i] = 1;
    x = rn_broadcast(x, stack);
    if (!has_lengths) return x;

    rn_tensor mask = rn__loop_get(loop, RN__COLLECT, loop->mask.id);
    if (rn_is_null(mask) || !rn__loop_stack(loop, shape, false, &shape)) return rn_null();
    return rn_where(rn_reshape(mask, shape), x, rn_constant_like(x, 0));
}

rn_tensor rn_loop_collect(rn_loop *loop, rn_tensor body)
{
    if (!loop)
        return rn__null_refuse(body.graph, "loop_collect", NULL, RN__NULL_LOOP, body);
    if (!ended(loop, "loop: collect")) return rn_null();
    if (body.graph != loop->body || !rn__exists(body)) return collect_outer(loop, body);
    if (!rn_is_null(loop->mask)) body = masked(loop, body);
    return rn_is_null(body) ? body : rn__loop_get(loop, RN__COLLECT, body.id);
}

static rn_tensor of_carry(rn_loop *loop, rn_tensor leaf, rn__get_kind kind,
                          const char *what)
{
    if (!ended(loop, what)) return rn_null();
    const rn__carry *carry = rn__loop_find_carry(loop, leaf);
    if (!carry) return rn_fail(loop->outer, "%s: not a carry of this loop", what);
    return rn__loop_get(loop, kind, carry->leaf);
}

rn_tensor rn_loop_final(rn_loop *loop, rn_tensor carry)
{
    if (!loop)
        return rn__null_refuse(carry.graph, "loop_final", NULL, RN__NULL_LOOP, carry);
    return of_carry(loop, carry, RN__FINAL, "loop: final");
}

rn_tensor rn_loop_history(rn_loop *loop, rn_tensor carry)
{
    if (!loop)
        return rn__null_refuse(carry.graph, "loop_history", NULL, RN__NULL_LOOP, carry);
    return of_carry(loop, carry, RN__HISTORY, "loop: history");
}
