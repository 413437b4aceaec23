/* SPDX-License-Identifier: MIT */
/* Metrics of sequences with steps and lengths of their own, as decoders return them. */
#include "fit_support.h"

enum { N = 5, P = 3, S = 4, LONG = 7 };

/* Sources of 1 to 7 steps, what was decoded, and what it should be. */
static const int32_t source[N * LONG],
    got[N][P] = {{1, 2, 9}, {3, 3, 3}, {5, 9, 9}, {9, 9, 9}, {1, 2, 3}},
    got_n[N] = {2, 3, 1, 0, 3};
static const int32_t want[N][S] = {{1, 2, 9, 9},
                                   {3, 4, 3, 3},
                                   {9, 9, 9, 9},
                                   {7, 8, 9, 9},
                                   {1, 2, 3, 9}},
                     want_n[N] = {2, 4, 0, 2, 3};
/* Edits: 0, 1 (a token more), 1 (a token less), 2, 0; 11 tokens are wanted. */

static const rn_field fields[] = {{"x", .type = RN_I32},
                                  {"got", RN_I32, {1, {P}}, true, 0},
                                  {"got_n", RN_I32, {0, {0}}, true, 0},
                                  {"want", RN_I32, {1, {S}}, true, 0},
                                  {"want_n", RN_I32, {0, {0}}, true, 0}};

typedef struct metrics {
    rn_metric *edits, *rate, *accuracy, *exact;
} metrics;

static rn_tensor loss(rn_fit_graph *g)
{
    const metrics *m = (const metrics *)g->user;
    rn_tensor w = rn_weight(g->scope, "w", rn_shape(1), (rn_init){RN_INIT_CONSTANT, 1});
    rn_tensor x = rn_transpose(rn_fit_input(g, "got")), n = rn_fit_input(g, "got_n");
    rn_tensor y = rn_transpose(rn_fit_input(g, "want")), all = rn_fit_input(g, "want_n");

    rn_fit_metric_lengths(g, m->edits, x, n, y, all);
    rn_fit_metric_lengths(g, m->exact, x, n, y, all);
    rn_fit_metric_lengths(g, m->rate, rn_one_hot(x, 10, RN_F32), n, y, all);
    rn_fit_metric_lengths(g, m->accuracy, x, rn_null(), rn_slice(y, 0, 0, P, 1), rn_null());
    return rn_mean_all(rn_mul(rn_square(w), g->weights));
}

typedef struct wrong {
    int which;
    rn_metric *metric;
} wrong;

static rn_tensor wrong_loss(rn_fit_graph *g)
{
    const wrong *w = (const wrong *)g->user;
    const rn_tensor x = rn_transpose(rn_fit_input(g, "got")), n = rn_fit_input(g, "got_n");
    const rn_tensor real = rn_cast(x, RN_F32), other = rn_slice(n, 0, 0, 1, 1);

    if (w->which == 0) rn_fit_metric(g, w->metric, x, x);
    if (w->which == 1) rn_fit_metric(g, w->metric, rn_fit_input(g, "x"), real);
    if (w->which == 2) rn_fit_metric_lengths(g, w->metric, real, n, x, n);
    if (w->which == 3) rn_fit_metric_lengths(g, w->metric, x, other, x, n);
    if (w->which == 4) rn_fit_metric_lengths(g, w->metric, x, n, real, n);
    if (w->which == 5) rn_fit_metric_lengths(g, w->metric, x, n, n, n);
    if (w->which == 6) rn_fit_metric_lengths(g, w->metric, x, n, rn_null(), n);
    return rn_mean_all(g->weights);
}

/* Without lengths, scores of other steps would be read as if they had T. */
Test(decoded, wrong_shapes)
{
    static const char *const message[] = {"scores that are neither [T, B, ..] nor [B, ..]",
                                          "targets that are neither [T, B, ..]",
                                          "scores that are neither real [P, B, C]",
                                          "lengths that are not i32 [B]",
                                          "targets that are not i32 [S, B]",
                                          "targets that are not i32 [S, B]",
                                          "targets that are not i32 [S, B]"};
    const void *const data[] = {source, got, got_n, want, want_n};
    const rn_arrays arrays = {fields, 5, data, N, NULL, LONG, NULL};
    const rn_source s = rn_source_arrays(&arrays);
    wrong w = {.metric =
                   rn_metric_new((rn_metric_options){.kind = RN_METRIC_EDIT_DISTANCE})};

    for (; w.which < 7; w.which++) {
        rn_model *model = rn_model_new(1);
        rn_batches *b = rn_batches_new(&s, (rn_batches_options){.batch = 2});
        rn_trainer *t = rn_trainer_new(model, wrong_loss, (rn_trainer_options){.user = &w});
        cr_assert_eq(rn_evaluate(t, b, NULL), RN_INVALID);
        cr_assert(strstr(rn_trainer_error(t), message[w.which]), "%d: %s", w.which,
                  rn_trainer_error(t));
        rn_trainer_free(t);
        rn_batches_free(b);
        rn_model_free(model);
    }
    rn_metric_free(w.metric);
}

/* T is less than, equal to and greater than P, and the last batch is filled up. */
Test(decoded, edits)
{
    const void *const data[] = {source, got, got_n, want, want_n};
    const int64_t lengths[N] = {1, 3, 7, 4, 3};
    const rn_arrays arrays = {fields, 5, data, N, NULL, LONG, lengths};
    const rn_source s = rn_source_arrays(&arrays);
    rn_model *model = rn_model_new(1);
    const metrics m = {
        rn_metric_new((rn_metric_options){.kind = RN_METRIC_EDIT_DISTANCE}),
        rn_metric_new((rn_metric_options){.kind = RN_METRIC_ERROR_RATE}),
        rn_metric_new((rn_metric_options){.kind = RN_METRIC_ACCURACY, .classes = 10}),
        rn_metric_new((rn_metric_options){.kind = RN_METRIC_EXACT_MATCH})};
    rn_trainer *t =
        rn_trainer_new(model, loss, (rn_trainer_options){.user = (void *)(uintptr_t)&m});

    for (int64_t size = 1; size <= LONG; size += size == 1 ? 2 : 4) {
        rn_batches *b =
            rn_batches_new(&s, (rn_batches_options){.batch = 2, .longest = size});
        cr_assert_eq(rn_evaluate(t, b, NULL), RN_OK, "%s", rn_trainer_error(t));
        cr_assert_eq(rn_metric_value(m.edits), 4.0 / N);
        cr_assert_eq(rn_metric_value(m.rate), 4.0 / 11);
        cr_assert_eq(rn_metric_value(m.exact), 2.0 / N);
        cr_assert_float_eq(rn_metric_value(m.accuracy), 11.0 / 15, 1e-12);
        rn_batches_free(b);
    }
    rn_trainer_free(t);
    rn_metric_free(m.edits);
    rn_metric_free(m.rate);
    rn_metric_free(m.exact);
    rn_metric_free(m.accuracy);
    rn_model_free(model);
}
