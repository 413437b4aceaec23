/* SPDX-License-Identifier: MIT */
/*
 * Precision, recall and F1, from counts of right, predicted and true ones of each class.
 *
 *   classes  table[t, p]: the weight of steps of class t that were predicted as p
 *   spans    table[i, ..]: right, predicted and true spans of type i
 *
 *   precision = right / predicted    recall = right / true    F1 = 2 right / (both)
 */
#include <math.h>

#include "train/metrics/metric.h"

/* Right ones, those predicted, those that are true. */
typedef struct counts {
    double right, predicted, target;
} counts;

static counts counts_of(const rn_metric *m, int64_t i)
{
    const int64_t n = m->rows;
    counts c = {0, 0, 0};

    if (m->method == &rn__metric_spans) {
        const double *row = &m->table[i * 3];
        return (counts){row[0], row[1], row[2]};
    }
    c.right = m->table[i * n + i];
    for (int64_t j = 0; j < n; j++) {
        c.target += m->table[i * n + j];
        c.predicted += m->table[j * n + i];
    }
    return c;
}

static double ratio_of(const rn_metric *m, counts c)
{
    const double of[] = {c.predicted, c.target, (c.predicted + c.target) / 2};
    const double all = of[m->kind->ratio];

    return all > 0 ? c.right / all : 0;
}

static double part(const rn_metric *m, int64_t i)
{
    return ratio_of(m, counts_of(m, i));
}

static double part_weight(const rn_metric *m, int64_t i)
{
    return counts_of(m, i).target;
}

static double value(const rn_metric *m)
{
    const bool spans = m->method == &rn__metric_spans;
    rn_metric_average average = m->o.average;
    double sum = 0, weight = 0;
    counts all = {0, 0, 0};

    if (average == RN_DEFAULT_AVERAGE)
        average = spans ? RN_MICRO_AVERAGE : RN_MACRO_AVERAGE;
    if (m->o.kind == RN_METRIC_CONFUSION) average = RN_MICRO_AVERAGE;
    if (average == RN_ONE_CLASS) return rn_metric_part(m, m->o.of_class);
    for (int64_t i = 0; i < m->rows; i++) {
        const counts c = counts_of(m, i);
        const double occurs = c.predicted + c.target > 0;
        const double w = average == RN_WEIGHTED_AVERAGE ? c.target : occurs;
        sum += w * ratio_of(m, c);
        weight += w;
        all.right += c.right;
        all.predicted += c.predicted;
        all.target += c.target;
    }
    if (average == RN_MICRO_AVERAGE) return ratio_of(m, all);
    return weight > 0 ? sum / weight : 0;
}

/* ---- classes ---- */

static void add_step(rn_metric *m, const rn__metric_data *d, int64_t step, int64_t at,
                     double weight)
{
    m->table[d->b.targets[at] * m->columns + rn__metric_class(m, d, step)] += weight;
    rn__metric_add(&m->weight, weight);
}

const rn__metric_method rn__metric_classes = {
    .rows = RN__METRIC_CLASSES,
    .element = add_step,
    .value = value,
    .part = part,
    .part_weight = part_weight,
};

/* ---- spans ---- */

/* A span that has begun: its type, and where; type -1: none has. */
typedef struct span {
    int64_t type, begin;
} span;

static int64_t tag_of(const rn_metric *m, int64_t class_)
{
    return m->tag ? m->tag[class_] : class_;
}

static bool goes_on(span s, int64_t tag)
{
    return tag > 0 && tag % 2 == 0 && s.type == (tag - 1) / 2;
}

/* Where a span has ended, another may begin. */
static span begin(const rn_metric *m, int64_t tag, int64_t at)
{
    const bool inside = tag > 0 && tag % 2 == 0;

    if (tag == 0 || (inside && m->o.strict)) return (span){-1, 0};
    return (span){(tag - 1) / 2, at};
}

/* The next tags of target and prediction, in place `at`. */
static void move(rn_metric *m, span now[2], const int64_t tag[2], int64_t at, double weight)
{
    const bool same = now[0].type == now[1].type && now[0].begin == now[1].begin;
    bool ended[2];

    for (int i = 0; i < 2; i++) {
        ended[i] = !goes_on(now[i], tag[i]);
        if (ended[i] && now[i].type >= 0) m->table[now[i].type * 3 + 2 - i] += weight;
    }
    if (same && ended[0] && ended[1] && now[0].type >= 0)
        m->table[now[0].type * 3] += weight;
    for (int i = 0; i < 2; i++)
        if (ended[i]) now[i] = begin(m, tag[i], at);
}

static void add_tags(rn_metric *m, const rn__metric_data *d, int64_t b, double weight)
{
    const int64_t length = d->b.lengths ? d->b.lengths[b] : d->b.steps;
    const int64_t nothing[2] = {0, 0};
    span now[2] = {{-1, 0}, {-1, 0}};

    for (int64_t t = 0; t < length; t++) {
        const int64_t step = t * d->b.sequences + b;
        if (rn__metric_ignores(m, d->b.targets[step])) continue;
        const int64_t tag[2] = {tag_of(m, d->b.targets[step]),
                                tag_of(m, rn__metric_class(m, d, step))};
        move(m, now, tag, t, weight);
        rn__metric_add(&m->weight, weight);
    }
    move(m, now, nothing, length, weight);
}

const rn__metric_method rn__metric_spans = {
    .rows = RN__METRIC_TYPES,
    .columns = 3,
    .sequence = add_tags,
    .value = value,
    .part = part,
    .part_weight = part_weight,
};
