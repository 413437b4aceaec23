/* SPDX-License-Identifier: MIT */
/*
 * The reverse sweep: from the last node to the first, each node's cotangent is given to its
 * operator's gradient rule, and what that returns is added to the cotangents of its inputs.
 */
#include "autodiff/sweep.h"

#include <stdio.h>
#include <string.h>

#include "autodiff/reach.h"
#include "rondo/grad.h"
#include "rondo/ops.h"

bool rn__sweep_init(rn__sweep *s, rn__primals *primals)
{
    const rn_allocator a = primals->source->root->allocator;

    *s = (rn__sweep){.primals = primals, .count = primals->source->count};
    s->needed = (bool *)rn__new(a, (size_t)s->count * sizeof *s->needed);
    s->cotangent = (int32_t *)rn__new(a, (size_t)s->count * sizeof *s->cotangent);
    s->mask = (rn__mask *)rn__new(a, (size_t)s->count * sizeof *s->mask);
    if (!s->needed || !s->cotangent || !s->mask) {
        rn__sweep_finish(s);
        rn__no_memory(primals->target);
        return false;
    }
    for (int32_t i = 0; i < s->count; i++) {
        s->cotangent[i] = -1;
        s->mask[i] = (rn__mask){-1, false, true};
    }
    return true;
}

void rn__sweep_finish(rn__sweep *s)
{
    const rn_allocator a = s->primals->source->root->allocator;

    rn__free(a, s->needed);
    rn__free(a, s->cotangent);
    rn__free(a, s->mask);
    s->mask = NULL;
    s->needed = NULL;
    s->cotangent = NULL;
}

void rn__sweep_need(rn__sweep *s)
{
    rn__need(s->primals->source, s->count, s->needed);
}

/* The cotangent, whether its mask is applied or not. */
static rn_tensor raw(const rn__sweep *s, int32_t id)
{
    return s->cotangent[id] < 0 ? rn_null()
                                : rn__tensor(s->primals->target, s->cotangent[id]);
}

rn_tensor rn__sweep_get(const rn__sweep *s, int32_t id)
{
    const rn_tensor dx = rn__mask_apply(raw(s, id), &s->mask[id]);

    if (!rn_is_null(dx)) s->cotangent[id] = dx.id;
    return dx;
}

bool rn__sweep_add(rn__sweep *s, int32_t id, rn_tensor dx)
{
    const rn_tensor old = raw(s, id);

    dx = rn__adopt(s->primals->target, dx, "gradient");
    if (!rn_is_null(old)) dx = rn_add(old, dx);
    if (rn_is_null(dx)) return false;
    s->cotangent[id] = dx.id;
    return true;
}

rn__fit rn__fit_of(const rn_op *op, rn_tensor dx, rn_tensor x, rn_tensor y)
{
    const rn_shape want = rn_shape_get(x), have = rn_shape_get(dx);
    rn_shape both;

    if (rn_type_get(dx) != rn_type_get(x)) return RN__MISFIT;
    if (rn_shape_equal(want, have)) return RN__FITS;
    if (!rn__is_elementwise(op)) return RN__MISFIT;
    return rn_shape_equal(have, rn_shape_get(y)) && rn_shape_broadcast(want, have, &both) &&
                   rn_shape_equal(both, have)
               ? RN__FITS_SUMMED
               : RN__MISFIT;
}

/* dx, which a rule returned for operand i, in the shape of x. */
static rn_tensor fit(const rn_op *op, int i, rn_tensor dx, rn_tensor x, rn_tensor y)
{
    const rn__fit how = rn__fit_of(op, dx, x, y);
    char from[128], to[160];

    if (how == RN__FITS) return dx;
    if (how == RN__FITS_SUMMED) return rn_sum_to(dx, rn_shape_get(x));
    return rn_fail(y.graph, "%s: its gradient rule returns %s %s for operand %d, %s %s",
                   op->name, rn_type_name(rn_type_get(dx)),
                   rn__shape_text(rn_shape_get(dx), from, sizeof from), i,
                   rn_type_name(rn_type_get(x)), rn__describe(x, to, sizeof to));
}

