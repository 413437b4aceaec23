/* SPDX-License-Identifier: MIT */
/* Calls of fit.h and history.h: small fits with options of any kind. */

#include <math.h>

#include "arguments.h"

/* ---- histories ---- */

static void history(rn_test_world *w)
{
    rn_history *h = rn_history_new_using((rn_allocator){NULL, w});

    for (int i = 0; i < 8; i++) {
        if (rn_test_draw(w, 2)) rn_history_row(h);
        if (rn_history_set(h, name(w), real(w)) != RN_OK) cr_assert(*rn_history_error(h));
        rn_history_at(h, number(w), name(w));
        rn_history_name(h, axis(w));
    }
    cr_assert(rn_history_rows(h) <= 8 && rn_history_columns(h) <= 8);
    cr_assert(rn_history_save(h, path(w)) != RN_OK && *rn_history_error(h));
    cr_assert(rn_history_plot(h, path(w), name(w), name(w), name(w)) != RN_OK);
    rn_history_free(h);
    cr_assert(rn_history_set(NULL, name(w), 1) == RN_INVALID);
    cr_assert(rn_history_rows(NULL) == 0 && rn_history_columns(NULL) == 0);
}

/* Of a folder that cannot be made. */
static const char *no_folder(rn_test_world *w)
{
    return DRAW(w, const char *, NULL, "", "/dev/null", "/proc/no/such/folder");
}

static void events(rn_test_world *w)
{
    char why[16];
    rn_events *e = rn_events_new(no_folder(w), rn_test_draw(w, 2) ? why : NULL,
                                 rn_test_draw(w, 2) ? sizeof why : 0);

    cr_assert(!e);
    cr_assert(rn_events_add(e, name(w), number(w), real(w)) == RN_INVALID);
    cr_assert(rn_events_flush(e) == RN_INVALID);
}

/* ---- fits ---- */

typedef struct fit_world {
    rn_test_world *w;
    rn_metric *metric;
    rn_tensor loss;
    bool scalar;
} fit_world;

static rn_tensor fit_build(rn_fit_graph *g)
{
    fit_world *f = (fit_world *)g->user;
    rn_test_world *w = f->w;
    rn_tensor v = rn_weight(g->scope, "v", rn_shape(1), (rn_init){RN_INIT_CONSTANT, 1});
    rn_tensor x = rn_fit_input(g, rn_test_draw(w, 8) ? "x" : name(w));

    if (rn_test_draw(w, 2)) rn_fit_mask(g);
    if (rn_test_draw(w, 4) == 0)
        rn_fit_metric(g, rn_test_draw(w, 4) ? f->metric : NULL,
                      rn_test_draw(w, 2) ? x : a_tensor(w), a_tensor(w));
    if (rn_test_draw(w, 4) == 0)
        rn_fit_metric_lengths(g, f->metric, rn_test_draw(w, 2) ? x : a_tensor(w),
                              rn_test_draw(w, 2) ? g->lengths : a_tensor(w), a_tensor(w),
                              a_tensor(w));
    if (rn_test_draw(w, 8) == 0) g->counted = a_tensor(w);
    if (rn_test_draw(w, 2)) g->prediction = rn_test_draw(w, 4) ? g->weights : a_tensor(w);
    g->per_step = rn_test_draw(w, 2);
    if (rn_test_draw(w, 8) == 0) return a_tensor(w);
    return rn_mean_all(rn_mul(rn_square(v), rn_mul(x, g->weights)));
}

static rn_status fit_step(rn_callback *self, const rn_fit_state *now)
{
    rn_test_world *w = (rn_test_world *)self->user;

    if (rn_test_draw(w, 4) == 0)
        rn_trainer_stop(now->trainer, rn_test_draw(w, 2) ? "so" : NULL);
    if (rn_test_draw(w, 8) == 0)
        return rn_trainer_fail(now->trainer, RN_IO, rn_test_draw(w, 2) ? "no" : NULL);
    return RN_OK;
}

