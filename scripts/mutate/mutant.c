/* SPDX-License-Identifier: MIT */
/* Mistakes in what a gradient rule is given, in the nodes it makes and in what it gives. */
#include "autodiff/mutant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops/op.h"
#include "rondo/ops.h"

enum { MANY = 64 };

static const char *chosen(void)
{
    const char *text = getenv("RONDO_MUTANT");
    return text ? text : "";
}

bool rn__mutant(const char *name)
{
    return strcmp(chosen(), name) == 0;
}

/* The mistake that was chosen, if it is one of this operator. */
static bool mistake_of(const rn_op *op, rn__mistake *m)
{
    const char *text = chosen();
    const size_t n = strlen(op->name);

    *m = (rn__mistake){.nth = -1, .a = -1, .b = -1};
    if (strncmp(text, op->name, n) != 0 || text[n] != '/') return false;
    text += n + 1;
    if (sscanf(text, "%23[^:]:%23[^.:].%d:%d", m->what, m->op, &m->nth, &m->a) >= 3)
        return true;
    *m = (rn__mistake){.nth = -1, .a = -1, .b = -1};
    return sscanf(text, "%23[^:]:%d:%d", m->what, &m->a, &m->b) >= 1;
}

static bool is(const rn__mistake *m, const char *what)
{
    return strcmp(m->what, what) == 0;
}

static bool alike(rn_tensor x, rn_tensor y)
{
    return rn_type_get(x) == rn_type_get(y) &&
           rn_shape_equal(rn_shape_get(x), rn_shape_get(y));
}

/* ---- in what the rule is given ---- */

bool rn__mutant_before(const rn__mistake *m, rn_pullback *p, rn_tensor *x)
{
    const bool one = m->a >= 0 && m->a < p->inputs;

    if (is(m, "ones")) {
        p->dy = rn_fill_like(p->dy, 1);
        return true;
    }
    if (is(m, "operands") && one && m->b >= 0 && m->b < p->inputs &&
        alike(x[m->a], x[m->b])) {
        const rn_tensor other = x[m->a];
        x[m->a] = x[m->b];
        x[m->b] = other;
        return true;
    }
    if (is(m, "y-for-x") && one && alike(x[m->a], p->y)) {
        x[m->a] = p->y;
        return true;
    }
    if (is(m, "x-for-y") && one && alike(x[m->a], p->y)) {
        p->y = x[m->a];
        return true;
    }
    return false;
}

/* ---- in a node ---- */

/* A broadcast to the same shape is the operand itself. */
static void become(rn_graph *g, rn__node *node, int i)
{
    int64_t *attributes =
        (int64_t *)rn__arena_new(&g->root->arena, (RN_RANK_MAX + 1) * sizeof *attributes);

    if (!attributes) return;
    attributes[0] = node->shape.rank;
    for (int k = 0; k < node->shape.rank; k++) attributes[k + 1] = node->shape.size[k];
    node->op = &rn__op_broadcast;
    node->in[0] = node->in[i];
    node->inputs = 1;
    node->attributes = attributes;
    node->attribute_size = (RN_RANK_MAX + 1) * sizeof *attributes;
}

bool rn__mutant_drop(rn_graph *g, int32_t id, int i, bool really)
{
    rn__node *node = rn__at(g, id);
    rn_shape both;

    if (i < 0 || i >= node->inputs) return false;
    if (node->op == &rn__op_broadcast || node->op == &rn__op_reshape) return false;
    const rn__node *in = rn__at(g, node->in[i]);
    if (node->op == &rn__op_sum && rn_shape_count(in->shape) == rn_shape_count(node->shape))
        return false; /* a sum of one element */
    if (in->type != node->type || !rn_shape_broadcast(in->shape, node->shape, &both) ||
        !rn_shape_equal(both, node->shape))
        return false;
    if (really) become(g, node, i);
    return true;
}

static bool commutes(const rn_op *op)
{
    return op == &rn__op_add || op == &rn__op_mul || op == &rn__op_equal ||
           op == &rn__op_not_equal || op == &rn__op_logical_and ||
           op == &rn__op_logical_or || op == &rn__op_maximum || op == &rn__op_minimum;
}

bool rn__mutant_flip(rn_graph *g, int32_t id, bool really)
{
    rn__node *node = rn__at(g, id);
    const int i = node->op == &rn__op_where ? 1 : 0;

    if (node->inputs != i + 2 || commutes(node->op)) return false;
    int32_t *in = node->in + i;
    const rn__node *x = rn__at(g, in[0]), *y = rn__at(g, in[1]);
    if (in[0] == in[1] || x->type != y->type) return false;
    if (node->op->shape && node->type != RN_BOOL && !i &&
        !rn_shape_equal(x->shape, y->shape))
        return false;
    if (!really) return true;
    const int32_t other = in[0];
    in[0] = in[1];
    in[1] = other;
    return true;
}

