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
    for (int64_t c = 0; c < d->b.width; c++) {
        const double x = rn__metric_real(d, d->b.scores, row + c);
        if (x > largest) largest = x;
    }
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
    rn__metric_term(m, rn__metric_terms[m->kind->term](m, d, step, at), weight);
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
    TOKENS = CLASSES | RN__METRIC_SEQUENCES | RN__METRIC_TOKENS,
    SCORES = RN__METRIC_SCORES | RN__METRIC_WIDE,
    PAIRS = SCORES | RN__METRIC_VALUES
};

enum { MEANS, COUNTS_OF_CLASSES, COUNTS_OF_SPANS, AUC, ERRORS, R2, EDITS, BLEU };
const rn__metric_method *const rn__metric_methods[] = {
    &rn__metric_means,  &rn__metric_classes, &rn__metric_spans, &rn__metric_auc,
    &rn__metric_errors, &rn__metric_r2,      &rn__metric_edits, &rn__metric_bleu};

enum { HIT, BINARY_HIT, TOP_HIT, SURPRISE, SCORE, DISTANCE, SQUARE };
rn__metric_term_of *const rn__metric_terms[] = {hit,   binary_hit, top_hit, surprise,
                                                score, distance,   square};

#define MEAN(name, term, needs, finish) KIND(name, MEANS, term, needs, finish)
#define KIND(name, method, term, needs, finish)                                            \
    {                                                                                      \
        name, needs, method, term, RN__METRIC_##finish, 0                                  \
    }
#define COUNTS(name, of, needs, ratio)                                                     \
    {                                                                                      \
        name, needs, COUNTS_OF_##of, 0, 0, RN__METRIC_##ratio                              \
    }

const rn__metric_kind rn__metric_kinds[] = {
    MEAN("accuracy", HIT, CLASSES, MEAN),
    MEAN("binary_accuracy", BINARY_HIT, BITS, MEAN),
    MEAN("top", TOP_HIT, ROWS, MEAN),
    COUNTS("confusion", CLASSES, TABLE, OF_TARGETS),
    COUNTS("precision", CLASSES, TABLE, OF_PREDICTED),
    COUNTS("recall", CLASSES, TABLE, OF_TARGETS),
    COUNTS("f1", CLASSES, TABLE, OF_BOTH),
    KIND("auc", AUC, 0, BITS, MEAN),
    MEAN("cross_entropy", SURPRISE, ROWS | LOWER, MEAN),
    MEAN("perplexity", SURPRISE, ROWS | LOWER, EXP),
    MEAN("bits", SURPRISE, ROWS | LOWER, IN_BITS),
    COUNTS("span_precision", SPANS, SPANS, OF_PREDICTED),
    COUNTS("span_recall", SPANS, SPANS, OF_TARGETS),
    COUNTS("span_f1", SPANS, SPANS, OF_BOTH),
    KIND("edit_distance", EDITS, 0, TOKENS | LOWER, MEAN),
    KIND("error_rate", EDITS, 0, TOKENS | LOWER, MEAN),
    KIND("bleu", BLEU, 0, TOKENS, MEAN),
    KIND("absolute_error", ERRORS, DISTANCE, PAIRS | LOWER, MEAN),
    KIND("squared_error", ERRORS, SQUARE, PAIRS | LOWER, MEAN),
    KIND("root_squared_error", ERRORS, SQUARE, PAIRS | LOWER, ROOT),
    KIND("r2", R2, SQUARE, PAIRS, MEAN),
    MEAN("mean", SCORE, SCORES | LOWER, MEAN),
    KIND("exact_match", EDITS, 0, TOKENS, MEAN),
};
_Static_assert(sizeof rn__metric_kinds / sizeof rn__metric_kinds[0] == RN_METRIC_KINDS,
               "each kind has a line");
