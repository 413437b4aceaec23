/* SPDX-License-Identifier: MIT */
/*
 * Scheduling a loop.
 *
 * A carry has one slot of its own. Where its history is read, the slot of step t is slot t
 * of the history (t + 1 of a reversed loop) and that of the next step the slot
 * after (before). What is collected from a step goes to its slice of the stack. All of it
 * is written as copies at the end of the body; elide.c makes most of them vanish.
 *
 * In a ragged loop what has rows is cut to those of the step (row_counts.c). A carry's
 * others keep their value; in a history, where they would be in another slot, each row's
 * end is moved to the last slot after the loop, or its beginning from there before a
 * reversed one.
 *
 * Where a limit may end the loop early, the slots that no step reached are filled: those of
 * a history with the value that is held, those of a stack with zeros.
 */
#include "plan/planner.h"

#include <string.h>

#include "graph/loop.h"
#include "ops/ragged.h"

typedef struct looping {
    rn__planner *planner;
    const rn_graph *outer, *body;
    const rn_loop *loop;
    const rn__region *in_outer, *in_body;
    int depth;              /* of the body */
    int32_t home;           /* of the loop itself */
    rn__layout *now, *next; /* by carry: where it is read and written */
    rn__layout *whole;      /* by carry: its slot, or its history */
    int32_t first, end;     /* buffers of the carries, one after the other */
    int32_t *carry_of;      /* by node: the carry that becomes it, from 1; 0: none */
    rn__row_body rows;      /* of a ragged loop */
} looping;

/* ---- what is asked of the loop ---- */

/* The live output of this kind, -1 if there is none. */
static int32_t output_of(const looping *l, rn__get_kind kind, int32_t id)
{
    const int32_t output = rn__loop_find_get(l->loop, kind, id);

    return output >= 0 && l->in_outer->live[output] ? output : -1;
}

static const rn__get *get_of(const looping *l, int32_t i)
{
    return (const rn__get *)rn__at(l->outer, i)->attributes;
}

/* A history is also the stack of what a carry becomes, when that is collected; with a limit
 * it is not, for its tail is another. */
static bool has_history(const looping *l, const rn__carry *c)
{
    return output_of(l, RN__HISTORY, c->leaf) >= 0 ||
           (l->loop->limit < 0 && output_of(l, RN__COLLECT, c->next) >= 0);
}

/* ---- carries ---- */

static rn__layout at_offset(rn__layout layout, size_t bytes)
{
    layout.address.offset += (int64_t)bytes;
    return layout;
}

static const rn__layout *limit_of(const looping *l)
{
    return rn__plan_layout(l->planner, l->outer, l->loop->limit);
}

/* Whether a node of the body has rows of a ragged loop. */
static bool has_rows(const looping *l, int32_t id)
{
    return l->rows.axis && l->rows.axis[id] == 0;
}

/* An array of a ragged loop. */
static const rn__layout *array_of(const looping *l, rn__ragged kind)
{
    return rn__plan_layout(l->planner, l->outer, l->loop->ragged[kind]);
}

/* Fills what no step reaches of carry i's history. */
static bool fill_history(const looping *l, int i, rn__tail_kind kind)
{
    const bool rows = rn__list_at(l->loop->carry, rn__carry, i)->rows;

    const rn__node *leaf = rn__at(l->body, rn__list_at(l->loop->carry, rn__carry, i)->leaf);
    rn__node stack = {.type = leaf->type, .shape = {.rank = leaf->shape.rank + 1}};
    rn__layout layout = l->whole[i];

    if (l->loop->limit < 0) return true;
    stack.shape.size[0] = l->loop->steps + 1;
    for (int k = 0; k < leaf->shape.rank; k++)
        stack.shape.size[k + 1] = leaf->shape.size[k];
    rn__layout_dense(stack.shape, layout.stride);
    if (rows) kind = kind == RN__TAIL_HELD ? RN__TAIL_ENDS : RN__TAIL_BEGINS;
    return rn__plan_tail(l->planner, kind,
                         rows ? array_of(l, RN__RAGGED_ENDS) : limit_of(l), &stack,
                         &layout);
}

