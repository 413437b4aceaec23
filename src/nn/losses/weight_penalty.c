/* SPDX-License-Identifier: MIT */
/*
 * weight_penalty -- of the weights that a graph uses.
 *
 *   sum over w of l1 sum |w| + l2 sum w^2
 */
#include "base/pattern.h"
#include "nn/losses/losses.h"
#include "nn/model.h"

/* The weight of the model that a node reads; NULL if it reads none. */
static const char *weight_of(const rn_model *model, const rn_graph *graph, int32_t id)
{
    const rn__node *node = rn__at(graph, id);
    const bool is = node->op == &rn__op_variable && node->variable->trained &&
                    node->variable->owner == model;

    return is ? node->variable->name : NULL;
}

/* Whether one of the patterns matches. */
static bool matches(const char *list, const char *name)
{
    const char *pattern;
    size_t bytes;

    while (rn__pattern_next(&list, &pattern, &bytes))
        if (rn__pattern_matches(pattern, bytes, name)) return true;
    return false;
}

/* The first pattern that matches no weight; its length is 0 if there is none. */
static int unmatched(const rn_scope *s, int32_t count, const char *list,
                     const char **pattern)
{
    size_t bytes;

    while (rn__pattern_next(&list, pattern, &bytes)) {
        bool found = false;
        for (int32_t id = 0; id < count && !found; id++) {
            const char *name = weight_of(s->model, s->graph, id);
            found = name && rn__pattern_matches(*pattern, bytes, name);
        }
        if (!found) return (int)bytes;
    }
    return 0;
}

static rn_tensor of(rn_tensor w, double l1, double l2)
{
    const rn_tensor squares = rn_cast(rn_sum_square(w, NULL, 0, false), rn_type_get(w));
    const rn_tensor sum = rn_scale(squares, l2);

    return l1 > 0 ? rn_add(sum, rn_scale(rn_sum_all(rn_abs(w)), l1)) : sum;
}

rn_tensor rn_weight_penalty(rn_scope s, const char *patterns, double l1, double l2)
{
    rn_tensor sum = rn_null();
    const char *none = NULL;

    if (!s.graph) return rn__null_from("weight_penalty", RN__NULL_SCOPE, NULL, 0);
    s.graph = s.graph->root;
    if (!s.model) return rn_fail(s.graph, "weight_penalty: the scope has no model");
    if (!rn__loss_factors("weight_penalty", s.graph, l1, l2)) return rn_null();
    const int32_t count = s.graph->count;
    if (!patterns) patterns = "*";
    const int length = unmatched(&s, count, patterns, &none);
    for (int32_t id = 0; id < count && !length; id++) {
        const char *name = weight_of(s.model, s.graph, id);
        if (!name || !matches(patterns, name)) continue;
        const rn_tensor one = of(rn__tensor(s.graph, id), l1, l2);
        sum = rn_is_null(sum) ? one : rn_add(sum, one);
    }
    if (!rn_is_null(sum)) return sum;
    return rn_fail(s.graph, "weight_penalty: the graph uses no such weight: %.*s", length,
                   length ? none : "");
}
