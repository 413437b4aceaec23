/* SPDX-License-Identifier: MIT */
/* Metrics: names, what is refused, and memory that there is not. */
#include "metrics_support.h"

/* ---- names ---- */

Test(metrics_refused, have_names)
{
    static const char *const lower[] = {
        "cross_entropy", "perplexity",         "bits",
        "edit_distance", "error_rate",         "absolute_error",
        "squared_error", "root_squared_error", "mean"};

    for (int k = 0; k < RN_METRIC_KINDS; k++) {
        rn_metric *m = METRIC(.kind = (rn_metric_kind)k);
        bool is_lower = false;
        for (int i = 0; i < 9; i++) is_lower |= !strcmp(lower[i], rn_metric_name(m));
        cr_assert_eq(rn_metric_lower_is_better(m), is_lower, "%s", rn_metric_name(m));
        cr_assert(isnan(rn_metric_value(m)) && rn_metric_weight(m) == 0);
        rn_metric_free(m);
    }
    char name[] = "mine";
    rn_metric *m = METRIC(.kind = RN_METRIC_TOP, .name = name);
    name[0] = 'x';
    cr_assert_str_eq(rn_metric_name(m), "mine");
    rn_metric_free(m);
    m = METRIC(.kind = RN_METRIC_TOP, .top = 3);
    cr_assert_str_eq(rn_metric_name(m), "top3");
    rn_metric_free(m);
}

/* ---- refusals ---- */

static void bad_options(const char *message, rn_metric_options o)
{
    rn_metric *m = rn_metric_new(o);
    static const float x[] = {1};

    cr_assert_str_eq(rn_metric_error(m), message);
    cr_assert_eq(ADD(m, .steps = 1, .sequences = 1, .scores = x), RN_INVALID);
    cr_assert_eq(rn_metric_add_sum(m, 1, 1), RN_INVALID);
    cr_assert_str_eq(rn_metric_error(m), message);
    cr_assert(isnan(rn_metric_value(m)));
    rn_metric_free(m);
}

Test(metrics_refused, options_that_are_refused)
{
    static const char *const tags[] = {"O", "B-x", "C-x"};
#define BAD(message, ...) bad_options(message, (rn_metric_options){__VA_ARGS__})
    BAD("metric: kind must be in 0..22: 23", .kind = (rn_metric_kind)RN_METRIC_KINDS);
    BAD("accuracy: classes must be in 0..2147483647: -1", .classes = -1);
    BAD("mine: average must be in 0..4: 9", .average = (rn_metric_average)9, .name = "mine",
        .of_class = -1);
    BAD("top-1: top must be in 0..2147483647: -1", .kind = RN_METRIC_TOP, .top = -1);
    BAD("bleu: order must be in 0..4: 5", .kind = RN_METRIC_BLEU, .order = 5);
    BAD("bleu: smoothing must be in 0..2: 3", .kind = RN_METRIC_BLEU,
        .smoothing = (rn_bleu_smoothing)3);
    BAD("f1: of_class must be in 0..2147483647: -1", .kind = RN_METRIC_F1, .of_class = -1);
    BAD("span_f1: tag 0 of 0 is not O, B-type or I-type: ", .kind = RN_METRIC_SPAN_F1,
        .tags = tags);
    BAD("span_f1: tag 2 of 3 is not O, B-type or I-type: C-x", .kind = RN_METRIC_SPAN_F1,
        .tags = tags, .classes = 3);
}

/* A batch of two steps of two sequences of three scores is changed, and refused. */
static void bad_batch(rn_metric_options o, rn_status status, const char *message,
                      rn_metric_batch b)
{
    static const float scores[12] = {1, 2, 3}, values[12] = {0};
    static const int32_t targets[12] = {0, 1, 1, 0};
    rn_metric *m = rn_metric_new(o);
    const rn_metric_batch good = {.steps = 2,
                                  .sequences = 2,
                                  .width = 3,
                                  .scores = scores,
                                  .values = values,
                                  .targets = targets};

    cr_assert_eq(rn_metric_add(m, &good), RN_OK, "%s", rn_metric_error(m));
    const double value = rn_metric_value(m), weight = rn_metric_weight(m);
    if (!b.steps) b.steps = 2;
    if (!b.sequences) b.sequences = 2;
    cr_assert_eq(rn_metric_add(m, &b), status, "%s", message);
    cr_assert_str_eq(rn_metric_error(m), message);
    cr_assert(rn_metric_value(m) == value && rn_metric_weight(m) == weight);
    rn_metric_free(m);
}