/* Whether something reads the final value or the history of a carry past the limit. */
static bool reads_history(const looping *l, const rn__carry *c)
{
    const int32_t all = output_of(l, RN__HISTORY, c->leaf);

    if (c->rows) return has_history(l, c) && output_of(l, RN__FINAL, c->leaf) >= 0;
    return all >= 0 && (output_of(l, RN__FINAL, c->leaf) >= 0 ||
                        rn__plan_reads_tail(l->planner, l->outer, all, l->loop->limit));
}

/* After a loop with a limit. */
static bool fill_tails(const looping *l)
{
    if (l->loop->limit < 0) return true;
    for (int i = 0; i < l->loop->carry.count; i++) {
        const rn__carry *c = rn__list_at(l->loop->carry, rn__carry, i);
        if (!l->in_body->carried[i] || l->loop->reverse || !reads_history(l, c)) continue;
        if (!fill_history(l, i, RN__TAIL_HELD)) return false;
    }
    for (int i = 0; i < l->loop->output.count; i++) {
        const int32_t o = *rn__list_at(l->loop->output, int32_t, i);
        if (!l->in_outer->live[o] || get_of(l, o)->kind != RN__COLLECT) continue;
        if (has_rows(l, (int32_t)get_of(l, o)->id)) {
            if (!rn__plan_tail(l->planner, RN__TAIL_ROWS, array_of(l, RN__RAGGED_TOTAL),
                               rn__at(l->outer, o),
                               rn__plan_layout(l->planner, l->outer, o)))
                return false;
        } else if (rn__plan_reads_tail(l->planner, l->outer, o, l->loop->limit) &&
                   !rn__plan_tail(l->planner, RN__TAIL_ZERO, limit_of(l),
                                  rn__at(l->outer, o),
                                  rn__plan_layout(l->planner, l->outer, o)))
            return false;
    }
    return true;
}

/* Lays out carry i: where it is now and next, its end and its history outside. */
static bool lay_out_carry(looping *l, int i)
{
    const rn__carry *c = rn__list_at(l->loop->carry, rn__carry, i);
    const rn__node *node = rn__at(l->body, c->leaf);
    const size_t slot = rn__node_bytes(node);
    const bool history = has_history(l, c), back = l->loop->reverse;
    const size_t slots = history ? (size_t)l->loop->steps + 1 : 1;
    rn__layout whole = {0};
    size_t bytes;

    if (!rn__multiply(slots, slot, &bytes)) bytes = SIZE_MAX;
    rn__layout_dense(node->shape, whole.stride);
    whole.address.buffer = rn__plan_buffer(l->planner, bytes);
    if (whole.address.buffer < 0) return false;

    rn__layout step = whole;
    if (history) step.address.advance[l->depth] = (int64_t)slot;
    l->now[i] = history && back ? at_offset(step, slot) : step;
    l->next[i] = history && !back ? at_offset(step, slot) : step;
    *rn__plan_layout(l->planner, l->body, c->leaf) = l->now[i];

    const rn__layout first = history && back ? at_offset(whole, (slots - 1) * slot) : whole;
    const rn__layout last = history && !back ? at_offset(whole, (slots - 1) * slot) : whole;
    const int32_t final = output_of(l, RN__FINAL, c->leaf),
                  all = output_of(l, RN__HISTORY, c->leaf);
    if (final >= 0) *rn__plan_layout(l->planner, l->outer, final) = last;
    if (all >= 0) {
        rn__layout *out = rn__plan_layout(l->planner, l->outer, all);
        *out = whole;
        rn__layout_dense(rn__at(l->outer, all)->shape, out->stride);
    }
    if (!rn__plan_copy(l->planner, node->type, node->shape,
                       rn__plan_layout(l->planner, l->outer, c->initial), &first))
        return false;
    l->whole[i] = whole;
    return !history || !back || fill_history(l, i, RN__TAIL_BEGIN);
}

/* ---- leaves ---- */

/* This step's slice is the sequence without its first axis, advancing by that axis's
 * stride. */
static void lay_out_each(looping *l, const rn__pair *pair)
{
    const rn__layout *from = rn__plan_layout(l->planner, l->outer, pair->outer);
    const rn__node *node = rn__at(l->body, pair->leaf);
    rn__layout *to = rn__plan_layout(l->planner, l->body, pair->leaf);

    *to = *from;
    for (int i = 0; i < node->shape.rank; i++) to->stride[i] = from->stride[i + 1];
    const int64_t size = (int64_t)rn_type_size(node->type);
    if (pair->slots == RN__SLOTS_PACKED)
        to->address.advance[RN_LOOP_DEPTH + l->depth] = from->stride[1] * size;
    else
        to->address.advance[l->depth] = from->stride[0] * size;
}

