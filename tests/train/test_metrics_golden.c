/* SPDX-License-Identifier: MIT */
/* Metrics as in scikit-learn, PyTorch, seqeval, sacrebleu and jiwer: added at once, a
 * sequence at a time, and backwards. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "golden_metrics.h"

enum { LARGEST = TOKEN_STEPS * TEXTS };

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- parts of a batch ---- */

/* The columns first .. first + count - 1 of an array [rows, all, ..], of `bytes` each. */
static const void *columns(const void *x, int64_t rows, int64_t all, int64_t first,
                           int64_t count, size_t bytes, void *to)
{
    for (int64_t i = 0; x && i < rows; i++)
        memcpy((char *)to + (size_t)(i * count) * bytes,
               (const char *)x + (size_t)(i * all + first) * bytes, (size_t)count * bytes);
    return x ? to : NULL;
}

/* Adds some sequences of a batch. */
static void add_part(rn_metric *m, const rn_metric_batch *whole, int64_t first,
                     int64_t count)
{
    rn_metric_batch b = *whole;
    double scores[LARGEST], values[LARGEST];
    float steps[LARGEST];
    int32_t classes[LARGEST], targets[LARGEST];
    const int64_t all = b.sequences, width = b.width ? b.width : 1;
    const size_t row = (size_t)width * rn_type_size(b.type);
    const bool wide = b.targets && b.scores && b.width == 2;
    const size_t target = sizeof(int32_t) * (wide ? 2 : 1);

    b.sequences = count;
    b.scores = columns(b.scores, b.steps, all, first, count, row, scores);
    b.values = columns(b.values, b.steps, all, first, count, row, values);
    b.classes = (const int32_t *)columns(b.classes, b.steps, all, first, count,
                                         sizeof(int32_t), classes);
    b.targets =
        (const int32_t *)columns(b.targets, b.steps, all, first, count, target, targets);
    b.step_weights = (const float *)columns(b.step_weights, b.steps, all, first, count,
                                            sizeof(float), steps);
    b.lengths += first;
    b.weights += first;
    if (b.target_lengths) b.target_lengths += first;
    cr_assert_eq(rn_metric_add(m, &b), RN_OK, "%s", rn_metric_error(m));
}

static void close_to(const rn_metric *m, double want, double tolerance, const char *how)
{
    const double got = rn_metric_value(m);

    cr_assert(fabs(got - want) <= tolerance * (1 + fabs(want)), "%s, %s: %.17g, not %.17g",
              rn_metric_name(m), how, got, want);
}

/* The metric of a whole batch; free it. */
static rn_metric *compare(const golden_case *c, const rn_metric_batch *batch,
                          double tolerance)
{
    rn_metric_options o = c->options;

    o.ignores = true;
    o.ignored = IGNORED;
    rn_metric *m = rn_metric_new(o);
    for (int64_t s = 0; s < batch->sequences; s++) add_part(m, batch, s, 1);
    close_to(m, c->value, tolerance, "sequence by sequence");
    rn_metric_reset(m);
    cr_assert(isnan(rn_metric_value(m)) && rn_metric_weight(m) == 0);
    for (int64_t s = batch->sequences - 2; s >= -1; s -= 2)
        add_part(m, batch, s < 0 ? 0 : s, s < 0 ? 1 : 2);
    close_to(m, c->value, tolerance, "backwards, two by two");
    rn_metric_reset(m);
    cr_assert_eq(rn_metric_add(m, batch), RN_OK, "%s", rn_metric_error(m));
    close_to(m, c->value, tolerance, "at once");
    return m;
}

static rn_metric_batch all_of(const double *scores, int64_t width)
{
    return (rn_metric_batch){.steps = T,
                             .sequences = B,
                             .type = RN_F64,
                             .scores = scores,
                             .width = width,
                             .lengths = all_lengths,
                             .weights = all_weights};
}

static const float *floats(const double *x, size_t count, float *to)
{
    for (size_t i = 0; i < count; i++) to[i] = (float)x[i];
    return to;
}

/* ---- the groups ---- */

