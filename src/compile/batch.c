/* SPDX-License-Identifier: MIT */
/* Applies operators to all steps at once, by the batch rules of their records. */
#include "compile/batch.h"

#include <string.h>

#include "ops/op.h"

bool rn__batch_known(const rn__node *node)
{
    const rn_op *op = node->op;

    if (node->inputs == 0 || node->inputs > RN__BATCH_INPUTS) return false;
    if (node->shape.rank == RN_RANK_MAX || (op->flags & RN_OP_IMPURE)) return false;
    return op->batch || rn__op_kind(op) == RN_KIND_ELEMENTWISE;
}

static rn_batching batching_of(const rn_graph *body, const rn__node *node, int64_t steps,
                               rn_shape *in_shape)
{
    for (int i = 0; i < node->inputs; i++) in_shape[i] = rn__at(body, node->in[i])->shape;
    return (rn_batching){.steps = steps,
                         .op = node->op,
                         .inputs = node->inputs,
                         .in_shape = in_shape,
                         .shape = node->shape,
                         .attributes = node->attributes,
                         .attribute_size = node->attribute_size};
}

/* A rule may be a user's: its result must be of this graph, have the shape, and be the
 * operator's node, which a limit on the steps can be put on. `rule` is "batch" or "sum". */
static rn_tensor checked(rn_graph *to, const rn_op *op, const char *rule, rn_tensor y,
                         rn_shape want)
{
    const bool or_view = strcmp(rule, "batch") == 0;
    char have[160], text[160];

    if (to->root->failed) return rn_null();
    if (rn_is_null(y))
        return rn_fail(to, "%s: its %s rule returns nothing", op->name, rule);
    if (!rn__exists(y) || y.graph->root != to->root)
        return rn_fail(to, "%s: its %s rule returns no tensor of this graph", op->name,
                       rule);
    if (!rn_shape_equal(rn_shape_get(y), want))
        return rn_fail(to, "%s: its %s rule returns %s, not %s", op->name, rule,
                       rn__shape_text(rn_shape_get(y), have, sizeof have),
                       rn__shape_text(want, text, sizeof text));
    const rn_op *given = rn__node_of(y)->op;
    if (given == op || (or_view && rn__op_kind(given) == RN_KIND_VIEW)) return y;
    if (or_view && rn__op_kind(op) == RN_KIND_VIEW) return y; /* a view of an operand */
    return rn_fail(to, "%s: its %s rule returns a node of %s, not its own", op->name, rule,
                   given->name);
}

rn_tensor rn__batch(rn_graph *to, const rn_graph *body, const rn__node *node,
                    const rn__batched *in, int64_t steps)
{
    rn_tensor x[RN__BATCH_INPUTS];
    rn_shape in_shape[RN__BATCH_INPUTS];
    bool stacked[RN__BATCH_INPUTS];
    rn_batching b = batching_of(body, node, steps, in_shape);

    for (int i = 0; i < node->inputs; i++) {
        x[i] = in[i].x;
        stacked[i] = in[i].stacked;
    }
    b.x = x;
    b.stacked = stacked;
    const rn_tensor y = node->op->batch ? node->op->batch(&b) : rn_batch_leading(&b);
    return checked(to, node->op, "batch", y, rn__stack_shape(steps, node->shape));
}

/* ---- sums over the steps ---- */

bool rn__batch_sums(const rn_graph *body, const rn__node *node)
{
    rn_shape in_shape[RN__BATCH_INPUTS];

    if (!node->op->sum_of_steps || node->inputs == 0 || node->inputs > RN__BATCH_INPUTS)
        return false;
    const rn_batching b = batching_of(body, node, 0, in_shape);
    return node->op->sum_of_steps(&b, NULL);
}

/* An operand as a stack. */
static rn_tensor stack_of(rn__batched x, int64_t steps)
{
    return x.stacked ? x.x : rn_broadcast(x.x, rn__stack_shape(steps, rn_shape_get(x.x)));
}

rn_tensor rn__batch_sum(rn_graph *to, const rn_graph *body, const rn__node *node,
                        const rn__batched *in, int64_t steps)
{
    rn_tensor x[RN__BATCH_INPUTS], sum = rn_null();
    rn_shape in_shape[RN__BATCH_INPUTS];
    bool stacked[RN__BATCH_INPUTS];
    rn_batching b = batching_of(body, node, steps, in_shape);

    for (int i = 0; i < node->inputs; i++) {
        x[i] = stack_of(in[i], steps);
        stacked[i] = true;
    }
    b.x = x;
    b.stacked = stacked;
    node->op->sum_of_steps(&b, &sum);
    return checked(to, node->op, "sum", sum, node->shape);
}
