/* SPDX-License-Identifier: MIT */
/* Ragged loops: arrays of lengths, and stacks in their order. */
#include "compile/ragged.h"

#include "graph/loop.h"
#include "rondo/ops.h"

_Static_assert((int)RN__RAGGED_STORED == (int)RN__RAGGED_ARRAYS, "a loop keeps them");

rn_tensor rn__ragged_array(rn__copy_pass *pass, const rn__region *outer, const rn_loop *old,
                           rn__ragged kind)
{
    rn_tensor **arrays = &pass->ragging->arrays[outer->graph->number];
    const size_t n = (size_t)outer->graph->count * RN__RAGGED_KINDS;

    if (!*arrays) {
        *arrays = (rn_tensor *)rn__arena_new(&pass->arena, n * sizeof **arrays);
        for (size_t i = 0; *arrays && i < n; i++) (*arrays)[i] = rn_null();
    }
    if (!*arrays) return rn__no_memory(pass->to);
    rn_tensor *array = &(*arrays)[(size_t)old->row_steps * RN__RAGGED_KINDS + kind];
    if (rn_is_null(*array))
        *array = rn__ragged_rows(outer->to[old->row_steps], old->steps, kind);
    return *array;
}

/* Limits a node to the slots that packed rows fill. `operands` are bits. */
static rn_tensor limited(rn__copy_pass *pass, const rn__region *outer, const rn_loop *old,
                         rn_tensor y, uint32_t operands)
{
    const rn_tensor slots = rn__ragged_array(pass, outer, old, RN__RAGGED_SLOTS);

    if (rn_is_null(y) || rn_is_null(slots)) return rn_null();
    const rn_tensor limit = rn__adopt(y.graph, slots, "ragged");
    if (rn_is_null(limit)) return limit;
    rn__node_of(y)->limit = (rn__limit){limit.id, operands, old->steps, -1, 0, -1};
    return y;
}

static rn_tensor flat(rn_tensor x)
{
    rn_shape shape = rn_shape_get(x);

    if (shape.rank < 2) return x;
    shape.size[1] *= shape.size[0];
    return rn_reshape(x, rn_shape_of(shape.rank - 1, shape.size + 1));
}

rn_tensor rn__ragged_pack(rn__copy_pass *pass, const rn__region *outer, const rn_loop *old,
                          rn_tensor x)
{
    const rn_tensor rows = rn__ragged_array(pass, outer, old, RN__RAGGED_PLAIN);

    return limited(pass, outer, old, rn_take(flat(x), rows), 1u << 1 | 1u << 2);
}

rn_tensor rn__ragged_unpack(rn__copy_pass *pass, const rn__region *outer,
                            const rn_loop *old, rn_tensor x)
{
    const rn_tensor rows = rn__ragged_array(pass, outer, old, RN__RAGGED_PACKED);

    return limited(pass, outer, old, rn__unpack(flat(x), rows), 1u << 0);
}

bool rn__ragged_uniform(rn_tensor x)
{
    const rn__node *node = rn__node_of(x);
    rn_array in, out;
    int64_t offset;

    for (; node->op->view; x = rn__tensor(x.graph, node->in[0]), node = rn__node_of(x)) {
        const rn__node *from = rn__at(x.graph, node->in[0]);
        if (!rn__view_of_dense(node, from->type, from->shape, &in, &out, &offset))
            return false;
        if (out.rank > 0 && out.stride[0] == 0) return true;
        if (from->shape.rank == 0) return true;
        if (out.stride[0] != in.stride[0] || in.size[0] != out.size[0]) return false;
    }
    return node->shape.rank == 0;
}
