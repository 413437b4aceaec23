/* SPDX-License-Identifier: MIT */
/* Cuts the steps of a ragged loop's body to the rows that an iteration has. */
#include "graph/loop.h"
#include "ops/ragged.h"
#include "plan/planner.h"

static const rn__layout *layout_of(rn__planner *p, const rn_loop *loop, rn__ragged kind)
{
    return rn__plan_layout(p, loop->outer, loop->ragged[kind]);
}

/* Sets the limit of a step: how many rows the loop's iteration has. */
static rn__operand *cut(rn__planner *p, const rn_graph *body, int32_t index)
{
    const rn_loop *loop = body->loop;
    rn__step *step = &p->plan->step[index];
    int depth = -1;

    for (const rn_graph *g = body; g->parent; g = g->parent) depth++;
    const rn__layout *n = layout_of(p, loop, RN__RAGGED_COUNTS);
    step->limit = n->address;
    step->limit.advance[depth] = n->stride[0] * (int64_t)sizeof(int32_t);
    step->limit_of = rn__at(loop->outer, loop->row_steps)->shape.size[0];
    return rn__step_operands(p->plan, step);
}

static void cut_operand(rn__operand *operand, int axis)
{
    operand->limit_rows = axis >= 0;
    operand->limit_axis = axis >= 0 ? axis : 0;
}

int rn__plan_row_axis(const rn__planner *p, const rn_graph *graph, int32_t id)
{
    const rn__row_body *rows = p->rows ? p->rows[graph->number] : NULL;

    return rows ? rows->axis[id] : RN__ROWS_NONE;
}

void rn__plan_rows(rn__planner *p, const rn_graph *body, int32_t id, int32_t index)
{
    const rn__row_body *rows = p->rows ? p->rows[body->number] : NULL;
    const rn__node *node = rn__at(body, id);

    if (!rows || node->limit.id >= 0) return;
    const rn__row_use use = rn__row_use_of(rows, id);
    if (use.axis < 0 && !use.sum) return;
    rn__operand *operand = cut(p, body, index);
    for (int i = 0; i < node->inputs; i++) cut_operand(&operand[i], use.under[i]);
    cut_operand(&operand[node->inputs], use.axis);
    if (!p->options.watch || use.axis != 0) return;
    rn__step *step = &p->plan->step[index];
    step->order = layout_of(p, body->loop, RN__RAGGED_ORDER)->address;
    step->rows = step->limit_of;
}

void rn__plan_rows_of_copy(rn__planner *p, const rn_graph *body, int32_t index)
{
    rn__operand *operand = cut(p, body, index);

    cut_operand(&operand[0], 0);
    cut_operand(&operand[1], 0);
}
