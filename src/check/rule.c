/* SPDX-License-Identifier: MIT */
/*
 * The probe of one gradient rule. The rule is called here and not by the sweep, so that a
 * mistake of the sweep is not taken for one of the rule.
 */
#include "autodiff/sweep.h"
#include "check/culprit.h"
#include "ops/table.h"
#include "rondo/ops.h"

/* What the rule gave, in the shape of x: an element-wise rule may leave the sum over what
 * was broadcast to the library. */
static rn_tensor fit(const rn_op *op, int i, rn_tensor dx, rn_tensor x, rn_tensor y)
{
    const rn_shape want = rn_shape_get(x), have = rn_shape_get(dx);
    char from[128], to[128];

    if (rn_is_null(dx)) return dx;
    dx = rn__adopt(y.graph, dx, "it gives");
    if (rn_is_null(dx)) return dx;
    switch (rn__fit_of(op, dx, x, y)) {
    case RN__FITS:
        return dx;
    case RN__FITS_SUMMED:
        return rn_sum_to(dx, want);
    case RN__MISFIT:
        break;
    }
    if (rn_type_get(dx) != rn_type_get(x))
        return rn_fail(y.graph, "it gives %s for operand %d of %s",
                       rn_type_name(rn_type_get(dx)), i, rn_type_name(rn_type_get(x)));
    return rn_fail(y.graph, "it gives %s for operand %d of %s",
                   rn__shape_text(have, from, sizeof from), i,
                   rn__shape_text(want, to, sizeof to));
}

void rn__pull(const rn__node *node, const rn_tensor *x, rn_tensor y, rn_tensor dy,
              const bool *wanted, rn_tensor *dx)
{
    rn_pullback p = {.inputs = node->inputs,
                     .x = x,
                     .y = y,
                     .dy = dy,
                     .wanted = wanted,
                     .dx = dx,
                     .attributes = node->attributes};

    for (int i = 0; i < node->inputs; i++) dx[i] = rn_null();
    if (node->op->gradient) node->op->gradient(&p);
    for (int i = 0; i < node->inputs; i++)
        dx[i] = wanted[i] ? fit(node->op, i, dx[i], x[i], y) : rn_null();
}

static bool pull(rn__probe *p, const rn__node *node, const rn_tensor *x)
{
    const size_t n = (size_t)p->inputs;
    rn_tensor *dx = (rn_tensor *)rn__arena_new(&p->arena, n * sizeof *dx);
    bool *wanted = (bool *)rn__arena_new(&p->arena, n * sizeof *wanted);

    if (!dx || !wanted || rn_is_null(p->output[0].dy)) return false;
    for (int i = 0; i < p->inputs; i++) wanted[i] = p->input[i].judged;
    rn__pull(node, x, p->output[0].y, p->output[0].dy, wanted, dx);
    for (int i = 0; i < p->inputs; i++) p->input[i].dx = dx[i];
    return !p->graph->failed;
}

static bool build(rn__probe *p, const rn__suspect *suspect)
{
    const rn__node *node = rn__at(suspect->graph, suspect->id);
    rn_tensor *x = (rn_tensor *)rn__arena_new(&p->arena, (size_t)p->inputs * sizeof *x);

    if (!x) return false;
    for (int i = 0; i < p->inputs; i++) {
        const rn__node *in = rn__at(suspect->graph, node->in[i]);
        p->input[i].x = x[i] = rn_input(p->graph, "", in->type, in->shape);
        p->input[i].judged = rn__is_real(in->type) && suspect->operand[i].reached;
    }
    rn__probe_output *out = &p->output[0];
    out->y = rn_apply(node->op, x, p->inputs, node->attributes, node->attribute_size);
    out->dy = rn_input(p->graph, "", rn_type_get(out->y), rn_shape_get(out->y));
    p->alone = true;
    p->has_rule = node->op->gradient != NULL;
    p->map = rn__op_code(node->op, RN_F64).map != NULL;
    return pull(p, node, x);
}

bool rn__rule_probe(rn__probe *p, const rn__suspect *suspect)
{
    const rn__node *node = rn__at(suspect->graph, suspect->id);

    return rn__probe_init(p, suspect->graph->root->allocator, node->inputs, 1) &&
           build(p, suspect) && rn__probe_compile(p) && rn__probe_compile_gradient(p);
}
