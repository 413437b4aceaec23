/* SPDX-License-Identifier: MIT */
/* Metrics: what counts, what is refused, and what lies at the edges. */
#include "metrics_support.h"

enum { T = 3, B = 4, C = 2, ALL = T * B * C };

/* The value of one batch. */
static double value_of(rn_metric_options o, rn_metric_batch b)
{
    rn_metric *m = rn_metric_new(o);
    const rn_status status = rn_metric_add(m, &b);
    const double value = rn_metric_value(m);

    cr_assert_eq(status, RN_OK, "%s", rn_metric_error(m));
    rn_metric_free(m);
    return value;
}

/* ---- what counts ---- */

typedef struct arrays {
    double scores[ALL], values[ALL];
    int32_t targets[ALL];
    float steps[T * B];
} arrays;

/* Numbers, with `junk` of a kind in all that does not count. */
static void fill(arrays *a, const int32_t *lengths, const float *weights, int junk)
{
    for (int i = 0; i < ALL; i++) {
        const int step = i / C, t = step / B, b = step % B;
        const bool counts = t < lengths[b] && weights[b] > 0 && step != 6;
        a->scores[i] = counts ? rn_test_number((uint64_t)i) : junk ? NAN : 0;
        a->values[i] = counts ? rn_test_number((uint64_t)i + 99) : junk ? INFINITY : 1;
        a->targets[i] = counts ? i * 7 % 3 % 2 : junk ? INT32_MAX : 0;
        a->steps[step] = step == 6 ? 0 : (float)(1 + step % 3);
    }
}

Test(metrics, ignore_what_does_not_count)
{
    static const int32_t lengths[B] = {3, 2, 3, 0};
    static const float weights[B] = {1, 0.5F, 0, 1};

    for (int k = 0; k < RN_METRIC_KINDS; k++) {
        double value[2];
        const bool whole = (k >= RN_METRIC_SPAN_PRECISION && k <= RN_METRIC_BLEU) ||
                           k == RN_METRIC_EXACT_MATCH;
        const bool wide = k == RN_METRIC_BINARY_ACCURACY || k == RN_METRIC_AUC;
        for (int junk = 0; junk < 2; junk++) {
            arrays a;
            int32_t narrow[T * B];
            fill(&a, lengths, weights, junk);
            for (int i = 0; i < T * B; i++) narrow[i] = a.targets[i * C];
            /* Whole sequences have no weights of steps, so nothing is ignored there. */
            if (whole)
                for (int c = 0; c < C; c++) narrow[6] = 1, a.scores[6 * C + c] = c;
            value[junk] = value_of(
                (rn_metric_options){
                    .kind = (rn_metric_kind)k, .top = 1, .smoothing = RN_BLEU_ADD},
                (rn_metric_batch){.steps = T,
                                  .sequences = B,
                                  .width = C,
                                  .type = RN_F64,
                                  .scores = a.scores,
                                  .values = a.values,
                                  .targets = wide ? a.targets : narrow,
                                  .lengths = lengths,
                                  .weights = weights,
                                  .step_weights = whole ? NULL : a.steps});
        }
        cr_assert(isfinite(value[0]) && value[0] == value[1], "kind %d: %g, %g", k,
                  value[0], value[1]);
    }
}

Test(metrics, ignore_targets)
{
    static const int32_t classes[] = {1, 2, 3, 4}, targets[] = {1, -100, 2, 4};
    const rn_metric_batch b = {.steps = 4,
                               .sequences = 1,
                               .type = RN_I32, /* there are no real numbers */
                               .classes = classes,
                               .targets = targets};

    cr_assert(value_of((rn_metric_options){.kind = RN_METRIC_ACCURACY}, b) == 0.5);
    cr_assert(value_of((rn_metric_options){.kind = RN_METRIC_ACCURACY,
                                           .ignores = true,
                                           .ignored = -100},
                       b) == 2.0 / 3);
    /* The target is 1 2 4: one token too many, one wrong. */
    cr_assert(value_of((rn_metric_options){.kind = RN_METRIC_EDIT_DISTANCE,
                                           .ignores = true,
                                           .ignored = -100},
                       b) == 1);
    /* Three of four sequences; the target's -100 is left out. */
    static const int32_t lines[2][4] = {{1, 2, 3, 5}, {7, 2, 0, 5}},
                         right[2][4] = {{1, 2, 3, 5}, {7, 2, -100, 4}},
                         long_as[] = {2, 1, 1, 2}, target_long_as[] = {2, 1, 2, 2};
    static const float weights[] = {1, 1, 2, 1};
    const rn_metric_batch whole = {.steps = 2,
                                   .sequences = 4,
                                   .type = RN_I32,
                                   .classes = lines[0],
                                   .targets = right[0],
                                   .lengths = long_as,
                                   .weights = weights,
                                   .target_steps = 2,
                                   .target_lengths = target_long_as};
    cr_assert(value_of((rn_metric_options){.kind = RN_METRIC_EXACT_MATCH,
                                           .ignores = true,
                                           .ignored = -100},
                       whole) == 0.8);
}

