/* SPDX-License-Identifier: MIT */
/*
 * Sums: in a loop, sums of a gradient's products become one product.
 *
 *   x1 Y1' + x2 Y2' + .. = [x1|x2|..] [Y1|Y2|..]'      the Y from outside the loop
 *
 * The additions come in another order, so this is done for what rn_grad built, and not for
 * a cell's own sums: those have the same bits in a loop as outside. What it leaves true:
 * the x are in one concatenation, which the other products with them can use (join.c).
 */
#include "compile/passes.h"
#include "compile/products.h"
#include "rondo/ops.h"

#include <string.h>

enum { TERMS = 64 }; /* of a sum; one of more is left alone */

/* Products of one sum that become one. */
typedef struct joined {
    int32_t id[RN__JOINED_MOST]; /* in order of their operands from outside */
    int count;
    int moving; /* which operand is not from outside */
    int inner[RN__FORM_INPUTS];
} joined;

typedef struct sums {
    bool *absorbed;  /* by node: a term, or a part of a sum, that only a sum reads */
    int32_t *within; /* by node: the joined products' node whose concatenation has it, from
                        1; 0: none */
    joined **at;     /* by node that is a sum's last addition */
} sums;

static const rn__node *node_at(const rn__region *region, int32_t id)
{
    return rn__at(region->graph, id);
}

static bool is_sum(const rn__region *region, int32_t id)
{
    const rn__node *node = node_at(region, id);

    return node->gradient && region->live[id] && rn__op_adds(node->op);
}

static void find_absorbed(const rn__region *region, sums *s)
{
    for (int32_t id = 0; id < region->graph->count; id++) {
        const rn__node *node = node_at(region, id);
        for (int i = 0; is_sum(region, id) && i < 2; i++) {
            const rn__node *in = node_at(region, node->in[i]);
            const bool term = rn__is_product(in) || is_sum(region, node->in[i]);
            s->absorbed[node->in[i]] = term &&
                                       region->products->readers[node->in[i]] == 1 &&
                                       rn_shape_equal(in->shape, node->shape);
        }
    }
}

/* The terms of a sum in order; 0 if there are too many. */
static int find_terms(const rn__region *region, const sums *s, int32_t id, int32_t *term)
{
    int32_t stack[TERMS];
    int count = 0, depth = 1;

    stack[0] = id;
    while (depth > 0) {
        const int32_t top = stack[--depth];
        if (top != id && !(s->absorbed[top] && is_sum(region, top))) {
            if (count == TERMS) return 0;
            term[count++] = top;
            continue;
        }
        if (depth + 2 > TERMS) return 0;
        stack[depth++] = node_at(region, top)->in[1];
        stack[depth++] = node_at(region, top)->in[0];
    }
    return count;
}

/* The operand of a product that is not from outside the loop, if the others are; -1. */
static int moving_operand(const rn__region *region, const rn__node *node)
{
    int moving = -1;

    for (int k = 0; k < node->inputs; k++) {
        if (node_at(region, node->in[k])->op == &rn__op_capture) continue;
        if (moving >= 0) return -1;
        moving = k;
    }
    return moving;
}

static bool shapes_but(rn_shape x, rn_shape y, int axis)
{
    if (axis < 0 || x.rank != y.rank) return false;
    x.size[axis] = y.size[axis];
    return rn_shape_equal(x, y);
}

/* Whether two products can be one. */
static bool alike(const rn__region *region, const joined *j, int32_t a, int32_t b)
{
    const rn__node *x = node_at(region, a), *y = node_at(region, b);

    if (x->op != y->op || x->type != y->type || x->attribute_size != y->attribute_size ||
        region->products->place[a] != region->products->place[b] ||
        memcmp(x->attributes, y->attributes, x->attribute_size) != 0 ||
        moving_operand(region, y) != j->moving)
        return false;
    for (int k = 0; k < x->inputs; k++)
        if (!shapes_but(node_at(region, x->in[k])->shape, node_at(region, y->in[k])->shape,
                        j->inner[k]))
            return false;
    return true;
}

