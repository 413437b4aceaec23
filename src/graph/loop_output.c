/* SPDX-License-Identifier: MIT */
/* What a loop gives after its end: stacks of body values, carries, and their histories. */
#include "loop.h"
#include "padding.h"

#include "rondo/ops.h"

/* Whether the loop may be asked for x; says why not. */
static bool ended(const rn_loop *loop, rn_tensor x, const char *what)
{
    if (!loop) rn_fail(x.graph, "%s: no loop", what);
    if (!loop || loop->outer->root->failed) return false;
    if (!loop->ended) rn_fail(loop->outer, "%s: the loop has not ended", what);
    return loop->ended;
}

/* The shape of a value of every step, and for a history of one more, with an error on the
 * graph if it cannot be. */
static bool stacked(const rn_loop *loop, rn_shape shape, bool history, rn_shape *out)
{
    char text[160];

    if (shape.rank == RN_RANK_MAX) {
        rn_fail(loop->outer, "loop: collect: rank above %d", RN_RANK_MAX);
        return false;
    }
    out->rank = shape.rank + 1;
    /* No loop of so many steps has a history, but it must not wrap. */
    out->size[0] = loop->steps + (history && loop->steps < INT64_MAX);
    for (int i = 0; i < shape.rank; i++) out->size[i + 1] = shape.size[i];
    if (rn_shape_count(*out) >= 0) return true;
    rn_fail(loop->outer, "loop: collect: invalid shape: %s",
            rn__shape_text(*out, text, sizeof text));
    return false;
}

int32_t rn__loop_find_get(const rn_loop *loop, rn__get_kind kind, int32_t id)
{
    const rn__key key = {loop, RN__INDEX_GET + (int32_t)kind, id};

    return rn__index_find(&loop->outer->root->index, key);
}

/* Puts a new get node among the loop's outputs; false after an error. */
static bool add_output(rn_loop *loop, rn__get_kind kind, int32_t id, rn_tensor y)
{
    const rn__key key = {loop, RN__INDEX_GET + (int32_t)kind, id};
    int32_t *output = (int32_t *)rn__list_add(loop->outer, &loop->output, sizeof *output);

    rn__node_of(y)->loop = loop;
    if (!output) return false;
    *output = y.id;
    return rn__remember(loop->outer, key, y.id);
}

rn_tensor rn__loop_get(rn_loop *loop, rn__get_kind kind, int32_t id)
{
    const rn__get get = {kind, id};
    const rn__node *value = rn__at(loop->body, id);
    rn_shape shape = value->shape;

    const int32_t known = rn__loop_find_get(loop, kind, id);

    if (known >= 0) return rn__tensor(loop->outer, known);
    if (kind != RN__FINAL && !stacked(loop, value->shape, kind == RN__HISTORY, &shape))
        return rn_null();
    rn_tensor y = rn__append(loop->outer, &rn__op_get, value->type, shape, &loop->node, 1,
                             &get, sizeof get);
    return rn_is_null(y) || !add_output(loop, kind, id, y) ? rn_null() : y;
}

/* x where the sequence lasts, 0 where it is over. The body opens once more for this. */
static rn_tensor masked(rn_loop *loop, rn_tensor x)
{
    loop->ended = false;
    x = rn__padding_choose(loop, x, rn_constant_like(x, 0), "loop: collect");
    loop->ended = true;
    return x;
}

/* The stack of what has the same value in every step: x of the outer graph, repeated. */
static rn_tensor collect_outer(rn_loop *loop, rn_tensor x)
{
    rn_shape stack, shape;

    x = rn__adopt(loop->outer, x, "loop: collect");
    if (rn_is_null(x) || !stacked(loop, rn_shape_get(x), false, &stack)) return rn_null();
    const bool has_lengths = !rn_is_null(loop->mask);
    if (has_lengths && !rn__padding_has_batch(loop, x, "loop: collect")) return rn_null();
    shape = rn_shape_get(x);
    for (int i = 1; i < shape.rank; i++) shape.size[i] = 1;
    x = rn_broadcast(x, stack);
    if (!has_lengths) return x;

    rn_tensor mask = rn__loop_get(loop, RN__COLLECT, loop->mask.id);
    if (rn_is_null(mask) || !stacked(loop, shape, false, &shape)) return rn_null();
    return rn_where(rn_reshape(mask, shape), x, rn_constant_like(x, 0));
}

rn_tensor rn_loop_collect(rn_loop *loop, rn_tensor body)
{
    if (!ended(loop, body, "loop: collect")) return rn_null();
    if (body.graph != loop->body || !rn__exists(body)) return collect_outer(loop, body);
    if (!rn_is_null(loop->mask)) body = masked(loop, body);
    return rn_is_null(body) ? body : rn__loop_get(loop, RN__COLLECT, body.id);
}

static rn_tensor of_carry(rn_loop *loop, rn_tensor leaf, rn__get_kind kind,
                          const char *what)
{
    if (!ended(loop, leaf, what)) return rn_null();
    const rn__carry *carry = rn__loop_find_carry(loop, leaf);
    if (!carry) return rn_fail(loop->outer, "%s: not a carry of this loop", what);
    return rn__loop_get(loop, kind, carry->leaf);
}

rn_tensor rn_loop_final(rn_loop *loop, rn_tensor carry)
{
    return of_carry(loop, carry, RN__FINAL, "loop: final");
}

rn_tensor rn_loop_history(rn_loop *loop, rn_tensor carry)
{
    return of_carry(loop, carry, RN__HISTORY, "loop: history");
}