Test(metrics_golden, of_classes)
{
    float steps[T * B];
    rn_metric_batch b = all_of(classes_scores, 5);

    b.targets = classes_targets;
    b.step_weights = floats(classes_steps, T * B, steps);
    for (size_t i = 0; i < COUNT(classes_cases); i++) {
        rn_metric *m = compare(&classes_cases[i], &b, 1e-13);
        const bool table = classes_cases[i].options.kind >= RN_METRIC_CONFUSION &&
                           classes_cases[i].options.kind <= RN_METRIC_F1;
        for (int64_t t = 0; t < 5; t++)
            for (int64_t p = 0; p < 5; p++) {
                const double got = rn_metric_confusion(m, t, p);
                cr_assert(table ? fabs(got - classes_confusion[t * 5 + p]) < 1e-12
                                : isnan(got));
            }
        cr_assert_eq(rn_metric_parts(m), table ? 5 : 0);
        rn_metric_free(m);
    }
}

Test(metrics_golden, of_given_classes)
{
    int32_t given[T * B];
    float steps[T * B];
    rn_metric_batch b = all_of(NULL, 0);

    b.targets = classes_targets;
    b.classes = given;
    b.step_weights = floats(classes_steps, T * B, steps);
    for (int i = 0; i < T * B; i++) {
        given[i] = 0;
        for (int32_t c = 1; c < 5; c++)
            if (classes_scores[i * 5 + c] > classes_scores[i * 5 + given[i]]) given[i] = c;
    }
    for (size_t i = 0; i < COUNT(classes_cases); i++) {
        golden_case c = classes_cases[i];
        if (c.options.kind > RN_METRIC_F1 || c.options.kind == RN_METRIC_TOP) continue;
        c.options.classes = c.options.kind == RN_METRIC_ACCURACY ? 0 : 5;
        rn_metric_free(compare(&c, &b, 1e-13));
    }
}

Test(metrics_golden, of_binary_scores)
{
    rn_metric_batch b = all_of(binary_scores, 2);
    float scores[T * B * 2];

    b.targets = binary_targets;
    for (size_t i = 0; i < COUNT(binary_cases); i++)
        rn_metric_free(compare(&binary_cases[i], &b, 1e-14));
    b.scores = floats(binary_scores, COUNT(binary_scores), scores);
    b.type = RN_F32;
    for (size_t i = 0; i < COUNT(binary_cases); i++)
        rn_metric_free(compare(&binary_cases[i], &b, 1e-14));
}

Test(metrics_golden, of_real_numbers)
{
    static const rn_metric_kind kinds[] = {RN_METRIC_ABSOLUTE_ERROR,
                                           RN_METRIC_SQUARED_ERROR, RN_METRIC_R2,
                                           RN_METRIC_ROOT_SQUARED_ERROR};
    float steps[T * B];
    rn_metric_batch b = all_of(errors_scores, 2);

    b.values = errors_values;
    b.step_weights = floats(errors_steps, T * B, steps);
    for (size_t i = 0; i < COUNT(errors_cases); i++) {
        rn_metric *m = compare(&errors_cases[i], &b, 1e-12);
        for (size_t k = 0; k < COUNT(kinds); k++)
            for (int64_t c = 0; c < 2 && kinds[k] == errors_cases[i].options.kind; c++)
                cr_assert(fabs(rn_metric_part(m, c) - errors_parts[k * 2 + (size_t)c]) <
                          1e-12);
        rn_metric_free(m);
    }
}

Test(metrics_golden, of_spans)
{
    static const char *const tags[] = {"O", "B-x", "I-x", "B-y", "I-y", "I-z"};
    const rn_metric_batch b = {.steps = SPAN_STEPS,
                               .sequences = TEXTS,
                               .classes = spans_classes,
                               .targets = spans_targets,
                               .lengths = spans_lengths,
                               .weights = all_weights};

    for (size_t i = 0; i < COUNT(spans_cases); i++) {
        golden_case c = spans_cases[i];
        c.options.classes = 6;
        c.options.tags = tags;
        rn_metric *m = compare(&c, &b, 1e-14);
        const bool f1 = c.options.kind == RN_METRIC_SPAN_F1 && !c.options.strict;
        cr_assert_eq(rn_metric_parts(m), 3);
        for (int p = 0; p < 3; p++) {
            cr_assert_str_eq(rn_metric_part_name(m, p), tags[2 * p + (p == 2 ? 1 : 2)] + 2);
            if (!f1) continue;
            cr_assert_float_eq(rn_metric_part(m, p), spans_f1[p], 1e-14);
            cr_assert_eq(rn_metric_part_weight(m, p), spans_f1[3 + p]);
        }
        cr_assert_null(rn_metric_part_name(m, 3));
        rn_metric_free(m);
    }
}