/* Calls the rule. Errors of the nodes that it builds are reported as the rule's. */
static bool call_rule(const rn_op *op, rn_pullback *p, rn_graph *target)
{
    char what[128];

    op->gradient(p);
    if (!target->root->failed) return true;
    snprintf(what, sizeof what, "%.100s: its gradient rule", op->name);
    rn__fail_within(target, what);
    return false;
}

/* Calls the rule with tensors of the target and adds what it returns. */
static bool pull(rn__sweep *s, int32_t id, rn_tensor *x, rn_tensor *dx, bool *wanted)
{
    const rn__node *node = rn__at(s->primals->source, id);
    rn_pullback p = {.inputs = node->inputs,
                     .x = x,
                     .y = rn__primal(s->primals, id),
                     .dy = rn__mask_passes(node) ? raw(s, id) : rn__sweep_get(s, id),
                     .wanted = wanted,
                     .dx = dx,
                     .attributes = node->attributes};

    if (rn_is_null(p.y)) return false;
    for (int i = 0; i < node->inputs; i++) {
        wanted[i] = s->needed[node->in[i]];
        dx[i] = rn_null();
        x[i] = rn__primal(s->primals, node->in[i]);
        if (rn_is_null(x[i])) return false;
    }
    if (!call_rule(node->op, &p, s->primals->target)) return false;
    for (int i = 0; i < node->inputs; i++) {
        if (!wanted[i] || rn_is_null(dx[i])) continue;
        dx[i] = rn__adopt(s->primals->target, dx[i], node->op->name);
        if (rn_is_null(dx[i])) return false;
        rn__mask mask = rn__mask_of_input(s, id, i, x[0], p.dy, dx[i]);
        if (!rn_shape_equal(rn_shape_get(dx[i]), rn_shape_get(x[i]))) {
            dx[i] = rn__mask_apply(dx[i], &mask);
            mask.condition = -1;
        }
        if (!rn__mask_add(s, node->in[i], fit(node->op, i, dx[i], x[i], p.y), mask))
            return false;
    }
    return !s->primals->target->root->failed;
}

static bool apply_rule(rn__sweep *s, int32_t id)
{
    enum { FEW = 8 };
    const rn_allocator a = s->primals->source->root->allocator;
    const size_t n = (size_t)rn__at(s->primals->source, id)->inputs;
    rn_tensor few[2 * FEW], *x = few;
    bool few_wanted[FEW], *wanted = few_wanted;

    if (n > FEW) {
        x = (rn_tensor *)rn__allocate(a, 2 * n * sizeof *x);
        wanted = (bool *)rn__allocate(a, n);
    }
    const bool ok = x && wanted && pull(s, id, x, x + n, wanted);
    if (!x || !wanted) rn__no_memory(s->primals->target);
    if (n > FEW) {
        rn__free(a, x);
        rn__free(a, wanted);
    }
    return ok;
}

/* Whether one of the loop's outputs has a cotangent. */
static bool loop_reached(const rn__sweep *s, int32_t id)
{
    const rn_loop *loop = rn__at(s->primals->source, id)->loop;

    for (int i = 0; i < loop->output.count; i++) {
        const int32_t output = *rn__list_at(loop->output, int32_t, i);
        if (output < s->count && s->cotangent[output] >= 0) return true;
    }
    return false;
}

bool rn__sweep_run(rn__sweep *s)
{
    for (int32_t id = s->count - 1; id >= 0; id--) {
        const rn__node *node = rn__at(s->primals->source, id);

        if (!s->needed[id] || node->inputs == 0 || node->op == &rn__op_get) continue;
        if (node->op == &rn__op_loop) {
            if (loop_reached(s, id) && !rn__sweep_loop(s, id)) return false;
        } else if (s->cotangent[id] >= 0 && node->op->gradient) {
            if (!apply_rule(s, id)) return false;
        }
    }
    return true;
}
