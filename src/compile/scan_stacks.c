/* SPDX-License-Identifier: MIT */
/* Scans: the values of nodes in all steps at once, and a and b of those that are a c + b.
 */
#include <string.h>

#include "compile/scan.h"
#include "ops/op.h"
#include "rondo/ops.h"

static const rn__node *node_at(const rn__scan *s, int32_t id)
{
    return rn__at(s->b.old->body, id);
}

/* ---- operators on the values of all steps ---- */

/* A stack [T, shape] with as many axes as one of this rank in a step. */
static rn_tensor aligned(rn_tensor x, int rank)
{
    const rn_shape of_x = rn_shape_get(x);
    rn_shape shape = {.rank = rank + 1};

    if (of_x.rank == shape.rank) return x;
    for (int i = 0; i <= rank; i++) {
        const int k = i - (shape.rank - of_x.rank);
        shape.size[i] = i == 0 ? of_x.size[0] : k > 0 ? of_x.size[k] : 1;
    }
    return rn_reshape(x, shape);
}

/* Limits what was computed to the packed rows of a ragged loop. */
static rn_tensor limited(const rn__scan *s, rn_tensor y, int32_t before, uint32_t operands)
{
    if (!s->b.h.ragged || rn_is_null(y) || y.id < before) return y;
    return rn__hoist_limit_rows(&s->b.h, s->b.to, y, operands, false);
}

/* An element-wise operator of the body on values of its operands. */
static rn__batched apply(const rn__scan *s, const rn__node *node, const rn__batched *in)
{
    rn_tensor x[RN__BATCH_INPUTS];
    uint32_t operands = 1u << node->inputs;

    for (int i = 0; i < node->inputs; i++) {
        x[i] = in[i].stacked ? aligned(in[i].x, node->shape.rank) : in[i].x;
        if (in[i].stacked) operands |= 1u << i;
    }
    const bool stacked = operands != 1u << node->inputs;
    if (stacked) x[0] = rn__adopt(s->b.to, x[0], "scan");
    const int32_t before = s->b.to->count;
    rn_tensor y =
        rn_apply(node->op, x, node->inputs, node->attributes, node->attribute_size);
    if (stacked) y = limited(s, y, before, operands);
    return (rn__batched){y, stacked};
}

/* Constants belong to the outermost graph. */
rn__batched rn__scan_scalar(const rn__scan *s, rn_type type, double value)
{
    return (rn__batched){rn__scalar(s->b.to->root, "scan", type, value, ""), false};
}

/* ---- stacks ---- */

/* A value repeated to a stack of this shape in a step. */
rn_tensor rn__scan_whole(const rn__scan *s, rn__batched x, rn_shape shape)
{
    if (x.stacked) x.x = aligned(x.x, shape.rank);
    return rn_broadcast(rn__adopt(s->b.to, x.x, "scan"),
                        rn__stack_shape(s->b.old->steps, shape));
}

/* The operator on the stacks of its operands; a concatenation along the next axis. */
static rn_tensor batch(const rn__scan *s, const rn__node *node, const rn__batched *in)
{
    const int axis = rn__node_joins(s->b.old->body, node);
    rn_tensor x[RN__BATCH_INPUTS];

    if (axis < 0) return rn__batch(s->b.to, s->b.old->body, node, in, s->b.old->steps);
    for (int i = 0; i < node->inputs; i++)
        x[i] = rn__scan_whole(s, in[i], node_at(s, node->in[i])->shape);
    return rn_concat(x, node->inputs, axis + 1);
}

static bool make_stack(rn__scan *s, int32_t id)
{
    const rn__node *node = node_at(s, id);
    rn__batched in[RN__BATCH_INPUTS];
    uint32_t operands = 1u << node->inputs;

    for (int i = 0; i < node->inputs; i++) {
        in[i] = rn__hoist_operand(&s->b, node->in[i]);
        if (rn_is_null(in[i].x)) return false;
        if (in[i].stacked) operands |= 1u << i;
        in[i].x = rn__adopt(s->b.to, in[i].x, "scan");
    }
    const int32_t before = s->b.to->count;
    rn_tensor y = batch(s, node, in);
    if (rn__hoist_has_rows(&s->b.h, id)) y = limited(s, y, before, operands);
    s->b.body->stack[id] = y;
    return !rn_is_null(y);
}

