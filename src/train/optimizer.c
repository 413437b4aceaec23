/* SPDX-License-Identifier: MIT */
/*
 * What all optimisers share: the weights and their gradients, the global norm, clipping,
 * and the refusal of a step whose gradient is not finite.
 *
 *   norm   = sqrt(sum over all weights of sum dw dw), in f64 so that squares of f32 fit
 *   dw     = dw min(1, clip / norm)
 *   w      = norm finite ? rule(w, dw) : w, and so all moments and counters
 *
 * Whatever does not belong to one weight is a scalar in f64 (counters: i32).
 */
#include "optimizer.h"

#include "model.h"
#include "name.h"
#include "rondo/grad.h"
#include "rondo/ops.h"

/* ---- weights ---- */

typedef struct weights {
    int count;
    rn_tensor *w, *dw; /* in the graph's arena */
} weights;

/* Marks the nodes that the loss is computed from. NULL without memory. */
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

static bool is_weight(const rn_graph *graph, int32_t id)
{
    const rn__node *node = rn__at(graph, id);

    return node->op == &rn__op_variable && node->variable->trained;
}

/* The weights that the loss depends on, in the order of the graph. */
static bool find_weights(rn_tensor loss, weights *found)
{
    rn_graph *g = loss.graph;
    bool *marked = mark(loss);
    int count = 0;

    for (int32_t id = 0; marked && id <= loss.id; id++)
        count += marked[id] && is_weight(g, id);
    found->w =
        (rn_tensor *)rn__arena_new(&g->root->arena, 2 * (size_t)count * sizeof *found->w);
    if (!marked || !found->w) {
        rn__free(g->root->allocator, marked);
        rn__no_memory(g);
        return false;
    }
    found->dw = found->w + count;
    found->count = 0;
    for (int32_t id = 0; id <= loss.id; id++)
        if (marked[id] && is_weight(g, id)) found->w[found->count++] = rn__tensor(g, id);
    rn__free(g->root->allocator, marked);
    return true;
}

/* The one model that all weights belong to, or NULL with an error on the graph. */
static rn_model *owner_of(const weights *all, const char *what, rn_tensor loss)
{
    rn_model *model = NULL;

    if (all->count == 0)
        rn_fail(loss.graph, "%s: the loss depends on no weight: %s", what,
                rn_name_get(loss));
    for (int i = 0; i < all->count; i++) {
        const rn_variable *v = rn__node_of(all->w[i])->variable;
        if (!v->owner || (model && v->owner != model)) {
            rn_fail(loss.graph, "%s: the weight belongs to %s model: %s", what,
                    v->owner ? "another" : "no", v->name);
            return NULL;
        }
        model = (rn_model *)v->owner;
    }
    return model;
}

/* ---- states ---- */

rn_tensor rn__optimizer_state(rn__update *u, const char *name, rn_type type, rn_shape shape)
{
    const char *full = rn__path_join(u->graph, "optimizer", name);

    if (!full) return rn_null();
    return rn__model_state(u->model, u->graph, full, type, shape, RN__STATE);
}

rn_tensor rn__moment(rn__update *u, rn_tensor w, const char *name)
{
    const rn__node *node = rn__node_of(w);
    const char *full = rn__path_join(u->graph, node->variable->name, name);

    if (!full) return rn_null();
    return rn__optimizer_state(u, full, node->type, node->shape);
}

rn_tensor rn__advance(rn__update *u, rn_tensor state, rn_tensor next)
{
    rn_assign(state, rn_where(u->finite, next, state));
    return next;
}

rn_tensor rn__scalar_for(rn_tensor x, rn_tensor scalar)
{
    return rn_type_get(x) == RN_F64 ? scalar : rn_cast(scalar, rn_type_get(x));
}

static rn_tensor counter(rn__update *u, const char *name)
{
    return rn__optimizer_state(u, name, RN_I32, (rn_shape){0});
}

