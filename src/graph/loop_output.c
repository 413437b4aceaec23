/* SPDX-License-Identifier: MIT */
/* What a loop gives after its end: stacks of body values, carries, and their histories. */
#include "loop.h"

#include "rondo/ops.h"

static bool ended(const rn_loop *loop, const char *what)
{
    if (!loop || loop->outer->root->failed) return false;
    if (!loop->ended) rn_fail(loop->outer, "%s: the loop has not ended", what);
    return loop->ended;
}

/* shape with `n` in front. */
static bool stacked(rn_shape shape, int64_t n, rn_shape *out)
{
    if (shape.rank == RN_RANK_MAX) return false;
    out->rank = shape.rank + 1;
    out->size[0] = n;
    for (int i = 0; i < shape.rank; i++) out->size[i + 1] = shape.size[i];
    return true;
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
    char text[160];

    const int32_t known = rn__loop_find_get(loop, kind, id);

    if (known >= 0) return (rn_tensor){loop->outer, known};
    if (kind != RN__FINAL &&
        !stacked(value->shape, loop->steps + (kind == RN__HISTORY), &shape))
        return rn_fail(loop->outer, "loop: collect: rank above %d", RN_RANK_MAX);
    if (rn_shape_count(shape) < 0)
        return rn_fail(loop->outer, "loop: collect: no such shape: %s",
                       rn__shape_text(shape, text, sizeof text));
    rn_tensor y = rn__append(loop->outer, &rn__op_get, value->type, shape, &loop->node, 1,
                             &get, sizeof get);
    return rn_is_null(y) || !add_output(loop, kind, id, y) ? rn_null() : y;
}

/* x where the sequence lasts, 0 where it is over. The body opens once more for this. */
static rn_tensor masked(rn_loop *loop, rn_tensor x)
{
    rn_shape shape = {.rank = rn_rank(x)};
    char text[160];

    if (rn_size(x, 0) != loop->batch || shape.rank < 1)
        return rn_fail(
            loop->outer,
            "loop: collect: with lengths the first axis must be the batch of %lld: "
            "%s",
            (long long)loop->batch, rn__describe(x, text, sizeof text));
    for (int i = 0; i < shape.rank; i++) shape.size[i] = i ? 1 : loop->batch;
    loop->ended = false;
    x = rn_where(rn_reshape(loop->mask, shape), x, rn_constant_like(x, 0));
    loop->ended = true;
    return x;
}

rn_tensor rn_loop_collect(rn_loop *loop, rn_tensor body)
{
    if (rn_is_null(body) || !ended(loop, "loop: collect")) return rn_null();
    if (body.graph != loop->body) {
        char text[160];
        return rn_fail(loop->outer, "loop: collect: not of this loop's body: %s",
                       rn__describe(body, text, sizeof text));
    }
    if (!rn_is_null(loop->mask)) body = masked(loop, body);
    return rn_is_null(body) ? body : rn__loop_get(loop, RN__COLLECT, body.id);
}

static rn_tensor of_carry(rn_loop *loop, rn_tensor leaf, rn__get_kind kind,
                          const char *what)
{
    if (rn_is_null(leaf) || !ended(loop, what)) return rn_null();
    if (!rn__loop_find_carry(loop, leaf))
        return rn_fail(loop->outer, "%s: not a carry of this loop", what);
    return rn__loop_get(loop, kind, leaf.id);
}

rn_tensor rn_loop_final(rn_loop *loop, rn_tensor carry)
{
    return of_carry(loop, carry, RN__FINAL, "loop: final");
}

rn_tensor rn_loop_history(rn_loop *loop, rn_tensor carry)
{
    return of_carry(loop, carry, RN__HISTORY, "loop: history");
}
