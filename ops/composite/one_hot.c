/* SPDX-License-Identifier: MIT */
/* range: 0, 1, 2, ..; one_hot: where range equals each index. */
#include "graph/frame.h"
#include "ops/op.h"

static const rn_op name = {.name = "one_hot"};

enum { FIRST = 8 };

/* Doubled until long enough, so no memory is needed here. */
rn_tensor rn_range(rn_graph *graph, int64_t count)
{
    static const int32_t first[FIRST] = {0, 1, 2, 3, 4, 5, 6, 7};
    int64_t n = count < FIRST ? count : FIRST;

    if (!graph) return rn__null_from("range", RN__NULL_GRAPH, NULL, 0);
    if (count < 0 || count > INT32_MAX)
        return rn_fail(graph, "range: invalid count: %lld", (long long)count);
    rn_tensor y = rn_constant(graph, RN_I32, (rn_shape){1, {n}}, first);
    for (; n < count; n *= 2) {
        const rn_tensor both[2] = {y, rn_offset(y, (double)n)};
        y = rn_concat(both, 2, 0);
    }
    return rn_slice(y, 0, 0, count, 1);
}

rn_tensor rn_one_hot(rn_tensor indices, int64_t classes, rn_type type)
{
    if (rn_is_null(indices)) return rn__null_from("one_hot", RN__NULL_INDICES, &indices, 1);
    if (rn_type_get(indices) != RN_I32)
        return rn__op_refuse(&name, &indices, 1, "the indices' type is %s, not i32",
                             rn_type_name(rn_type_get(indices)));

    rn__frame f;
    rn__frame_enter(&f, "one_hot", NULL, indices, rn_null());
    const rn_tensor range = rn_range(indices.graph, classes);
    return rn__frame_leave(&f, rn_cast(rn_equal(rn_expand(indices, -1), range), type));
}