/* The outer tensor that an operand from outside is. */
static int32_t outer_of(const rn__region *region, int32_t product, int k)
{
    const rn__node *node = node_at(region, product);

    return rn__pair_of(&region->graph->loop->capture, node->in[k])->outer;
}

/* In order of the outer tensors, so that their concatenation is the same for all that join
 * them. */
static void insert(const rn__region *region, joined *j, int32_t id)
{
    const int fixed = j->moving == 0;
    int at = j->count++;

    for (; at > 0; at--) {
        if (outer_of(region, j->id[at - 1], fixed) <= outer_of(region, id, fixed)) break;
        j->id[at] = j->id[at - 1];
    }
    j->id[at] = id;
}

/* Whether the concatenations of both operands cost little. */
static bool pays(const rn__region *region, const joined *j)
{
    const rn__node *node = node_at(region, j->id[0]);
    int32_t operand[RN__JOINED_MOST];
    rn__form form;

    if (!rn__form_of(&form, region->graph, node)) return false;
    for (int k = 0; k < node->inputs; k++) {
        for (int i = 0; i < j->count; i++) operand[i] = node_at(region, j->id[i])->in[k];
        const int64_t uses = rn__form_uses(&form, node, k);
        if (!rn__concatenation_pays(region, operand, j->count, j->inner[k], uses))
            return false;
    }
    return true;
}

/* The first products of a sum that can become one; false without any. */
static bool find_joined(const rn__region *region, const sums *s, const int32_t *term,
                        int count, joined *j)
{
    rn__form form;

    for (int i = 0; i + 1 < count; i++) {
        const rn__node *node = node_at(region, term[i]);
        *j = (joined){.moving = -1};
        if (!s->absorbed[term[i]] || !rn__is_product(node) || node->inputs != 2) continue;
        j->moving = moving_operand(region, node);
        if (j->moving < 0 || !rn__form_of(&form, region->graph, node)) continue;
        if (!rn__form_inner(&form, node, j->inner)) continue;
        for (int k = i; k < count && j->count < RN__JOINED_MOST; k++)
            if (s->absorbed[term[k]] && alike(region, j, term[i], term[k]))
                insert(region, j, term[k]);
        if (j->count > 1 && pays(region, j)) return true;
    }
    return false;
}

/* Remembers the largest concatenation that each operand is in. */
static void remember(const rn__region *region, sums *s, int32_t id)
{
    const joined *j = s->at[id];

    for (int i = 0; i < j->count; i++) {
        int32_t *within = &s->within[node_at(region, j->id[i])->in[j->moving]];
        if (!*within || s->at[*within - 1]->count < j->count) *within = id + 1;
    }
}

static bool prepare(rn__copy_pass *pass, rn__region *region)
{
    const size_t n = (size_t)region->graph->count;
    int32_t term[TERMS];
    joined found;

    if (!rn__products_prepare(pass, region)) return false;
    if (!region->graph->parent) return true;
    sums *s = (sums *)rn__arena_new(&pass->arena, sizeof *s);
    if (s) {
        s->absorbed = (bool *)rn__arena_new(&pass->arena, n);
        s->within = (int32_t *)rn__arena_new(&pass->arena, n * sizeof *s->within);
        s->at = (joined **)rn__arena_new(&pass->arena, n * sizeof *s->at);
    }
    if (!s || !s->absorbed || !s->within || !s->at) goto no_memory;
    region->products->of_pass = s;
    find_absorbed(region, s);
    for (int32_t id = 0; id < region->graph->count; id++) {
        if (!is_sum(region, id) || s->absorbed[id]) continue;
        const int count = find_terms(region, s, id, term);
        if (!find_joined(region, s, term, count, &found)) continue;
        s->at[id] = (joined *)rn__arena_new(&pass->arena, sizeof found);
        if (!s->at[id]) goto no_memory;
        *s->at[id] = found;
        remember(region, s, id);
    }
    return true;
no_memory:
    rn__no_memory(pass->to);
    return false;
}

