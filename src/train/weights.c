/* SPDX-License-Identifier: MIT */
/*
 * Which weights are trained: those that the loss depends on, without those that rn_except
 * names and those that no gradient reaches, for example behind a stop_gradient.
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

static bool excepted(const rn__update *u, rn_tensor w)
{
    const char *list = u->self->except ? u->self->except : "", *pattern;
    size_t bytes;

    while (rn__pattern_next(&list, &pattern, &bytes))
        if (rn__pattern_matches(pattern, bytes, rn__node_of(w)->variable->name))
            return true;
    return false;
}

/* Whether the pattern matches a weight of the model, or a weight that the loss is computed
 * from. */
static bool matches_any(const rn__update *u, const char *pattern, size_t bytes)
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

bool rn__patterns_fit(const rn__update *u)
{
    const char *list = u->self->except ? u->self->except : "", *pattern;
    size_t bytes;

    while (rn__pattern_next(&list, &pattern, &bytes)) {
        if (matches_any(u, pattern, bytes)) continue;
        rn_fail(u->graph, "%s: except: the model has no such weight: %.*s", u->rule,
                (int)bytes, pattern);
        return false;
    }
    return true;
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
static bool list_weights(rn__update *u, rn_tensor loss)
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
        rn_fail(g, "%s: the loss depends on no weight: %s", u->rule, rn_name_get(loss));
    return u->count > 0;
}

static bool leave_out_excepted(rn__update *u)
{
    int kept = 0;

    for (int i = 0; i < u->count; i++)
        if (!excepted(u, u->w[i])) u->w[kept++] = u->w[i];
    u->count = kept;
    if (kept == 0)
        rn_fail(u->graph, "%s: except leaves no weight of the loss to train: %s", u->rule,
                u->self->except);
    return kept > 0;
}

/* Builds the gradients, and drops the weights that no gradient reaches. */
static bool differentiate(rn__update *u, rn_tensor loss)
{
    int kept = 0;

    if (!rn__grad(loss, rn_null(), u->w, u->count, u->dw)) return false;
    for (int i = 0; i < u->count; i++) {
        if (rn_is_null(u->dw[i])) continue;
        u->w[kept] = u->w[i];
        u->dw[kept++] = u->dw[i];
    }
    u->count = kept;
    if (kept == 0)
        rn_fail(u->graph, "%s: no gradient of the loss reaches a weight: %s", u->rule,
                rn_name_get(loss));
    return kept > 0;
}

/* Sets u->model to the model that all weights belong to. */
static bool find_owner(rn__update *u)
{
    for (int i = 0; i < u->count; i++) {
        const rn_variable *v = rn__node_of(u->w[i])->variable;
        if (!v->owner)
            rn_fail(u->graph, "%s: the weight belongs to no model: %s", u->rule, v->name);
        else if (u->model && v->owner != u->model)
            rn_fail(u->graph,
                    "%s: the loss depends on weights of two models: %s of one, %s of "
                    "another: an optimiser trains one model",
                    u->rule, rn__node_of(u->w[0])->variable->name, v->name);
        if (u->graph->root->failed) return false;
        u->model = (rn_model *)v->owner;
    }
    u->type = u->model->real;
    return true;
}

bool rn__find_weights(rn__update *u, rn_tensor loss)
{
    return list_weights(u, loss) && leave_out_excepted(u) && differentiate(u, loss) &&
           find_owner(u);
}
