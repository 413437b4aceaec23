/* SPDX-License-Identifier: MIT */
/* Follows the rows of a batch through operators, by their records. */
#include "compile/row_axes.h"

#include <string.h>

static const rn__node *node_at(const rn__row_body *b, int32_t id)
{
    return rn__at(b->graph, id);
}

static rn__row_use use_of(int axis)
{
    rn__row_use use = {.axis = axis};

    memset(use.under, -1, sizeof use.under);
    return use;
}

static rn_array array_of(rn_type type, rn_shape shape)
{
    rn_array a = {.type = type, .rank = shape.rank};

    memcpy(a.size, shape.size, sizeof a.size);
    rn__layout_dense(shape, a.stride);
    return a;
}

/* ---- views ---- */

bool rn__row_view(const rn__node *view, const rn__node *in, int of_in, int of_out)
{
    rn_array from, out;
    int64_t offset, inner = 0;

    if (rn_shape_count(view->shape) == 0) return false;
    if (!rn__view_of_dense(view, in->type, in->shape, &from, &out, &offset)) return false;
    const int64_t row = from.stride[of_in], rows = from.size[of_in];
    if (out.size[of_out] != rows || out.stride[of_out] != row || offset < 0) return false;
    for (int i = 0; i < out.rank; i++) {
        if (i == of_out || out.size[i] == 1 || out.stride[i] % (row * rows) == 0) continue;
        if (out.stride[i] < 0) return false;
        inner += (out.size[i] - 1) * out.stride[i];
    }
    return offset % (row * rows) + inner < row;
}

static rn__row_use use_of_view(const rn__row_body *b, const rn__node *node)
{
    const int32_t in = node->in[0];
    rn__row_use use = use_of(RN__ROWS_MIXED);

    use.under[0] = b->axis[in];
    for (int k = 0; k < node->shape.rank && use.axis < 0; k++)
        if (rn__row_view(node, node_at(b, in), b->axis[in], k)) use.axis = k;
    return use;
}

/* ---- operators ---- */

static int under(const rn__node *x, rn_shape shape, int axis)
{
    const int of_x = axis - (shape.rank - x->shape.rank);

    return of_x < 0 || x->shape.size[of_x] == 1 ? -1 : of_x;
}

/* Whether an operand that sums over the rows would be read by rows. All of it belongs to
 * the result, also what lies past the rows of a step. */
static bool cuts_sum(const rn__row_body *b, const rn__node *node, const rn__row_use *use)
{
    for (int i = 0; i < node->inputs; i++)
        if (b->axis[node->in[i]] == RN__ROWS_SUMMED && use->under[i] >= 0) return true;
    return false;
}

static rn__row_use use_of_map(const rn__row_body *b, const rn__node *node)
{
    rn__row_use use = use_of(RN__ROWS_NONE);

    for (int i = 0; i < node->inputs; i++) {
        const int32_t in = node->in[i];
        if (b->axis[in] < 0) continue;
        const int axis = b->axis[in] + node->shape.rank - node_at(b, in)->shape.rank;
        if (use.axis >= 0 && use.axis != axis) return use_of(RN__ROWS_MIXED);
        use.axis = axis;
    }
    for (int i = 0; i < use.axis; i++)
        if (node->shape.size[i] != 1) return use_of(RN__ROWS_MIXED);
    for (int i = 0; i < node->inputs; i++)
        use.under[i] = (signed char)under(node_at(b, node->in[i]), node->shape, use.axis);
    return use.axis >= 0 && cuts_sum(b, node, &use) ? use_of(RN__ROWS_MIXED) : use;
}

/* Whether an operand stays dense when it is cut along an axis, or need not be. */
static bool cuttable(const rn__node *node, const rn__node *in, int axis)
{
    for (int i = 0; i < axis; i++)
        if (in->shape.size[i] != 1) return (node->op->flags & RN_OP_STRIDED) != 0;
    return true;
}

