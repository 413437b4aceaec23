/* SPDX-License-Identifier: MIT */
/*
 * L-BFGS over a program that leaves gradients in the model; Nocedal and Wright 2006,
 * algorithms 7.4 and 7.5, with the tests and the order of PyTorch's.
 *
 *   s = t d,  y = g - g before, kept if y s > 1e-10 as a pair of the history
 *   d = -H g by two loops over the history, from H = (y s / y y) of the newest pair
 *   w = x + t d
 */
#include "train/lbfgs.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- vectors ---- */

double rn__dot(const double *x, const double *y, int64_t count)
{
    double sum = 0;

    for (int64_t i = 0; i < count; i++) sum += x[i] * y[i];
    return sum;
}

double rn__largest(const double *x, int64_t count)
{
    double most = 0;

    for (int64_t i = 0; i < count; i++)
        if (fabs(x[i]) > most || x[i] != x[i]) most = fabs(x[i]);
    return most;
}

/* y += a x */
static void add(double *y, double a, const double *x, int64_t count)
{
    for (int64_t i = 0; i < count; i++) y[i] += a * x[i];
}

static void copy(double *y, const double *x, int64_t count)
{
    if (count) memcpy(y, x, (size_t)count * sizeof *y);
}

/* ---- the model ---- */

static int64_t elements(const rn_variable *v)
{
    return rn_shape_count(v->shape);
}

/* Joins the weights, or with `which` 1 their gradients. */
static void gather(const rn_lbfgs *l, int which, double *to)
{
    for (int i = which; i < 2 * l->pairs; i += 2) {
        const rn_variable *v = l->pair[i];
        const int64_t count = elements(v);
        if (v->type == RN_F64)
            copy(to, (const double *)v->data, count);
        else
            for (int64_t j = 0; j < count; j++) to[j] = (double)((float *)v->data)[j];
        to += count;
    }
}

void rn__lbfgs_move(rn_lbfgs *l, double t)
{
    const double *x = l->x, *d = l->d;

    for (int i = 0; i < 2 * l->pairs; i += 2) {
        rn_variable *v = l->pair[i];
        const int64_t count = elements(v);
        for (int64_t j = 0; j < count; j++, x++, d++) {
            const double w = t == 0 ? *x : *x + t * *d;
            if (v->type == RN_F64)
                ((double *)v->data)[j] = w;
            else
                ((float *)v->data)[j] = (float)w;
        }
    }
}

static rn_status read_loss(const rn_lbfgs *l, double *loss)
{
    float f32;

    if (rn_program_type(l->program, l->loss) == RN_F64)
        return rn_read_f64(l->program, l->loss, loss, 1);
    const rn_status status = rn_read_f32(l->program, l->loss, &f32, 1);
    if (status == RN_OK) *loss = (double)f32;
    return status;
}

/* Runs the program; false if that failed, with the weights back at x. */
static bool run(rn_lbfgs *l, rn__point *to)
{
    l->evaluations++;
    l->status = rn_run(l->program);
    if (l->status == RN_OK) l->status = read_loss(l, &to->f);
    if (l->status != RN_OK) {
        snprintf(l->error, sizeof l->error, "%s", rn_program_error(l->program));
        rn__lbfgs_move(l, 0);
        return false;
    }
    gather(l, 1, to->g);
    to->slope = rn__dot(to->g, l->d, l->count);
    if (!isfinite(to->f) || !isfinite(rn__largest(to->g, l->count)))
        to->f = (double)INFINITY, to->slope = (double)NAN;
    return true;
}

bool rn__lbfgs_evaluate(rn_lbfgs *l, double t, rn__point *to)
{
    to->t = t;
    rn__lbfgs_move(l, t);
    return run(l, to);
}

/* ---- the direction ---- */

/* Remembers the last step, unless the curvature along it is not positive. */
static void remember(rn_lbfgs *l)
{
    const int64_t n = l->count;
    double *s = l->steps + l->next * n, *y = l->changes + l->next * n;

    /* s is wanted only if it is kept, and no pair is lost if it is not. */
    double product = 0, square = 0;
    for (int64_t i = 0; i < n; i++) {
        const double change = l->g[i] - l->before[i];
        product += change * (l->d[i] * l->t);
        square += change * change;
    }
    if (!(product > 1e-10)) return;
    for (int64_t i = 0; i < n; i++) {
        s[i] = l->d[i] * l->t;
        y[i] = l->g[i] - l->before[i];
    }
    l->inverse[l->next] = 1 / product;
    l->scale = product / square;
    l->next = (l->next + 1) % l->o.history_size;
    if (l->stored < l->o.history_size) l->stored++;
}

