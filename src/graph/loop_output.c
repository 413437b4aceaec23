/* SPDX-License-Identifier: MIT */
/* The output nodes of a loop: stacks of body values, carries, and their histories. */
#include "graph/loop.h"

bool rn__loop_stack(const rn_loop *loop, rn_shape shape, bool history, rn_shape *out)
{
    char text[160];

    if (shape.rank == RN_RANK_MAX) {
        rn_fail(loop->outer, "loop: collect: rank above %d", RN_RANK_MAX);
        return false;
    }
    out->rank = shape.rank + 1;
    /* No loop of that many steps can have a history, but the sum must not overflow. */
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

/* Adds a new get node to the loop's outputs; false after an error. */
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
    if (kind != RN__FINAL &&
        !rn__loop_stack(loop, value->shape, kind == RN__HISTORY, &shape))
        return rn_null();
    rn_tensor y = rn__append(loop->outer, &rn__op_get, value->type, shape, &loop->node, 1,
                             &get, sizeof get);
    return rn_is_null(y) || !add_output(loop, kind, id, y) ? rn_null() : y;
}
