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
#include "compile/sums.h"

#include "compile/passes.h"
#include "rondo/ops.h"

static const rn__node *node_at(const rn__region *region, int32_t id)
{
    return rn__at(region->graph, id);
}

/* Operand k of the products of a sum, one after the other. */
static rn_tensor concatenation(rn__copy_pass *pass, const rn__joined *j, int k)
{
    rn_tensor x[RN__JOINED_MOST];

    for (int i = 0; i < j->count; i++)
        x[i] = rn__uncaptured(pass->at->to[node_at(pass->at, j->id[i])->in[k]]);
    return rn__unique(pass, rn__concatenated(x, j->count, j->inner[k]));
}

/* Whether operand x of products is a part of a larger concatenation whose operands have
 * all been copied. */
static const rn__joined *larger(const rn__copy_pass *pass, const rn__joined *j, int *first)
{
    const rn__region *region = pass->at;
    const rn__sums *s = (const rn__sums *)region->products->of_pass;
    const int32_t of = s->within[node_at(region, j->id[0])->in[j->moving]] - 1;
    const rn__joined *all = of < 0 ? NULL : s->at[of];

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

/* The concatenation that the operands share with those of another sum, all of which have
 * been copied; *of: its products. False if there is none. */
static bool overlapping(const rn__copy_pass *pass, const rn__joined *j, rn__joined *of,
                        int *first)
{
    const rn__region *region = pass->at;
    const rn__sums *s = (const rn__sums *)region->products->of_pass;

    if (!j->with) return false;
    *of = j->leads ? *j : *s->at[j->with - 1];
    const rn__joined *next = j->leads ? s->at[j->with - 1] : j;
    for (int i = next->shared; i < next->count; i++) of->id[of->count++] = next->id[i];
    *first = j->leads ? 0 : of->count - j->count;
    for (int i = 0; i < of->count; i++)
        if (rn_is_null(region->to[node_at(region, of->id[i])->in[j->moving]])) return false;
    return true;
}

/* Operand `moving`: a range of a larger concatenation if there is one, so that its parts
 * are computed in one place. */
static rn_tensor moving_operands(rn__copy_pass *pass, const rn__joined *j)
{
    rn__joined both;
    const int axis = j->inner[j->moving];
    int first;
    const rn__joined *all =
        overlapping(pass, j, &both, &first) ? &both : larger(pass, j, &first);
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

static bool among(const rn__joined *j, int32_t id)
{
    for (int i = 0; i < j->count; i++)
        if (j->id[i] == id) return true;
    return false;
}

static rn_tensor build(rn__copy_pass *pass, const rn__joined *j)
{
    const int32_t root = pass->id;
    const rn__region *region = pass->at;
    int32_t term[RN__TERMS];
    const int count =
        rn__sum_terms(region, (const rn__sums *)region->products->of_pass, root, term);
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
    const rn__sums *s = (const rn__sums *)pass->at->products->of_pass;
    const rn__joined *j = s ? s->at[pass->id] : NULL;

    return j ? build(pass, j) : rn__simplified(pass, node, in);
}

bool rn__join_sums(rn__copy_pass *pass, const int32_t *roots, int count)
{
    pass->node = join_sum;
    pass->prepare = rn__find_sums;
    return rn__simplify(pass, roots, count);
}
