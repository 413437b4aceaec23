/* SPDX-License-Identifier: MIT */
/*
 * Which loops with lengths can be ragged.
 *
 * It begins with the mask. What is selected by it, or meets it element by element, has
 * rows; so have step inputs and carries that such values are computed with. That is
 * repeated until no more are found.
 */
#include "compile/ragged.h"

#include <string.h>

/* Rounds until a loop is given up. */
enum { ROUNDS = 16 };

static const rn__node *node_at(const rn__ragged_body *b, int32_t id)
{
    return rn__at(b->rows.graph, id);
}

static bool carried_leaf(const rn__node *node)
{
    return node->op == &rn__op_each || node->op == &rn__op_carry;
}

bool rn__ragged_form(const rn_loop *loop)
{
    if (loop->row_steps < 0 || loop->limit < 0 || loop->steps < 1) return false;
    const int64_t B = rn__at(loop->outer, loop->row_steps)->shape.size[0];
    return B > 1 && loop->steps < INT32_MAX && loop->steps <= INT32_MAX / B;
}

/* ---- selections by the mask ---- */

static bool is_mask(const rn__ragged_body *b, int32_t id)
{
    while (node_at(b, id)->op->view) id = node_at(b, id)->in[0];
    return id == b->loop->row_mask;
}

bool rn__ragged_is_zero(const rn_graph *graph, int32_t id)
{
    for (;;) {
        const rn__node *node = rn__at(graph, id);
        if (node->op == &rn__op_scalar) return *(const double *)node->attributes == 0;
        if (node->op == &rn__op_capture) {
            id = rn__pair_of(&graph->loop->capture, id)->outer;
            graph = graph->parent;
        } else if (node->op->view) {
            id = node->in[0];
        } else {
            return false;
        }
    }
}

static bool selects(const rn__ragged_body *b, const rn__node *node)
{
    return (node->op->flags & RN_OP_CHOOSES) && is_mask(b, node->in[0]);
}

/* The axis of the mask in the result of a selection. A selected zero is the same for all
 * rows. */
static int axis_selected(const rn__ragged_body *b, const rn__node *node)
{
    const int32_t mask = node->in[0];

    if (rn__ragged_is_zero(b->rows.graph, node->in[1])) return RN__ROWS_NONE;
    return b->rows.axis[mask] + node->shape.rank - node_at(b, mask)->shape.rank;
}

/* ---- rounds ---- */

/* Axes from the leaves on; false if an operator mixes rows. */
static bool go_forward(const rn__ragged_body *b, const bool *live)
{
    for (int32_t id = 0; id < b->rows.graph->count; id++) {
        const rn__node *node = node_at(b, id);
        if (!live[id] || node->inputs == 0) continue;
        int axis = 0;
        if (id != b->loop->row_mask)
            axis = b->masked[id] ? axis_selected(b, node) : rn__row_axis(&b->rows, id);
        if (axis == RN__ROWS_MIXED) return false;
        b->rows.axis[id] = (signed char)axis;
        b->zero[id] = b->masked[id] && axis < 0;
        for (int i = 0; i < node->inputs && axis < 0; i++)
            b->zero[id] |= b->zero[node->in[i]];
    }
    return true;
}

/* Value id is used as if it had rows along an axis. A sum over rows is all needed. */
static bool need(const rn__ragged_body *b, int32_t id, int axis)
{
    if (axis >= 0 && b->rows.axis[id] == RN__ROWS_SUMMED) return false;
    if (axis < 0 || b->rows.axis[id] >= 0) return axis < 0 || b->rows.axis[id] == axis;
    if (b->need[id] >= 0 && b->need[id] != axis) return false;
    b->need[id] = (signed char)axis;
    return true;
}

static bool need_operands(const rn__ragged_body *b, int32_t id)
{
    const rn__node *node = node_at(b, id);
    rn__row_use use = rn__row_use_of(&b->rows, id);

    if (id == b->loop->row_mask) return true;
    if (b->masked[id]) {
        const int axis = b->rows.axis[id];
        const int of = axis - (node->shape.rank - node_at(b, node->in[1])->shape.rank);
        if (axis < 0 || of < 0 || node_at(b, node->in[1])->shape.size[of] == 1) return true;
        return need(b, node->in[1], of);
    }
    if (use.axis < 0 && !use.sum) {
        if (b->need[id] < 0 || !b->depends[id]) return true;
        use = rn__row_need(&b->rows, id, b->need[id]);
        if (use.axis == RN__ROWS_MIXED) return false;
    }
    for (int i = 0; i < node->inputs; i++)
        if (!need(b, node->in[i], use.under[i])) return false;
    return true;
}

