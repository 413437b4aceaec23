/* SPDX-License-Identifier: MIT */
/* The list of metrics, and the terms of those that are means. */
#include <math.h>

#include "train/metrics/metric.h"

/* ---- terms ---- */

int64_t rn__metric_class(const rn_metric *m, const rn__metric_data *d, int64_t step)
{
    const int64_t width = d->b.width, row = step * width;
    int64_t at = 0;

    if (!d->b.scores) return d->b.classes[step];
    double largest = rn__metric_real(d, d->b.scores, row);
    if (width == 1) return largest > m->o.threshold;
    for (int64_t c = 1; c < width && !isnan(largest); c++) {
        const double x = rn__metric_real(d, d->b.scores, row + c);
        if (!(x <= largest)) largest = x, at = c;
    }
    return at;
}

static double hit(const rn_metric *m, const rn__metric_data *d, int64_t step, int64_t at)
{
    return rn__metric_class(m, d, step) == d->b.targets[at];
}

static double binary_hit(const rn_metric *m, const rn__metric_data *d, int64_t step,
                         int64_t at)
{
    (void)step;
    return (rn__metric_real(d, d->b.scores, at) > m->o.threshold) == d->b.targets[at];
}

/* Whether fewer than k classes come before the target in the order of rn_argmax. */
static double top_hit(const rn_metric *m, const rn__metric_data *d, int64_t step,
                      int64_t at)
{
    const int64_t row = step * d->b.width, target = d->b.targets[at];
    const double x = rn__metric_real(d, d->b.scores, row + target);
    int64_t before = 0;

    for (int64_t c = 0; c < d->b.width; c++) {
        const double y = rn__metric_real(d, d->b.scores, row + c);
        const bool equal = y == x || (isnan(y) && isnan(x));
        before += equal ? c < target : y > x || (isnan(y) && !isnan(x));
    }
    return before < m->o.top;
}

/* -log softmax(x)[target]; of a single logit, -log sigmoid(x) or -log(1 - sigmoid(x)). */
static double surprise(const rn_metric *m, const rn__metric_data *d, int64_t step,
                       int64_t at)
{
    const int64_t row = step * d->b.width, target = d->b.targets[at];
    double largest = -HUGE_VAL, sum = 0;

    (void)m;
    if (d->b.width == 1) {
        const double x = rn__metric_real(d, d->b.scores, row), wrong = target ? -x : x;
        return fmax(wrong, 0) + log1p(exp(-fabs(wrong)));
    }
    for (int64_t c = 0; c < d->b.width; c++)
        largest = fmax(largest, rn__metric_real(d, d->b.scores, row + c));
    for (int64_t c = 0; c < d->b.width; c++)
        sum += exp(rn__metric_real(d, d->b.scores, row + c) - largest);
    return log(sum) + largest - rn__metric_real(d, d->b.scores, row + target);
}

static double score(const rn_metric *m, const rn__metric_data *d, int64_t step, int64_t at)
{
    (void)m, (void)step;
    return rn__metric_real(d, d->b.scores, at);
}

static double distance(const rn_metric *m, const rn__metric_data *d, int64_t step,
                       int64_t at)
{
    return fabs(score(m, d, step, at) - rn__metric_real(d, d->b.values, at));
}

static double square(const rn_metric *m, const rn__metric_data *d, int64_t step, int64_t at)
{
    const double x = distance(m, d, step, at);

    return x * x;
}

static void add_term(rn_metric *m, const rn__metric_data *d, int64_t step, int64_t at,
                     double weight)
{
    rn__metric_term(m, m->kind->term(m, d, step, at), weight);
}

const rn__metric_method rn__metric_means = {.element = add_term};

/* ---- the list, in the order of rn_metric_kind ---- */

enum {
    LOWER = RN__METRIC_LOWER,
    CLASSES = RN__METRIC_PREDICTS | RN__METRIC_TARGETS,
    TABLE = CLASSES | RN__METRIC_TABLE,
    SPANS = TABLE | RN__METRIC_SEQUENCES,
    ROWS = RN__METRIC_SCORES | RN__METRIC_TARGETS,
    BITS = ROWS | RN__METRIC_WIDE | RN__METRIC_BITS,
    TOKENS = CLASSES | RN__METRIC_SEQUENCES,
    SCORES = RN__METRIC_SCORES | RN__METRIC_WIDE,
    PAIRS = SCORES | RN__METRIC_VALUES
};

#define MEAN(name, term, needs, finish)                                                    \
    {                                                                                      \
        name, &rn__metric_means, term, needs, RN__METRIC_##finish, 0                       \
    }
#define COUNTS(name, of, needs, ratio)                                                     \
    {                                                                                      \
        name, &rn__metric_##of, NULL, needs, 0, RN__METRIC_##ratio                         \
    }
#define OTHER(name, of, term, needs, finish)                                               \
    {                                                                                      \
        name, &rn__metric_##of, term, needs, RN__METRIC_##finish, 0                        \
    }

const rn__metric_kind rn__metric_kinds[] = {
    MEAN("accuracy", hit, CLASSES, MEAN),
    MEAN("binary_accuracy", binary_hit, BITS, MEAN),
    MEAN("top", top_hit, ROWS, MEAN),
    COUNTS("confusion", classes, TABLE, OF_TARGETS),
    COUNTS("precision", classes, TABLE, OF_PREDICTED),
    COUNTS("recall", classes, TABLE, OF_TARGETS),
    COUNTS("f1", classes, TABLE, OF_BOTH),
    OTHER("auc", auc, NULL, BITS, MEAN),
    MEAN("cross_entropy", surprise, ROWS | LOWER, MEAN),
    MEAN("perplexity", surprise, ROWS | LOWER, EXP),
    MEAN("bits", surprise, ROWS | LOWER, IN_BITS),
    COUNTS("span_precision", spans, SPANS, OF_PREDICTED),
    COUNTS("span_recall", spans, SPANS, OF_TARGETS),
    COUNTS("span_f1", spans, SPANS, OF_BOTH),
    OTHER("edit_distance", edits, NULL, TOKENS | LOWER, MEAN),
    OTHER("error_rate", edits, NULL, TOKENS | LOWER, MEAN),
    OTHER("bleu", bleu, NULL, TOKENS, MEAN),
    OTHER("absolute_error", errors, distance, PAIRS | LOWER, MEAN),
    OTHER("squared_error", errors, square, PAIRS | LOWER, MEAN),
    OTHER("root_squared_error", errors, square, PAIRS | LOWER, ROOT),
    OTHER("r2", r2, square, PAIRS, MEAN),
    MEAN("mean", score, SCORES | LOWER, MEAN),
};
const int rn__metric_kind_count =
    (int)(sizeof rn__metric_kinds / sizeof rn__metric_kinds[0]);
