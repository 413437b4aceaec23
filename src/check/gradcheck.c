/* SPDX-License-Identifier: MIT */
/*
 * rn_gradcheck: a private copy of the graph in f64, in which variables are inputs, compiled
 * twice: with the gradient, run once, and without it, run for the differences.
 */
#include "check/gradcheck.h"
#include "check/culprit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compile/passes.h"
#include "rondo/grad.h"

/* ---- the copy ---- */

static bool is_leaf(const rn__node *node)
{
    return node->op == &rn__op_input || node->op == &rn__op_variable;
}

/* Leaves that the loss needs, or that are asked about. */
static bool list_leaves(rn__checking *c)
{
    rn__probe *p = &c->probe;

    for (int32_t id = 0; id < c->user->count; id++) {
        const rn__node *node = rn__at(c->user, id);
        if (!is_leaf(node) || rn_is_null(rn__copied(&c->to_copy, id))) continue;
        rn__probe_input *in = &p->input[p->inputs++];
        *in = (rn__probe_input){
            .user = id, .x = rn__copied(&c->to_copy, id), .dx = rn_null()};
        in->judged = rn__is_real(node->type) && c->options.tensor_count == 0;
        for (int i = 0; i < c->options.tensor_count; i++)
            in->judged |= c->options.tensors[i].id == id;
        in->name = rn__arena_string(&p->arena, node->name ? node->name : "input");
        if (!in->name) return rn__probe_no_memory(p);
    }
    return true;
}

static bool valid_tensors(rn__checking *c)
{
    const rn_gradcheck_options *o = &c->options;
    bool valid = o->tensor_count == 0 || (o->tensor_count > 0 && o->tensors);

    for (int i = 0; valid && i < o->tensor_count; i++) {
        const rn_tensor x = o->tensors[i];
        valid = rn__exists(x) && x.graph == c->user && is_leaf(rn__node_of(x)) &&
                rn__is_real(rn_type_get(x));
    }
    return valid ||
           rn__probe_fail(&c->probe, RN_INVALID,
                          "options.tensors must be real inputs or variables of the graph");
}

static bool valid_values(rn__checking *c)
{
    const rn_gradcheck_options *o = &c->options;
    bool valid = o->value_count == 0 || (o->value_count > 0 && o->values);

    for (int i = 0; valid && i < o->value_count; i++) {
        const rn_tensor x = o->values[i].input;
        valid = rn__exists(x) && x.graph == c->user &&
                rn__node_of(x)->op == &rn__op_input &&
                (o->values[i].data || rn_shape_count(rn_shape_get(x)) == 0);
    }
    return valid || rn__probe_fail(&c->probe, RN_INVALID,
                                   "options.values must be data of inputs of the graph");
}

static bool copy_graph(rn__checking *c, rn_tensor loss)
{
    rn__conversion conversion = {
        .convert = true, .real = RN_F64, .variables_as_inputs = true};
    rn__probe *p = &c->probe;
    const int n = 1 + c->options.tensor_count;
    int32_t *roots = (int32_t *)rn__arena_new(&p->arena, (size_t)n * sizeof *roots);

    if (!roots) return rn__probe_no_memory(p);
    roots[0] = loss.id;
    for (int i = 1; i < n; i++) roots[i] = c->options.tensors[i - 1].id;
    c->to_copy.from = c->user, c->to_copy.to = p->graph;
    if (!rn__convert(&c->to_copy, &conversion, roots, n))
        return rn__probe_fail(p, RN_INVALID, rn_graph_error(p->graph));
    c->to_copy.data = NULL; /* the conversion ends here */
    p->copied = &c->to_copy;
    p->output[0] =
        (rn__probe_output){.y = rn__copied(&c->to_copy, loss.id), .dy = rn_null()};
    return list_leaves(c);
}

static bool add_gradient(rn__probe *p)
{
    const size_t n = (size_t)p->inputs;
    rn_tensor *x = (rn_tensor *)rn__arena_new(&p->arena, n * sizeof *x);
    rn_tensor *dx = (rn_tensor *)rn__arena_new(&p->arena, n * sizeof *dx);
    int count = 0;

    if (!x || !dx) return rn__probe_no_memory(p);
    for (int i = 0; i < p->inputs; i++)
        if (p->input[i].judged) x[count++] = p->input[i].x;
    if (count > 0 && !rn_grad(p->output[0].y, rn_null(), x, count, dx)) {
        p->refused = !p->graph->no_memory;
        return rn__probe_fail(p, RN_INVALID, rn_graph_error(p->graph));
    }
    for (int i = 0, k = 0; i < p->inputs; i++)
        if (p->input[i].judged) p->input[i].dx = dx[k++];
    return true;
}