static void lay_out_leaves(looping *l)
{
    for (int i = 0; i < l->loop->each.count; i++) {
        const rn__pair *p = rn__list_at(l->loop->each, rn__pair, i);
        if (l->in_body->live[p->leaf]) lay_out_each(l, p);
    }
    for (int i = 0; i < l->loop->capture.count; i++) {
        const rn__pair *p = rn__list_at(l->loop->capture, rn__pair, i);
        if (l->in_body->live[p->leaf])
            *rn__plan_layout(l->planner, l->body, p->leaf) =
                *rn__plan_layout(l->planner, l->outer, p->outer);
    }
}

/* ---- the end of a step ---- */

/* Whether a layout is in the buffer of one of the loop's carries. */
static bool in_carry(const looping *l, const rn__layout *layout)
{
    return layout->address.buffer >= l->first && layout->address.buffer < l->end;
}

/* A copy in the body of a value of node's type and shape. */
static bool copy(const looping *l, bool rows, const rn__node *node, const rn__layout *from,
                 const rn__layout *to)
{
    rn__plan *plan = l->planner->plan;

    if (!rn__plan_copy(l->planner, node->type, node->shape, from, to)) return false;
    if (rows) rn__plan_rows_of_copy(l->planner, l->body, plan->steps - 1);
    return true;
}

static bool collect(looping *l, int32_t output)
{
    const rn__get *get = get_of(l, output);
    const rn__node *node = rn__at(l->outer, output);
    const rn__node *value = rn__at(l->body, (int32_t)get->id);
    rn__layout *out = rn__plan_layout(l->planner, l->outer, output);

    if (l->loop->limit < 0 && l->carry_of[get->id]) {
        *out = l->next[l->carry_of[get->id] - 1];
        out->address.advance[l->depth] = 0;
        rn__layout_dense(node->shape, out->stride);
        return true;
    }
    const int32_t inside = l->planner->home;
    l->planner->home = l->home;
    const bool made = rn__layout_new(l->planner, node, out);
    l->planner->home = inside;
    if (!made) return false;
    rn__layout slice = *out;
    const bool rows = has_rows(l, (int32_t)get->id);
    const int64_t bytes = (int64_t)rn__node_bytes(value);
    if (rows)
        slice.address.advance[RN_LOOP_DEPTH + l->depth] = bytes / value->shape.size[0];
    else
        slice.address.advance[l->depth] = bytes;
    rn__layout_dense(value->shape, slice.stride);
    return copy(l, rows, value, rn__plan_layout(l->planner, l->body, (int32_t)get->id),
                &slice);
}

/* Carries change together: one that becomes another's present value is set aside first. */
static bool end_step(looping *l)
{
    for (int i = 0; i < l->loop->output.count; i++) {
        const int32_t o = *rn__list_at(l->loop->output, int32_t, i);
        if (l->in_outer->live[o] && get_of(l, o)->kind == RN__COLLECT && !collect(l, o))
            return false;
    }
    rn__layout *value = (rn__layout *)rn__arena_new(
        &l->planner->live.arena, (size_t)l->loop->carry.count * sizeof *value);
    if (!value) {
        rn__no_memory(l->planner->graph);
        return false;
    }
    for (int i = 0; i < l->loop->carry.count; i++) {
        const rn__carry *c = rn__list_at(l->loop->carry, rn__carry, i);
        if (!l->in_body->carried[i]) continue;
        const rn__node *node = rn__at(l->body, c->next);
        value[i] = *rn__plan_layout(l->planner, l->body, c->next);
        if (!in_carry(l, &value[i])) continue;
        const rn__layout from = value[i];
        if (!rn__layout_new(l->planner, node, &value[i]) ||
            !copy(l, c->rows, node, &from, &value[i]))
            return false;
    }
    for (int i = 0; i < l->loop->carry.count; i++) {
        const rn__carry *c = rn__list_at(l->loop->carry, rn__carry, i);
        if (!l->in_body->carried[i]) continue;
        const rn__node *node = rn__at(l->body, c->next);
        if (!copy(l, c->rows, node, &value[i], &l->next[i])) return false;
    }
    return true;
}