/* Additions in any order, and of any size. */
Test(metrics, add_exactly)
{
    static const double x[] = {1e16, 1, -1e16, 1};
    rn_metric *m = METRIC(.kind = RN_METRIC_MEAN);

    for (int i = 0; i < 4; i++)
        cr_assert_eq(ADD(m, .steps = 1, .sequences = 1, .type = RN_F64, .scores = x + i),
                     RN_OK);
    cr_assert(rn_metric_value(m) == 0.5 && rn_metric_weight(m) == 4);
    rn_metric_free(m);
}

Test(metrics, add_sums_of_losses)
{
    static const rn_metric_kind kinds[] = {RN_METRIC_CROSS_ENTROPY, RN_METRIC_PERPLEXITY,
                                           RN_METRIC_BITS, RN_METRIC_ROOT_SQUARED_ERROR};
    const double want[] = {2, exp(2), 2 / log(2), sqrt(2)};

    for (int i = 0; i < 4; i++) {
        rn_metric *m = METRIC(.kind = kinds[i]);
        cr_assert_eq(rn_metric_add_sum(m, 30, 10), RN_OK);
        cr_assert_eq(rn_metric_add_sum(m, 10, 10), RN_OK);
        if (kinds[i] == RN_METRIC_ROOT_SQUARED_ERROR)
            cr_assert(isnan(rn_metric_part(m, 0)) && rn_metric_parts(m) == 0);
        rn_test_near(rn_metric_value(m), want[i], 1e-15);
        cr_assert_eq(rn_metric_add_sum(m, 1, -1), RN_INVALID);
        cr_assert_eq(rn_metric_add_sum(m, 1, NAN), RN_INVALID);
        rn_test_near(rn_metric_value(m), want[i], 1e-15);
        cr_assert_eq(rn_metric_add_sum(m, INFINITY, 1), RN_OK);
        cr_assert(isinf(rn_metric_value(m)));
        rn_metric_free(m);
    }
}

/* ---- edges of classes ---- */

Test(metrics, order_scores_as_argmax_does)
{
    static const float scores[] = {1, 3, 3, 2, 0, NAN, 5, NAN};
    static const int32_t first[] = {1, 1}, second[] = {2, 3}, third[] = {3, 2};
    rn_metric_batch b = {.steps = 1, .sequences = 2, .scores = scores, .width = 4};
    const struct {
        const int32_t *targets;
        int top;
        double value;
    } cases[] = {
        {first, 1, 1}, {second, 1, 0}, {second, 2, 1}, {third, 2, 0}, {third, 3, 1}};

    for (int i = 0; i < 5; i++) {
        b.targets = cases[i].targets;
        const double top =
            value_of((rn_metric_options){.kind = RN_METRIC_TOP, .top = cases[i].top}, b);
        cr_assert(top == cases[i].value, "case %d: %g", i, top);
        const double accuracy =
            value_of((rn_metric_options){.kind = RN_METRIC_ACCURACY}, b);
        cr_assert(accuracy == (i == 0));
    }
}

