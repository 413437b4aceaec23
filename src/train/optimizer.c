/* SPDX-License-Identifier: MIT */
/*
 * What all optimisers share: their variables, and the update of all weights by a rule.
 *
 *   w = made ? w - rule(w, dw) - rate decay w : w, and so all moments and counts
 *
 * where the last term is there if the decay is decoupled. gradients.c makes dw.
 */
#include "train/optimizer.h"

#include <stdio.h>
#include <string.h>

#include "nn/model.h"
#include "nn/name.h"

/* ---- variables of the optimiser ---- */

static rn_tensor variable(rn_update *u, const char *name, rn_type type, rn_shape shape,
                          rn__kind kind)
{
    const char *full = rn__path_join(u->graph, u->more->name, name);

    return full ? rn__model_state(u->model, u->graph, full, type, shape, kind) : rn_null();
}

rn_tensor rn__update_scalar(rn_update *u, const char *name, rn_type type)
{
    return variable(u, name, type, (rn_shape){0}, RN__MOMENT);
}

rn_tensor rn_update_moment_of(rn_update *u, int i, const char *name, rn_type type,
                              rn_shape shape)
{
    if (!u || !u->more) return rn_null();
    if (i < 0 || i >= u->count)
        return rn_fail(u->graph, "%s: there is no weight %d of %d", u->more->rule_name, i,
                       u->count);
    const rn_variable *v = rn__node_of(u->w[i])->variable;
    const char *full = rn__path_join(u->graph, v->name, name);

    return full ? variable(u, full, type, shape, RN__MOMENT) : rn_null();
}

rn_tensor rn_update_moment(rn_update *u, int i, const char *name)
{
    const bool known = u && u->more && i >= 0 && i < u->count;

    return rn_update_moment_of(u, i, name, known ? u->type : RN_F32,
                               known ? rn_shape_get(u->w[i]) : (rn_shape){0});
}

rn_tensor rn_update_advance(rn_update *u, rn_tensor moment, rn_tensor next)
{
    if (!u || !u->more) return rn_null();
    rn_assign(moment, rn_where(u->more->made, next, moment));
    return next;
}

void *rn__update_array(const rn_update *u, size_t size)
{
    rn_graph *root = u->graph->root;
    void *array = rn__arena_new(&root->arena, (size_t)u->count * size);

    if (!array) rn__no_memory(u->graph);
    return array;
}

rn_tensor rn__update_join(rn_update *u, const char *name, rn_type type, rn_tensor **each)
{
    *each = (rn_tensor *)rn__update_array(u, sizeof **each);
    if (!*each) return rn_null();
    for (int i = 0; i < u->count; i++)
        (*each)[i] = rn_update_moment_of(u, i, name, type, (rn_shape){0});
    return rn_stack(*each, u->count, 0);
}

void rn__update_part(rn_update *u, const rn_tensor *each, rn_tensor joined, rn_tensor next)
{
    const rn_tensor kept = rn_where(u->more->made, next, joined);

    for (int i = 0; i < u->count; i++) rn_assign(each[i], rn_index(kept, 0, i));
}

rn_tensor rn__update_cast(const rn_update *u, rn_tensor x)
{
    return u->type == RN_F64 ? x : rn_cast(x, u->type);
}

/* ---- the rate ---- */

static double *value_of(rn_tensor x)
{
    return (double *)rn__node_of(x)->variable->data;
}

/* Sets *given to the rate that earlier programs were compiled with; false if there is no
 * such variable. */
static bool given_rate(const rn_update *u, const char *name, double *given)
{
    char full[RN__OPTIMIZER_NAME + 64];

    snprintf(full, sizeof full, "%s/%s", u->more->name, name);
    const int index = rn__model_index(u->model, full);
    if (index < 0 || u->model->entry[index].kind != RN__RATE) return false;
    memcpy(given, u->model->entry[index].variable->data, sizeof *given);
    return true;
}

/* The learning rate is a variable, so changing it needs no new program. Programs compiled
 * with the same rate share it, so compiling again does not undo rn_set_learning_rate. A
 * program compiled with another rate has its own. */
