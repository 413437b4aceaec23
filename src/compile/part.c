/* SPDX-License-Identifier: MIT */
/* Recognises and builds ranges and concatenations. */
#include "compile/part.h"

#include <string.h>

#include "rondo/ops.h"

rn_tensor rn__uncaptured(rn_tensor x)
{
    while (rn__node_of(x)->op == &rn__op_capture)
        x = rn__tensor(x.graph->parent, rn__pair_of(&x.graph->loop->capture, x.id)->outer);
    return x;
}

/* ---- ranges ---- */

static rn_array array_of(const rn__node *node)
{
    rn_array a = {.type = node->type, .rank = node->shape.rank};

    memcpy(a.size, node->shape.size, sizeof a.size);
    rn__layout_dense(node->shape, a.stride);
    return a;
}

/* A view is a range if it has the strides of the whole, and another size along one axis at
 * most. */
static bool is_range(const rn_array *whole, const rn_array *part, int64_t offset,
                     rn__range *r)
{
    if (part->rank != whole->rank || part->type != whole->type) return false;
    r->axis = -1;
    for (int i = 0; i < whole->rank; i++) {
        if (whole->stride[i] != part->stride[i] || part->size[i] == 0) return false;
        if (part->size[i] == whole->size[i]) continue;
        if (r->axis >= 0) return false;
        r->axis = i;
    }
    if (r->axis < 0 || offset % whole->stride[r->axis] != 0) return false;
    r->start = offset / whole->stride[r->axis];
    r->stop = r->start + part->size[r->axis];
    return true;
}

bool rn__part_of(const rn_graph *graph, const rn__node *node, rn__range *r)
{
    int64_t offset = 0;

    if (!node->op->part || node->inputs != 1 || rn_shape_count(node->shape) == 0)
        return false;
    const rn_array whole = array_of(node);
    rn_array part = array_of(rn__at(graph, node->in[0]));
    r->of = rn_null();
    return part.rank == whole.rank &&
           node->op->part(&whole, &part, &offset, node->attributes) && offset >= 0 &&
           is_range(&whole, &part, offset, r) && r->stop <= whole.size[r->axis];
}

rn__range rn__range_of(rn_tensor x)
{
    rn__range r;
    rn_array in, out;
    int64_t offset;

    x = rn__uncaptured(x);
    const rn__node *node = rn__node_of(x);
    if (node->op->view) {
        const rn_tensor of = rn__tensor(x.graph, node->in[0]);
        r.of = rn__uncaptured(of);
        if (rn__view_of_dense(node, rn_type_get(of), rn_shape_get(of), &in, &out,
                              &offset) &&
            is_range(&in, &out, offset, &r))
            return r;
    }
    return (rn__range){.of = x, .axis = -1};
}

static bool same_tensor(rn_tensor x, rn_tensor y)
{
    return x.graph == y.graph && x.id == y.id;
}

bool rn__adjacent(const rn_tensor *x, int count, int axis, rn__range *all)
{
    *all = rn__range_of(x[0]);
    if (all->axis != axis) return false;
    for (int i = 1; i < count; i++) {
        const rn__range next = rn__range_of(x[i]);
        if (next.axis != axis || !same_tensor(next.of, all->of) || next.start != all->stop)
            return false;
        all->stop = next.stop;
    }
    return true;
}

rn_tensor rn__concatenated(const rn_tensor *x, int count, int axis)
{
    rn__range all;

    if (rn__adjacent(x, count, axis, &all))
        return rn_slice(all.of, axis, all.start, all.stop, 1);
    return rn_concat(x, count, axis);
}

bool rn__shapes_but(rn_shape x, rn_shape y, int axis)
{
    if (x.rank != y.rank) return false;
    if (axis >= 0) x.size[axis] = y.size[axis];
    return rn_shape_equal(x, y);
}

/* ---- forms ---- */

bool rn__form_of(rn__form *form, const rn_graph *graph, const rn__node *node)
{
    if (node->inputs < 1 || node->inputs > RN__FORM_INPUTS) return false;
    for (int i = 0; i < node->inputs; i++)
        form->in[i] = array_of(rn__at(graph, node->in[i]));
    form->out = array_of(node);
    form->call = (rn_call){.in = form->in,
                           .out = &form->out,
                           .attributes = node->attributes,
                           .inputs = node->inputs};
    return true;
}

static bool has_axis(const rn_array *x, int axis, int64_t size)
{
    return axis >= 0 && axis < x->rank && x->size[axis] == size;
}

bool rn__form_cut(const rn__form *form, const rn__node *node, int axis, int *cut)
{
    if (axis < 0 || axis >= form->out.rank) return false;
    for (int k = 0; k < node->inputs; k++) cut[k] = -1;
    if (!rn__op_divides(node->op, &form->call, axis, cut)) return false;
    for (int k = 0; k < node->inputs; k++)
        if (cut[k] != -1 && !has_axis(&form->in[k], cut[k], form->out.size[axis]))
            return false;
    return true;
}

bool rn__form_inner(const rn__form *form, const rn__node *node, int *inner)
{
    for (int k = 0; k < node->inputs; k++) inner[k] = -1;
    if (!node->op->inner || !node->op->inner(&form->call, inner)) return false;
    if (inner[0] < 0 || inner[0] >= form->in[0].rank) return false;
    for (int k = 0; k < node->inputs; k++)
        if (!has_axis(&form->in[k], inner[k], form->in[0].size[inner[0]])) return false;
    return true;
}
