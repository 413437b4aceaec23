/* SPDX-License-Identifier: MIT */
/*
 * The area under the ROC curve, exact: all scores are kept and sorted.
 *
 *   auc = sum over scores s of targets 1, of the weight below s + half of that at s,
 *         of targets 0 / (weight of targets 1 x weight of targets 0)
 */
#include <math.h>

#include "train/metrics/metric.h"

static bool reserve(rn_metric *m, const rn__metric_data *d)
{
    const size_t more = (size_t)(d->b.steps * d->b.sequences * d->elements);
    void *pair = m->pair;
    size_t bytes;

    if (!rn__sum_sizes(m->pairs, more, &bytes) ||
        !rn__multiply(bytes, sizeof *m->pair, &bytes))
        return false;
    /* Half as much again, so that adding is linear. */
    if (bytes > m->pair_room && bytes < SIZE_MAX / 2) bytes += bytes / 2;
    if (!rn__metric_room(m, &pair, &m->pair_room, bytes)) return false;
    m->pair = (rn__metric_pair *)pair;
    return true;
}

static void add(rn_metric *m, const rn__metric_data *d, int64_t step, int64_t at,
                double weight)
{
    const double score = rn__metric_real(d, d->b.scores, at);

    (void)step;
    m->pair[m->pairs++] = (rn__metric_pair){score, d->b.targets[at] ? weight : -weight};
    rn__metric_add(&m->weight, weight);
}

/* ---- sorting, in place: quicksort, and a heap for what is short or goes badly ---- */

static void swap(rn__metric_pair *a, rn__metric_pair *b)
{
    const rn__metric_pair x = *a;

    *a = *b;
    *b = x;
}

static void sink(rn__metric_pair *pair, size_t at, size_t count)
{
    const rn__metric_pair x = pair[at];

    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && pair[child + 1].score > pair[child].score) child++;
        if (pair[child].score <= x.score) break;
        pair[at] = pair[child];
    }
    pair[at] = x;
}

static void sort_heap(rn__metric_pair *pair, size_t count)
{
    for (size_t i = count / 2; i-- > 0;) sink(pair, i, count);
    for (size_t i = count; i-- > 1;) {
        swap(&pair[0], &pair[i]);
        sink(pair, 0, i);
    }
}

static double middle(double a, double b, double c)
{
    if (a > b) return a < c ? a : b > c ? b : c;
    return b < c ? b : a > c ? a : c;
}

static void sort(rn__metric_pair *pair, size_t count, int depth)
{
    while (count > 16 && depth-- > 0) {
        const double x =
            middle(pair[0].score, pair[count / 2].score, pair[count - 1].score);
        size_t less = 0, more = count;

        for (size_t i = 0; i < more;) {
            if (pair[i].score < x)
                swap(&pair[i++], &pair[less++]);
            else if (pair[i].score > x)
                swap(&pair[i], &pair[--more]);
            else
                i++;
        }
        const bool left = less < count - more;
        sort(left ? pair : pair + more, left ? less : count - more, depth);
        pair += left ? more : 0;
        count = left ? count - more : less;
    }
    sort_heap(pair, count);
}

/* The order of the pairs is no part of what a metric is. */
static double value(const rn_metric *m)
{
    rn__metric_pair *pair = m->pair;
    double below = 0, area = 0, ones = 0;

    for (size_t i = 0; i < m->pairs; i++)
        if (isnan(pair[i].score)) return NAN;
    sort(pair, m->pairs, 64);
    for (size_t i = 0, next; i < m->pairs; i = next) {
        double zero = 0, one = 0;
        for (next = i; next < m->pairs && pair[next].score == pair[i].score; next++)
            *(pair[next].weight < 0 ? &zero : &one) += fabs(pair[next].weight);
        area += one * (below + zero / 2);
        below += zero;
        ones += one;
    }
    return area / (ones * below);
}

const rn__metric_method rn__metric_auc = {
    .reserve = reserve, .element = add, .value = value};