static bool build_rate(rn_update *u)
{
    char name[24], given_name[32];
    bool is_new = false, mine = false;
    double given;

    for (int i = 1; !is_new && !mine; i++) {
        snprintf(name, sizeof name, i > 1 ? "rate%d" : "rate", i);
        snprintf(given_name, sizeof given_name, "given_%s", name);
        is_new = !given_rate(u, given_name, &given);
        mine = !is_new && given == u->self->rate;
    }
    const rn_tensor kept = variable(u, given_name, RN_F64, (rn_shape){0}, RN__RATE);
    u->base_rate = variable(u, name, RN_F64, (rn_shape){0}, RN__RATE);
    if (rn_is_null(kept) || rn_is_null(u->base_rate)) return false;
    if (is_new) *value_of(kept) = *value_of(u->base_rate) = u->self->rate;

    const rn_schedule *schedule = &u->self->schedule;
    const rn_tensor steps = rn__update_scalar(u, "steps", RN_I32);
    u->base_rate = rn_scheduled_rate(schedule, u->base_rate, steps);
    if (schedule->cycle_momentum) u->momentum = rn_scheduled_momentum(schedule, steps);
    return !rn_is_null(u->base_rate);
}

/* The rate and the decay of each weight. Groups of the same rate share its node. */
static bool build_rates(rn_update *u)
{
    u->rate = (rn_tensor *)rn__update_array(u, sizeof *u->rate);
    u->decay = (double *)rn__update_array(u, sizeof *u->decay);
    if (!u->rate || !u->decay || !build_rate(u)) return false;
    const rn_tensor rate = rn__update_cast(u, u->base_rate);
    for (int i = 0; i < u->count; i++) {
        const rn_weight_group *group = rn__group_of(u->self, u->w[i]);
        const double factor = group && group->rate != 0 ? group->rate : 1;
        const double decay = group ? group->weight_decay : 0;
        u->rate[i] =
            factor == 1 ? rate : rn__update_cast(u, rn_scale(u->base_rate, factor));
        u->decay[i] = decay == 0 ? u->self->weight_decay : decay == RN_ZERO ? 0 : decay;
    }
    return true;
}

/* ---- the update ---- */

/* The counts of all weights; false with an error. */
static bool gather_counts(rn_update *u)
{
    rn__update *more = u->more;

    if (!more->rule->counts || !more->rule->counts(u->self)) return true;
    more->counts = rn__update_join(u, "t", RN_I32, &more->t);
    u->t = rn_cast(rn_add(more->counts, rn_constant_like(more->counts, 1)), RN_F64);
    return !rn_is_null(u->t);
}

/* Counts this run among the steps or among the skipped ones, and keeps its norm. */
static void count_run(rn_update *u)
{
    const rn__update *more = u->more;
    rn_tensor steps = rn__update_scalar(u, "steps", RN_I32);
    rn_tensor skipped = rn__update_scalar(u, "skipped", RN_I32);
    rn_tensor kept = rn__update_scalar(u, "norm", RN_F64);
    rn_tensor skips = rn_logical_not(more->made), norm = more->norm;

    if (!rn_is_null(more->due)) {
        skips = rn_logical_and(skips, more->due);
        norm = rn_where(more->due, norm, kept);
    }
    rn_assign(steps, rn_add(steps, rn_cast(more->made, RN_I32)));
    rn_assign(skipped, rn_add(skipped, rn_cast(skips, RN_I32)));
    rn_assign(kept, norm);
    rn_assign(rn__update_scalar(u, "last_rate", RN_F64), u->base_rate);
    if (!rn_is_null(u->t)) {
        const rn_tensor one = rn_constant_like(more->counts, 1);
        rn__update_part(u, more->t, more->counts, rn_add(more->counts, one));
    }
}

