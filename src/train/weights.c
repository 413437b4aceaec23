/* SPDX-License-Identifier: MIT */
/*
 * Which weights are trained: those that the loss depends on, without those that rn_except
 * or a group freezes and those that no gradient reaches, for example behind a
 * stop_gradient.
 */
#include "autodiff/sweep.h"
#include "base/pattern.h"
#include "nn/model.h"
#include "train/optimizer.h"

static bool is_weight(const rn_graph *graph, int32_t id)
{
    const rn__node *node = rn__at(graph, id);

    return node->op == &rn__op_variable && node->variable->trained;
}

/* ---- patterns ---- */

/* Whether a weight matches one of the patterns; NULL is none. */
static bool listed(const char *list, rn_tensor w)
{
    const char *pattern;
    size_t bytes;

    if (!list) return false;
    while (rn__pattern_next(&list, &pattern, &bytes))
        if (rn__pattern_matches(pattern, bytes, rn__node_of(w)->variable->name))
            return true;
    return false;
}

const rn_weight_group *rn__group_of(const rn_optimizer *self, rn_tensor w)
{
    for (int i = 0; i < self->group_count; i++)
        if (listed(self->groups[i].weights, w)) return &self->groups[i];
    return NULL;
}

static bool frozen(const rn_update *u, rn_tensor w)
{
    const rn_weight_group *group = rn__group_of(u->self, w);

    return listed(u->self->except, w) || (group && group->frozen);
}

/* Whether the pattern matches a weight of the model, or a weight that the loss is computed
 * from. */
static bool matches_any(const rn_update *u, const char *pattern, size_t bytes)
{
    for (int i = 0; i < u->model->count; i++)
        if (u->model->entry[i].kind == RN__WEIGHT &&
            rn__pattern_matches(pattern, bytes, u->model->entry[i].variable->name))
            return true;
    for (int32_t id = 0; id < u->graph->count; id++)
        if (is_weight(u->graph, id) &&
            rn__pattern_matches(pattern, bytes, rn__at(u->graph, id)->variable->name))
            return true;
    return false;
}

static bool list_fits(const rn_update *u, const char *what, const char *list)
{
    const char *pattern;
    size_t bytes;

    while (list && rn__pattern_next(&list, &pattern, &bytes)) {
        if (matches_any(u, pattern, bytes)) continue;
        rn_fail(u->graph, "%s: %s: the model has no such weight: %.*s", u->more->rule_name,
                what, (int)bytes, pattern);
        return false;
    }
    return true;
}

bool rn__patterns_fit(const rn_update *u)
{
    bool fit = list_fits(u, "except", u->self->except);

    for (int i = 0; fit && i < u->self->group_count; i++)
        fit = list_fits(u, "groups", u->self->groups[i].weights);
    return fit;
}

/* ---- the weights of the loss ---- */

/* Marks the nodes that the loss is computed from. NULL if out of memory. */
static bool *mark(rn_tensor loss)
{
    const rn_graph *g = loss.graph;
    bool *marked = (bool *)rn__new(g->root->allocator, (size_t)loss.id + 1);

    if (!marked) return NULL;
    marked[loss.id] = true;
    for (int32_t id = loss.id; id >= 0; id--) {
        const rn__node *node = rn__at(g, id);
        for (int i = 0; marked[id] && i < node->inputs; i++) marked[node->in[i]] = true;
    }
    return marked;
}

/* The weights of the loss, in the order of the graph. */
static bool list_weights(rn_update *u, rn_tensor loss)
{
    rn_graph *g = loss.graph;
    bool *marked = mark(loss);
    int count = 0;

    for (int32_t id = 0; marked && id <= loss.id; id++)
        count += marked[id] && is_weight(g, id);
    u->w = (rn_tensor *)rn__arena_new(&g->root->arena, 2 * (size_t)count * sizeof *u->w);
    if (!marked || !u->w) {
        rn__free(g->root->allocator, marked);
        rn__no_memory(g);
        return false;
    }
    u->dw = u->w + count;
    u->count = 0;
    for (int32_t id = 0; id <= loss.id; id++)
        if (marked[id] && is_weight(g, id)) u->w[u->count++] = rn__tensor(g, id);
    rn__free(g->root->allocator, marked);
    if (u->count == 0)
        rn_fail(g, "%s: the loss depends on no weight: %s", u->more->rule_name,
                rn_name_get(loss));
    return u->count > 0;
}

static bool leave_out_frozen(rn_update *u)
{
    const char *except = u->self->except;
    int kept = 0;

    for (int i = 0; i < u->count; i++)
        if (!frozen(u, u->w[i])) u->w[kept++] = u->w[i];
    u->count = kept;
    if (kept == 0 && except)
        rn_fail(u->graph, "%s: except leaves no weight of the loss to train: %s",
                u->more->rule_name, except);
    else if (kept == 0)
        rn_fail(u->graph, "%s: all weights of the loss are frozen", u->more->rule_name);
    return kept > 0;
}

/* Builds the gradients, of the loss or to maximise it, and drops the weights that no
 * gradient reaches. */
static bool differentiate(rn_update *u, rn_tensor loss)
{
    const rn_tensor dy = u->self->maximize ? rn_fill_like(loss, -1) : rn_null();
    int kept = 0;

    if (!rn__grad(loss, dy, u->w, u->count, u->dw)) return false;
    for (int i = 0; i < u->count; i++) {
        if (rn_is_null(u->dw[i])) continue;
        u->w[kept] = u->w[i];
        u->dw[kept++] = u->dw[i];
    }
    u->count = kept;
    if (kept == 0)
        rn_fail(u->graph, "%s: no gradient of the loss reaches a weight: %s",
                u->more->rule_name, rn_name_get(loss));
    return kept > 0;
}

/* Sets u->model to the model that all weights belong to. */
static bool find_owner(rn_update *u)
{
    for (int i = 0; i < u->count; i++) {
        const rn_variable *v = rn__node_of(u->w[i])->variable;
        if (!v->owner)
            rn_fail(u->graph, "%s: the weight belongs to no model: %s", u->more->rule_name,
                    v->name);
        else if (u->model && v->owner != u->model)
            rn_fail(u->graph,
                    "%s: the loss depends on weights of two models: %s of one, %s of "
                    "another: an optimiser trains one model",
                    u->more->rule_name, rn__node_of(u->w[0])->variable->name, v->name);
        if (u->graph->root->failed) return false;
        u->model = (rn_model *)v->owner;
    }
    u->type = u->model->real;
    return true;
}

bool rn__find_weights(rn_update *u, rn_tensor loss)
{
    return list_weights(u, loss) && leave_out_frozen(u) && differentiate(u, loss) &&
           find_owner(u);
}