/* ---- ranges of element-wise nodes ---- */

/* Whether a node is a range of its operand along each axis. */
static bool is_range(const rn__scan *s, const rn__node *node)
{
    int64_t offset, dense[RN_RANK_MAX];
    rn_array in, out;

    if (!node->op->view || node->inputs != 1) return false;
    const rn__node *of = node_at(s, node->in[0]);
    if (of->shape.rank != node->shape.rank || rn_shape_count(of->shape) == 0 ||
        !rn__view_of_dense(node, of->type, of->shape, &in, &out, &offset))
        return false;
    rn__layout_dense(of->shape, dense);
    return memcmp(out.stride, dense, (size_t)of->shape.rank * sizeof *dense) == 0;
}

/* Counts the elements of each node that ranges read; -1 where something else reads it. */
void rn__scan_find_ranges(rn__scan *s)
{
    const rn_loop *old = s->b.old;

    for (int32_t id = 0; id < old->body->count; id++) {
        const rn__node *node = node_at(s, id);
        const bool range = s->b.body->live[id] && is_range(s, node);
        for (int i = 0; i < node->inputs && s->b.body->live[id]; i++)
            if (!range)
                s->shown[node->in[i]] = -1;
            else if (s->shown[node->in[i]] >= 0)
                s->shown[node->in[i]] += rn_shape_count(node->shape);
    }
    for (int i = 0; i < old->output.count; i++) {
        const int32_t output = *rn__list_at(old->output, int32_t, i);
        s->shown[((const rn__get *)rn__at(old->outer, output)->attributes)->id] = -1;
    }
    for (int i = 0; i < old->carry.count; i++)
        s->shown[rn__list_at(old->carry, rn__carry, i)->next] = -1;
}

/* Whether node id is computed from ranges of the operands of what it is a range of: then
 * that becomes a part of the chain that reads it, as a bias does that is added to a product
 * of all gates. Nothing is computed twice. */
static bool divides(const rn__scan *s, int32_t id)
{
    const int32_t of = node_at(s, id)->in[0];
    const rn__node *node = node_at(s, of);

    return s->shown[of] > 0 && s->shown[of] <= rn_shape_count(node->shape) &&
           is_range(s, node_at(s, id)) && rn_is_null(s->b.body->stack[of]) &&
           rn__is_elementwise(node->op) && node->inputs > 0 && !s->b.h.ragged;
}

static bool make_range(rn__scan *s, int32_t id)
{
    const rn__node *node = node_at(s, id), *of = node_at(s, node->in[0]);
    rn_tensor x[RN__BATCH_INPUTS];

    for (int i = 0; i < of->inputs; i++) {
        const rn__batched in = rn__hoist_operand(&s->b, of->in[i]);
        const rn__batched whole = {rn__scan_whole(s, in, of->shape), true};
        if (rn_is_null(whole.x)) return false;
        x[i] = rn__batch(s->b.to, s->b.old->body, node, &whole, s->b.old->steps);
    }
    s->b.body->stack[id] =
        rn_apply(of->op, x, of->inputs, of->attributes, of->attribute_size);
    return !rn_is_null(s->b.body->stack[id]);
}

/* Makes the stacks that are wanted, and those that these need. */
bool rn__scan_make_stacks(rn__scan *s)
{
    const int32_t n = s->b.old->body->count;

    for (int32_t id = n - 1; id >= 0; id--) {
        if (!rn_is_null(s->b.body->stack[id]) || node_at(s, id)->inputs == 0)
            s->want[id] = false;
        if (!s->want[id]) continue;
        const rn__node *node = node_at(s, divides(s, id) ? node_at(s, id)->in[0] : id);
        for (int i = 0; i < node->inputs; i++) s->want[node->in[i]] = true;
    }
    for (int32_t id = 0; id < n; id++)
        if (s->want[id] && !(divides(s, id) ? make_range(s, id) : make_stack(s, id)))
            return false;
    memset(s->want, 0, (size_t)n);
    return true;
}