/* How a kernel divides its output along an axis. */
static rn__row_use divided(const rn__row_body *b, const rn__node *node, int axis)
{
    rn_array array[RN__ROWS_INPUTS + 1];
    int cut[RN__ROWS_INPUTS];
    rn__row_use use = use_of(axis);

    for (int i = 0; i < node->inputs; i++) {
        const rn__node *in = node_at(b, node->in[i]);
        array[i] = array_of(in->type, in->shape);
    }
    array[node->inputs] = array_of(node->type, node->shape);
    const rn_call call = {.in = array,
                          .out = array + node->inputs,
                          .attributes = node->attributes,
                          .inputs = node->inputs};
    if (node->shape.size[axis] != b->rows || !rn__op_divides(node->op, &call, axis, cut))
        return use_of(RN__ROWS_MIXED);
    for (int i = 0; i < node->inputs; i++) {
        const rn__node *in = node_at(b, node->in[i]);
        use.under[i] = (signed char)cut[i];
        if (cut[i] >= 0 &&
            (in->shape.size[cut[i]] != b->rows || !cuttable(node, in, cut[i])))
            return use_of(RN__ROWS_MIXED);
    }
    return use;
}

static bool agrees(const rn__row_body *b, const rn__node *node, const rn__row_use *use)
{
    if (use->axis < 0) return false;
    for (int i = 0; i < node->inputs; i++)
        if (b->axis[node->in[i]] >= 0 && b->axis[node->in[i]] != use->under[i])
            return false;
    return !cuts_sum(b, node, use);
}

/* ---- sums over the rows ---- */

/* Whether the result keeps its shape when there is one row more. */
static bool keeps_shape(const rn__row_body *b, const rn__node *node, const rn__row_use *use)
{
    rn_type type[RN__ROWS_INPUTS];
    rn_shape shape[RN__ROWS_INPUTS];

    for (int i = 0; i < node->inputs; i++) {
        const rn__node *in = node_at(b, node->in[i]);
        type[i] = in->type;
        shape[i] = in->shape;
        if (use->under[i] >= 0) shape[i].size[use->under[i]]++;
    }
    rn_typing t = {.inputs = node->inputs,
                   .in_type = type,
                   .in_shape = shape,
                   .attributes = node->attributes};
    return !rn__op_type(node->op, &t) && rn_shape_equal(t.shape, node->shape);
}

/* Of a product of two operands, of which one may not be known to have rows. */
static rn__row_use use_of_sum(const rn__row_body *b, const rn__node *node)
{
    const rn_op_kind kind = rn__op_kind(node->op);
    rn__row_use use = use_of(RN__ROWS_NONE);
    int unknown = -1;

    if (kind != RN_KIND_PRODUCT &&
        !(kind == RN_KIND_REDUCTION && (node->op->flags & RN_OP_ADDITIVE)))
        return use_of(RN__ROWS_MIXED);
    for (int i = 0; i < node->inputs; i++) {
        use.under[i] = b->axis[node->in[i]];
        if (use.under[i] < 0) unknown = i;
    }
    use.sum = keeps_shape(b, node, &use);
    const int rank = unknown < 0 ? 0 : node_at(b, node->in[unknown])->shape.rank;
    for (int a = 0; a < rank && !use.sum; a++) {
        if (node_at(b, node->in[unknown])->shape.size[a] != b->rows) continue;
        use.under[unknown] = (signed char)a;
        use.sum = keeps_shape(b, node, &use);
    }
    for (int i = 0; i < node->inputs && use.sum; i++)
        if (use.under[i] >= 0)
            use.sum = cuttable(node, node_at(b, node->in[i]), use.under[i]);
    return use.sum ? use : use_of(RN__ROWS_MIXED);
}

/* ---- all ---- */

