/* SPDX-License-Identifier: MIT */
/* Loops in quad, step by step; the values of a body are those of the present step. */
#include "quad_node.h"

#include <string.h>

static void copy(quad *to, const quad *from, int64_t count)
{
    memcpy(to, from, (size_t)count * sizeof *to);
}

/* The next needed output of kind `kind` of a loop, after id i; -1: none. */
static int32_t next_get(const rn_test_quad *q, const rn_loop *loop, int32_t i)
{
    while (++i < q->count) {
        const rn_test_quad_value *v = &q->value[i];
        if (v->needed && v->node->op == &rn__op_get && v->node->loop == loop) return i;
    }
    return -1;
}

void rn_test_quad_loop_new(rn_test_quad *q, rn_test_quad_value *v)
{
    const rn_loop *loop = v->node->loop;
    int64_t carried = 0;

    v->body = rn_test_quad_graph_new(loop->body, q);
    for (int i = 0; i < loop->carry.count; i++)
        carried += v->body->value[rn__list_at(loop->carry, rn__carry, i)->leaf].count;
    v->body->next = (quad *)rn_test_quad_room(carried, sizeof(quad));
}

void rn_test_quad_loop_plan(rn_test_quad *q, rn_test_quad_value *v)
{
    const rn_loop *loop = v->node->loop;
    rn_test_quad *body = v->body;

    for (int32_t i = 0; i < body->count; i++) body->value[i].needed = false;
    for (int32_t i = next_get(q, loop, loop->node); i >= 0; i = next_get(q, loop, i))
        body->value[((const rn__get *)q->value[i].node->attributes)->id].needed = true;
    for (int i = 0; i < loop->carry.count; i++)
        body->value[rn__list_at(loop->carry, rn__carry, i)->next].needed = true;
    rn_test_quad_plan(body);
    v->version = 0; /* the needed outputs may differ from the last time */
}

/* ---- running ---- */

/* Values that are the same in all steps. */
static void begin(rn_test_quad *q, rn_test_quad *body, const rn_loop *loop)
{
    for (int i = 0; i < loop->capture.count; i++) {
        const rn__pair *p = rn__list_at(loop->capture, rn__pair, i);
        rn_test_quad_value *leaf = &body->value[p->leaf];
        if (leaf->version > q->value[p->outer].version) continue;
        copy(leaf->y, q->value[p->outer].y, leaf->count);
        rn_test_quad_touch(body, leaf);
    }
    for (int i = 0; i < loop->carry.count; i++) {
        const rn__carry *c = rn__list_at(loop->carry, rn__carry, i);
        rn_test_quad_value *leaf = &body->value[c->leaf];
        copy(leaf->y, q->value[c->initial].y, leaf->count);
        rn_test_quad_touch(body, leaf);
    }
}

static void read_step(rn_test_quad *q, rn_test_quad *body, const rn_loop *loop, int64_t t)
{
    for (int i = 0; i < loop->each.count; i++) {
        const rn__pair *p = rn__list_at(loop->each, rn__pair, i);
        rn_test_quad_value *leaf = &body->value[p->leaf];
        copy(leaf->y, q->value[p->outer].y + t * leaf->count, leaf->count);
        rn_test_quad_touch(body, leaf);
    }
    if (loop->index < 0) return;
    body->value[loop->index].y[0] = (quad)t;
    rn_test_quad_touch(body, &body->value[loop->index]);
}

/* All are read before any is written: the next value of one carry may be another carry. */
static void carry_over(rn_test_quad *body, const rn_loop *loop)
{
    quad *next = body->next;

    for (int i = 0; i < loop->carry.count; i++) {
        const rn_test_quad_value *v =
            &body->value[rn__list_at(loop->carry, rn__carry, i)->next];
        copy(next, v->y, v->count);
        next += v->count;
    }
    next = body->next;
    for (int i = 0; i < loop->carry.count; i++) {
        rn_test_quad_value *v = &body->value[rn__list_at(loop->carry, rn__carry, i)->leaf];
        copy(v->y, next, v->count);
        next += v->count;
        rn_test_quad_touch(body, v);
    }
}

/* Stores the present values in slot `slot` of the outputs of a kind. */
static void give(rn_test_quad *q, const rn_test_quad *body, const rn_loop *loop,
                 rn__get_kind kind, int64_t slot)
{
    for (int32_t i = next_get(q, loop, loop->node); i >= 0; i = next_get(q, loop, i)) {
        rn_test_quad_value *v = &q->value[i];
        const rn__get *get = (const rn__get *)v->node->attributes;
        const rn_test_quad_value *from = &body->value[get->id];
        if (get->kind != (int64_t)kind) continue;
        copy(v->y + slot * from->count, from->y, from->count);
        rn_test_quad_touch(q, v);
    }
}

/* Steps past the limit collect 0 and hold the carries. */
static void skip(rn_test_quad *q, const rn_test_quad *body, const rn_loop *loop, int64_t t)
{
    for (int32_t i = next_get(q, loop, loop->node); i >= 0; i = next_get(q, loop, i)) {
        rn_test_quad_value *v = &q->value[i];
        const rn__get *get = (const rn__get *)v->node->attributes;
        const int64_t count = body->value[get->id].count;
        for (int64_t k = 0; get->kind == RN__COLLECT && k < count; k++)
            v->y[t * count + k] = 0;
        if (get->kind == RN__COLLECT) rn_test_quad_touch(q, v);
    }
    give(q, body, loop, RN__HISTORY, loop->reverse ? t : t + 1);
}

void rn_test_quad_loop_run(rn_test_quad *q, rn_test_quad_value *v)
{
    const rn_loop *loop = v->node->loop;
    rn_test_quad *body = v->body;
    const int64_t limit =
        loop->limit < 0 ? loop->steps : (int64_t)q->value[loop->limit].y[0];

    begin(q, body, loop);
    give(q, body, loop, RN__HISTORY, loop->reverse ? loop->steps : 0);
    for (int64_t k = 0; k < loop->steps; k++) {
        const int64_t t = loop->reverse ? loop->steps - 1 - k : k;
        if (t >= limit) {
            skip(q, body, loop, t);
            continue;
        }
        read_step(q, body, loop, t);
        rn_test_quad_advance(body);
        give(q, body, loop, RN__COLLECT, t);
        carry_over(body, loop);
        give(q, body, loop, RN__HISTORY, loop->reverse ? t : t + 1);
    }
    give(q, body, loop, RN__FINAL, 0);
}