static void change(rn_update *u, int i)
{
    const rn_optimizer_rule *rule = u->more->rule;
    rn_tensor by = rule->step(u, i);

    if (rn_is_null(by)) {
        rn_fail(u->graph, "%s: the rule returned no change of a weight: %s",
                u->more->rule_name, rn__node_of(u->w[i])->variable->name);
        return;
    }
    if (u->decay[i] != 0 &&
        (rule->decay == RN_DECAY_WEIGHT || u->self->decoupled_weight_decay)) {
        const rn_tensor decay = rn_scale(u->rate[i], u->decay[i]);
        by = rn_add(by, rn_mul(u->w[i], decay));
    }
    rn__average_weight(u, i, rn_update_advance(u, u->w[i], rn_sub(u->w[i], by)));
}

/* ---- what was asked for ---- */

/* A name without '/' is a whole component of a path, so two optimisers never share
 * variables by accident. */
static bool name_fits(const rn_update *u)
{
    const char *name = u->more->name;
    const size_t bytes = strlen(name);

    if (bytes > 0 && bytes <= RN__OPTIMIZER_NAME && !strchr(name, '/')) return true;
    rn_fail(u->graph, "%s: its name must have 1 to %d bytes and no '/': \"%s\"",
            u->more->rule_name, RN__OPTIMIZER_NAME, name);
    return false;
}

/* Whether there is a rule, and weights that it fits. */
static bool begin(rn_update *u, rn_optimizer *self, rn_tensor loss)
{
    const rn_optimizer_rule *rule = self->rule;

    if (!rule || !rule->step) {
        rn_fail(u->graph, "optimizer: the optimiser has no rule");
        return false;
    }
    u->more->rule = rule;
    u->more->rule_name = rule->name ? rule->name : "optimizer";
    u->more->name = self->name ? self->name : "optimizer";
    if (self->group_count < 0 || (self->group_count > 0 && !self->groups)) {
        rn_fail(u->graph, "%s: groups is NULL, or group_count negative: %d",
                u->more->rule_name, self->group_count);
        return false;
    }
    return name_fits(u) && rn__find_weights(u, loss) && rn__hyperparameters_fit(u, self) &&
           rn__patterns_fit(u);
}

static bool build(const rn_optimizer *self, rn_tensor loss)
{
    rn_optimizer filled = *self;
    rn__update more = {0};
    rn_update u = {.self = &filled, .graph = loss.graph, .more = &more};

    if (rn_is_null(loss) || !begin(&u, &filled, loss)) return false;
    rn__model_begin(u.model);

    /* Counts come first, and a rule's own preparations before any variable is written. */
    if (!gather_counts(&u) || !rn__gather_gradients(&u) || !build_rates(&u)) return false;
    rn__shape_gradients(&u);
    if (more.rule->prepare) more.rule->prepare(&u);
    rn__keep_gradients(&u);
    count_run(&u);
    rn__prepare_average(&u);
    for (int i = 0; i < u.count && !u.graph->failed; i++) change(&u, i);
    return !loss.graph->root->failed;
}

/* Finds the models by the variables of the user's graph. Nothing can fail here. */
static void settle(const rn_optimizer *self, rn_tensor loss, bool compiled)
{
    const rn_graph *g = loss.graph->root;

    (void)self;
    for (int32_t id = 0; id < g->count; id++) {
        const rn__node *node = rn__at(g, id);
        if (node->op == &rn__op_variable && node->variable->owner)
            rn__model_settle((rn_model *)node->variable->owner, compiled);
    }
}

rn_optimizer rn_optimizer_of(const rn_optimizer_rule *rule, double rate)
{
    return (rn_optimizer){.build = build, .settle = settle, .rule = rule, .rate = rate};
}

rn_optimizer rn_clipped(rn_optimizer optimizer, double norm)
{
    optimizer.clip = norm;
    return optimizer;
}

rn_optimizer rn_named(rn_optimizer optimizer, const char *name)
{
    optimizer.name = name;
    return optimizer;
}

rn_optimizer rn_except(rn_optimizer optimizer, const char *patterns)
{
    optimizer.except = patterns;
    return optimizer;
}
