/* SPDX-License-Identifier: MIT */
/*
 * Scaling of columns, fitted to the training part and kept in a model.
 *
 *   y = (x - shift) / scale,    x = y scale + shift
 *
 * Mean and variance are updated value by value, as Welford 1962 does:
 *
 *   d = x - mean    mean += d / n    m2 += d (x - mean)
 */
#include <math.h>
#include <string.h>

#include "data/series.h"
#include "nn/model.h"
#include "nn/name.h"

/* ---- fitting ---- */

/* Includes value number n of a column. */
static void include(rn_series *w, int column, double x, int64_t n)
{
    double *a = &w->shift[column], *z = &w->scale[column];

    if (w->options.scaling == RN_SCALING_STANDARD) {
        const double d = x - *a;
        *a += d / (double)n;
        *z += d * (x - *a);
    } else {
        if (n == 1 || x < *a) *a = x;
        if (n == 1 || x > *z) *z = x;
    }
}

/* Includes steps of series i; *n is how many steps there were. */
static bool include_steps(rn_series *w, int64_t i, int64_t first, int64_t steps, int64_t *n)
{
    if (!w->source.read(w->source.self, i, w->options.field, first, steps, w->strip))
        return rn__state_refuse(&w->state, "cannot read series %lld: %s", (long long)i,
                                rn__source_error(&w->source));
    for (int64_t t = 0; t < steps; t++) {
        ++*n;
        for (int k = 0; k < w->columns; k++) {
            const int64_t at = t * w->columns + k;
            const double x = rn__real_at(w->strip, w->type, at);
            if (!isfinite(x))
                return rn__state_refuse(&w->state,
                                        "column %d of series %lld is not finite "
                                        "in step %lld",
                                        k, (long long)i, (long long)(first + t));
            include(w, k, x, *n);
        }
    }
    return true;
}

bool rn__series_fit(rn_series *w)
{
    const bool standard = w->options.scaling == RN_SCALING_STANDARD;
    int64_t n = 0, low, high;

    if (w->options.scaling == RN_SCALING_NONE) return true;
    for (int k = 0; k < w->columns; k++) w->scale[k] = 0;
    for (int64_t i = 0; i < w->source.count; i++) {
        rn__series_range(w, RN_PART_TRAINING, i, &low, &high);
        for (int64_t at = low, steps; at < high; at += steps) {
            steps = high - at < w->strip_steps ? high - at : w->strip_steps;
            if (!include_steps(w, i, at, steps, &n)) return false;
        }
    }
    if (n == 0)
        return rn__state_refuse(&w->state, "the training part is empty: nothing to fit the "
                                           "scaling to");
    for (int k = 0; k < w->columns; k++) {
        double *z = &w->scale[k];
        *z = standard ? sqrt(*z / (double)n) : *z - w->shift[k];
        if (!(*z > 0)) *z = 1;
    }
    return true;
}

/* ---- in a model ---- */

enum { NAME = 512 };
static const char *const last[2] = {"shift", "scale"};

static rn_status refuse(rn_model *model, const char *name, const char *what)
{
    return rn__model_fail(model, RN_INVALID, "scaling: %s: %s", what,
                          name ? name : "(null)");
}

/* Both statistics; RN_INVALID: no such, or others. columns < 0: any number of them. */
static rn_status find(rn_model *model, const char *name, int64_t columns,
                      rn_variable *found[2])
{
    char full[NAME];

    for (int k = 0; k < 2; k++) {
        if (!name || !*name || snprintf(full, sizeof full, "%s/%s", name, last[k]) >= NAME)
            return refuse(model, name, "no name, or a long one");
        const int i = rn__model_index(model, full);
        found[k] = i < 0 ? NULL : model->entry[i].variable;
        if (i < 0) continue;
        const rn_shape shape = rn_variable_shape(found[k]);
        if (model->entry[i].kind != RN__STATISTIC || shape.rank != 1 ||
            (columns >= 0 && shape.size[0] != columns))
            return refuse(model, full, "the model has another variable of that name");
    }
    return RN_OK;
}

static double get(rn_variable *v, int64_t i)
{
    return rn__real_at(rn_variable_data(v), rn_variable_type(v), i);
}

static void set(rn_variable *v, int64_t i, double x)
{
    rn__real_put(rn_variable_data(v), rn_variable_type(v), i, x);
}

rn_status rn_scaling_declare(rn_model *model, const char *name, int64_t columns)
{
    rn_variable *v[2];
    char full[NAME];

    if (!model) return RN_INVALID;
    if (columns < 1) return refuse(model, name, "no columns");
    const rn_status status = find(model, name, columns, v);
    if (status) return status;
    for (int k = 0; k < 2; k++) {
        if (v[k]) continue;
        snprintf(full, sizeof full, "%s/%s", name, last[k]);
        if (rn__name_fault(full)) return refuse(model, name, rn__name_fault(full));
        v[k] = rn__model_add(model, full, model->real, rn_shape_of(1, &columns),
                             RN__STATISTIC, NULL);
        if (!v[k]) return rn__model_fail(model, RN_NO_MEMORY, "scaling: out of memory");
        for (int64_t i = 0; i < columns; i++) set(v[k], i, k);
    }
    return RN_OK;
}

rn_status rn_series_keep(rn_series *series, rn_model *model, const char *name)
{
    rn_variable *v[2];

    if (!series || !model) return RN_INVALID;
    if (series->state.failed) return refuse(model, name, series->state.error);
    rn_status status = rn_scaling_declare(model, name, series->columns);
    if (status == RN_OK) status = find(model, name, series->columns, v);
    for (int i = 0; status == RN_OK && i < series->columns; i++) {
        set(v[0], i, series->shift[i]), set(v[1], i, series->scale[i]);
        series->shift[i] = get(v[0], i), series->scale[i] = get(v[1], i);
    }
    return status;
}

static rn_status scale(rn_model *model, const char *name, const int *columns, int count,
                       rn_type type, void *values, int64_t rows, bool undo)
{
    rn_variable *v[2];

    if (!model) return RN_INVALID;
    const rn_status status = find(model, name, -1, v);
    if (status) return status;
    if (!v[0] || !v[1]) return refuse(model, name, "no such statistics");
    if ((type != RN_F32 && type != RN_F64) || count < 1 || rows < 0 || (!values && rows))
        return refuse(model, name, "no values, or not real ones");
    const int64_t most = rn_variable_shape(v[0]).size[0];
    for (int k = 0; k < count; k++) {
        const int column = columns ? columns[k] : k;
        if (column < 0 || column >= most || column >= rn_variable_shape(v[1]).size[0])
            return rn__model_fail(model, RN_INVALID, "scaling: no column %d: %s has %lld",
                                  column, name, (long long)most);
    }
    for (int64_t r = 0; r < rows; r++)
        for (int k = 0; k < count; k++) {
            const int column = columns ? columns[k] : k;
            const double shift = get(v[0], column), by = get(v[1], column);
            const int64_t at = r * count + k;
            const double x = rn__real_at(values, type, at);
            rn__real_put(values, type, at, undo ? x * by + shift : (x - shift) / by);
        }
    return RN_OK;
}

rn_status rn_scaling_apply(rn_model *model, const char *name, const int *columns, int count,
                           rn_type type, void *values, int64_t rows)
{
    return scale(model, name, columns, count, type, values, rows, false);
}

rn_status rn_scaling_undo(rn_model *model, const char *name, const int *columns, int count,
                          rn_type type, void *values, int64_t rows)
{
    return scale(model, name, columns, count, type, values, rows, true);
}