/* A single logit x is the pair 0, x. */
Test(metrics, of_single_logits)
{
    static const double one[] = {2, -3, 700, -0.5}, two[] = {0, 2, 0, -3, 0, 700, 0, -0.5};
    static const int32_t targets[] = {1, 0, 0, 1};
    static const rn_metric_kind kinds[] = {RN_METRIC_ACCURACY, RN_METRIC_CROSS_ENTROPY,
                                           RN_METRIC_PERPLEXITY, RN_METRIC_F1};

    for (int i = 0; i < 4; i++) {
        rn_metric_batch b = {
            .steps = 4, .sequences = 1, .type = RN_F64, .scores = one, .targets = targets};
        const rn_metric_options o = {.kind = kinds[i]};
        const double single = value_of(o, b);
        b.scores = two;
        b.width = 2;
        rn_test_near(single, value_of(o, b), 1e-15);
    }
}

Test(metrics, of_infinite_scores)
{
    static const float scores[] = {-INFINITY, 0, 1, -INFINITY, -INFINITY, INFINITY};
    static const int32_t likely[] = {1}, impossible[] = {0}, bits[] = {0, 0, 1, 0, 1, 1};
    const rn_metric_options o = {.kind = RN_METRIC_CROSS_ENTROPY};
    rn_metric_batch b = {.steps = 1, .sequences = 1, .scores = scores, .width = 2};

    b.targets = likely;
    cr_assert(value_of(o, b) == 0);
    b.targets = impossible;
    cr_assert(value_of(o, b) == (double)INFINITY);
    b.targets = bits;
    b.steps = 6;
    b.width = 1;
    /* Ones at 1, -inf, +inf; zeros at -inf, 0, -inf. */
    cr_assert(value_of((rn_metric_options){.kind = RN_METRIC_AUC}, b) == 7.0 / 9);
}

/* ---- AUC ---- */

Test(metrics, auc_counts_pairs)
{
    enum { N = 300 };
    float scores[N];
    int32_t targets[N];
    double pairs = 0, above = 0;
    rn_metric *m = METRIC(.kind = RN_METRIC_AUC);

    for (int i = 0; i < N; i++) {
        targets[i] = rn_test_number((uint64_t)i) > 0.3;
        scores[i] = (float)floor(20 * rn_test_number((uint64_t)i + N)) + (float)targets[i];
    }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            if (!targets[i] || targets[j]) continue;
            pairs++;
            above += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
        }
    for (int i = 0; i < N; i += 50) {
        cr_assert_eq(ADD(m, .steps = 50, .sequences = 1, .scores = scores + i,
                         .targets = targets + i),
                     RN_OK);
        rn_metric_value(m); /* sorts what there is */
    }
    cr_assert(rn_metric_value(m) == above / pairs);
    cr_assert(rn_metric_weight(m) == N);
    rn_metric_reset(m);
    cr_assert(isnan(rn_metric_value(m)));
    cr_assert_eq(ADD(m, .steps = 1, .sequences = 1, .scores = scores, .targets = targets),
                 RN_OK);
    cr_assert(isnan(rn_metric_value(m)), "of one class");
    scores[0] = NAN;
    cr_assert_eq(ADD(m, .steps = N, .sequences = 1, .scores = scores, .targets = targets),
                 RN_OK);
    cr_assert(isnan(rn_metric_value(m)), "of a NaN");
    rn_metric_free(m);
}

/* ---- errors ---- */

Test(metrics, r2_of_constants)
{
    static const float y[] = {3, 3, 3}, x[] = {3, 3, 4};
    const rn_metric_options o = {.kind = RN_METRIC_R2};
    rn_metric_batch b = {.steps = 3, .sequences = 1, .scores = y, .values = y};

    cr_assert(value_of(o, b) == 1);
    b.scores = x;
    cr_assert(value_of(o, b) == 0);
}

/* ---- sequences ---- */

Test(metrics, read_the_paths_of_ctc)
{
    static const int32_t path[] = {0, 1, 1, 0, 1, 2, 2, 0}, targets[] = {1, 1, 2, 3};
    rn_metric *m = METRIC(.kind = RN_METRIC_EDIT_DISTANCE, .ctc = true);

    cr_assert_eq(ADD(m, .steps = 8, .sequences = 1, .classes = path, .targets = targets,
                     .target_steps = 4, .target_lengths = (const int32_t[]){3}),
                 RN_OK, "%s", rn_metric_error(m));
    cr_assert(rn_metric_value(m) == 0);
    cr_assert_eq(ADD(m, .steps = 8, .sequences = 1, .classes = path, .targets = targets,
                     .target_steps = 4),
                 RN_OK);
    cr_assert(rn_metric_value(m) == 0.5);
    rn_metric_free(m);
}

