/* SPDX-License-Identifier: MIT */
/*
 * rn_gradcheck: a private copy of the graph in f64, in which variables are inputs, compiled
 * twice: with the gradient, run once, and without it, run for the differences.
 */
#include "gradcheck.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "passes.h"
#include "philox.h"
#include "rondo/grad.h"
#include "rondo/program.h"

/* A leaf of the user's graph, its copy and its value. */
typedef struct leaf_value {
    int32_t user;
    rn_tensor x, dx;
    bool checked;
    const char *name;
    int64_t count;
    void *value; /* double when real, else of its type */
    double *gradient;
} leaf_value;

typedef struct checking {
    rn_gradcheck_options options;
    rn_gradcheck_report *report;
    rn_graph *user, *copy;
    rn_tensor loss;
    leaf_value *leaf;
    int leaves;
    rn_program *with_gradient, *without;
    rn__arena arena;
    const char *problem;
    rn_status status;
    /* The function along a direction of one leaf. */
    const leaf_value *moved;
    double *direction, *at;
} checking;

static bool fail(checking *c, rn_status status, const char *problem)
{
    c->status = status;
    c->problem = problem;
    return false;
}

static bool no_memory(checking *c)
{
    return fail(c, RN_NO_MEMORY, "out of memory");
}

/* ---- the copy ---- */

static bool is_leaf(const rn__node *node)
{
    return node->op == &rn__op_input || node->op == &rn__op_variable;
}

/* Leaves that the loss needs, or that are asked about. */
static bool list_leaves(checking *c, const rn__copy_pass *pass)
{
    c->leaf =
        (leaf_value *)rn__arena_new(&c->arena, (size_t)c->user->count * sizeof *c->leaf);
    if (!c->leaf) return no_memory(c);
    for (int32_t id = 0; id < c->user->count; id++) {
        const rn__node *node = rn__at(c->user, id);
        if (!is_leaf(node) || rn_is_null(rn__copied(pass, id))) continue;
        leaf_value *l = &c->leaf[c->leaves++];
        *l = (leaf_value){.user = id, .x = rn__copied(pass, id), .dx = rn_null()};
        l->count = rn_shape_count(node->shape);
        l->name = rn__arena_string(&c->arena, node->name ? node->name : "input");
        l->checked = rn__is_real(node->type) && c->options.tensor_count == 0;
        for (int i = 0; i < c->options.tensor_count; i++)
            l->checked |= c->options.tensors[i].id == id;
        if (!l->name) return no_memory(c);
    }
    return true;
}

static bool valid_tensors(checking *c)
{
    for (int i = 0; i < c->options.tensor_count; i++) {
        const rn_tensor x = c->options.tensors[i];
        if (rn_is_null(x) || x.graph != c->user || !is_leaf(rn__node_of(x)) ||
            !rn__is_real(rn_type_get(x)))
            return fail(c, RN_INVALID,
                        "options.tensors must be real inputs or variables of the graph");
    }
    return true;
}

static bool copy_graph(checking *c, rn_tensor loss)
{
    rn__conversion conversion = {.convert = true, .real = RN_F64, .freeze = true};
    rn__copy_pass pass = {.from = c->user, .to = c->copy};
    const int n = 1 + c->options.tensor_count;
    int32_t *roots = (int32_t *)rn__arena_new(&c->arena, (size_t)n * sizeof *roots);

    if (!roots) return no_memory(c);
    roots[0] = loss.id;
    for (int i = 1; i < n; i++) roots[i] = c->options.tensors[i - 1].id;
    bool ok = rn__convert(&pass, &conversion, roots, n);
    if (ok) {
        c->loss = rn__copied(&pass, loss.id);
        ok = list_leaves(c, &pass);
    } else {
        fail(c, RN_INVALID, rn_graph_error(c->copy));
    }
    rn__copy_finish(&pass);
    return ok;
}

