/* SPDX-License-Identifier: MIT */
/* Finds the products of a gradient's sums that become one. */
#include "compile/sums.h"

#include <string.h>

static const rn__node *node_at(const rn__region *region, int32_t id)
{
    return rn__at(region->graph, id);
}

static bool is_sum(const rn__region *region, int32_t id)
{
    const rn__node *node = node_at(region, id);

    return node->gradient && region->live[id] && rn__op_adds(node->op);
}

static void find_absorbed(const rn__region *region, rn__sums *s)
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

int rn__sum_terms(const rn__region *region, const rn__sums *s, int32_t id, int32_t *term)
{
    int32_t stack[RN__TERMS];
    int count = 0, depth = 1;

    stack[0] = id;
    while (depth > 0) {
        const int32_t top = stack[--depth];
        if (top != id && !(s->absorbed[top] && is_sum(region, top))) {
            if (count == RN__TERMS) return 0;
            term[count++] = top;
            continue;
        }
        if (depth + 2 > RN__TERMS) return 0;
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

/* Whether two products can be one. */
static bool alike(const rn__region *region, const rn__joined *j, int32_t a, int32_t b)
{
    const rn__node *x = node_at(region, a), *y = node_at(region, b);

    if (x->op != y->op || x->type != y->type || x->attribute_size != y->attribute_size ||
        region->products->place[a] != region->products->place[b] ||
        memcmp(x->attributes, y->attributes, x->attribute_size) != 0 ||
        moving_operand(region, y) != j->moving)
        return false;
    for (int k = 0; k < x->inputs; k++)
        if (!rn__shapes_but(node_at(region, x->in[k])->shape,
                            node_at(region, y->in[k])->shape, j->inner[k]))
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
static void insert(const rn__region *region, rn__joined *j, int32_t id)
{
    const int fixed = j->moving == 0;
    int at = j->count++;

    for (; at > 0; at--) {
        if (outer_of(region, j->id[at - 1], fixed) <= outer_of(region, id, fixed)) break;
        j->id[at] = j->id[at - 1];
    }
    j->id[at] = id;
}

/* What it saves to collect the operands of products that leave the loop as one stack, which
 * the gradients of the weights need, and not as stacks of their own beside it. */
static int64_t stacks_gain(const rn__region *region, const rn__joined *j)
{
    int64_t elements = 0;

    if (!(region->products->place[j->id[0]] & RN__LEAVES)) return 0;
    for (int i = 0; i < j->count; i++) {
        const int32_t operand = node_at(region, j->id[i])->in[j->moving];
        elements += 2 * rn_shape_count(node_at(region, operand)->shape) + RN__CALL;
    }
    return region->graph->loop->steps * elements;
}

/* Whether the concatenations of both operands cost less than what is saved: of all products
 * but one, to write a result and to add it. */
static bool pays(const rn__region *region, const rn__joined *j)
{
    const rn__node *node = node_at(region, j->id[0]);
    int64_t cost = 0;
    const int64_t one = 2 * rn__call_gain(region, j->id[0], rn_shape_count(node->shape));
    const int64_t gain = one * (j->count - 1) + stacks_gain(region, j);

    for (int k = 0; k < node->inputs; k++) {
        int32_t operand[RN__JOINED_MOST];
        for (int i = 0; i < j->count; i++) operand[i] = node_at(region, j->id[i])->in[k];
        const int64_t own = rn__concatenation_cost(region, operand, j->count, j->inner[k]);
        if (own < 0) return false;
        cost += own;
    }
    return gain >= cost;
}

/* The first products of a sum that can become one; false without any. */
static bool find_joined(const rn__region *region, const rn__sums *s, const int32_t *term,
                        int count, rn__joined *j)
{
    rn__form form;

    for (int i = 0; i + 1 < count; i++) {
        const rn__node *node = node_at(region, term[i]);
        *j = (rn__joined){.moving = -1};
        if (!s->absorbed[term[i]] || !rn__is_product(node) || node->inputs != 2) continue;
        j->moving = moving_operand(region, node);
        if (j->moving < 0 || !rn__form_of(&form, region->graph, node)) continue;
        if (!rn__form_inner(&form, node, j->inner)) continue;
        if (!rn__products_keep_rows(region, term[i], j->inner)) continue;
        for (int k = i; k < count && j->count < RN__JOINED_MOST; k++)
            if (s->absorbed[term[k]] && alike(region, j, term[i], term[k]))
                insert(region, j, term[k]);
        if (j->count > 1 && pays(region, j)) return true;
    }
    return false;
}

/* Remembers the largest concatenation that each operand is in. */
static void remember(const rn__region *region, rn__sums *s, int32_t id)
{
    const rn__joined *j = s->at[id];

    for (int i = 0; i < j->count; i++) {
        int32_t *within = &s->within[node_at(region, j->id[i])->in[j->moving]];
        if (!*within || s->at[*within - 1]->count < j->count) *within = id + 1;
    }
}

bool rn__find_sums(rn__copy_pass *pass, rn__region *region)
{
    const size_t n = (size_t)region->graph->count;
    int32_t term[RN__TERMS];
    rn__joined found;

    if (!rn__products_prepare(pass, region)) return false;
    if (!region->graph->parent) return true;
    rn__sums *s = (rn__sums *)rn__arena_new(&pass->arena, sizeof *s);
    if (s) {
        s->absorbed = (bool *)rn__arena_new(&pass->arena, n);
        s->within = (int32_t *)rn__arena_new(&pass->arena, n * sizeof *s->within);
        s->at = (rn__joined **)rn__arena_new(&pass->arena, n * sizeof *s->at);
    }
    if (!s || !s->absorbed || !s->within || !s->at) goto no_memory;
    region->products->of_pass = s;
    find_absorbed(region, s);
    for (int32_t id = 0; id < region->graph->count; id++) {
        if (!is_sum(region, id) || s->absorbed[id]) continue;
        const int count = rn__sum_terms(region, s, id, term);
        if (!find_joined(region, s, term, count, &found)) continue;
        s->at[id] = (rn__joined *)rn__arena_new(&pass->arena, sizeof found);
        if (!s->at[id]) goto no_memory;
        *s->at[id] = found;
        remember(region, s, id);
    }
    rn__overlap_sums(region, s);
    return true;
no_memory:
    rn__no_memory(pass->to);
    return false;
}
