/* SPDX-License-Identifier: MIT */
/*
 * Averages of weights, as a part of the update.
 *
 *   n    = the number of this update, counted from 1, minus `start`
 *   take = the update is made, n > 0, and `every` divides n
 *   c    = 1 the first time, then 1 - decay, or 1 / (averaged + 1)
 *   a    = take ? (1 - c) a + c w : a
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

static const char *fault_of(const rn_average *a, double *number)
{
    *number = a->kind;
    if ((unsigned)a->kind > RN_AVERAGE_EQUAL) return "no such kind";
    *number = a->decay;
    if (!(*number >= 0 && *number < 1)) return "decay must be in 0 <= decay < 1";
    *number = (double)a->start;
    if (a->start < -1) return "start must not be less than -1";
    *number = (double)a->every;
    return a->every < 0 ? "every must not be negative" : NULL;
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
    double number;
    const char *fault = fault_of(a, &number);

    if (fault) rn_fail(u->graph, "%s: average: %s: %g", more->rule_name, fault, number);
    if (fault || a->kind == RN_AVERAGE_NONE) return;

    const rn_tensor n = since(u, rn__update_scalar(u, "steps", RN_I32));
    const rn_tensor every = rn_constant_like(n, a->every ? (double)a->every : 1);
    const rn_tensor part = rn_div(n, every), zero = rn_constant_like(n, 0);
    const rn_tensor due = rn_logical_and(rn_less(zero, n), rn_equal(part, rn_floor(part)));
    rn_tensor averaged = rn__update_scalar(u, "averaged", RN_I32);
    const rn_tensor next = rn_add(averaged, rn_constant_like(averaged, 1));
    const double decay = a->decay != 0 ? a->decay : 0.999;
    const rn_tensor first = rn_equal(averaged, rn_constant_like(averaged, 0));
    rn_tensor c = rn_reciprocal(rn_cast(next, RN_F64)), keep = rn_one_minus(c);

    if (a->kind == RN_AVERAGE_EMA) {
        c = rn_where(first, c, rn_constant_like(c, 1 - decay));
        keep = rn_where(first, keep, rn_constant_like(c, decay));
    }
    more->averages = rn_logical_and(more->made, due);
    more->part[0] = rn__update_cast(u, keep);
    more->part[1] = rn__update_cast(u, c);
    rn_assign(averaged, rn_where(more->averages, next, averaged));
}

void rn__average_weight(rn_update *u, int i, rn_tensor w)
{
    const rn__update *more = u->more;

    if (rn_is_null(more->averages)) return;
    rn_tensor a = rn_update_moment(u, i, "average");
    const rn_tensor next = rn_add(rn_mul(a, more->part[0]), rn_mul(w, more->part[1]));
    rn_assign(a, rn_where(more->averages, next, a));
}

/* ---- by hand ---- */

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

static bool ends_with(const char *name, size_t bytes, const char *end)
{
    const size_t tail = strlen(end);

    return bytes > tail && !memcmp(name + bytes - tail, end, tail);
}

/* The weight whose average by the optimiser is entry i; NULL if it is none. */
static rn_variable *weight_of(const rn_model *model, const char *optimizer, int i)
{
    const rn_variable *a = model->entry[i].variable;
    const char *name = a->name;
    const size_t prefix = strlen(optimizer);
    size_t bytes = strlen(name);

    if (strncmp(name, optimizer, prefix) || name[prefix] != '/') return NULL;
    if (!ends_with(name, bytes, "/average") && !ends_with(name, bytes, "/ax")) return NULL;
    name += prefix + 1;
    bytes = (size_t)(strrchr(name, '/') - name);
    for (int j = 0; j < model->count; j++) {
        rn_variable *w = model->entry[j].variable;
        if (model->entry[j].kind == RN__WEIGHT && !strncmp(w->name, name, bytes) &&
            !w->name[bytes] && w->bytes == a->bytes && w->type == a->type)
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
        rn_variable *a = model->entry[i].variable, *w = weight_of(model, optimizer, i);
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
