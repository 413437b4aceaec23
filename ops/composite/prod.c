/* SPDX-License-Identifier: MIT */
/*
 * prod -- the product over axes, 1 for no elements.
 *
 * The first half of the factors is multiplied by the second until one factor is left. So
 * the gradient with respect to a factor is the product of the others and not y / x: it is
 * right if factors are 0, and so are higher derivatives.
 */
#include "graph/frame.h"
#include "ops/reduce.h"

static const rn_op name = {.name = "prod"};

/* x [.., n] -> [..] */
static rn_tensor halves(rn_tensor x)
{
    int64_t n = rn_size(x, -1);
    rn_tensor odd = rn_null();

    while (n > 1) {
        const int64_t half = n / 2;
        if (n % 2) {
            const rn_tensor last = rn_slice(x, -1, n - 1, n, 1);
            odd = rn_is_null(odd) ? last : rn_mul(odd, last);
        }
        x = rn_mul(rn_slice(x, -1, 0, half, 1), rn_slice(x, -1, half, 2 * half, 1));
        n = half;
    }
    return rn_squeeze(rn_is_null(odd) ? x : rn_mul(x, odd), -1);
}

/* x with the reduced axes last, as one. */
static rn_tensor gathered(rn_tensor x, int64_t mask)
{
    const rn_shape from = rn_shape_get(x);
    int order[RN_RANK_MAX], kept = 0;
    rn_shape to = {.rank = 0};

    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < from.rank; i++)
            if ((mask >> i & 1) == pass) {
                if (!pass) to.size[to.rank++] = from.size[i];
                order[kept++] = i;
            }
    to.size[to.rank++] = rn__reduce_terms(from, mask);
    return rn_reshape(rn_permute(x, order), to);
}

rn_tensor rn_prod(rn_tensor x, const int *axes, int count, bool keep)
{
    if (rn_is_null(x)) return rn__null_from("prod", RN__NULL_X, &x, 1);

    const int64_t mask = rn__reduce_axes(&name, x, axes, count);
    if (mask < 0) return rn_null();
    if (mask == 0) return x;

    rn__frame f;
    rn__frame_enter(&f, "prod", NULL, x, rn_null());
    if (rn__reduce_terms(rn_shape_get(x), mask) == 0)
        return rn__frame_leave(&f, rn_offset(rn_sum(x, axes, count, keep), 1));

    const rn_tensor y = halves(gathered(x, mask));
    return rn__frame_leave(&f, keep ? rn__reduce_keep(y, x, mask) : y);
}
