/* SPDX-License-Identifier: MIT */
/*
 * Split: products that are better as several.
 *
 *   [h|x] W  = h W1 + x W2           W1, W2 rows of W, which are views
 *   (dz W')1 = dz W1'                where the ranges of one product have different uses
 *
 * In a loop, the product of what does not depend on a carry can then leave it, as the
 * gradient that only leaves the loop can. The first is done outside of loops too, so that
 * single steps give the same bits as a loop.
 */
#include "compile/passes.h"
#include "compile/products.h"
#include "graph/loop.h"
#include "rondo/ops.h"

enum { PARTS = 4 }; /* of more parts, each product would be small */

/* ---- concatenations along the inner axis ---- */

typedef struct parts {
    rn_tensor x[PARTS];
    int count;
} parts;

/* The tensors that x is the concatenation of along an axis. A step's slice of a
 * concatenation is one of slices. */
static bool parts_of(rn_tensor x, int axis, parts *p)
{
    const rn__node *leaf = rn__node_of(x);
    const bool each = leaf->op == &rn__op_each;
    rn_loop *loop = each ? x.graph->loop : NULL;

    if (each) {
        const rn__pair *pair = rn__pair_of(&loop->each, x.id);
        if (pair->slots != RN__SLOTS_PLAIN) return false;
        x = rn__tensor(x.graph->parent, pair->outer);
    }
    x = rn__uncaptured(x);
    const rn__node *node = rn__node_of(x);
    if (node->inputs > PARTS || rn__node_joins(x.graph, node) != axis + each) return false;
    p->count = node->inputs;
    for (int i = 0; i < p->count; i++) {
        p->x[i] = rn__uncaptured(rn__tensor(x.graph, node->in[i]));
        if (each) p->x[i] = rn__loop_each(loop, p->x[i], "split");
        if (rn_is_null(p->x[i])) return false;
    }
    return true;
}

/* The operand that is a concatenation along its inner axis; -1: none. */
static int find_operand(const rn__node *node, const rn_tensor *in, const int *inner,
                        parts *p)
{
    for (int k = 0; k < node->inputs; k++)
        if (parts_of(in[k], inner[k], p)) return k;
    return -1;
}

static rn_tensor split_inner(rn__copy_pass *pass, const rn__node *node, const rn_tensor *in)
{
    rn_tensor part[RN__FORM_INPUTS], sum = rn_null();
    int inner[RN__FORM_INPUTS];
    int64_t start = 0;
    rn__form form;
    parts p;

    if (!rn__form_of(&form, pass->at->graph, node)) return sum;
    if (!rn__form_inner(&form, node, inner)) return sum;
    const int k = find_operand(node, in, inner, &p);
    for (int i = 0; k >= 0 && i < p.count; i++) {
        const int64_t stop = start + rn_size(p.x[i], inner[k]);
        for (int j = 0; j < node->inputs; j++)
            part[j] = j == k ? p.x[i] : rn_slice(in[j], inner[j], start, stop, 1);
        const rn_tensor term = rn__simplified(pass, node, part);
        sum = i == 0 ? term : rn__unique(pass, rn_add(sum, term));
        if (rn_is_null(sum)) return sum;
        start = stop;
    }
    return sum;
}

/* ---- ranges of a product ---- */

/* What is known of the ranges of each product of a body. */
typedef struct ranges {
    int32_t count;
    bool core, other; /* some are carried on, some are not */
} ranges;

/* The product that a node is a range of; -1: none. */
static int32_t product_of(const rn__region *region, int32_t id, rn__range *r)
{
    const rn__node *node = rn__at(region->graph, id);

    if (!node->op->view || !rn__is_product(rn__at(region->graph, node->in[0]))) return -1;
    *r = rn__range_of(rn__node_as_tensor(region->graph, id));
    return r->axis >= 0 && r->of.graph == region->graph ? r->of.id : -1;
}

static bool prepare(rn__copy_pass *pass, rn__region *region)
{
    const rn_graph *g = region->graph;
    rn__range range;

    if (!rn__products_prepare(pass, region)) return false;
    if (!g->parent) return true;
    ranges *r = (ranges *)rn__arena_new(&pass->arena, (size_t)g->count * sizeof *r);
    if (!r) {
        rn__no_memory(pass->to);
        return false;
    }
    for (int32_t id = 0; id < g->count; id++) {
        const int32_t of = region->live[id] ? product_of(region, id, &range) : -1;
        if (of < 0) continue;
        r[of].count++;
        r[of].core |= region->products->core[id];
        r[of].other |= !region->products->core[id];
    }
    region->products->of_pass = r;
    return true;
}

/* A range of a product as a product of its own, if others of its ranges stay in the loop
 * and some may leave it. */
static rn_tensor split_range(rn__copy_pass *pass, const rn_tensor *in)
{
    const rn__products *p = pass->at->products;
    const ranges *known = (const ranges *)p->of_pass;
    rn_tensor part[RN__FORM_INPUTS];
    int cut[RN__FORM_INPUTS];
    rn__form form;
    rn__range r;
    const int32_t of = known ? product_of(pass->at, pass->id, &r) : -1;

    if (of < 0 || !known[of].core || !known[of].other) return rn_null();
    const rn__node *product = rn__at(pass->at->graph, of), *copy = rn__node_of(in[0]);
    if (known[of].count != p->readers[of] || copy->op != product->op) return rn_null();
    if (!rn__form_of(&form, pass->at->graph, product)) return rn_null();
    if (!rn__form_cut(&form, product, r.axis, cut)) return rn_null();
    for (int k = 0; k < copy->inputs; k++) {
        part[k] = rn__uncaptured(rn__tensor(in[0].graph, copy->in[k]));
        if (cut[k] >= 0) part[k] = rn_slice(part[k], cut[k], r.start, r.stop, 1);
    }
    return rn__simplified(pass, product, part);
}

static rn_tensor split(rn__copy_pass *pass, const rn__node *node, const rn_tensor *in)
{
    rn_tensor x = rn_null();

    if (rn__is_product(node))
        x = split_inner(pass, node, in);
    else if (node->op->view)
        x = split_range(pass, in);
    if (!rn_is_null(x) || pass->to->failed) return x;
    return rn__simplified(pass, node, in);
}

bool rn__split_products(rn__copy_pass *pass, const int32_t *roots, int count)
{
    pass->node = split;
    pass->prepare = prepare;
    return rn__simplify(pass, roots, count);
}
