/* SPDX-License-Identifier: MIT */
/*
 * The probe of one operator or one loop alone: a graph in which what it reads are inputs
 * and what is read of it are outputs. A gradient rule is called here and not by the sweep,
 * so that a mistake of the sweep is not taken for one of the rule; the gradient of a loop
 * is what rn__sweep_loop makes.
 */
#include "autodiff/sweep.h"
#include "check/culprit.h"
#include "graph/loop.h"
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

/* ---- an operator ---- */

static bool build_rule(rn__probe *p, const rn__node *node)
{
    const size_t n = (size_t)p->inputs;
    rn_tensor *x = (rn_tensor *)rn__arena_new(&p->arena, 2 * n * sizeof *x);
    bool *wanted = (bool *)rn__arena_new(&p->arena, n * sizeof *wanted);
    rn__probe_output *out = &p->output[0];

    if (!x || !wanted) return false;
    for (int i = 0; i < p->inputs; i++)
        x[i] = p->input[i].x, wanted[i] = p->input[i].judged;
    out->y = rn_apply(node->op, x, p->inputs, node->attributes, node->attribute_size);
    out->dy = rn_input(p->graph, "", rn_type_get(out->y), rn_shape_get(out->y));
    p->has_rule = node->op->gradient != NULL;
    p->map = rn__op_code(node->op, RN_F64).map != NULL;
    if (rn_is_null(out->dy)) return false;
    rn__pull(node, x, out->y, out->dy, wanted, x + n);
    for (int i = 0; i < p->inputs; i++) p->input[i].dx = x[(int)n + i];
    return !p->graph->failed;
}

/* ---- a loop ---- */

static rn_tensor copy_node(rn__copy_pass *pass, const rn__node *node, const rn_tensor *in)
{
    (void)pass;
    return rn_apply(node->op, in, node->inputs, node->attributes, node->attribute_size);
}

static rn_tensor copy_leaf(rn__copy_pass *pass, const rn__node *leaf)
{
    return rn__append(pass->to, leaf->op, leaf->type, leaf->shape, NULL, 0,
                      leaf->attributes, leaf->attribute_size);
}

/* Copies the loop with its outputs, and nothing before it. */
static bool copy_loop(rn__probe *p, const rn__suspect *suspect)
{
    rn__copy_pass pass = {
        .from = suspect->graph, .to = p->graph, .node = copy_node, .leaf = copy_leaf};
    const rn__node *loop = rn__at(suspect->graph, suspect->id);
    const int32_t *get = (const int32_t *)loop->loop->output.at;
    const int count = suspect->outputs;
    int outputs = 0;

    pass.arena.allocator = p->arena.allocator;
    bool ok = rn__copy_live(&pass, get, count, false);
    rn__region *region = ok ? rn__copy_region(&pass, suspect->graph) : NULL;
    for (int32_t id = 0; ok && id < suspect->id; id++) region->live[id] = false;
    for (int i = 0; ok && i < p->inputs; i++) region->to[loop->in[i]] = p->input[i].x;
    ok = ok && rn__copy_body(&pass, region, p->graph);
    for (int i = 0; ok && i < count; i++) {
        const rn_tensor y = region->to[get[i]];
        if (!rn__is_real(rn_type_get(y))) continue;
        p->output[outputs].y = y;
        p->output[outputs++].dy = rn_input(p->graph, "", rn_type_get(y), rn_shape_get(y));
    }
    rn__copy_finish(&pass);
    p->outputs = outputs;
    return ok && outputs > 0 && !p->graph->failed;
}

static bool sweep_loop(rn__probe *p)
{
    rn__primals primals = {p->graph, p->graph, NULL, NULL, 0};
    rn__sweep sweep;

    if (!rn__sweep_init(&sweep, &primals)) return false;
    for (int i = 0; i < p->inputs; i++)
        if (p->input[i].judged) sweep.needed[p->input[i].x.id] = true;
    bool ok = true;
    for (int i = 0; ok && i < p->outputs; i++)
        ok = rn__sweep_add(&sweep, p->output[i].y.id, p->output[i].dy);
    ok = ok && rn__sweep_loop(&sweep, rn__node_of(p->output[0].y)->in[0]);
    for (int i = 0; ok && i < p->inputs; i++)
        p->input[i].dx =
            p->input[i].judged ? rn__sweep_get(&sweep, p->input[i].x.id) : rn_null();
    rn__sweep_finish(&sweep);
    return ok;
}

/* ---- either ---- */

/* An input for each tensor that it reads; a loop reads none twice. */
static bool make_inputs(rn__probe *p, const rn__suspect *suspect)
{
    const rn__node *node = rn__at(suspect->graph, suspect->id);
    const bool loop = node->op == &rn__op_loop;

    for (int i = 0; i < p->inputs; i++) {
        rn__probe_input *to = &p->input[i];
        const rn__node *in = rn__at(suspect->graph, node->in[i]);
        to->judged = rn__is_real(in->type) && suspect->operand[i].reached;
        for (int k = 0; loop && k < i && rn_is_null(to->x); k++)
            if (node->in[k] == node->in[i]) to->x = p->input[k].x, to->judged = false;
        if (rn_is_null(to->x)) to->x = rn_input(p->graph, "", in->type, in->shape);
    }
    return !p->graph->failed;
}

bool rn__alone(rn__probe *p, const rn__suspect *suspect)
{
    const rn__node *node = rn__at(suspect->graph, suspect->id);
    const bool loop = node->op == &rn__op_loop;

    if (!rn__probe_init(p, suspect->graph->root->allocator, node->inputs, suspect->outputs))
        return false;
    p->alone = true;
    return make_inputs(p, suspect) &&
           (loop ? copy_loop(p, suspect) && sweep_loop(p) : build_rule(p, node)) &&
           rn__probe_compile(p) && rn__probe_compile_gradient(p);
}