static void flip(const int32_t *x, int64_t rows, int64_t columns_, int32_t *to)
{
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < columns_; j++) to[j * rows + i] = x[i * columns_ + j];
}

Test(metrics_golden, of_tokens)
{
    int32_t targets[LARGEST];
    rn_metric_batch b = {.steps = TOKEN_STEPS,
                         .sequences = TEXTS,
                         .classes = tokens_classes,
                         .targets = tokens_targets,
                         .lengths = tokens_lengths,
                         .target_lengths = tokens_target_lengths,
                         .weights = all_weights};

    flip(tokens_targets, TOKEN_STEPS, TEXTS, targets);
    for (size_t i = 0; i < COUNT(tokens_cases); i++) {
        const golden_case *c = &tokens_cases[i];
        rn_metric *m = compare(c, &b, 1e-14);
        rn_metric_batch by_sequence = b;
        by_sequence.targets = targets;
        by_sequence.by_sequence = true;
        rn_metric_reset(m);
        cr_assert_eq(rn_metric_add(m, &by_sequence), RN_OK);
        close_to(m, c->value, 1e-14, "by sequence");
        rn_metric_free(m);
    }
}

static int64_t numbers_of(const char *text, int32_t *to)
{
    int64_t count = 0;

    for (; *text; text++)
        if (*text != ' ') to[count++] = *text - '0';
    return count;
}

Test(metrics_golden, of_short_texts)
{
    for (size_t i = 0; i < COUNT(short_bleu); i++) {
        const golden_bleu *g = &short_bleu[i];
        int32_t classes[8], targets[8];
        rn_metric *m = rn_metric_new((rn_metric_options){.kind = RN_METRIC_BLEU,
                                                         .smoothing = g->smoothing,
                                                         .effective_order = g->effective});
        rn_metric_batch b = {.steps = numbers_of(g->prediction, classes),
                             .sequences = 1,
                             .classes = classes,
                             .targets = targets,
                             .target_steps = numbers_of(g->target, targets)};
        cr_assert_eq(rn_metric_add(m, &b), RN_OK);
        close_to(m, g->value, 1e-14, g->prediction);
        rn_metric_free(m);
    }
}

/* Up to three references of a text, of which the first text counts twice. */
Test(metrics_golden, of_several_references)
{
    enum { PAIRS = COUNT(several_texts), R = 3, S = 8 };
    const float weights[PAIRS] = {2, 1, 1};
    int32_t classes[S * PAIRS] = {0}, targets[2][R * S * PAIRS] = {{0}}, text[S];
    int32_t lengths[PAIRS], target_lengths[R * PAIRS];
    rn_metric_batch b = {.steps = S,
                         .sequences = PAIRS,
                         .classes = classes,
                         .lengths = lengths,
                         .weights = weights,
                         .target_steps = S,
                         .target_lengths = target_lengths,
                         .references = R};

    for (int i = 0; i < PAIRS; i++) {
        lengths[i] = (int32_t)numbers_of(several_texts[i][0], text);
        for (int k = 0; k < lengths[i]; k++) classes[k * PAIRS + i] = text[k];
        for (int r = 0; r < R; r++) {
            const char *given = several_texts[i][r + 1];
            int32_t *length = &target_lengths[r * PAIRS + i];
            *length = given ? (int32_t)numbers_of(given, text) : -1;
            for (int k = 0; k < *length; k++)
                targets[0][(r * S + k) * PAIRS + i] = targets[1][(r * PAIRS + i) * S + k] =
                    text[k];
        }
    }
    for (size_t i = 0; i < COUNT(several_cases); i++) {
        rn_metric *m = rn_metric_new(several_cases[i].options);
        for (int k = 0; k < 2; k++) {
            b.targets = targets[k], b.by_sequence = k;
            rn_metric_reset(m);
            cr_assert_eq(rn_metric_add(m, &b), RN_OK, "%s", rn_metric_error(m));
            close_to(m, several_cases[i].value, 1e-14, "several references");
            cr_assert_eq(rn_metric_weight(m), several_length);
        }
        rn_metric_free(m);
    }
}