/* The learning rate is a variable, so that changing it needs no new program. It is set only
 * when it is new or when another rate is asked for than by the last program, so that
 * compiling the same training once more does not undo rn_set_learning_rate. */
static bool build_rate(rn__update *u)
{
    rn_tensor given = rn__optimizer_state(u, "given_rate", RN_F64, (rn_shape){0});
    const bool is_new = rn_model_find(u->model, "optimizer/rate") == NULL;

    u->rate = rn__optimizer_state(u, "rate", RN_F64, (rn_shape){0});
    if (rn_is_null(given) || rn_is_null(u->rate)) return false;

    double *last = (double *)rn__node_of(given)->variable->data;
    if (is_new || *last != u->self->rate)
        *(double *)rn__node_of(u->rate)->variable->data = u->self->rate;
    *last = u->self->rate;
    return true;
}

/* Counts this run among the steps or among the skipped ones, and keeps its norm. */
static void count_run(rn__update *u, rn_tensor norm)
{
    rn_tensor steps = counter(u, "steps"), skipped = counter(u, "skipped");
    rn_tensor kept = rn__optimizer_state(u, "norm", RN_F64, (rn_shape){0});

    rn_assign(steps, rn_add(steps, rn_cast(u->finite, RN_I32)));
    rn_assign(skipped, rn_add(skipped, rn_cast(rn_logical_not(u->finite), RN_I32)));
    rn_assign(kept, norm);
}

/* ---- the update ---- */

static rn_tensor global_norm(const weights *all)
{
    rn_tensor sum = rn_null();

    for (int i = 0; i < all->count; i++) {
        rn_tensor dw = all->dw[i];
        if (rn_type_get(dw) != RN_F64) dw = rn_cast(dw, RN_F64);
        rn_tensor square = rn_sum_all(rn_square(dw));
        sum = i ? rn_add(sum, square) : square;
    }
    return rn_sqrt(sum);
}

static void clip(weights *all, rn_tensor norm, double largest)
{
    rn_tensor ratio = rn_div(rn_constant_like(norm, largest), norm);
    rn_tensor factor = rn_minimum(ratio, rn_constant_like(norm, 1));

    for (int i = 0; i < all->count; i++)
        all->dw[i] = rn_mul(all->dw[i], rn__scalar_for(all->dw[i], factor));
}

static bool parameters_fit(const rn_optimizer *self, rn_tensor loss, const rn__rule *rule)
{
    const char *fault = rule->fault ? rule->fault(self) : NULL;

    if (!(self->rate >= 0 && self->rate < 1e300))
        fault = "the rate must be finite and not negative";
    if (!(self->clip >= 0)) fault = "the largest norm must not be negative";
    if (fault) rn_fail(loss.graph, "%s: %s", rule->name, fault);
    return !fault;
}

bool rn__optimize(const rn_optimizer *self, rn_tensor loss, const rn__rule *rule)
{
    rn__update u = {.self = self, .name = rule->name};
    weights all;

    if (rn_is_null(loss) || !parameters_fit(self, loss, rule) || !find_weights(loss, &all))
        return false;
    u.graph = loss.graph;
    u.model = owner_of(&all, rule->name, loss);
    if (!u.model || !rn_grad(loss, rn_null(), all.w, all.count, all.dw)) return false;

    rn_tensor norm = rn_name(global_norm(&all), "gradient norm");
    u.finite = rn_is_finite(norm);
    if (!build_rate(&u)) return false;
    count_run(&u, norm);
    if (self->clip > 0) clip(&all, norm, self->clip);
    if (rule->prepare) rule->prepare(&u);
    for (int i = 0; i < all.count; i++)
        rn__advance(&u, all.w[i], rule->step(&u, all.w[i], all.dw[i]));
    return !loss.graph->root->failed;
}

rn_optimizer rn_clipped(rn_optimizer optimizer, double norm)
{
    optimizer.clip = norm;
    return optimizer;
}
