/* SPDX-License-Identifier: MIT */
/*
 * Averages of weights, as a part of the update.
 *
 *   n    = the number of this update, counted from 1, minus `start`
 *   take = the update is made, n > 0, and `every` divides n
 *   c    = 1 the first time, then 1 - decay, or 1 / (averaged + 1)
 *   a    = take ? a + c (w - a) : a                 which is w the first time, as a is 0
 *
 * rn_average_begin sets `average_begun` to 1 + the updates made, which then take the place
 * of `start`, and the count of averaged updates to 0.
 */
#include <stdio.h>
#include <string.h>

#include "nn/model.h"
#include "train/optimizer.h"

enum { NAME = 64 };
static const double NEVER = 1e18;

/* The optimiser's count of that name, NULL if there is none. */
static int32_t *count_of(const rn_model *model, const char *optimizer, const char *name)
{
    char full[RN__OPTIMIZER_NAME + NAME];

    if (strlen(optimizer) > RN__OPTIMIZER_NAME) return NULL;
    snprintf(full, sizeof full, "%s/%s", optimizer, name);
    const rn_variable *v = rn_model_find(model, full);

    return v && v->type == RN_I32 && v->bytes == sizeof(int32_t) ? (int32_t *)v->data
                                                                 : NULL;
}

static bool fits(const rn_average *a)
{
    return (unsigned)a->kind <= RN_AVERAGE_EQUAL && a->decay >= 0 && a->decay < 1 &&
           a->start >= -1 && a->every >= 0;
}

/* The number of this update since the averages may begin, f64. */
static rn_tensor since(rn_update *u, rn_tensor steps)
{
    const int64_t start = u->self->average.start;
    const rn_tensor begun = rn_cast(rn__update_scalar(u, "average_begun", RN_I32), RN_F64);
    const rn_tensor one = rn_constant_like(begun, 1);
    const rn_tensor set = rn_constant_like(begun, start < 0 ? NEVER : (double)start);
    const rn_tensor from = rn_where(rn_less(begun, one), set, rn_sub(begun, one));

    return rn_sub(rn_offset(rn_cast(steps, RN_F64), 1), from);
}

void rn__prepare_average(rn_update *u)
{
    const rn_average *a = &u->self->average;
    rn__update *more = u->more;

    if (!fits(a))
        rn_fail(u->graph, "%s: no such average: kind %d, decay %g, start %lld, every %lld",
                more->rule_name, (int)a->kind, a->decay, (long long)a->start,
                (long long)a->every);
    if (u->graph->failed || a->kind == RN_AVERAGE_NONE) return;

    const rn_tensor n = since(u, rn__update_scalar(u, "steps", RN_I32));
    const rn_tensor every = rn_constant_like(n, a->every ? (double)a->every : 1);
    const rn_tensor part = rn_div(n, every), zero = rn_constant_like(n, 0);
    const rn_tensor due = rn_logical_and(rn_less(zero, n), rn_equal(part, rn_floor(part)));
    rn_tensor averaged = rn__update_scalar(u, "averaged", RN_I32);
    const rn_tensor next = rn_add(averaged, rn_constant_like(averaged, 1));
    rn_tensor c = rn_reciprocal(rn_cast(next, RN_F64));

    if (a->kind == RN_AVERAGE_EMA) {
        const double decay = a->decay != 0 ? a->decay : 0.999;
        const rn_tensor later = rn_less(rn_constant_like(averaged, 0), averaged);
        c = rn_where(later, rn_constant_like(c, 1 - decay), c);
    }
    more->averages = rn_logical_and(more->made, due);
    more->part = rn__update_cast(u, c);
    rn_assign(averaged, rn_where(more->averages, next, averaged));
}

/* The average of a weight that joins the others late begins as the weight. */
static void begin_late(const rn_update *u, const rn_variable *w, rn_variable *a)
{
    const int index = rn__model_index(u->model, a->name);
    const int32_t *averaged = count_of(u->model, u->more->name, "averaged");

    if (index >= u->model->before - 1 && averaged && *averaged > 0 && w->bytes)
        memcpy(a->data, w->data, w->bytes);
}