bool rn__mutant_unsum(rn_graph *g, int32_t id, bool really)
{
    rn__node *node = rn__at(g, id);

    if (node->op != &rn__op_sum) return false;
    if (rn_shape_count(rn__at(g, node->in[0])->shape) <= rn_shape_count(node->shape) ||
        rn_shape_count(node->shape) == 0)
        return false;
    if (really) node->op = &rn__op_max;
    return true;
}

/* ---- in what the rule gives ---- */

static bool scaled(const rn__mistake *m, rn_pullback *p)
{
    static const struct {
        const char *what;
        double factor;
    } factors[] = {{"sign", -1}, {"double", 2}, {"zero", 0}, {"nudge", 1 + 1e-6}};
    const bool given =
        m->a >= 0 && m->a < p->inputs && p->wanted[m->a] && !rn_is_null(p->dx[m->a]);

    for (int i = 0; given && i < 4; i++)
        if (is(m, factors[i].what)) {
            p->dx[m->a] = rn_scale(p->dx[m->a], factors[i].factor);
            return true;
        }
    return false;
}

static bool swapped(const rn__mistake *m, const rn_op *op, rn_pullback *p)
{
    if (!is(m, "swap") || m->a < 0 || m->b < 0 || m->a >= p->inputs || m->b >= p->inputs)
        return false;
    rn_tensor *a = &p->dx[m->a], *b = &p->dx[m->b];
    if (rn_is_null(*a) || rn_is_null(*b) || !p->wanted[m->a] || !p->wanted[m->b])
        return false;
    if (!alike(*a, *b) || (op->shape && !alike(p->x[m->a], p->x[m->b]))) return false;
    const rn_tensor other = *a;
    *a = *b;
    *b = other;
    return true;
}

/* The nth node of this operator from `first` on, -1 if there is none. */
static int32_t find(const rn_graph *g, int32_t first, const rn__mistake *m)
{
    int nth = m->nth;

    for (int32_t id = first; id < g->count; id++)
        if (strcmp(rn__at(g, id)->op->name, m->op) == 0 && nth-- == 0) return id;
    return -1;
}

bool rn__mutant_after(const rn__mistake *m, const rn_op *op, rn_pullback *p, int32_t first)
{
    rn_graph *g = p->dy.graph;

    if (m->nth < 0) return scaled(m, p) || swapped(m, op, p);
    const int32_t id = find(g, first, m);
    if (id < 0) return false;
    if (is(m, "drop")) return rn__mutant_drop(g, id, m->a, true);
    if (is(m, "flip")) return rn__mutant_flip(g, id, true);
    if (is(m, "unsum")) return rn__mutant_unsum(g, id, true);
    return false;
}

/* ---- where the sweep calls ---- */

/* Nodes from here on were made by fitting what the rule gave. */
static _Thread_local int32_t fitted;

void rn__mutant_rule(const rn_op *op, rn_pullback *p)
{
    rn_graph *g = p->dy.graph;
    rn_tensor x[MANY];
    rn__mistake m;
    const bool wrong = mistake_of(op, &m) && p->inputs <= MANY;

    if (wrong && is(&m, "census")) rn__mutant_census(op, p);
    if (wrong) {
        memcpy(x, p->x, (size_t)p->inputs * sizeof *x);
        p->x = x;
        rn__mutant_before(&m, p, x);
    }
    const int32_t first = g->count;
    op->gradient(p);
    if (wrong) rn__mutant_after(&m, op, p, first);
    fitted = g->count;
}

bool rn__mutant_add(rn__sweep *s, const rn__node *node, int i, rn_tensor dx, rn__mask mask)
{
    rn_graph *g = s->primals->target;
    rn__mistake m;
    const bool again = s->cotangent[node->in[i]] >= 0;

    if (mistake_of(node->op, &m)) {
        for (int32_t id = fitted; id < g->count; id++) {
            if (is(&m, "unsummed")) rn__mutant_unsum(g, id, true);
            if (is(&m, "census") && rn__mutant_unsum(g, id, false))
                rn__mutant_log("unsummed\n");
        }
        if (is(&m, "overwrite")) s->cotangent[node->in[i]] = -1;
        if (is(&m, "census") && again) rn__mutant_log("overwrite\n");
    }
    const bool ok = rn__mask_add(s, node->in[i], dx, mask);
    fitted = g->count;
    return ok;
}