/* Words of several characters, with separators at both ends. */
Test(metrics, compare_words)
{
    static const int32_t said[] = {0, 1, 2, 0, 0, 3}, meant[] = {1, 2, 0, 3, 0, 4};
    rn_metric *m = METRIC(.kind = RN_METRIC_ERROR_RATE, .separates = true);

    cr_assert_eq(ADD(m, .steps = 6, .sequences = 1, .classes = said, .targets = meant),
                 RN_OK);
    cr_assert(rn_metric_value(m) == 1.0 / 3 && rn_metric_weight(m) == 3);
    rn_metric_free(m);
}

/* Without names of tags: O, B and I of type 0, B and I of type 1. */
Test(metrics, number_tags)
{
    static const int32_t targets[] = {1, 2, 0, 3, 4, 4, 2, 1},
                         classes[] = {1, 2, 2, 3, 4, 4, 2, 2};
    const struct {
        rn_metric_kind kind;
        bool strict;
        double value;
    } cases[] = {/* targets 0-1 of 0, 3-5 of 1, 6 of 0, 7 of 0; with strict not 6 */
                 {RN_METRIC_SPAN_RECALL, false, 1.0 / 4},
                 {RN_METRIC_SPAN_PRECISION, false, 1.0 / 3},
                 {RN_METRIC_SPAN_RECALL, true, 1.0 / 3},
                 {RN_METRIC_SPAN_PRECISION, true, 1.0 / 2}};

    for (int i = 0; i < 4; i++) {
        rn_metric *m =
            METRIC(.kind = cases[i].kind, .strict = cases[i].strict, .classes = 5);
        cr_assert_eq(
            ADD(m, .steps = 8, .sequences = 1, .classes = classes, .targets = targets),
            RN_OK);
        cr_assert(rn_metric_value(m) == cases[i].value, "%d: %g", i, rn_metric_value(m));
        cr_assert(rn_metric_part(m, 0) == 0 && rn_metric_part(m, 1) == 1);
        cr_assert(isnan(rn_metric_part(m, 2)) && rn_metric_parts(m) == 2);
        cr_assert_null(rn_metric_part_name(m, 0));
        rn_metric_free(m);
    }
}

/* ---- outputs of programs ---- */

Test(metrics, read_programs)
{
    static const float x[] = {0, 1, 5, 2, 0, 3, 4, 4};
    static const int32_t targets[] = {1, 0, 0, 1};
    rn_graph *g = rn_graph_new();
    rn_tensor scores = rn_constant(g, RN_F32, rn_shape(2, 2, 2), x);
    rn_tensor best = rn_argmax(scores, -1, false);
    rn_program *p = rn_compile(g, (rn_compile_options){RN_OUTPUTS(scores, best)});
    rn_metric *m = METRIC(.kind = RN_METRIC_ACCURACY);
    rn_metric_batch b = {.steps = 2, .sequences = 2, .targets = targets};

    rn_graph_free(g);
    b.width = 2;
    cr_assert_eq(rn_metric_add_output(m, p, scores, &b), RN_INVALID);
    cr_assert(strstr(rn_metric_error(m), "read"), "%s", rn_metric_error(m));
    rn_test_run_once(p);
    cr_assert_eq(rn_metric_add_output(m, p, scores, &b), RN_OK, "%s", rn_metric_error(m));
    cr_assert(rn_metric_value(m) == 0.5 && rn_metric_weight(m) == 4);
    rn_metric_reset(m);
    cr_assert_eq(rn_metric_add_output(m, p, best, &b), RN_OK, "%s", rn_metric_error(m));
    cr_assert(rn_metric_value(m) == 0.5 && rn_metric_weight(m) == 4);
    b.steps = 3;
    cr_assert_eq(rn_metric_add_output(m, p, best, &b), RN_INVALID);
    cr_assert_eq(rn_metric_add_output(m, NULL, best, &b), RN_INVALID);
    cr_assert(rn_metric_weight(m) == 4);
    rn_metric_free(m);
    rn_program_free(p);
}
