/* SPDX-License-Identifier: MIT */
/* Which mistakes a gradient rule can be made with, and which of them are none. */
#include "autodiff/mutant.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 64 };

void rn__mutant_log(const char *format, ...)
{
    const char *path = getenv("RONDO_MUTANT_LOG");
    FILE *file = path ? fopen(path, "a") : NULL;
    va_list arguments;

    if (!file) return;
    va_start(arguments, format);
    vfprintf(file, format, arguments);
    va_end(arguments);
    fclose(file);
}

/* Whether two nodes are the same operators of the same tensors, all the way up. */
static bool same(const rn_graph *g, int32_t a, int32_t b)
{
    if (a == b) return true;
    const rn__node *x = rn__at(g, a), *y = rn__at(g, b);
    if (x->op != y->op || x->inputs != y->inputs ||
        (x->inputs == 0 && x->attribute_size == 0) ||
        x->attribute_size != y->attribute_size || x->loop || y->loop ||
        !rn_shape_equal(x->shape, y->shape) || x->type != y->type ||
        (x->attribute_size && memcmp(x->attributes, y->attributes, x->attribute_size) != 0))
        return false;
    for (int i = 0; i < x->inputs; i++)
        if (!same(g, x->in[i], y->in[i])) return false;
    return true;
}

static bool same_all(const rn_pullback *p, const rn_tensor *dx, const rn_tensor *other)
{
    for (int i = 0; i < p->inputs; i++) {
        if (!p->wanted[i]) continue;
        if (rn_is_null(dx[i]) != rn_is_null(other[i])) return false;
        if (!rn_is_null(dx[i]) && !same(p->dy.graph, dx[i].id, other[i].id)) return false;
    }
    return true;
}

static void log_mistake(const rn__mistake *m, bool changes)
{
    rn__mutant_log("%s%s", changes ? "" : "= ", m->what);
    if (m->nth >= 0) rn__mutant_log(":%s.%d", m->op, m->nth);
    if (m->a >= 0) rn__mutant_log(":%d", m->a);
    if (m->b >= 0) rn__mutant_log(":%d", m->b);
    rn__mutant_log("\n");
}

/* Calls the rule with the mistake and compares with what it gave without. */
static void attempt(const rn_op *op, const rn_pullback *right, rn__mistake m)
{
    rn_pullback p = *right;
    rn_tensor x[MANY], dx[MANY];

    memcpy(x, p.x, (size_t)p.inputs * sizeof *x);
    for (int i = 0; i < p.inputs; i++) dx[i] = rn_null();
    p.x = x;
    p.dx = dx;
    const bool before = rn__mutant_before(&m, &p, x);
    const int32_t first = p.dy.graph->count;
    op->gradient(&p);
    if (rn__mutant_after(&m, op, &p, first) || before)
        log_mistake(&m, !same_all(right, right->dx, dx));
}

static void attempt_input(const rn_op *op, const rn_pullback *p, const char *what, int a,
                          int b)
{
    rn__mistake m = {.nth = -1, .a = a, .b = b};

    snprintf(m.what, sizeof m.what, "%s", what);
    attempt(op, p, m);
}

/* The node by its operator, and by how many of that come before it. */
static void attempt_node(const rn_op *op, const rn_pullback *p, const char *what,
                         int32_t first, int32_t id, int a)
{
    const rn_graph *g = p->dy.graph;
    rn__mistake m = {.nth = 0, .a = a, .b = -1};

    snprintf(m.what, sizeof m.what, "%s", what);
    snprintf(m.op, sizeof m.op, "%s", rn__at(g, id)->op->name);
    for (int32_t i = first; i < id; i++) m.nth += rn__at(g, i)->op == rn__at(g, id)->op;
    attempt(op, p, m);
}

static void attempt_inputs(const rn_op *op, const rn_pullback *p)
{
    static const char *const each[] = {"sign",  "double",  "zero",
                                       "nudge", "y-for-x", "x-for-y"};

    attempt_input(op, p, "ones", -1, -1);
    for (int i = 0; i < p->inputs; i++) {
        for (size_t k = 0; k < sizeof each / sizeof *each; k++)
            attempt_input(op, p, each[k], i, -1);
        for (int j = i + 1; j < p->inputs; j++) {
            attempt_input(op, p, "operands", i, j);
            attempt_input(op, p, "swap", i, j);
        }
    }
}

/* Nodes that the rule made and that what it gave needs. */
static void attempt_nodes(const rn_op *op, const rn_pullback *p, int32_t first,
                          int32_t last)
{
    rn_graph *g = p->dy.graph;
    bool *needed = (bool *)calloc((size_t)(last + 1), 1);

    if (!needed) return;
    for (int i = 0; i < p->inputs; i++)
        if (p->wanted[i] && !rn_is_null(p->dx[i])) needed[p->dx[i].id] = true;
    for (int32_t id = last - 1; id >= first; id--) {
        const rn__node *node = rn__at(g, id);
        if (!needed[id]) continue;
        for (int i = 0; i < node->inputs; i++) {
            needed[node->in[i]] = true;
            if (rn__mutant_drop(g, id, i, false)) attempt_node(op, p, "drop", first, id, i);
        }
        if (rn__mutant_flip(g, id, false)) attempt_node(op, p, "flip", first, id, -1);
        if (rn__mutant_unsum(g, id, false)) attempt_node(op, p, "unsum", first, id, -1);
    }
    free(needed);
}

void rn__mutant_census(const rn_op *op, const rn_pullback *given)
{
    rn_pullback p = *given;
    rn_tensor dx[MANY];
    const int32_t first = p.dy.graph->count;

    for (int i = 0; i < p.inputs; i++) dx[i] = rn_null();
    p.dx = dx;
    op->gradient(&p);
    const int32_t last = p.dy.graph->count;
    attempt_inputs(op, &p);
    attempt_nodes(op, &p, first, last);
}
