/* SPDX-License-Identifier: MIT */
/*
 * Errors of real numbers, and R2, by columns.
 *
 *   table[c] = sum w, sum w term, the first y, the mean of y - first,
 *              sum w (y - first - mean)^2
 *
 * The last two are updated as in West 1979, without cancellation.
 */
#include <math.h>

#include "train/metrics/metric.h"

enum { WEIGHT, TERM, FIRST, MEAN, SQUARES, COLUMNS };

static void add(rn_metric *m, const rn__metric_data *d, int64_t step, int64_t at,
                double weight)
{
    double *x = &m->table[at % d->b.width * COLUMNS];
    const double given = rn__metric_real(d, d->b.values, at);
    const double term = rn__metric_terms[m->kind->term](m, d, step, at);

    if (x[WEIGHT] == 0) x[FIRST] = given;
    const double y = given - x[FIRST], from = y - x[MEAN];
    rn__metric_term(m, term, weight);
    x[WEIGHT] += weight;
    x[TERM] += weight * term;
    x[MEAN] += from * (weight / x[WEIGHT]);
    x[SQUARES] += weight * from * (y - x[MEAN]);
}

static double part(const rn_metric *m, int64_t i)
{
    const double *x = &m->table[i * COLUMNS], mean = x[TERM] / x[WEIGHT];

    if (m->o.kind != RN_METRIC_R2)
        return m->kind->finish == RN__METRIC_ROOT ? sqrt(mean) : mean;
    if (x[SQUARES] == 0) return x[TERM] == 0;
    return 1 - x[TERM] / x[SQUARES];
}

static double part_weight(const rn_metric *m, int64_t i)
{
    return m->table[i * COLUMNS + WEIGHT];
}

static double mean_of_parts(const rn_metric *m)
{
    double sum = 0;

    for (int64_t i = 0; i < m->rows; i++) sum += part(m, i);
    return sum / (double)m->rows;
}

#define ERRORS(...)                                                                        \
    {                                                                                      \
        .rows = RN__METRIC_WIDTH, .columns = COLUMNS, .element = add, .part = part,        \
        .part_weight = part_weight, __VA_ARGS__                                            \
    }

const rn__metric_method rn__metric_errors = ERRORS(.value = NULL);
const rn__metric_method rn__metric_r2 = ERRORS(.value = mean_of_parts);