/* Carries and their next values have rows together. A carry that a selected zero goes into
 * must not change where the mask does not select it. */
static bool need_carries(const rn__ragged_body *b, const rn__region *region, bool *more)
{
    for (int i = 0; i < b->loop->carry.count; i++) {
        const rn__carry *c = rn__list_at(b->loop->carry, rn__carry, i);
        if (!region->carried[i]) continue;
        signed char *leaf = &b->rows.axis[c->leaf];
        const signed char next = b->rows.axis[c->next];
        if (next > 0) return false;
        if (*leaf == 0 && !need(b, c->next, 0)) return false;
        if (*leaf < 0 && (next == 0 || b->zero[c->next])) *leaf = 0, *more = true;
    }
    return true;
}

/* Needs from the results back to the leaves, which have rows in the next round. */
static bool go_back(const rn__ragged_body *b, const rn__region *region, bool *more)
{
    memset(b->need, -1, (size_t)b->rows.graph->count);
    if (!need_carries(b, region, more)) return false;
    for (int32_t id = b->rows.graph->count - 1; id >= 0; id--) {
        const rn__node *node = node_at(b, id);
        if (!region->live[id]) continue;
        if (node->inputs > 0 && !need_operands(b, id)) return false;
        if (b->need[id] < 0 || !carried_leaf(node)) continue;
        if (b->need[id] > 0) return false;
        b->rows.axis[id] = 0;
        *more = true;
    }
    return true;
}

/* ---- the loop ---- */

static void find_forms(const rn__ragged_body *b, const bool *live)
{
    for (int32_t id = 0; id < b->rows.graph->count; id++) {
        const rn__node *node = node_at(b, id);
        if (!live[id]) continue;
        b->depends[id] = carried_leaf(node);
        b->masked[id] = node->inputs == 3 && selects(b, node);
        if (b->masked[id])
            b->depends[id] = b->depends[node->in[1]];
        else if (id != b->loop->row_mask)
            for (int i = 0; i < node->inputs; i++)
                b->depends[id] |= b->depends[node->in[i]];
    }
}

/* What is collected has its rows first, and a value that is used as if it had rows can be
 * put in their order. */
static bool fits(const rn__ragged_body *b, const rn__region *outer, const bool *live)
{
    bool any = false;

    for (int i = 0; i < b->loop->output.count; i++) {
        const int32_t id = *rn__list_at(b->loop->output, int32_t, i);
        const rn__get *get = (const rn__get *)rn__at(b->loop->outer, id)->attributes;
        if (outer->live[id] && get->kind == RN__COLLECT && b->rows.axis[get->id] > 0)
            return false;
    }
    for (int32_t id = 0; id < b->rows.graph->count; id++) {
        if (!live[id]) continue;
        any |= b->rows.axis[id] >= 0;
        if (b->need[id] > 0 && b->rows.axis[id] < 0) return false;
    }
    return any;
}

bool rn__ragged_find(rn__ragged_body *b, const rn__region *outer, const rn__region *region,
                     rn__arena *arena, bool *no_memory)
{
    const rn_loop *loop = region->graph->loop;
    const size_t n = (size_t)region->graph->count;
    bool more = true;

    *b = (rn__ragged_body){.loop = loop};
    b->need = (signed char *)rn__arena_new(arena, n);
    b->masked = (bool *)rn__arena_new(arena, n);
    b->depends = (bool *)rn__arena_new(arena, n);
    b->zero = (bool *)rn__arena_new(arena, n);
    if (!b->zero || !b->need || !b->masked || !b->depends ||
        !rn__row_axes(&b->rows, loop, arena)) {
        *no_memory = true;
        return false;
    }
    find_forms(b, region->live);
    for (int round = 0; more; round++) {
        more = false;
        if (round == ROUNDS || !go_forward(b, region->live)) return false;
        if (!go_back(b, region, &more)) return false;
    }
    return fits(b, outer, region->live);
}