void rn__average_weight(rn_update *u, int i, rn_tensor w)
{
    const rn__update *more = u->more;

    if (rn_is_null(more->averages)) return;
    rn_tensor a = rn_update_moment(u, i, "average");
    if (rn_is_null(a)) return;
    begin_late(u, rn__node_of(u->w[i])->variable, rn__node_of(a)->variable);
    const rn_tensor next = rn_add(a, rn_mul(rn_sub(w, a), more->part));
    rn_assign(a, rn_where(more->averages, next, a));
}

/* ---- by hand ---- */

rn_variable *rn__weight_of(const rn_model *model, const char *optimizer, const char *moment,
                           const rn_variable *m)
{
    const size_t prefix = strlen(optimizer);
    const char *name = m->name, *end = strrchr(name, '/');

    if (!end || strcmp(end + 1, moment) || strncmp(name, optimizer, prefix) ||
        name[prefix] != '/' || end <= name + prefix)
        return NULL;
    name += prefix + 1;
    for (int i = 0; i < model->count; i++) {
        rn_variable *w = model->entry[i].variable;
        const size_t bytes = strlen(w->name);
        if (model->entry[i].kind == RN__WEIGHT && name + bytes == end &&
            !memcmp(w->name, name, bytes) && w->bytes == m->bytes && w->type == m->type)
            return w;
    }
    return NULL;
}

static void exchange(char *x, char *y, size_t bytes)
{
    char some[256];

    for (size_t part; bytes > 0; x += part, y += part, bytes -= part) {
        part = bytes < sizeof some ? bytes : sizeof some;
        memcpy(some, x, part);
        memcpy(x, y, part);
        memcpy(y, some, part);
    }
}

/* Exchanges weights and averages, or zeroes the averages. Returns their number. */
static int change_all(rn_model *model, const char *optimizer, bool swap)
{
    int count = 0;

    for (int i = 0; i < model->count; i++) {
        rn_variable *a = model->entry[i].variable;
        rn_variable *w = rn__weight_of(model, optimizer, "average", a);
        if (!w) w = rn__weight_of(model, optimizer, "ax", a);
        if (!w) continue;
        count++;
        if (swap)
            exchange((char *)w->data, (char *)a->data, w->bytes);
        else if (a->bytes)
            memset(a->data, 0, a->bytes);
    }
    return count;
}

static rn_status refuse(rn_model *model, const char *what, const char *why,
                        const char *optimizer)
{
    return rn__model_fail(model, RN_INVALID, "%s: %s: \"%s\"", what, why, optimizer);
}

rn_status rn_average_begin(rn_model *model, const char *name)
{
    if (!model) return RN_INVALID;
    if (!name) name = "optimizer";
    const int32_t *steps = count_of(model, name, "steps");
    int32_t *begun = count_of(model, name, "average_begun");
    int32_t *averaged = count_of(model, name, "averaged");

    if (!steps || !begun || !averaged)
        return refuse(model, "average_begin", "the optimiser has no averages", name);
    *begun = *steps < INT32_MAX ? *steps + 1 : *steps;
    *averaged = 0;
    change_all(model, name, false);
    return RN_OK;
}

rn_status rn_model_swap_averages(rn_model *model, const char *name)
{
    const char *const what = "model_swap_averages";

    if (!model) return RN_INVALID;
    if (!name) name = "optimizer";
    const int32_t *steps = count_of(model, name, "steps");
    const int32_t *averaged = count_of(model, name, "averaged");
    if (!steps || (averaged ? *averaged : *steps) == 0)
        return refuse(model, what, "no update was averaged yet", name);
    if (change_all(model, name, true) > 0) return RN_OK;
    return refuse(model, what, "the optimiser has no averages", name);
}

int64_t rn_averaged(const rn_model *model, const char *name)
{
    const int32_t *averaged = count_of(model, name ? name : "optimizer", "averaged");

    return averaged ? *averaged : 0;
}
