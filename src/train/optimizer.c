/* SPDX-License-Identifier: MIT */
/*
 * What all optimisers share: their variables, the global norm, clipping, and skipping a
 * step whose gradient is not finite or would make a moment overflow.
 *
 *   norm   = sqrt(sum over all weights of sum dw dw), in f64 so that squares of f32 fit
 *   dw     = dw min(1, clip / norm)
 *   w      = made ? rule(w, dw) : w, and so all moments and counts
 *   made   = the norm is finite, and after clipping at most what the rule's moments bear
 *
 * Everything that does not belong to a single weight is an f64 scalar (counters: i32).
 */
#include "train/optimizer.h"

#include <float.h>
#include <stdio.h>
#include <string.h>

#include "nn/model.h"
#include "nn/name.h"
#include "rondo/ops.h"

/* ---- variables of the optimiser ---- */

static rn_tensor variable(rn__update *u, const char *name, rn_type type, rn_shape shape,
                          rn__kind kind)
{
    const char *full = rn__path_join(u->graph, u->name, name);

    return full ? rn__model_state(u->model, u->graph, full, type, shape, kind) : rn_null();
}

static rn_tensor scalar(rn__update *u, const char *name, rn_type type)
{
    return variable(u, name, type, (rn_shape){0}, RN__MOMENT);
}

rn_tensor rn__moment_of(rn__update *u, int i, const char *name, rn_type type,
                        rn_shape shape)
{
    const rn_variable *v = rn__node_of(u->w[i])->variable;
    const char *full = rn__path_join(u->graph, v->name, name);

    return full ? variable(u, full, type, shape, RN__MOMENT) : rn_null();
}

rn_tensor rn__moment(rn__update *u, int i, const char *name)
{
    return rn__moment_of(u, i, name, u->type, rn_shape_get(u->w[i]));
}

rn_tensor rn__advance(rn__update *u, rn_tensor state, rn_tensor next)
{
    rn_assign(state, rn_where(u->made, next, state));
    return next;
}

rn_tensor rn__scalar_for(const rn__update *u, rn_tensor x)
{
    return u->type == RN_F64 ? x : rn_cast(x, u->type);
}

/* Reads the weights' counts. */
static bool gather_counts(rn__update *u)
{
    u->t =
        (rn_tensor *)rn__arena_new(&u->graph->root->arena, (size_t)u->count * sizeof *u->t);
    if (!u->t) {
        rn__no_memory(u->graph);
        return false;
    }
    for (int i = 0; i < u->count; i++)
        u->t[i] = rn__moment_of(u, i, "t", RN_I32, (rn_shape){0});
    u->counts = rn_stack(u->t, u->count, 0);
    return !rn_is_null(u->counts);
}

/* ---- the rate ---- */

static double *value_of(rn_tensor x)
{
    return (double *)rn__node_of(x)->variable->data;
}

/* Sets *given to the rate that earlier programs were compiled with; false if there is no
 * such variable. */
static bool given_rate(const rn__update *u, const char *name, double *given)
{
    char full[RN__OPTIMIZER_NAME + 64];

    snprintf(full, sizeof full, "%s/%s", u->name, name);
    const int index = rn__model_index(u->model, full);
    if (index < 0 || u->model->entry[index].kind != RN__RATE) return false;
    memcpy(given, u->model->entry[index].variable->data, sizeof *given);
    return true;
}

/* The learning rate is a variable, so changing it needs no new program. Programs compiled
 * with the same rate share it, so compiling again does not undo rn_set_learning_rate. A
 * program compiled with another rate has its own. */
static bool build_rate(rn__update *u)
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
    u->rate = variable(u, name, RN_F64, (rn_shape){0}, RN__RATE);
    if (rn_is_null(kept) || rn_is_null(u->rate)) return false;
    if (is_new) *value_of(kept) = *value_of(u->rate) = u->self->rate;
    u->rate = rn_scheduled_rate(&u->self->schedule, u->rate, scalar(u, "steps", RN_I32));
    rn_assign(scalar(u, "last_rate", RN_F64), u->rate);
    return !rn_is_null(u->rate);
}

/* ---- the update ---- */

/* Counts this run among the steps or among the skipped ones, and keeps its norm. */
static void count_run(rn__update *u, rn_tensor norm)
{
    rn_tensor steps = scalar(u, "steps", RN_I32), skipped = scalar(u, "skipped", RN_I32);
    rn_tensor kept = scalar(u, "norm", RN_F64);

    rn_assign(steps, rn_add(steps, rn_cast(u->made, RN_I32)));
    rn_assign(skipped, rn_add(skipped, rn_cast(rn_logical_not(u->made), RN_I32)));
    rn_assign(kept, norm);
}

/* Gradients with more elements are summed by rows, which threads can share. */
enum { LARGE = 1 << 15 };