/* ---- a and b ---- */

/* Whether operand i of a node of the cone is of the form a c + b. */
static bool in_cone(const rn__scan *s, const rn__node *node, int i)
{
    return s->of[node->in[i]] >= 0;
}

/* Values of the operands: a or b of those in the cone, else the value, or what stands for
 * it. The factors of a carry that an operand does not depend on are 0. */
static bool operands_of(const rn__scan *s, const rn__node *node, const rn__batched *part,
                        int carry, const rn__batched *other, rn__batched *in)
{
    const rn__batched one = rn__scan_scalar(s, node->type, 1),
                      zero = rn__scan_scalar(s, node->type, -0.0);

    for (int i = 0; i < node->inputs; i++) {
        const int32_t of = node->in[i];
        const bool is_one = carry >= 0 && rn__scan_depends(s, of, carry);
        if (in_cone(s, node, i))
            in[i] = !rn_is_null(part[of].x) ? part[of] : is_one ? one : zero;
        else
            in[i] = other ? *other : rn__hoist_operand(&s->b, of);
        if (rn_is_null(in[i].x)) return false;
    }
    return true;
}

/* a or a' of a node, from those of its operands. */
static bool make_scale(rn__scan *s, int32_t id, int side)
{
    const rn__node *node = node_at(s, id);
    const bool adds = rn__is_elementwise(node->op) && (node->op->flags & RN_OP_ADDITIVE);
    const bool chooses = (node->op->flags & RN_OP_CHOOSES) != 0;
    const rn__batched zero = rn__scan_scalar(s, node->type, -0.0);
    const int carry = rn__scan_side_carry(s, id, side);
    rn__batched in[RN__BATCH_INPUTS];

    if (carry < 0) return true;
    if (!operands_of(s, node, s->scale[side], carry, adds ? &zero : NULL, in)) return false;
    for (int i = 1; i < node->inputs && chooses; i++)
        if (!in_cone(s, node, i)) in[i] = zero;
    s->scale[side][id] = apply(s, node, in);
    return !rn_is_null(s->scale[side][id].x);
}

/* a and b of a node, from those of its operands. */
static bool make_form(rn__scan *s, int32_t id)
{
    const rn__node *node = node_at(s, id);
    rn__batched in[RN__BATCH_INPUTS];

    s->scale[0][id].x = s->scale[1][id].x = s->shift[id].x = rn_null();
    if (node->inputs == 0) return true;
    for (int side = 0; side < 2 && (s->form[id] & RN__SCALED); side++)
        if (!make_scale(s, id, side)) return false;
    if (s->form[id] & RN__MOVED) {
        if (!operands_of(s, node, s->shift, -1, NULL, in)) return false;
        s->shift[id] = apply(s, node, in);
        if (rn_is_null(s->shift[id].x)) return false;
    }
    return true;
}

/* Marks what the carries that can be solved are made of. */
void rn__scan_find_cone(rn__scan *s)
{
    const rn_loop *old = s->b.old;

    memset(s->cone, 0, (size_t)old->body->count);
    for (int i = 0; i < old->carry.count; i++)
        if (rn__scan_solves(s, i)) {
            const int32_t next = rn__list_at(old->carry, rn__carry, i)->next;
            (s->of[next] >= 0 ? s->cone : s->want)[next] = true;
        }
    for (int32_t id = old->body->count - 1; id >= 0; id--)
        for (int i = 0; s->cone[id] && i < node_at(s, id)->inputs; i++) {
            const int32_t in = node_at(s, id)->in[i];
            (s->of[in] >= 0 ? s->cone : s->want)[in] = true;
        }
}

bool rn__scan_make_forms(rn__scan *s)
{
    for (int32_t id = 0; id < s->b.old->body->count; id++)
        if (s->cone[id] && rn__scan_has_form(s, s->of[id]) && !make_form(s, id))
            return false;
    return true;
}
