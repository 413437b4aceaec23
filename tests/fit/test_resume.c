/* SPDX-License-Identifier: MIT */
/* A fit that is stopped anywhere and resumed from its checkpoint gives the same bits. From
 * the second epoch on it is judged by averages of the weights. */
#include <math.h>
#include <stdio.h>

#include "fit_support.h"

enum { EPOCHS = 4 };

typedef struct paths {
    char folder[32], last[64], best[64], one[64], two[64], three[64];
} paths;

static paths make_paths(void)
{
    paths p = {.folder = "/dev/shm/rondo_fit_XXXXXX"}; /* in memory, if there is such */

    if (!mkdtemp(p.folder)) {
        snprintf(p.folder, sizeof p.folder, "/tmp/rondo_fit_XXXXXX");
        cr_assert(mkdtemp(p.folder));
    }
    snprintf(p.last, sizeof p.last, "%s/last.safetensors", p.folder);
    snprintf(p.best, sizeof p.best, "%s/best.safetensors", p.folder);
    snprintf(p.one, sizeof p.one, "%s/last.1.safetensors", p.folder);
    snprintf(p.two, sizeof p.two, "%s/last.2.safetensors", p.folder);
    snprintf(p.three, sizeof p.three, "%s/last.3.safetensors", p.folder);
    return p;
}

static void remove_paths(const paths *p)
{
    remove(p->last), remove(p->best), remove(p->one), remove(p->two);
    cr_assert_eq(rmdir(p->folder), 0, "nothing else is left");
}

static int64_t begun; /* the steps that the last run began with */

static rn_status see_begin(rn_callback *self, const rn_fit_state *now)
{
    (void)self;
    begun = now->step;
    return RN_OK;
}

/* Stops after step `real`. */
static rn_status stop_at(rn_callback *self, const rn_fit_state *now)
{
    if ((double)now->step == self->real)
        rn_trainer_stop(now->trainer, "step %g", self->real);
    return RN_OK;
}

/* Stops in the validation after that step. */
static const char *stop_in(rn_callback *self, const rn_fit_state *now)
{
    return self->on[0] && (double)now->step == self->real && ++self->whole[0] == 2 ? "now"
                                                                                   : NULL;
}

/* One run, to the end or until it is stopped; the model that it leaves. */
static rn_model *run(const paths *p, const char *resume, double stop, bool validating,
                     rn_history *losses)
{
    task t;
    task_init(&t, 1);
    rn_model *model = rn_model_new(5);
    rn_batches *train = task_batches(&t, 4), *valid = task_batches(&t, 6);
    rn_plateau plateau = {.factor = 0.5, .patience = 1, .threshold = 0.5};
    rn_metric *accuracy = rn_metric_new((rn_metric_options){.kind = RN_METRIC_ACCURACY});
    rn_optimizer optimizer = task_optimizer();
    optimizer.average = (rn_average){RN_AVERAGE_EQUAL, .start = 10};
    rn_trainer *trainer = rn_trainer_new(
        model, task_build, (rn_trainer_options){.optimizer = optimizer, .user = accuracy});
    rn_fit_options o = {.train = train,
                        .valid = valid,
                        .epochs = EPOCHS,
                        .log_every = 4,
                        .resume = resume,
                        .averages = true,
                        .callbacks = {{.begin = see_begin,
                                       .step = validating ? NULL : stop_at,
                                       .stop = stop_in,
                                       .real = stop,
                                       .on = {validating}},
                                      rn_save_checkpoints((rn_checkpoint_options){
                                          .last = p->last, .best = p->best, .keep = 3}),
                                      rn_stop_early((rn_stop_early_options){.patience = 2}),
                                      rn_reduce_on_plateau(&plateau, NULL)}};

    cr_assert_eq(rn_fit(trainer, o), RN_OK, "%s", rn_trainer_error(trainer));
    const rn_history *h = rn_trainer_epochs(trainer), *s = rn_trainer_steps(trainer);
    for (int64_t i = 0; losses && i < rn_history_rows(h); i++) {
        rn_history_row(losses);
        rn_history_set(losses, "loss", rn_history_at(h, i, "loss"));
        rn_history_set(losses, "valid", rn_history_at(h, i, "valid_loss"));
        rn_history_set(losses, "right", rn_history_at(h, i, "valid_accuracy"));
        rn_history_set(losses, "rate", rn_history_at(h, i, "rate"));
        rn_history_set(losses, "step", rn_history_at(s, i, "loss"));
    }
    rn_trainer_free(trainer);
    rn_metric_free(accuracy);
    rn_batches_free(train), rn_batches_free(valid);
    return model;
}