static rn_tensor sum_of_squares(rn_tensor dw)
{
    const rn_shape shape = rn_shape_get(dw);
    int axes[RN_RANK_MAX];

    if (shape.rank < 2 || rn_shape_count(shape) < LARGE)
        return rn_sum_square(dw, NULL, 0, false);
    for (int i = 1; i < shape.rank; i++) axes[i - 1] = i;
    return rn_sum_all(rn_sum_square(dw, axes, shape.rank - 1, false));
}

static rn_tensor global_norm(const rn__update *u)
{
    rn_tensor sum = rn_null();

    for (int i = 0; i < u->count; i++) {
        const rn_tensor squares = sum_of_squares(u->dw[i]);
        sum = i ? rn_add(sum, squares) : squares;
    }
    return rn_sqrt(sum);
}

/* Whether the update is made; false for NaN. */
static rn_tensor is_made(const rn__update *u, const rn__rule *rule, rn_tensor norm)
{
    const double clip = u->self->clip;
    double most = rule->limit(u->self, u->type == RN_F32 ? FLT_MAX : DBL_MAX);

    if (clip > 0 && clip <= most) most = DBL_MAX;
    return rn_less_equal(norm, rn_constant_like(norm, most));
}

static void clip(rn__update *u, rn_tensor norm)
{
    rn_tensor ratio = rn_div(rn_constant_like(norm, u->self->clip), norm);
    rn_tensor factor = rn_minimum(ratio, rn_constant_like(norm, 1));

    for (int i = 0; i < u->count; i++)
        u->dw[i] = rn_mul(u->dw[i], rn__scalar_for(u, factor));
}

/* ---- what was asked for ---- */

const char *rn__epsilon_fault(const rn__update *u, double epsilon)
{
    if (!(epsilon > 0 && epsilon < 1e300)) return "epsilon must be finite and positive";
    if (u->type == RN_F32 && (epsilon < (double)FLT_MIN || epsilon > (double)FLT_MAX))
        return "epsilon does not fit f32, the type of the weights";
    return NULL;
}

static bool parameters_fit(const rn__update *u, const rn__rule *rule)
{
    const rn_optimizer *o = u->self;
    const int most = (int)(sizeof o->parameter / sizeof *o->parameter);
    double number = 0;
    const char *fault = rule->fault(u, &number);

    for (int i = 0; i < most; i++)
        if (o->parameter[i] != 0 && !(rule->parameters >> i & 1))
            fault = "the parameter belongs to another optimiser", number = o->parameter[i];
    if (!(o->rate >= 0 && o->rate < 1e300))
        fault = "the rate must be finite and not negative", number = o->rate;
    if (!(o->clip >= 0)) fault = "the largest norm must not be negative", number = o->clip;
    if (fault) rn_fail(u->graph, "%s: %s: %g", u->rule, fault, number);
    return !fault;
}

/* A name without '/' is a whole component of a path, so two optimisers never share
 * variables by accident. */
static bool name_fits(const rn__update *u)
{
    const size_t bytes = strlen(u->name);

    if (bytes > 0 && bytes <= RN__OPTIMIZER_NAME && !strchr(u->name, '/')) return true;
    rn_fail(u->graph, "%s: its name must have 1 to %d bytes and no '/': \"%s\"", u->rule,
            RN__OPTIMIZER_NAME, u->name);
    return false;
}

bool rn__optimize(const rn_optimizer *self, rn_tensor loss, const rn__rule *rule)
{
    rn__update u = {.self = self, .rule = rule->name, .graph = loss.graph};

    if (rn_is_null(loss)) return false;
    u.name = self->name ? self->name : "optimizer";
    if (!name_fits(&u) || !rn__find_weights(&u, loss) || !parameters_fit(&u, rule) ||
        !rn__patterns_fit(&u))
        return false;
    rn__model_begin(u.model);

    /* Comes first: joining several variables is a kernel that may fail, and no variable may
     * be written before that. */
    if (rule->counts && !gather_counts(&u)) return false;
    rn_tensor norm = rn_name(global_norm(&u), "gradient norm");
    u.made = is_made(&u, rule, norm);
    if (!build_rate(&u)) return false;
    count_run(&u, norm);
    if (self->clip > 0) clip(&u, norm);
    if (rule->prepare) rule->prepare(&u);
    for (int i = 0; i < u.count; i++) rn__advance(&u, u.w[i], rule->step(&u, i));
    return !loss.graph->root->failed;
}

/* Finds the models by the variables of the user's graph. Nothing can fail here. */
void rn__settle(const rn_optimizer *self, rn_tensor loss, bool compiled)
{
    const rn_graph *g = loss.graph->root;

    (void)self;
    for (int32_t id = 0; id < g->count; id++) {
        const rn__node *node = rn__at(g, id);
        if (node->op == &rn__op_variable && node->variable->owner)
            rn__model_settle((rn_model *)node->variable->owner, compiled);
    }
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