Test(metrics_refused, batches_that_are_refused)
{
    static const float x[8] = {1, -1, NAN};
    static const int32_t i[4] = {0, 1, 3, -1}, j[4] = {0};
    const rn_metric_options accuracy = {.kind = RN_METRIC_ACCURACY};
    const rn_metric_options f1 = {.kind = RN_METRIC_F1};
    const rn_metric_options r2 = {.kind = RN_METRIC_R2}, bleu = {.kind = RN_METRIC_BLEU};
#define REFUSED(o, status, message, ...)                                                   \
    bad_batch(o, status, message, (rn_metric_batch){__VA_ARGS__})
    REFUSED(accuracy, RN_INVALID, "accuracy: it needs scores or classes", .targets = j);
    REFUSED(accuracy, RN_INVALID, "accuracy: it needs targets", .classes = j);
    REFUSED(accuracy, RN_INVALID, "accuracy: its targets must be [T,B]", .classes = j,
            .targets = j, .target_steps = 1);
    REFUSED(accuracy, RN_INVALID, "accuracy: its targets must be [T,B]", .classes = j,
            .targets = j, .by_sequence = true);
    REFUSED(r2, RN_INVALID, "r2: it needs scores", .values = x);
    REFUSED(r2, RN_INVALID, "r2: it needs values", .scores = x);
    REFUSED(r2, RN_INVALID, "r2: width differs from that of batches before: 2 and 3",
            .scores = x, .values = x, .width = 2);
    REFUSED(r2, RN_INVALID, "r2: type must be f32 or f64", .scores = x, .values = x,
            .type = RN_I32);
    REFUSED(bleu, RN_INVALID, "bleu: it has no weights of steps", .classes = j,
            .targets = j, .step_weights = x);
    REFUSED(f1, RN_INVALID, "f1: it needs the number of classes", .classes = j,
            .targets = j);
    REFUSED(accuracy, RN_INVALID, "accuracy: weights[1] is not at least 0 and finite: -1",
            .classes = j, .targets = j, .weights = x);
    REFUSED(accuracy, RN_INVALID,
            "accuracy: step_weights[1] is not at least 0 and finite: -1", .classes = j,
            .targets = j, .step_weights = x);
    REFUSED(accuracy, RN_INVALID, "accuracy: lengths[0] is not in 0..2: 3", .classes = j,
            .targets = j, .lengths = i + 2);
    REFUSED(bleu, RN_INVALID, "bleu: target_lengths[0] is not in 0..2: 3", .classes = j,
            .targets = j, .target_lengths = i + 2, .lengths = j);
    REFUSED(bleu, RN_INVALID, "bleu: target_lengths[1] is not in 0..3: -1", .classes = j,
            .targets = j, .target_lengths = i + 2, .lengths = j, .steps = 3);
    REFUSED(accuracy, RN_INVALID, "accuracy: it has one reference", .classes = j,
            .targets = j, .references = 2);
    REFUSED(accuracy, RN_BAD_VALUE,
            "accuracy: target out of range: 3 of 2 classes, in step 1 of sequence 0",
            .scores = x, .width = 2, .targets = i);
    REFUSED(((rn_metric_options){.kind = RN_METRIC_F1, .classes = 3}), RN_BAD_VALUE,
            "f1: class out of range: 3 of 3 classes, in step 1 of sequence 0", .classes = i,
            .targets = j);
    REFUSED(((rn_metric_options){.kind = RN_METRIC_ACCURACY, .classes = 3}), RN_INVALID,
            "accuracy: 3 classes in the options, scores of 2", .scores = x, .width = 2,
            .targets = j);
    REFUSED(accuracy, RN_INVALID,
            "accuracy: sizes out of range: 9223372036854775807 steps, 2 sequences, width "
            "0, 0 target steps",
            .steps = INT64_MAX, .classes = j, .targets = j);
    cr_assert_eq(rn_metric_add(NULL, NULL), RN_INVALID);
    rn_metric *m = rn_metric_new(accuracy);
    cr_assert_eq(rn_metric_add(m, NULL), RN_INVALID);
    cr_assert_str_eq(rn_metric_error(m), "accuracy: there is no batch");
    rn_metric_free(m);
}

/* After a reset another width may come; and a batch of nothing is one. */
Test(metrics_refused, begin_anew)
{
    static const float x[] = {1, 2, 3, 5};
    rn_metric *m = METRIC(.kind = RN_METRIC_SQUARED_ERROR);

    cr_assert_eq(
        ADD(m, .steps = 2, .sequences = 1, .scores = x, .values = x + 1, .width = 1),
        RN_OK);
    rn_metric_reset(m);
    cr_assert_eq(
        ADD(m, .steps = 1, .sequences = 1, .scores = x, .values = x + 2, .width = 2),
        RN_OK);
    cr_assert(rn_metric_value(m) == (4 + 9) / 2.0 && rn_metric_part(m, 1) == 9);
    cr_assert_eq(ADD(m, .steps = 0, .sequences = 3, .width = 2), RN_OK);
    cr_assert_eq(ADD(m, .steps = 3, .sequences = 0, .width = 2), RN_OK);
    cr_assert(rn_metric_weight(m) == 2);
    rn_metric_free(m);
}

/* ---- memory ---- */

static rn_metric_kind failing;

static bool use(rn_allocator allocator)
{
    static const float x[12] = {1, 2, 0, 4};
    static const int32_t targets[12] = {1, 0};
    static const char *const tags[] = {"O", "B-x"};
    rn_metric *m =
        METRIC(.kind = failing, .tags = tags, .classes = 2, .allocator = allocator);
    bool ok = m;

    for (int i = 1; i < 3 && ok; i++) {
        const rn_status status = ADD(m, .steps = i, .sequences = 2, .width = 2, .scores = x,
                                     .values = x, .targets = targets);
        ok = status == RN_OK;
        cr_assert(ok || status == RN_NO_MEMORY, "%s", rn_metric_error(m));
        cr_assert(ok || strstr(rn_metric_error(m), "out of memory"));
        cr_assert(ok || !(rn_metric_weight(m) > 4 * (i - 1)), "something was added");
    }
    rn_metric_free(m);
    return ok;
}

Test(metrics_refused, may_find_no_memory)
{
    static const rn_metric_kind kinds[] = {RN_METRIC_ACCURACY, RN_METRIC_F1,
                                           RN_METRIC_AUC,      RN_METRIC_SPAN_F1,
                                           RN_METRIC_BLEU,     RN_METRIC_R2};

    for (int i = 0; i < 6; i++) {
        failing = kinds[i];
        rn_test_each_failure(use);
    }
}