/* ---- the whole ---- */

/* The loop's step; its operands are the limit, if there is one, and the index. */
static int32_t begin_body(looping *l)
{
    const bool limited = l->loop->limit >= 0;
    const bool ragged = l->rows.axis != NULL;
    const int inputs = limited + ragged;
    rn__operand operand[3] = {{.type = RN_I32}, {.type = RN_I32}, {.type = RN_I32}};
    rn__address index = {.buffer = -1};

    if (l->loop->index >= 0 && l->in_body->live[l->loop->index]) {
        rn__layout *layout = rn__plan_layout(l->planner, l->body, l->loop->index);
        if (!rn__layout_new(l->planner, rn__at(l->body, l->loop->index), layout)) return -1;
        index = layout->address;
    }
    if (limited) operand[0].at = limit_of(l)->address;
    if (ragged)
        operand[1] = rn__layout_operand(RN_I32, rn_shape_of(1, &l->loop->steps),
                                        array_of(l, RN__RAGGED_OFFSETS));
    operand[inputs].at = index;
    const int32_t step =
        rn__plan_step(l->planner, RN__STEP_LOOP, l->outer, l->loop->node, inputs, operand);
    if (step < 0) return -1;
    l->planner->plan->step[step].iterations = l->loop->steps;
    l->planner->plan->step[step].reverse = l->loop->reverse;
    l->planner->home = step;
    l->planner->depth++;
    return step;
}

static bool schedule(looping *l)
{
    l->first = l->planner->plan->buffers;
    for (int i = 0; i < l->loop->carry.count; i++)
        if (l->in_body->carried[i] && !lay_out_carry(l, i)) return false;
    l->end = l->planner->plan->buffers;
    for (int i = l->loop->carry.count - 1; i >= 0; i--)
        if (l->in_body->carried[i])
            l->carry_of[rn__list_at(l->loop->carry, rn__carry, i)->next] = i + 1;
    lay_out_leaves(l);
    const int32_t step = begin_body(l);
    if (step < 0 || !rn__schedule_graph(l->planner, l->body) || !end_step(l)) return false;
    l->planner->plan->step[step].end = l->planner->plan->steps;
    l->planner->home = l->home;
    l->planner->depth--;
    return fill_tails(l);
}

/* Which nodes of a ragged loop's body have rows. */
static bool find_rows(looping *l)
{
    rn__planner *p = l->planner;
    rn__arena *arena = &p->live.arena;
    const size_t graphs = (size_t)l->outer->root->body_count + 1;

    if (l->loop->ragged[0] < 0) return true;
    if (!p->rows) p->rows = (rn__row_body **)rn__arena_new(arena, graphs * sizeof *p->rows);
    rn__row_body *rows = (rn__row_body *)rn__arena_new(arena, sizeof *rows);
    if (!p->rows || !rows || !rn__row_axes(rows, l->loop, arena)) {
        rn__no_memory(p->graph);
        return false;
    }
    l->rows = *rows;
    p->rows[l->body->number] = rows;
    return true;
}

bool rn__schedule_loop(rn__planner *p, const rn_graph *outer, int32_t id)
{
    const rn_loop *loop = rn__at(outer, id)->loop;
    const size_t carries = (size_t)loop->carry.count;
    looping l = {.planner = p,
                 .outer = outer,
                 .body = loop->body,
                 .loop = loop,
                 .in_outer = rn__copy_region(&p->live, outer),
                 .in_body = rn__copy_region(&p->live, loop->body),
                 .depth = p->depth,
                 .home = p->home};

    l.now = (rn__layout *)rn__arena_new(&p->live.arena, carries * sizeof *l.now);
    l.next = (rn__layout *)rn__arena_new(&p->live.arena, carries * sizeof *l.next);
    l.whole = (rn__layout *)rn__arena_new(&p->live.arena, carries * sizeof *l.whole);
    l.carry_of = (int32_t *)rn__arena_new(&p->live.arena,
                                          (size_t)loop->body->count * sizeof *l.carry_of);
    /* Asked for here, while nothing points into the sheets that this may add to. */
    if (!l.now || !l.next || !l.whole || !l.carry_of ||
        !rn__plan_layout(p, loop->body, 0)) {
        rn__no_memory(p->graph);
        return false;
    }
    return find_rows(&l) && schedule(&l);
}