/* The place of a remembered iteration, from 0, the oldest. */
static int place(const rn_lbfgs *l, int i)
{
    return (l->next - l->stored + i + l->o.history_size) % l->o.history_size;
}

static void find_direction(rn_lbfgs *l)
{
    const int64_t n = l->count;

    if (l->iterations > 1) remember(l);
    for (int64_t i = 0; i < n; i++) l->d[i] = -l->g[i];
    for (int i = l->stored - 1; i >= 0; i--) {
        const int k = place(l, i);
        l->alpha[k] = rn__dot(l->steps + k * n, l->d, n) * l->inverse[k];
        add(l->d, -l->alpha[k], l->changes + k * n, n);
    }
    for (int64_t i = 0; i < n; i++) l->d[i] *= l->scale;
    for (int i = 0; i < l->stored; i++) {
        const int k = place(l, i);
        const double beta = rn__dot(l->changes + k * n, l->d, n) * l->inverse[k];
        add(l->d, l->alpha[k] - beta, l->steps + k * n, n);
    }
}

/* ---- iterations ---- */

static double first_length(const rn_lbfgs *l)
{
    double sum = 0;

    if (l->iterations > 1) return l->o.lr;
    for (int64_t i = 0; i < l->count; i++) sum += fabs(l->g[i]);
    return (sum > 1 ? 1 / sum : 1) * l->o.lr;
}

/* Moves along d, from the point of the last loss to the next; false to stop. */
static bool advance(rn_lbfgs *l, bool last, rn__point *at)
{
    const double length = first_length(l);

    l->t = length;
    at->t = 0;
    at->slope = rn__dot(l->g, l->d, l->count);
    if (!(at->slope <= -l->o.tolerance_change)) return false;
    if (l->o.strong_wolfe) {
        if (!rn__lbfgs_search(l, length, l->o.max_eval - l->evaluations, at)) return false;
        l->t = at->t;
        rn__lbfgs_move(l, l->t);
    } else if (last) {
        rn__lbfgs_move(l, length); /* without its loss, as nobody needs it */
    } else {
        if (!rn__lbfgs_evaluate(l, length, at)) return false;
        if (isfinite(at->f)) return true;
        rn__lbfgs_move(l, 0);
        return false;
    }
    return true;
}

/* One iteration; false if it was the last. */
static bool iterate(rn_lbfgs *l, int number, rn__point *at)
{
    const rn_lbfgs_options *o = &l->o;
    const double f = at->f;

    l->iterations++;
    find_direction(l);
    copy(l->before, l->g, l->count);
    gather(l, 0, l->x);
    if (!advance(l, number == o->max_iter, at)) return false;
    return number < o->max_iter && l->evaluations < o->max_eval &&
           rn__largest(l->g, l->count) > o->tolerance_grad &&
           rn__largest(l->d, l->count) * fabs(l->t) > o->tolerance_change &&
           fabs(at->f - f) >= o->tolerance_change;
}

rn_status rn_lbfgs_step(rn_lbfgs *lbfgs, rn_lbfgs_result *result)
{
    rn_lbfgs *l = lbfgs;
    int number = 0;

    if (!l) return RN_INVALID;
    l->evaluations = 0;
    gather(l, 0, l->x);
    rn__point at = {0, 0, 0, l->g};
    if (!run(l, &at)) return l->status;
    if (!isfinite(at.f)) {
        snprintf(l->error, sizeof l->error, "lbfgs_step: loss or gradient is not finite");
        return RN_BAD_VALUE;
    }
    const double first = at.f;
    bool more = rn__largest(l->g, l->count) > l->o.tolerance_grad;
    while (more) more = iterate(l, ++number, &at);
    if (result) *result = (rn_lbfgs_result){first, at.f, number, l->evaluations};
    return l->status;
}

const char *rn_lbfgs_error(const rn_lbfgs *lbfgs)
{
    return lbfgs ? lbfgs->error : "";
}