static rn_callback a_callback(rn_test_world *w, rn_plateau *plateau)
{
    const rn_monitor monitor = {name(w), rn_test_draw(w, 2), real(w)};

    switch (rn_test_draw(w, 9)) {
    case 0:
        return rn_show_progress(NULL);
    case 1:
        return rn_stop_early((rn_stop_early_options){monitor, number(w), false});
    case 2:
        return rn_save_checkpoints((rn_checkpoint_options){path(w), path(w), number(w),
                                                           number(w), number(w), monitor});
    case 3:
        return rn_reduce_on_plateau(rn_test_draw(w, 2) ? plateau : NULL, name(w));
    case 4:
        return rn_log_csv(path(w));
    case 5:
        return rn_log_tensorboard(no_folder(w), number(w));
    case 6:
        return rn_stop_on_nonfinite();
    case 7:
        return rn_stop_after(real(w));
    default:
        return rn_test_draw(w, 2) ? rn_stop_on_interrupt()
                                  : (rn_callback){.step = fit_step, .user = w};
    }
}

static void fit(rn_test_world *w)
{
    static const rn_field fields[] = {{"x", RN_F32, {0, {0}}, false, 0}};
    static const float x[3] = {1, 2, 3};
    const void *const data[] = {x};
    const rn_arrays arrays = {fields, 1, data, 3, NULL, 1, NULL};
    const rn_source source = rn_source_arrays(&arrays);
    rn_batches *b = rn_batches_new(&source, (rn_batches_options){.batch = 2});
    rn_metric *m = rn_metric_new((rn_metric_options){.kind = RN_METRIC_MEAN});
    rn_model *model = rn_model_new(1);
    fit_world f = {w, m, rn_null(), true};
    rn_trainer *t = rn_trainer_new(
        rn_test_draw(w, 16) ? model : NULL, rn_test_draw(w, 16) ? fit_build : NULL,
        (rn_trainer_options){
            .optimizer = rn_sgd(0.1, 0), .user = &f, .train_metrics = rn_test_draw(w, 2)});
    rn_plateau plateau = {.factor = real(w), .patience = number(w)};
    rn_fit_options o = {.train = rn_test_draw(w, 16) ? b : NULL,
                        .valid = rn_test_draw(w, 2) ? b : NULL,
                        .epochs = number(w),
                        .steps = DRAW(w, int64_t, 1, 2, 3, 1, 2, -1, INT64_MIN),
                        .epoch_steps = rn_test_draw(w, 4) ? 0 : number(w),
                        .log_every = number(w),
                        .averages = rn_test_draw(w, 8) == 0,
                        .resume = rn_test_draw(w, 8) ? NULL : path(w)};
    double loss;

    for (int i = 0; i < 3; i++)
        if (rn_test_draw(w, 2)) o.callbacks[i] = a_callback(w, &plateau);
    const rn_status s = rn_fit(t, o);
    cr_assert(s == RN_OK || *rn_trainer_error(t));
    if (rn_evaluate(t, rn_test_draw(w, 8) ? b : NULL, &loss) != RN_OK)
        cr_assert(isnan(loss) && *rn_trainer_error(t));
    float seen[3];
    if (rn_trainer_prepare(t, rn_test_draw(w, 8) ? b : NULL) != RN_OK ||
        rn_predict(t, b, rn_test_draw(w, 8) ? seen : NULL, sizeof seen) != RN_OK)
        cr_assert(*rn_trainer_error(t));
    cr_assert(rn_trainer_stopped(t) != NULL);
    rn_trainer_stop(t, "%s", "now");
    rn_trainer_fail(t, RN_IO, "%s", "no");
    cr_assert(rn_history_rows(rn_trainer_epochs(t)) <= 3);
    cr_assert(rn_history_rows(rn_trainer_steps(t)) <= 3);
    rn_trainer_free(t);
    rn_model_free(model);
    rn_metric_free(m);
    rn_batches_free(b);
}
