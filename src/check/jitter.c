/* SPDX-License-Identifier: MIT */
/*
 * Random arithmetic (Parker, Pierce, Eggert, "Monte Carlo arithmetic", 2000; Vignes'
 * CESTAC before it): every result that is rounded is multiplied by 1 + r with a random r of
 * the order of 2^-30. How far a few such runs spread, scaled down to 2^-52, is how far
 * rounding moves what comes out: with all cancellation and all correlations that there are,
 * in loops and in operators of which nothing is known.
 *
 * r follows from the value's bits alone, so that equal values stay equal and no tie is
 * broken. What a kernel adds up it also rounds inside: its operands are moved too, by more
 * the more terms there are.
 */
#include "check/jitter.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "ops/op.h"
#include "ops/table.h"

/* ---- the operator: y = x (1 + strength r(x, salt)) ---- */

static double random_of(double x, uint64_t salt)
{
    uint64_t z;

    memcpy(&z, &x, sizeof z);
    z += salt * 0x9e3779b97f4a7c15u; /* the mixing function of SplitMix64 */
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    return (double)(z >> 11) * 0x1p-52 - 1;
}

/* What rounding is relative to: subnormal numbers have fewer digits. */
static double size_of(double x)
{
    return x == 0 || fabs(x) > DBL_MIN ? x : DBL_MIN;
}

static void map(int64_t n, const void *const *in, const int64_t *step, void *out,
                const void *attributes)
{
    const double *x = (const double *)in[0], *salt = (const double *)in[1];
    const double strength = *(const double *)attributes;

    for (int64_t i = 0; i < n; i++) {
        const double value = x[i * step[0]];
        const double r = random_of(value, (uint64_t)salt[i * step[1]]);
        ((double *)out)[i] = value + strength * r * size_of(value);
    }
}

static const rn_op jitter_op = {.name = "jitter", .inputs = 2, .map = {[RN_F64] = map}};

/* By `units` in the last place, zoomed. */
static rn_tensor jittered(const rn__jitter *j, rn_tensor x, double units)
{
    const rn_tensor in[2] = {x, j->salt};
    const double strength = units * DBL_EPSILON * RN__JITTER_ZOOM;

    return rn_apply(&jitter_op, in, 2, &strength, sizeof strength);
}

/* ---- the pass ---- */

/* Whether the result is one of the operands' elements, or exact. */
static bool exact(const rn_op *op)
{
    const rn_op_kind kind = rn__op_kind(op);

    return (op->flags & RN_OP_EXACT) || kind == RN_KIND_VIEW || kind == RN_KIND_MOVEMENT;
}

double rn__terms(const rn__node *node, const rn_tensor *in)
{
    const double results = fmax(1, (double)rn_shape_count(node->shape));
    double product = 1, most = 1;
    int reals = 0;

    for (int i = 0; i < node->inputs; i++) {
        if (!rn__is_real(rn_type_get(in[i]))) continue;
        const double count = fmax(1, (double)rn_shape_count(rn_shape_get(in[i])));
        product *= count;
        most = fmax(most, count);
        reals++;
    }
    /* [m,k] times [k,n] is sqrt(m k k n / (m n)) = k; a sum is what goes into one. */
    const double n = reals == 2 ? sqrt(product / results) : most / results;
    return fmax(n, 1);
}

static rn_tensor jitter_node(rn__copy_pass *pass, const rn__node *node, const rn_tensor *in)
{
    const rn__jitter *j = (const rn__jitter *)pass->data;
    const bool rounded = rn__is_real(node->type) && !exact(node->op);
    const bool kernel = rounded && !rn__is_elementwise(node->op);
    rn_tensor *moved = (rn_tensor *)rn__arena_new(&pass->arena, (size_t)(node->inputs + 1) *
                                                                    sizeof *moved);

    if (!moved) return rn__no_memory(pass->to);
    for (int i = 0; i < node->inputs; i++)
        moved[i] = kernel && rn__is_real(rn_type_get(in[i]))
                       ? jittered(j, in[i], sqrt(rn__terms(node, in)))
                       : in[i];
    const rn_tensor y =
        rn_apply(node->op, moved, node->inputs, node->attributes, node->attribute_size);
    return rounded ? jittered(j, y, 1) : y;
}

static rn_tensor jitter_leaf(rn__copy_pass *pass, const rn__node *leaf)
{
    if (leaf->op == &rn__op_input)
        return rn_input(pass->to, leaf->name, leaf->type, leaf->shape);
    return rn__append(pass->to, leaf->op, leaf->type, leaf->shape, NULL, 0,
                      leaf->attributes, leaf->attribute_size);
}

bool rn__jitter_new(rn__jitter *j, const rn_tensor *roots, int count)
{
    const rn_graph *from = roots[0].graph;
    rn__copy_pass *pass = &j->pass;

    *j = (rn__jitter){.graph = rn_graph_new_using(from->allocator)};
    if (!j->graph) return false;
    j->salt = rn_input(j->graph, "salt", RN_F64, (rn_shape){.rank = 0});
    *pass = (rn__copy_pass){.from = from,
                            .to = j->graph,
                            .node = jitter_node,
                            .leaf = jitter_leaf,
                            .data = j,
                            .arena = {.allocator = from->allocator}};
    int32_t *ids = (int32_t *)rn__arena_new(&pass->arena, (size_t)count * sizeof *ids);
    rn_tensor *y = (rn_tensor *)rn__arena_new(&pass->arena, (size_t)count * sizeof *y);
    for (int i = 0; ids && i < count; i++) ids[i] = roots[i].id;
    if (!ids || !y || !rn__copy_run(pass, ids, count, false)) return false;
    for (int i = 0; i < count; i++) y[i] = rn__copied(pass, ids[i]);
    j->program =
        rn_compile(j->graph, (rn_compile_options){.outputs = y, .output_count = count});
    return j->program != NULL;
}

rn_tensor rn__jittered(const rn__jitter *j, rn_tensor x)
{
    return rn_is_null(x) || !j->program ? rn_null() : rn__copied(&j->pass, x.id);
}

void rn__jitter_finish(rn__jitter *j)
{
    rn__copy_finish(&j->pass);
    rn_program_free(j->program);
    rn_graph_free(j->graph);
}

bool rn__jitter_run(rn__jitter *j, int k)
{
    const double salt = k + 1;

    return rn_feed(j->program, j->salt, &salt, sizeof salt) == RN_OK &&
           rn_run(j->program) == RN_OK;
}
