/* SPDX-License-Identifier: MIT */
/* Gradients for L-BFGS, and making a driver for them. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "nn/model.h"
#include "train/lbfgs.h"
#include "train/optimizer.h"

/* ---- gradients ---- */

/* Changes nothing, but keeps the gradient, in runs that skip the update too. */
static rn_tensor step(rn_update *u, int i)
{
    rn_assign(rn_update_moment(u, i, "gradient"), u->dw[i]);
    return rn_constant_like(u->w[i], 0);
}

static const rn_optimizer_rule rule = {.name = "lbfgs", .step = step};

rn_optimizer rn_lbfgs_gradients(void)
{
    return rn_named(rn_optimizer_of(&rule, 0), "lbfgs");
}

/* ---- options ---- */

static double tolerance(double value, double by_default)
{
    return value == 0 ? by_default : value > 0 ? value : 0;
}

/* Replaces zeros by defaults. Returns NULL or what is wrong. */
static const char *fault_of(rn_lbfgs_options *o, double *number)
{
    if (!o->name) o->name = "lbfgs";
    if (o->lr == 0) o->lr = 1;
    if (o->max_iter == 0) o->max_iter = 20;
    if (o->max_eval == 0)
        o->max_eval = o->max_iter < INT_MAX / 5 ? o->max_iter * 5 / 4 : o->max_iter;
    if (o->history_size == 0) o->history_size = 100;
    o->tolerance_grad = tolerance(o->tolerance_grad, 1e-7);
    o->tolerance_change = tolerance(o->tolerance_change, 1e-9);
    *number = o->lr;
    if (!(*number > 0 && *number < 1e300)) return "lr must be finite and positive";
    const int counts[] = {o->max_iter, o->max_eval, o->history_size};
    for (int i = 0; i < 3; i++)
        if (*number = counts[i], counts[i] < 0)
            return "max_iter, max_eval and history_size must be positive";
    return NULL;
}

/* ---- memory ---- */

/* The gradient of the weight, NULL if there is none. */
static rn_variable *gradient_of(rn_model *model, const char *optimizer,
                                const rn_variable *w, char *room)
{
    sprintf(room, "%s/%s/gradient", optimizer, w->name);
    rn_variable *g = rn_model_find(model, room);
    return g && g->type == w->type && rn_shape_equal(g->shape, w->shape) ? g : NULL;
}

static size_t longest_name(const rn_model *model)
{
    size_t most = 0;

    for (int i = 0; i < model->count; i++) {
        const size_t bytes = strlen(model->entry[i].variable->name);
        if (bytes > most) most = bytes;
    }
    return most;
}

/* Lists the weights that have gradients; false if out of memory. Old gradients become 0, so
 * that a weight stays as it is if the program does not compute its gradient. */
static bool list_pairs(rn_lbfgs *l, rn_model *model)
{
    const size_t bytes = longest_name(model) + strlen(l->o.name) + sizeof "//gradient";
    char *room = (char *)rn__new(l->allocator, bytes);

    l->pair = (rn_variable **)rn__new(l->allocator,
                                      2 * ((size_t)model->count + 1) * sizeof *l->pair);
    for (int i = 0; room && l->pair && i < model->count; i++) {
        rn_variable *w = model->entry[i].variable, *g;
        if (model->entry[i].kind != RN__WEIGHT) continue;
        g = gradient_of(model, l->o.name, w, room);
        if (!g) continue;
        if (g->bytes) memset(g->data, 0, g->bytes);
        l->pair[2 * l->pairs] = rn_variable_retain(w);
        l->pair[2 * l->pairs++ + 1] = rn_variable_retain(g);
        l->count += rn_shape_count(w->shape);
    }
    rn__free(l->allocator, room);
    return room && l->pair;
}

/* Allocates all vectors. */
static bool allocate(rn_lbfgs *l)
{
    const size_t m = (size_t)l->o.history_size, n = (size_t)l->count;
    size_t numbers, bytes;

    if (!rn__multiply(2 * m + 6, n, &numbers) || numbers > SIZE_MAX / 16 - 2 * m ||
        !rn__multiply(numbers + 2 * m, sizeof(double), &bytes))
        return false;
    double *at = l->block = (double *)rn__new(l->allocator, bytes);
    if (!at) return false;
    double **const vectors[] = {&l->x, &l->d,        &l->before,
                                &l->g, &l->spare[0], &l->spare[1]};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++, at += n) *vectors[i] = at;
    l->steps = at;
    l->changes = l->steps + m * n;
    l->inverse = l->changes + m * n;
    l->alpha = l->inverse + m;
    return true;
}

rn_lbfgs *rn_lbfgs_new(rn_model *model, rn_program *program, rn_tensor loss,
                       rn_lbfgs_options options)
{
    double number = 0;
    const char *fault = fault_of(&options, &number);

    if (!model) return NULL;
    if (fault) {
        rn__model_fail(model, RN_INVALID, "lbfgs_new: %s: %g", fault, number);
        return NULL;
    }
    if (!program || strlen(options.name) > RN__OPTIMIZER_NAME) {
        rn__model_fail(model, RN_INVALID, "lbfgs_new: %s",
                       program ? "the name is too long" : "no program");
        return NULL;
    }
    rn_lbfgs *l = (rn_lbfgs *)rn__new(model->allocator, sizeof *l);
    if (l)
        *l = (rn_lbfgs){.allocator = model->allocator,
                        .program = program,
                        .loss = loss,
                        .o = options,
                        .scale = 1};
    if (!l || !list_pairs(l, model) || (l->pairs && !allocate(l)))
        rn__model_fail(model, RN_NO_MEMORY, "lbfgs_new: out of memory");
    else if (!l->pairs)
        rn__model_fail(model, RN_INVALID,
                       "lbfgs_new: no program leaves gradients in the model: \"%s\"",
                       options.name);
    else
        return l;
    rn_lbfgs_free(l);
    return NULL;
}

void rn_lbfgs_free(rn_lbfgs *lbfgs)
{
    if (!lbfgs) return;
    for (int i = 0; i < 2 * lbfgs->pairs; i++) rn_variable_release(lbfgs->pair[i]);
    rn__free(lbfgs->allocator, lbfgs->pair);
    rn__free(lbfgs->allocator, lbfgs->block);
    rn__free(lbfgs->allocator, lbfgs);
}
