/* SPDX-License-Identifier: MIT */
/* What leaves a ragged loop runs on packed rows. */
#include "compile/hoist.h"
#include "rondo/ops.h"

rn_tensor rn__hoist_array(const rn__hoist *h, rn_graph *to, rn__ragged kind)
{
    if (kind < RN__RAGGED_STORED)
        return rn__adopt(to, h->outer->to[h->loop->ragged[kind]], "hoist");
    return rn__ragged_rows(h->outer->to[h->loop->row_steps], h->loop->steps, kind);
}

rn_tensor rn__hoist_limit_rows(const rn__hoist *h, rn_graph *to, rn_tensor y,
                               uint32_t operands, bool exact)
{
    const rn_loop *old = h->loop;
    const rn_tensor slots = rn__hoist_array(h, to, RN__RAGGED_SLOTS);
    const rn_tensor total = rn__hoist_array(h, to, RN__RAGGED_TOTAL);
    const rn_tensor plain = rn__hoist_array(h, to, RN__RAGGED_PLAIN);

    if (rn_is_null(y) || rn_is_null(plain) || rn__node_of(y)->op->view) return y;
    const int64_t rows = rn__at(old->outer, old->row_steps)->shape.size[0];
    rn__node_of(y)->limit = (rn__limit){slots.id,          operands,
                                        old->steps,        exact ? total.id : -1,
                                        old->steps * rows, exact ? -1 : plain.id};
    return y;
}

rn_tensor rn__hoist_pack(const rn__hoist *h, rn_graph *to, rn_tensor x)
{
    rn_shape shape = rn_shape_get(x);

    x = rn__adopt(to, x, "hoist");
    shape.size[1] *= shape.size[0];
    x = rn_reshape(x, rn_shape_of(shape.rank - 1, shape.size + 1));
    x = rn_take(x, rn__hoist_array(h, to, RN__RAGGED_SORTED));
    return rn__hoist_limit_rows(h, to, x, 1u << 1 | 1u << 2, false);
}