static bool has_rows(const rn__row_body *b, const rn__node *node)
{
    for (int i = 0; i < node->inputs; i++)
        if (b->axis[node->in[i]] >= 0) return true;
    return false;
}

/* The axes of the output along which a range is dense. */
static rn__row_use use_of_kernel(const rn__row_body *b, const rn__node *node)
{
    for (int k = 0; k < node->shape.rank; k++) {
        const rn__row_use use = divided(b, node, k);
        if (agrees(b, node, &use)) return use;
        if (node->shape.size[k] != 1) break;
    }
    return b->sums ? use_of_sum(b, node) : use_of(RN__ROWS_MIXED);
}

rn__row_use rn__row_use_of(const rn__row_body *b, int32_t id)
{
    const rn__node *node = node_at(b, id);

    if (!has_rows(b, node)) return use_of(RN__ROWS_NONE);
    if (node->inputs > RN__ROWS_INPUTS || node->op == &rn__op_loop ||
        node->op == &rn__op_get || (node->op->flags & RN_OP_IMPURE) ||
        node->op->kind == RN_KIND_RANDOM)
        return use_of(RN__ROWS_MIXED);
    if (node->op->view) return use_of_view(b, node);
    if (rn__is_elementwise(node->op)) return use_of_map(b, node);
    return use_of_kernel(b, node);
}

rn__row_use rn__row_need(const rn__row_body *b, int32_t id, int axis)
{
    const rn__node *node = node_at(b, id);
    rn__row_use use = use_of(RN__ROWS_MIXED);

    if (node->inputs == 0 || node->inputs > RN__ROWS_INPUTS) return use;
    if (node->op->view) {
        const rn__node *in = node_at(b, node->in[0]);
        for (int a = 0; a < in->shape.rank && use.axis < 0; a++) {
            if (!rn__row_view(node, in, a, axis)) continue;
            use.axis = axis;
            use.under[0] = (signed char)a;
        }
        return use;
    }
    if (!rn__is_elementwise(node->op)) return divided(b, node, axis);
    use.axis = axis;
    for (int i = 0; i < node->inputs; i++)
        use.under[i] = (signed char)under(node_at(b, node->in[i]), node->shape, axis);
    return use;
}

int rn__row_axis(const rn__row_body *b, int32_t id)
{
    const rn__node *node = node_at(b, id);
    const rn__row_use use = rn__row_use_of(b, id);
    bool summed = use.sum;

    if (use.axis >= 0 || use.axis == RN__ROWS_MIXED) return use.axis;
    for (int i = 0; i < node->inputs; i++)
        summed = summed || b->axis[node->in[i]] == RN__ROWS_SUMMED;
    return summed ? RN__ROWS_SUMMED : RN__ROWS_NONE;
}

bool rn__row_axes(rn__row_body *b, const rn_loop *loop, rn__arena *arena)
{
    const rn_graph *g = loop->body;

    *b = (rn__row_body){.graph = g,
                        .rows = rn__at(loop->outer, loop->row_steps)->shape.size[0],
                        .sums = loop->row_sums};
    b->axis = (signed char *)rn__arena_new(arena, (size_t)g->count);
    if (!b->axis) return false;
    memset(b->axis, RN__ROWS_NONE, (size_t)g->count);
    for (int i = 0; i < loop->carry.count; i++) {
        const rn__carry *c = rn__list_at(loop->carry, rn__carry, i);
        if (c->rows) b->axis[c->leaf] = 0;
    }
    for (int i = 0; i < loop->each.count; i++) {
        const rn__pair *p = rn__list_at(loop->each, rn__pair, i);
        if (p->slots) b->axis[p->leaf] = 0;
    }
    for (int32_t id = 0; id < g->count; id++)
        if (rn__at(g, id)->inputs > 0) {
            const int axis = rn__row_axis(b, id);
            b->axis[id] = (signed char)(axis == RN__ROWS_MIXED ? RN__ROWS_NONE : axis);
        }
    return true;
}
