/* SPDX-License-Identifier: MIT */
/*
 * Penalties of a layer's outputs h [T, B, ..]: of their sizes, and of their changes from
 * one step to the next.
 *
 *   activation  mean(l1 |h| + l2 h^2)
 *   temporal    l2 mean((h[t] - h[t-1])^2)
 *
 * Means are over the elements of real steps, or of pairs of them.
 */
#include "nn/losses/losses.h"

/* Whether `valid` are lengths or a mask of the steps of h. */
static bool fits(rn_tensor h, rn_tensor valid)
{
    const rn_type type = rn_type_get(valid);

    if (type == RN_I32) return rn_rank(valid) == 1 && rn_size(valid, 0) == rn_size(h, 1);
    return type == RN_BOOL && rn_rank(valid) == 2 && rn_size(valid, 0) == rn_size(h, 0) &&
           rn_size(valid, 1) == rn_size(h, 1);
}

/* bool [T, B, 1..] of lengths or a mask. */
static rn_tensor steps_of(rn_tensor h, rn_tensor valid)
{
    rn_shape shape = rn_shape_get(h);

    for (int i = 2; i < shape.rank; i++) shape.size[i] = 1;
    if (rn_type_get(valid) == RN_I32)
        valid = rn_less(rn_expand(rn_range(h.graph, shape.size[0]), 1),
                        rn_check_range(valid, 0, shape.size[0]));
    return rn_reshape(valid, shape);
}

/* False with an error. */
static bool check(const char *what, rn_tensor h, rn_tensor valid, double l1, double l2)
{
    rn_graph *graph = h.graph ? h.graph : valid.graph;
    const char *fault = NULL;
    char h_text[128], text[128];

    if (rn_is_null(rn__adopt(graph, h, what)) || !rn__loss_factors(what, graph, l1, l2))
        return false;
    if (rn_rank(h) < 2 || !rn__is_real(rn_type_get(h)))
        fault = "h must be real [T,B,..]", valid = h;
    else if (!rn_is_null(valid) && !fits(h, valid))
        fault = "valid must be i32 [B] or bool [T,B]";
    if (fault)
        rn_fail(graph, "%s: %s: %s %s for %s", what, fault,
                rn_type_name(rn_type_get(valid)), rn__describe(valid, text, sizeof text),
                rn__describe(h, h_text, sizeof h_text));
    return !fault;
}

/* All but the first steps, or all but the last. */
static rn_tensor later(rn_tensor x)
{
    return rn_slice(x, 0, rn_size(x, 0) > 0, rn_size(x, 0), 1);
}

static rn_tensor earlier(rn_tensor x)
{
    return rn_slice(x, 0, 0, rn_size(x, 0) - (rn_size(x, 0) > 0), 1);
}

static rn_tensor penalty(const char *what, rn_tensor h, rn_tensor valid, double l1,
                         double l2, bool of_changes)
{
    const rn_tensor both[2] = {h, valid};
    rn_loss_options o = {.mask = rn_null()};

    if (!h.graph && !valid.graph) return rn__null_from(what, RN__NULL_OPERANDS, both, 2);
    if (!check(what, h, valid, l1, l2)) return rn_null();
    if (!rn_is_null(valid)) {
        valid = steps_of(h, valid);
        h = rn_where(valid, h, rn_constant_like(h, 0));
    }
    if (of_changes) {
        h = rn_sub(later(h), earlier(h));
        if (!rn_is_null(valid))
            valid = rn_where(later(valid), earlier(valid), later(valid));
    }
    o.mask = valid;
    rn__loss loss = {.type = rn_type_get(h), .shape = rn_shape_get(h)};
    rn_tensor terms = rn_scale(rn_square(h), l2);
    if (l1 > 0) terms = rn_add(terms, rn_scale(rn_abs(h), l1));
    if (!rn__loss_begin(&loss, what, h.graph, &o, 0)) return rn_null();
    return rn__loss_reduce(&loss, terms, rn_null());
}

rn_tensor rn_activation_penalty(rn_tensor h, rn_tensor valid, double l1, double l2)
{
    return penalty("activation_penalty", h, valid, l1, l2, false);
}

rn_tensor rn_temporal_penalty(rn_tensor h, rn_tensor valid, double l2)
{
    return penalty("temporal_penalty", h, valid, 0, l2, true);
}
