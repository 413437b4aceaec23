/* SPDX-License-Identifier: MIT */
/* Gradients for L-BFGS, and making a driver for them. */
#include <limits.h>
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

static const char *fault(const rn_optimizer *self)
{
    return self->maximize ? "it only minimises" : NULL;
}

static const rn_optimizer_rule rule = {.name = "lbfgs", .fault = fault, .step = step};

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

static const char out_of_memory[] = "lbfgs_new: out of memory";

/* Lists the weights that have gradients; false if out of memory. Old gradients become 0, so
 * that a weight stays as it is if the program does not compute its gradient. */
static bool list_pairs(rn_lbfgs *l, rn_model *model)
{
    l->pair = (rn_variable **)rn__new(l->allocator,
                                      2 * ((size_t)model->count + 1) * sizeof *l->pair);
    for (int i = 0; l->pair && i < model->count; i++) {
        rn_variable *g = model->entry[i].variable;
        rn_variable *w = rn__weight_of(model, l->o.name, "gradient", g);
        if (!w) continue;
        if (g->bytes) memset(g->data, 0, g->bytes);
        l->pair[2 * l->pairs] = rn_variable_retain(w);
        l->pair[2 * l->pairs++ + 1] = rn_variable_retain(g);
        l->count += rn_shape_count(w->shape);
    }
    return l->pair != NULL;
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

static bool make(rn_lbfgs *l, rn_model *model)
{
    double number = 0;
    const char *fault = fault_of(&l->o, &number);

    if (!fault && l->program && list_pairs(l, model) && l->pairs && allocate(l))
        return true;
    if (fault)
        rn__model_fail(model, RN_INVALID, "lbfgs_new: %s: %g", fault, number);
    else if (!l->program)
        rn__model_fail(model, RN_INVALID, "lbfgs_new: no program");
    else if (l->pair && !l->pairs)
        rn__model_fail(model, RN_INVALID,
                       "lbfgs_new: no program leaves gradients in the model: \"%s\"",
                       l->o.name);
    else
        rn__model_fail(model, RN_NO_MEMORY, "%s", out_of_memory);
    return false;
}

rn_lbfgs *rn_lbfgs_new(rn_model *model, rn_program *program, rn_tensor loss,
                       rn_lbfgs_options options)
{
    if (!model) return NULL;
    rn_lbfgs *l = (rn_lbfgs *)rn__new(model->allocator, sizeof *l);
    if (!l) {
        rn__model_fail(model, RN_NO_MEMORY, "%s", out_of_memory);
        return NULL;
    }
    l->allocator = model->allocator;
    l->program = program;
    l->loss = loss;
    l->o = options;
    l->scale = 1;
    if (make(l, model)) return l;
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