/* After failures that were left out: the rules alone show more than the loss. */
static void resolve_doubt(rn__checking *c, rn_tensor loss)
{
    rn_gradcheck_culprit *culprit = &c->report->culprit;

    rn__find_culprit(loss, &c->probe, culprit);
    c->report->passed = culprit->kind != RN_CULPRIT_RULE;
    if (c->report->passed) *culprit = rn__no_culprit();
}

/* After a check that passed: whether the f32 kernels agree with those that it ran. */
static bool compare_kernels(rn__checking *c, rn_tensor loss)
{
    rn_gradcheck_culprit *culprit = &c->report->culprit;

    if (!rn__kernels_differ(&c->probe)) return c->probe.status == RN_OK;
    if (!rn__find_kernel(loss, &c->probe, culprit)) return rn__probe_no_memory(&c->probe);
    c->report->passed = culprit->kind == RN_CULPRIT_NONE;
    return true;
}

/* Of a gradient that cannot be made: in whose rule that is so. */
static void name_refused(rn__checking *c, rn_tensor loss)
{
    const char *problem = c->probe.problem;
    const rn_status status = c->probe.status;

    if (rn__set_values(c)) rn__find_culprit(loss, &c->probe, &c->report->culprit);
    c->probe.problem = problem, c->probe.status = status;
}

static bool check(rn__checking *c, rn_tensor loss)
{
    rn__probe *p = &c->probe;

    p->take = rn__report_take, p->data = c->report;
    if (!valid_tensors(c) || !valid_values(c) || !copy_graph(c, loss)) return false;
    if (!rn__probe_compile(p) || !add_gradient(p) || !rn__probe_compile_gradient(p))
        return false;
    if (!rn__set_values(c) || !rn__repeats(c) || !rn__probe_run(p, RN__ONES)) return false;
    if (!rn__report_tensors(c->report, c)) return rn__probe_no_memory(p);
    if (!rn__compare_all(p, &c->options)) return false;
    if (!c->report->passed)
        rn__find_culprit(loss, p, &c->report->culprit);
    else if (p->doubtful)
        resolve_doubt(c, loss);
    return !c->report->passed || compare_kernels(c, loss);
}

static rn_gradcheck_options with_defaults(rn_gradcheck_options o)
{
    if (o.exhaustive == 0) o.exhaustive = 64;
    if (o.directions == 0) o.directions = 4;
    if (o.samples == 0) o.samples = 8;
    if (o.samples < 0) o.samples = 0;
    if (o.worst <= 0) o.worst = 8;
    return o;
}

rn_gradcheck_report *rn_gradcheck(rn_tensor loss, rn_gradcheck_options options)
{
    const rn_allocator a =
        rn_is_null(loss) ? (rn_allocator){0} : loss.graph->root->allocator;
    rn__checking c = {.options = with_defaults(options), .user = loss.graph};
    rn__probe *p = &c.probe;
    char null[160], origin[128];

    c.to_copy.arena.allocator = a;
    c.report = rn__report_new(a, c.options.worst);
    if (!c.report) return NULL;
    p->arena.allocator = a;
    snprintf(null, sizeof null, "the loss is the null tensor%s",
             rn__null_text(loss, origin, sizeof origin));
    if (rn_is_null(loss))
        rn__probe_fail(p, RN_INVALID, null);
    else if (c.user->root->failed)
        rn__probe_fail(p, RN_INVALID, rn_graph_error(c.user));
    else if (!rn__exists(loss))
        rn__probe_fail(p, RN_INVALID, "the loss is no tensor of its graph");
    else if (c.user->parent)
        rn__probe_fail(p, RN_INVALID, "the loss is in a loop's body");
    else if (rn_rank(loss) != 0 || !rn__is_real(rn_type_get(loss)))
        rn__probe_fail(p, RN_INVALID, "the loss is not a real scalar");
    else if (rn__probe_init(p, a, c.user->count, 1)) {
        p->inputs = 0; /* those that there are follow */
        if (!check(&c, loss) && p->refused) name_refused(&c, loss);
    }
    rn__report_end(c.report, p->status, p->problem);
    rn__probe_finish(p);
    rn__copy_finish(&c.to_copy);
    return c.report;
}