static bool compile_both(checking *c)
{
    const size_t n = (size_t)c->leaves;
    rn_tensor *x = (rn_tensor *)rn__arena_new(&c->arena, n * sizeof *x);
    rn_tensor *dx = (rn_tensor *)rn__arena_new(&c->arena, n * sizeof *dx);
    int count = 0;

    if (!x || !dx) return no_memory(c);
    for (int i = 0; i < c->leaves; i++)
        if (c->leaf[i].checked) x[count++] = c->leaf[i].x;
    c->without = rn_compile(c->copy, (rn_compile_options){RN_OUTPUTS(c->loss)});
    if (c->without && rn_grad(c->loss, rn_null(), x, count, dx))
        c->with_gradient =
            rn_compile(c->copy, (rn_compile_options){.outputs = dx, .output_count = count});
    if (count > 0 && !c->with_gradient) return fail(c, RN_INVALID, rn_graph_error(c->copy));
    for (int i = 0, k = 0; i < c->leaves; i++)
        if (c->leaf[i].checked) c->leaf[i].dx = dx[k++];
    return true;
}

/* ---- values ---- */

static double normal(uint64_t seed, uint32_t leaf_index, uint64_t i)
{
    const uint32_t counter[4] = {(uint32_t)i, (uint32_t)(i >> 32), leaf_index, 0};
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t bits[4];

    rn__philox(counter, key, bits);
    const double u = ((double)bits[0] + 1) / 4294967296.0,
                 v = (double)bits[1] / 4294967296.0;
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

/* What the user gives for a leaf: a variable's data, a named value, or NULL. */
static const void *given(const checking *c, const leaf_value *l)
{
    const rn__node *node = rn__at(c->user, l->user);

    for (int i = 0; i < c->options.value_count; i++) {
        const rn_tensor x = c->options.values[i].input;
        if (x.graph == c->user && x.id == l->user) return c->options.values[i].data;
    }
    return node->variable ? node->variable->data : NULL;
}

static bool set_value(checking *c, leaf_value *l)
{
    const rn__node *node = rn__at(c->user, l->user);
    const void *data = given(c, l);
    const size_t n = (size_t)l->count,
                 size = rn__is_real(node->type) ? sizeof(double) : rn_type_size(node->type);
    l->value = rn__arena_new(&c->arena, n * size);
    l->gradient = (double *)rn__arena_new(&c->arena, n * sizeof *l->gradient);
    if (!l->value || !l->gradient) return no_memory(c);
    if (node->type == RN_F32 && data)
        for (size_t i = 0; i < n; i++)
            ((double *)l->value)[i] = (double)((const float *)data)[i];
    else if (data && n)
        memcpy(l->value, data, n * size);
    else if (rn__is_real(node->type))
        for (size_t i = 0; i < n; i++)
            ((double *)l->value)[i] = normal(c->options.seed, (uint32_t)(l - c->leaf), i);
    for (int k = 0; k < 2; k++) {
        rn_program *program = k ? c->with_gradient : c->without;
        if (program && rn_feed(program, l->x, l->value, n * size) != RN_OK)
            return fail(c, RN_INVALID, rn_program_error(program));
    }
    return true;
}

static bool run_gradient(checking *c)
{
    if (!c->with_gradient) return true;
    if (rn_run(c->with_gradient) != RN_OK)
        return fail(c, RN_BAD_VALUE, rn_program_error(c->with_gradient));
    for (int i = 0; i < c->leaves; i++) {
        leaf_value *l = &c->leaf[i];
        if (l->checked && rn_read(c->with_gradient, l->dx, l->gradient,
                                  (size_t)l->count * sizeof(double)) != RN_OK)
            return fail(c, RN_INVALID, rn_program_error(c->with_gradient));
    }
    return true;
}

/* ---- comparing ---- */

static bool feed_moved(checking *c, const double *value)
{
    return rn_feed(c->without, c->moved->x, value,
                   (size_t)c->moved->count * sizeof *value) == RN_OK;
}

/* The loss with the moved leaf at x + t direction. */
static bool along(void *data, double t, double *y)
{
    checking *c = (checking *)data;
    const double *x = (const double *)c->moved->value;

    for (int64_t i = 0; i < c->moved->count; i++) c->at[i] = x[i] + t * c->direction[i];
    if (!feed_moved(c, c->at) || rn_run(c->without) != RN_OK) return false;
    *y = rn_scalar(c->without, c->loss);
    return true;
}

static bool compare(checking *c, int64_t element)
{
    const leaf_value *l = c->moved;
    double analytic = 0;
    rn__derivative numeric;

    for (int64_t i = 0; i < l->count; i++)
        if (c->direction[i] != 0) analytic += l->gradient[i] * c->direction[i];
    if (!rn__differentiate(along, c, 1, &numeric))
        return fail(c, RN_BAD_VALUE, rn_program_error(c->without));
    rn__report_add(c->report, l->name, element, analytic, numeric, c->options.tolerance);
    return feed_moved(c, (const double *)l->value);
}

static bool compare_element(checking *c, int64_t i)
{
    c->direction[i] = 1;
    const bool ok = compare(c, i);
    c->direction[i] = 0;
    return ok;
}

static bool compare_direction(checking *c, uint64_t k)
{
    const leaf_value *l = c->moved;
    const double length = sqrt((double)l->count);

    for (int64_t i = 0; i < l->count; i++)
        c->direction[i] =
            normal(c->options.seed + 1 + k, (uint32_t)(l - c->leaf), (uint64_t)i) / length;
    const bool ok = compare(c, -1);
    memset(c->direction, 0, (size_t)l->count * sizeof *c->direction);
    return ok;
}

static bool compare_leaf(checking *c, const leaf_value *l)
{
    const size_t bytes = (size_t)l->count * sizeof(double);
    const int64_t samples = c->options.samples;

    c->moved = l;
    c->direction = (double *)rn__arena_new(&c->arena, bytes);
    c->at = (double *)rn__arena_new(&c->arena, bytes);
    if (!c->direction || !c->at) return no_memory(c);
    if (l->count <= c->options.exhaustive) {
        for (int64_t i = 0; i < l->count; i++)
            if (!compare_element(c, i)) return false;
        return true;
    }
    for (int k = 0; k < c->options.directions; k++)
        if (!compare_direction(c, (uint64_t)k)) return false;
    /* One from each stretch of equal length, so that no part is left out. */
    for (int64_t k = 0; k < samples; k++) {
        const double where = 0.5 + 0.4 * sin((double)(k + 1) * 12.9898);
        const double stretch = (double)l->count / (double)samples;
        if (!compare_element(c, (int64_t)(((double)k + where) * stretch))) return false;
    }
    return true;
}

static bool check(checking *c, rn_tensor loss)
{
    if (!valid_tensors(c) || !copy_graph(c, loss) || !compile_both(c)) return false;
    for (int i = 0; i < c->leaves; i++)
        if (!set_value(c, &c->leaf[i])) return false;
    if (!run_gradient(c)) return false;
    for (int i = 0; i < c->leaves; i++)
        if (c->leaf[i].checked && !compare_leaf(c, &c->leaf[i])) return false;
    return true;
}

static rn_gradcheck_options with_defaults(rn_gradcheck_options o)
{
    if (o.tolerance <= 0) o.tolerance = 1e-7;
    if (o.exhaustive <= 0) o.exhaustive = 64;
    if (o.directions <= 0) o.directions = 4;
    if (o.samples <= 0) o.samples = 16;
    if (o.worst <= 0) o.worst = 8;
    return o;
}

rn_gradcheck_report *rn_gradcheck(rn_tensor loss, rn_gradcheck_options options)
{
    const rn_allocator a =
        rn_is_null(loss) ? (rn_allocator){0} : loss.graph->root->allocator;
    checking c = {.options = with_defaults(options), .arena = {.allocator = a}};

    c.report = rn__report_new(a, c.options.worst);
    if (!c.report) return NULL;
    c.user = loss.graph;
    if (rn_is_null(loss))
        fail(&c, RN_INVALID, "the loss is the null tensor");
    else if (c.user->root->failed)
        fail(&c, RN_INVALID, rn_graph_error(c.user));
    else if (c.user->parent)
        fail(&c, RN_INVALID, "the loss is in a loop's body");
    else if (rn_rank(loss) != 0 || !rn__is_real(rn_type_get(loss)))
        fail(&c, RN_INVALID, "the loss is not a real scalar");
    else if (!(c.copy = rn_graph_new_using(a)))
        no_memory(&c);
    else
        check(&c, loss);

    rn__report_end(c.report, c.status, c.problem);
    rn_program_free(c.with_gradient);
    rn_program_free(c.without);
    rn_graph_free(c.copy);
    rn__arena_finish(&c.arena);
    return c.report;
}
