/* SPDX-License-Identifier: MIT */
/*
 * rn_gradcheck: a private copy of the graph in f64, in which variables are inputs, compiled
 * twice: with the gradient, run once, and without it, run for the differences.
 */
#include "gradcheck.h"
#include "culprit.h"

#include <math.h>
#include <string.h>

#include "passes.h"
#include "rondo/grad.h"
#include "rondo/program.h"

bool rn__check_fail(rn__checking *c, rn_status status, const char *problem)
{
    c->status = status;
    c->problem = problem;
    return false;
}

bool rn__check_no_memory(rn__checking *c)
{
    return rn__check_fail(c, RN_NO_MEMORY, "out of memory");
}

/* ---- the copy ---- */

static bool is_leaf(const rn__node *node)
{
    return node->op == &rn__op_input || node->op == &rn__op_variable;
}

/* Leaves that the loss needs, or that are asked about. */
static bool list_leaves(rn__checking *c)
{
    c->leaf = (rn__leaf_value *)rn__arena_new(&c->arena,
                                              (size_t)c->user->count * sizeof *c->leaf);
    if (!c->leaf) return rn__check_no_memory(c);
    for (int32_t id = 0; id < c->user->count; id++) {
        const rn__node *node = rn__at(c->user, id);
        if (!is_leaf(node) || rn_is_null(rn__copied(&c->to_copy, id))) continue;
        rn__leaf_value *l = &c->leaf[c->leaves++];
        *l =
            (rn__leaf_value){.user = id, .x = rn__copied(&c->to_copy, id), .dx = rn_null()};
        l->count = rn_shape_count(node->shape);
        l->name = rn__arena_string(&c->arena, node->name ? node->name : "input");
        l->checked = rn__is_real(node->type) && c->options.tensor_count == 0;
        for (int i = 0; i < c->options.tensor_count; i++)
            l->checked |= c->options.tensors[i].id == id;
        if (!l->name) return rn__check_no_memory(c);
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
           rn__check_fail(c, RN_INVALID,
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
    return valid || rn__check_fail(c, RN_INVALID,
                                   "options.values must be data of inputs of the graph");
}

static bool copy_graph(rn__checking *c, rn_tensor loss)
{
    rn__conversion conversion = {.convert = true, .real = RN_F64, .freeze = true};
    const int n = 1 + c->options.tensor_count;
    int32_t *roots = (int32_t *)rn__arena_new(&c->arena, (size_t)n * sizeof *roots);

    if (!roots) return rn__check_no_memory(c);
    roots[0] = loss.id;
    for (int i = 1; i < n; i++) roots[i] = c->options.tensors[i - 1].id;
    c->to_copy.from = c->user, c->to_copy.to = c->copy;
    if (!rn__convert(&c->to_copy, &conversion, roots, n))
        return rn__check_fail(c, RN_INVALID, rn_graph_error(c->copy));
    c->to_copy.data = NULL; /* the conversion ends here */
    c->loss = rn__copied(&c->to_copy, loss.id);
    return list_leaves(c);
}

int32_t rn__check_user_id(const rn__checking *c, rn_tensor x)
{
    for (int32_t i = 0; i < c->to_copy.regions; i++) {
        const rn__region *r = c->to_copy.region[i];
        for (int32_t id = 0; r && id < r->graph->count; id++)
            if (r->to[id].graph == x.graph && r->to[id].id == x.id) return id;
    }
    return -1;
}

static bool compile_both(rn__checking *c)
{
    const size_t n = (size_t)c->leaves;
    rn_tensor *x = (rn_tensor *)rn__arena_new(&c->arena, n * sizeof *x);
    rn_tensor *dx = (rn_tensor *)rn__arena_new(&c->arena, n * sizeof *dx);
    int count = 0;

    if (!x || !dx) return rn__check_no_memory(c);
    for (int i = 0; i < c->leaves; i++)
        if (c->leaf[i].checked) x[count++] = c->leaf[i].x;
    c->without = rn_compile(c->copy, (rn_compile_options){RN_OUTPUTS(c->loss)});
    if (!rn__branches_find(&c->branches, c->loss, &c->arena))
        return rn__check_fail(c, RN_INVALID, rn_graph_error(c->copy));
    if (!c->without) return rn__check_fail(c, RN_INVALID, rn_graph_error(c->copy));
    if (rn_grad(c->loss, rn_null(), x, count, dx))
        c->with_gradient =
            rn_compile(c->copy, (rn_compile_options){.outputs = dx, .output_count = count});
    if (count > 0 && !c->with_gradient) {
        c->refused = !c->copy->no_memory;
        return rn__check_fail(c, RN_INVALID, rn_graph_error(c->copy));
    }
    for (int i = 0, k = 0; i < c->leaves; i++)
        if (c->leaf[i].checked) c->leaf[i].dx = dx[k++];
    return true;
}

/* The gradient and the loss again in random arithmetic, with leaves of its own. */
static bool compile_jittered(rn__checking *c)
{
    const size_t n = (size_t)c->leaves;
    rn_tensor *x = (rn_tensor *)rn__arena_new(&c->arena, n * sizeof *x);
    rn_tensor *roots = (rn_tensor *)rn__arena_new(&c->arena, (n + 1) * sizeof *roots);
    rn_tensor *y = (rn_tensor *)rn__arena_new(&c->arena, (n + 1) * sizeof *y);
    int count = 0;

    if (!x || !roots || !y) return rn__check_no_memory(c);
    roots[count++] = c->loss;
    for (size_t i = 0; i < n; i++) {
        x[i] = c->leaf[i].x;
        if (c->leaf[i].checked) roots[count++] = c->leaf[i].dx;
    }
    if (count == 1) return true;
    if (!rn__jitter_new(&c->jitter, roots, count, y, x, c->leaves)) {
        c->refused = c->jitter.graph && !c->jitter.graph->no_memory;
        return rn__check_fail(c, RN_INVALID,
                              c->jitter.graph ? rn_graph_error(c->jitter.graph)
                                              : "out of memory");
    }
    c->jittered_loss = y[0];
    for (size_t i = 0, k = 1; i < n; i++) {
        c->leaf[i].jittered_x = x[i];
        if (c->leaf[i].checked) c->leaf[i].jittered_dx = y[k++];
    }
    return true;
}

/* Looks for the wrong rule, with the values that the check was made with. */
static bool name_culprit(rn__checking *c, rn_tensor loss)
{
    rn__fed *fed = (rn__fed *)rn__arena_new(&c->arena, (size_t)c->leaves * sizeof *fed);

    if (!fed) return rn__check_no_memory(c);
    for (int i = 0; i < c->leaves; i++) {
        const rn__leaf_value *l = &c->leaf[i];
        fed[i] = (rn__fed){l->user, l->checked, l->value,
                           (size_t)l->count * rn_type_size(rn_type_get(l->x))};
    }
    rn__find_culprit(loss, fed, c->leaves, c->refused ? c->problem : NULL,
                     &c->report->culprit);
    return true;
}

/* After failures that were left out: the rules alone tell more than the loss. */
static bool resolve_doubt(rn__checking *c, rn_tensor loss)
{
    rn_gradcheck_culprit *culprit = &c->report->culprit;

    if (!name_culprit(c, loss)) return false;
    c->report->passed = culprit->kind != RN_CULPRIT_RULE;
    if (c->report->passed) *culprit = rn__nobody();
    return true;
}

/* Of a gradient that cannot be made: in whose rule that is so. */
static void name_refused(rn__checking *c, rn_tensor loss)
{
    const char *problem = c->problem;
    const rn_status status = c->status;

    if (rn__set_values(c)) name_culprit(c, loss);
    c->problem = problem, c->status = status;
}

static bool check(rn__checking *c, rn_tensor loss)
{
    if (!valid_tensors(c) || !valid_values(c) || !copy_graph(c, loss) || !compile_both(c) ||
        !compile_jittered(c) || !rn__set_values(c))
        return false;
    if (!rn__repeats(c) || !rn__run_gradient(c)) return false;
    if (!rn__branches_keep(&c->branches))
        return rn__check_fail(c, RN_BAD_VALUE, rn_program_error(c->branches.program));
    if (!rn__report_tensors(c->report, c->leaf, c->leaves)) return rn__check_no_memory(c);
    if (!rn__compare_all(c)) return false;
    if (c->report->passed && c->doubtful) return resolve_doubt(c, loss);
    return c->report->passed || name_culprit(c, loss);
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
    rn__checking c = {.options = with_defaults(options), .arena = {.allocator = a}};

    c.to_copy.arena.allocator = a;
    c.report = rn__report_new(a, c.options.worst);
    if (!c.report) return NULL;
    c.user = loss.graph;
    if (rn_is_null(loss))
        rn__check_fail(&c, RN_INVALID, "the loss is the null tensor");
    else if (c.user->root->failed)
        rn__check_fail(&c, RN_INVALID, rn_graph_error(c.user));
    else if (!rn__exists(loss))
        rn__check_fail(&c, RN_INVALID, "the loss is no tensor of its graph");
    else if (c.user->parent)
        rn__check_fail(&c, RN_INVALID, "the loss is in a loop's body");
    else if (rn_rank(loss) != 0 || !rn__is_real(rn_type_get(loss)))
        rn__check_fail(&c, RN_INVALID, "the loss is not a real scalar");
    else if (!(c.copy = rn_graph_new_using(a)))
        rn__check_no_memory(&c);
    else if (!check(&c, loss) && c.refused)
        name_refused(&c, loss);

    rn__report_end(c.report, c.status, c.problem);
    rn_program_free(c.with_gradient);
    rn_program_free(c.without);
    rn_program_free(c.branches.program);
    rn__jitter_finish(&c.jitter);
    rn__copy_finish(&c.to_copy);
    rn_graph_free(c.copy);
    rn__arena_finish(&c.arena);
    return c.report;
}