static void compare(const rn_history *a, const rn_history *b, double stop)
{
    static const char *const names[] = {"loss", "valid", "right", "rate", "step"};

    cr_assert_eq(rn_history_rows(a), rn_history_rows(b));
    for (int64_t i = 0; i < rn_history_rows(a); i++)
        for (int k = 0; k < 5; k++) {
            const double x = rn_history_at(a, i, names[k]),
                         y = rn_history_at(b, i, names[k]);
            cr_assert(x == y || (isnan(x) && isnan(y)), "stopped at %g, row %d: %s %g %g",
                      stop, (int)i, names[k], x, y);
        }
}

Test(fit_resume, the_same_bits)
{
    const paths p = make_paths();
    rn_history *whole = rn_history_new();
    rn_model *one = run(&p, NULL, -1, false, whole);

    remove(p.last), remove(p.one), remove(p.two);
    for (int stop = 1; stop <= 22; stop++) {
        const bool validating = stop % 7 == 0; /* seven batches an epoch */
        if (stop > 8 && stop % 7 > 1) continue;
        rn_history *parts = rn_history_new();
        rn_model_free(run(&p, p.last, stop, validating, NULL));
        /* As a kill leaves it between two renames, where files have no second names. */
        if (stop == 2) cr_assert_eq(rename(p.last, p.one), 0);
        if (stop == 8) cr_assert_eq(rename(p.one, p.two) || rename(p.last, p.one), 0);
        if (stop == 5) cr_assert_eq(rename(p.last, p.two), 0);
        rn_model *two = run(&p, p.last, -1, false, parts);
        cr_assert_eq(begun, stop, "begun with step %d, not %d", (int)begun, stop);
        task_same(one, two, "stopped and resumed");
        compare(whole, parts, stop);
        rn_model_free(two);
        rn_history_free(parts);
        remove(p.last), remove(p.one), remove(p.two);
    }
    rn_model_free(one);
    rn_history_free(whole);
    remove_paths(&p);
}

Test(fit_resume, files_that_are_kept)
{
    const paths p = make_paths();
    rn_history *h = rn_history_new();
    rn_model *one = run(&p, p.last, -1, false, h), *two = rn_model_new(5);
    int64_t numbers[12];
    rn_checkpoint_item item = {.name = "fit", .numbers = numbers, .count = 12};
    const char *path[3] = {p.last, p.one, p.two};
    const int64_t epochs = rn_history_rows(h);

    cr_assert(epochs >= 3);
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(rn_checkpoint_read(path[i], &item, 1, NULL, 0), RN_OK, "%s", path[i]);
        cr_assert_eq(numbers[0], epochs - i, "%s: epoch %d", path[i], (int)numbers[0]);
    }
    cr_assert(access(p.three, F_OK) != 0, "three are kept");

    /* The best weights are those that early stopping has put back. */
    cr_assert_eq(rn_checkpoint_load(two, p.last, NULL, 0), RN_OK);
    cr_assert_eq(rn_model_load(two, p.best), RN_OK, "%s", rn_model_error(two));
    for (int i = 0; i < rn_model_count(two); i++) {
        rn_variable *v = rn_model_at(two, i);
        if (rn_model_is_weight(two, i))
            cr_assert(!memcmp(rn_variable_data(v),
                              rn_variable_data(rn_model_find(one, rn_variable_name(v))),
                              (size_t)rn_shape_count(rn_variable_shape(v)) * 4),
                      "%s", rn_variable_name(v));
    }
    rn_model_free(one), rn_model_free(two);
    rn_history_free(h);
    remove_paths(&p);
}
