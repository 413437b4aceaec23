/* SPDX-License-Identifier: MIT */
/* Rules of operators that work along one axis. */
#include "ops/along.h"

#include <string.h>

static int64_t axis_of(const void *attributes)
{
    return *(const int64_t *)attributes;
}

bool rn__along_divide(const rn_call *call, int axis, int *cut)
{
    cut[0] = axis;
    return axis != axis_of(call->attributes);
}

/* The indices of a scatter are repeated for all steps, what they are for is not: there each
 * element counts once. */
static rn_tensor for_all_steps(const rn_batching *b, int i)
{
    const rn_tensor x = rn_expand(b->x[i], 0);

    if (b->inputs < 3 || i == 1) return x;
    return rn_broadcast(x, rn__stack_shape(b->steps, b->in_shape[i]));
}

rn_tensor rn__along_batch(const rn_batching *b)
{
    int64_t attributes[4] = {0};
    rn_tensor x[3];

    memcpy(attributes, b->attributes, b->attribute_size);
    attributes[0]++;
    for (int i = 0; i < b->inputs; i++)
        x[i] = b->stacked[i] ? b->x[i] : for_all_steps(b, i);
    return rn_apply(b->op, x, b->inputs, attributes, b->attribute_size);
}

/* ---- gathering and scattering ---- */

const char *rn__gather_shape(const rn_typing *t, rn_shape *shape)
{
    const int64_t axis = axis_of(t->attributes);
    const rn_shape x = t->in_shape[0], indices = t->in_shape[1];

    if (t->in_type[1] != RN_I32) return "the indices' type is not i32";
    if (x.rank != indices.rank) return "ranks differ";
    *shape = x;
    for (int i = 0; i < x.rank; i++) {
        const int64_t n = indices.size[i];
        if (i == axis || x.size[i] == 1)
            shape->size[i] = n;
        else if (n != 1 && n != x.size[i])
            return "sizes besides the axis do not broadcast";
    }
    return NULL;
}

const char *rn__scatter_shape(rn_typing *t)
{
    rn_shape updates;
    const char *refusal = rn__gather_shape(t, &updates);

    if (refusal) return refusal;
    if (t->in_type[0] != t->in_type[2]) return "types of table and updates differ";
    if (!rn_shape_equal(t->in_shape[2], updates))
        return "sizes of the updates do not match";
    return NULL;
}

/* By the first axis alone, of which `first` leads to the place in the updates, and not if
 * all of them go to one element there. */
bool rn__scatter_divide(const rn_call *call, int axis, int *cut)
{
    const int64_t n = call->out->size[axis];
    int64_t count = 1;

    for (int i = 0; i < 3; i++) cut[i] = call->in[i].size[axis] == n ? axis : -1;
    for (int i = 0; i < call->out->rank; i++) count *= call->out->size[i];
    return axis == 0 && axis_of(call->attributes) != 0 && count > 0 && cut[2] == 0;
}

rn_tensor rn__scatter(const rn_op *op, rn_tensor x, rn_tensor indices, rn_tensor updates,
                      int axis)
{
    const rn_tensor in[3] = {x, indices, updates};
    const int64_t at = rn_is_null(x) ? 0 : rn__op_axis(op, x, axis);

    return at < 0 ? rn_null() : rn_apply(op, in, 3, &at, sizeof at);
}
