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

/* bool [T, B] of lengths or a mask. Null with an error. */
static rn_tensor steps_of(rn_tensor h, rn_tensor valid)
{
    if (rn_type_get(valid) != RN_I32) return valid;
    valid = rn_check_range(valid, 0, rn_size(h, 0));
    return rn_less(rn_expand(rn_range(h.graph, rn_size(h, 0)), 1), valid);
}

/* What a penalty is of; false with an error. *valid becomes bool [T, B, 1..], or stays
 * null. */
static bool begin(const char *what, rn_tensor h, rn_tensor *valid, double l1, double l2)
{
    rn_shape shape = rn_shape_get(h), given = rn_shape_get(*valid);
    const bool lengths = rn_type_get(*valid) == RN_I32;
    rn_graph *graph = h.graph ? h.graph : valid->graph;
    char h_text[128], v_text[128];

    if (rn_is_null(rn__adopt(graph, h, what))) return false;
    if (shape.rank < 2 || !rn__is_real(rn_type_get(h)))
        rn_fail(h.graph, "%s: h must be real [T,B,..]: %s %s", what,
                rn_type_name(rn_type_get(h)), rn__describe(h, h_text, sizeof h_text));
    else if (!(l1 >= 0 && l1 < 1e300 && l2 >= 0 && l2 < 1e300))
        rn_fail(h.graph, "%s: factors must be at least 0 and finite: %g, %g", what, l1, l2);
    else if (!rn_is_null(*valid) &&
             !(lengths
                   ? given.rank == 1 && given.size[0] == shape.size[1]
                   : rn_type_get(*valid) == RN_BOOL && given.rank == 2 &&
                         given.size[0] == shape.size[0] && given.size[1] == shape.size[1]))
        rn_fail(h.graph, "%s: valid must be i32 [B] or bool [T,B]: %s %s for h %s", what,
                rn_type_name(rn_type_get(*valid)),
                rn__describe(*valid, v_text, sizeof v_text),
                rn__describe(h, h_text, sizeof h_text));
    if (h.graph->root->failed) return false;
    if (rn_is_null(*valid)) return true;
    for (int i = 2; i < shape.rank; i++) shape.size[i] = 1;
    *valid = rn_reshape(steps_of(h, *valid), shape);
    return !rn_is_null(*valid);
}

/* The mean of the terms that count. */
static rn_tensor mean(const char *what, rn_tensor terms, rn_tensor counts)
{
    const rn_loss_options o = {.mask = counts};
    rn__loss loss = {.type = rn_type_get(terms), .shape = rn_shape_get(terms)};

    if (!rn__loss_begin(&loss, what, terms.graph, &o, 0)) return rn_null();
    return rn__loss_reduce(&loss, terms, rn_null());
}

/* h with zeros in its padding. */
static rn_tensor without_padding(rn_tensor h, rn_tensor valid)
{
    return rn_is_null(valid) ? h : rn_where(valid, h, rn_constant_like(h, 0));
}

rn_tensor rn_activation_penalty(rn_tensor h, rn_tensor valid, double l1, double l2)
{
    const rn_tensor both[2] = {h, valid};

    if (!h.graph && !valid.graph)
        return rn__null_from("activation_penalty", RN__NULL_OPERANDS, both, 2);
    if (!begin("activation_penalty", h, &valid, l1, l2)) return rn_null();
    h = without_padding(h, valid);
    rn_tensor terms = rn_scale(rn_square(h), l2);
    if (l1 > 0) terms = rn_add(terms, rn_scale(rn_abs(h), l1));
    return mean("activation_penalty", terms, valid);
}

rn_tensor rn_temporal_penalty(rn_tensor h, rn_tensor valid, double l2)
{
    const rn_tensor both[2] = {h, valid};

    if (!h.graph && !valid.graph)
        return rn__null_from("temporal_penalty", RN__NULL_OPERANDS, both, 2);
    if (!begin("temporal_penalty", h, &valid, 0, l2)) return rn_null();
    const int64_t steps = rn_size(h, 0), first = steps > 0;
    h = without_padding(h, valid);
    const rn_tensor change =
        rn_sub(rn_slice(h, 0, first, steps, 1), rn_slice(h, 0, 0, steps - first, 1));
    if (!rn_is_null(valid)) {
        const rn_tensor now = rn_slice(valid, 0, first, steps, 1);
        valid = rn_where(now, rn_slice(valid, 0, 0, steps - first, 1), now);
    }
    return mean("temporal_penalty", rn_scale(rn_square(change), l2), valid);
}
