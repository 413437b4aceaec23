/* SPDX-License-Identifier: MIT */
/* Calls of metrics. Arrays have room for 3 steps of 3 sequences of 3. */
#ifndef RN_TEST_CALLS_METRICS_H
#define RN_TEST_CALLS_METRICS_H

#include "arguments.h"

enum { RN_TEST_METRIC = 27 };

static rn_metric *a_metric(rn_test_world *w)
{
    static const char *const tags[] = {"O", "B-x", "I-x"}, *const bad[] = {"O", NULL, "x"};
    rn_metric_options o = {.kind = (rn_metric_kind)rn_test_draw(w, RN_METRIC_KINDS)};

    if (rn_test_draw(w, 16) == 0) return NULL;
    if (rn_test_draw(w, 16) == 0) o.kind = (rn_metric_kind)axis(w);
    if (rn_test_draw(w, 2)) o.name = name(w);
    if (rn_test_draw(w, 2)) o.classes = DRAW(w, int, 3, 3, 2, 0, -1, INT32_MAX, INT32_MIN);
    if (rn_test_draw(w, 4) == 0) o.ignores = true, o.ignored = axis(w);
    if (rn_test_draw(w, 4) == 0) o.threshold = real(w);
    if (rn_test_draw(w, 4) == 0) o.top = axis(w);
    if (rn_test_draw(w, 4) == 0) o.average = (rn_metric_average)axis(w);
    if (rn_test_draw(w, 2)) o.average = (rn_metric_average)rn_test_draw(w, 5);
    if (rn_test_draw(w, 2)) o.of_class = axis(w);
    /* So many types of spans might be in memory, but take long to read. */
    if (o.kind >= RN_METRIC_SPAN_PRECISION && o.classes > 3) o.classes = 3;
    if (o.classes <= 3 && rn_test_draw(w, 2)) o.tags = rn_test_draw(w, 4) ? tags : bad;
    o.strict = rn_test_draw(w, 2);
    o.ctc = rn_test_draw(w, 2);
    o.separates = rn_test_draw(w, 2);
    o.blank = axis(w), o.separator = axis(w);
    if (rn_test_draw(w, 4) == 0) o.order = axis(w);
    o.smoothing = (rn_bleu_smoothing)rn_test_draw(w, 4);
    o.effective_order = rn_test_draw(w, 2);
    rn_metric *m = rn_metric_new(o);
    cr_assert(m);
    return m;
}

/* Arrays of a batch, mostly valid. */
typedef struct metric_arrays {
    double scores[RN_TEST_METRIC], values[RN_TEST_METRIC];
    int32_t classes[RN_TEST_METRIC], targets[RN_TEST_METRIC], lengths[2][3];
    float weights[3], steps[9];
} metric_arrays;

#define MAYBE(w, array)  (rn_test_draw(w, 8) ? (array) : NULL)
#define RARELY(w, array) (rn_test_draw(w, 4) ? NULL : (array))
#define A_SIZE(w)        DRAW(w, int64_t, 3, 3, 2, 2, 1, 0, -1, INT64_MIN, INT64_MAX)

static rn_metric_batch a_metric_batch(rn_test_world *w, metric_arrays *a)
{
    const bool bad = rn_test_draw(w, 4) == 0;

    for (int i = 0; i < RN_TEST_METRIC; i++) {
        a->scores[i] = real(w), a->values[i] = real(w);
        a->classes[i] = bad ? axis(w) : (int32_t)rn_test_draw(w, 2);
        a->targets[i] = bad ? axis(w) : (int32_t)rn_test_draw(w, 2);
    }
    for (int i = 0; i < 6; i++) a->lengths[i / 3][i % 3] = (int32_t)rn_test_draw(w, 2);
    if (bad) a->lengths[rn_test_draw(w, 2)][0] = axis(w);
    for (int i = 0; i < 3; i++) a->weights[i] = bad ? (float)real(w) : 1;
    for (int i = 0; i < 9; i++) a->steps[i] = bad ? (float)real(w) : 1;
    return (rn_metric_batch){
        .steps = A_SIZE(w),
        .sequences = A_SIZE(w),
        .width = rn_test_draw(w, 2) ? 3 : A_SIZE(w),
        .type = rn_test_draw(w, 4) ? RN_F64 : a_type(w),
        .scores = MAYBE(w, a->scores),
        .classes = MAYBE(w, a->classes),
        .targets = MAYBE(w, a->targets),
        .values = MAYBE(w, a->values),
        .lengths = RARELY(w, a->lengths[0]),
        .weights = RARELY(w, a->weights),
        .step_weights = RARELY(w, a->steps),
        .target_steps = rn_test_draw(w, 4) ? 0 : A_SIZE(w),
        .references =
            rn_test_draw(w, 8) ? 0 : DRAW(w, int64_t, 1, -1, INT64_MAX, INT64_MIN),
        .target_lengths = RARELY(w, a->lengths[1]),
        .by_sequence = rn_test_draw(w, 4) == 0,
    };
}

static void read_metric(rn_test_world *w, rn_metric *m)
{
    rn_metric_value(m);
    cr_assert(!(rn_metric_weight(m) < 0));
    cr_assert(rn_metric_parts(m) >= 0);
    rn_metric_part(m, number(w)), rn_metric_part(m, axis(w));
    rn_metric_part_weight(m, number(w)), rn_metric_part_weight(m, axis(w));
    rn_metric_part_name(m, number(w)), rn_metric_part_name(m, axis(w));
    rn_metric_confusion(m, number(w), axis(w)), rn_metric_confusion(m, axis(w), number(w));
    rn_metric_lower_is_better(m);
    cr_assert(rn_metric_name(m));
}

static void metric_told(const rn_metric *m, rn_status status)
{
    cr_assert(status == RN_OK || !m || rn_metric_error(m)[0], "without a message");
}

static void metric_add(rn_test_world *w)
{
    rn_metric *m = a_metric(w);
    metric_arrays a;

    for (int i = 0; i < 3; i++) {
        const rn_metric_batch b = a_metric_batch(w, &a);
        metric_told(m, rn_metric_add(m, rn_test_draw(w, 16) ? &b : NULL));
        read_metric(w, m);
        if (rn_test_draw(w, 4) == 0) rn_metric_reset(m);
    }
    rn_metric_free(m);
}

static void metric_add_sum(rn_test_world *w)
{
    rn_metric *m = a_metric(w);

    for (int i = 0; i < 3; i++) metric_told(m, rn_metric_add_sum(m, real(w), real(w)));
    read_metric(w, m);
    rn_metric_free(m);
}

static void metric_add_output(rn_test_world *w)
{
    rn_metric *m = a_metric(w);
    metric_arrays a;
    const rn_metric_batch b = a_metric_batch(w, &a);
    const rn_tensor x = a_tensor(w);

    metric_told(m, rn_metric_add_output(m, a_program(w), x, &b));
    metric_told(m, rn_metric_add_output(m, NULL, x, rn_test_draw(w, 2) ? &b : NULL));
    read_metric(w, m);
    rn_metric_free(m);
}

#endif