/* ---- building ---- */

/* Operand k of the products of a sum, one after the other. */
static rn_tensor concatenation(rn__copy_pass *pass, const joined *j, int k)
{
    rn_tensor x[RN__JOINED_MOST];

    for (int i = 0; i < j->count; i++)
        x[i] = rn__uncaptured(pass->at->to[node_at(pass->at, j->id[i])->in[k]]);
    return rn__unique(pass, rn__concatenated(x, j->count, j->inner[k]));
}

/* Whether operand x of products is a part of a larger concatenation whose operands have
 * all been copied. */
static const joined *larger(const rn__copy_pass *pass, const joined *j, int *first)
{
    const rn__region *region = pass->at;
    const sums *s = (const sums *)region->products->of_pass;
    const int32_t of = s->within[node_at(region, j->id[0])->in[j->moving]] - 1;
    const joined *all = of < 0 ? NULL : s->at[of];

    if (!all || all == j || all->moving != j->moving ||
        all->inner[j->moving] != j->inner[j->moving])
        return NULL;
    for (*first = 0; *first + j->count <= all->count; ++*first) {
        int same = 0;
        while (same < j->count && node_at(region, all->id[*first + same])->in[j->moving] ==
                                      node_at(region, j->id[same])->in[j->moving])
            same++;
        if (same == j->count) break;
    }
    if (*first + j->count > all->count) return NULL;
    for (int i = 0; i < all->count; i++)
        if (rn_is_null(region->to[node_at(region, all->id[i])->in[j->moving]])) return NULL;
    return all;
}

/* Operand `moving`: a range of a larger concatenation if there is one, so that its parts
 * are computed in one place. */
static rn_tensor moving_operands(rn__copy_pass *pass, const joined *j)
{
    const int axis = j->inner[j->moving];
    int first;
    const joined *all = larger(pass, j, &first);
    int64_t start = 0, stop = 0;

    if (!all) return concatenation(pass, j, j->moving);
    for (int i = 0; i < first + j->count; i++) {
        const rn__node *node = node_at(pass->at, all->id[i]);
        if (i == first) start = stop;
        stop += node_at(pass->at, node->in[j->moving])->shape.size[axis];
    }
    const rn_tensor x = concatenation(pass, all, j->moving);
    return rn__unique(pass, rn_slice(x, axis, start, stop, 1));
}

static bool among(const joined *j, int32_t id)
{
    for (int i = 0; i < j->count; i++)
        if (j->id[i] == id) return true;
    return false;
}

static rn_tensor build(rn__copy_pass *pass, const joined *j)
{
    const int32_t root = pass->id;
    const rn__region *region = pass->at;
    int32_t term[TERMS];
    const int count =
        find_terms(region, (const sums *)region->products->of_pass, root, term);
    rn_tensor in[2];

    in[j->moving] = moving_operands(pass, j);
    in[!j->moving] = concatenation(pass, j, !j->moving);
    rn_tensor sum = rn__simplified(pass, node_at(region, j->id[0]), in);
    for (int i = 0; i < count; i++)
        if (!among(j, term[i])) sum = rn__unique(pass, rn_add(region->to[term[i]], sum));
    return sum;
}

static rn_tensor join_sum(rn__copy_pass *pass, const rn__node *node, const rn_tensor *in)
{
    const sums *s = (const sums *)pass->at->products->of_pass;
    const joined *j = s ? s->at[pass->id] : NULL;

    return j ? build(pass, j) : rn__simplified(pass, node, in);
}

bool rn__join_sums(rn__copy_pass *pass, const int32_t *roots, int count)
{
    pass->node = join_sum;
    pass->prepare = prepare;
    return rn__simplify(pass, roots, count);
}
