/* SPDX-License-Identifier: MIT */
/* Epochs judged by averages of the weights, against the same by hand. */
#include "fit_support.h"

enum { EPOCHS = 4, START = 10 };

/* What is measured beside a fit with averages that are exchanged by hand. */
typedef struct judge {
    rn_trainer *other; /* of the same model, only to evaluate */
    rn_batches *valid;
    double loss[EPOCHS], best;
    const char *path; /* of the best averages */
} judge;

static rn_status measure(rn_callback *self, const rn_fit_state *now)
{
    judge *j = (judge *)self->user;
    double *loss = &j->loss[now->epoch - 1];
    const bool averaged = rn_model_swap_averages(now->model, NULL) == RN_OK;

    cr_assert_eq(averaged, now->step > START, "after %d steps", (int)now->step);
    cr_assert(!now->averaged);
    cr_assert_eq(rn_evaluate(j->other, j->valid, loss), RN_OK);
    if (now->epoch == 1 || *loss < j->best) {
        j->best = *loss;
        cr_assert_eq(rn_model_save(now->model, j->path), RN_OK);
    }
    if (averaged) cr_assert_eq(rn_model_swap_averages(now->model, NULL), RN_OK);
    return RN_OK;
}

static rn_status see(rn_callback *self, const rn_fit_state *now)
{
    *(bool *)self->user = now->averaged;
    return RN_OK;
}

static void fit(rn_trainer *trainer, const task *t, bool averages, rn_callback one,
                rn_callback two)
{
    rn_batches *train = task_batches(t, 4), *valid = task_batches(t, 6);
    const rn_fit_options o = {.train = train,
                              .valid = averages ? valid : NULL,
                              .epochs = EPOCHS,
                              .averages = averages,
                              .callbacks = {one, two}};

    cr_assert_eq(rn_fit(trainer, o), RN_OK, "%s", rn_trainer_error(trainer));
    rn_batches_free(train), rn_batches_free(valid);
}

Test(fit_averages, as_by_hand)
{
    char folder[] = "/tmp/rondo_fit_XXXXXX", best[2][64];
    rn_trainer_options o = {.optimizer = task_optimizer()};
    rn_trainer *t[2];
    rn_model *model[2];
    bool averaged = false;
    task data;

    cr_assert(mkdtemp(folder));
    task_init(&data, 1);
    o.optimizer.average = (rn_average){RN_AVERAGE_EMA, .decay = 0.9, .start = START};
    for (int i = 0; i < 2; i++) {
        model[i] = rn_model_new(5);
        t[i] = rn_trainer_new(model[i], task_build, o);
        snprintf(best[i], sizeof best[i], "%s/%d.safetensors", folder, i);
    }
    judge j = {
        rn_trainer_new(model[0], task_build, o), task_batches(&data, 6), {0}, 0, best[0]};
    fit(t[0], &data, false, (rn_callback){.epoch = measure, .user = &j}, (rn_callback){0});
    fit(t[1], &data, true, rn_save_checkpoints((rn_checkpoint_options){.best = best[1]}),
        (rn_callback){.epoch = see, .user = &averaged});

    cr_assert(averaged);
    task_same(model[0], model[1], "the weights of the training");
    for (int e = 0; e < EPOCHS; e++)
        cr_assert_eq(rn_history_at(rn_trainer_epochs(t[1]), e, "valid_loss"), j.loss[e]);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(rn_model_load(model[i], best[i]), RN_OK);
        remove(best[i]);
    }
    task_same(model[0], model[1], "the best averages");
    cr_assert(j.best == j.loss[EPOCHS - 1], "the best ones are averages");

    rn_trainer_free(j.other), rn_batches_free(j.valid);
    for (int i = 0; i < 2; i++) rn_trainer_free(t[i]), rn_model_free(model[i]);
    cr_assert_eq(rmdir(folder), 0);
}

Test(fit_averages, are_those_of_asgd_or_refused)
{
    const rn_optimizer optimizer[] = {rn_asgd(0.1), rn_sgd(0.1, 0)};
    bool averaged = false;
    task data;

    task_init(&data, 1);
    for (int i = 0; i < 2; i++) {
        rn_model *model = rn_model_new(5);
        rn_batches *train = task_batches(&data, 4);
        rn_trainer *t = rn_trainer_new(model, task_build,
                                       (rn_trainer_options){.optimizer = optimizer[i]});
        const rn_fit_options o = {.train = train,
                                  .averages = true,
                                  .callbacks = {{.epoch = see, .user = &averaged}}};
        cr_assert_eq(rn_fit(t, o), i ? RN_INVALID : RN_OK);
        cr_assert_str_eq(rn_trainer_error(t),
                         i ? "fit: the optimiser has no averages" : "");
        rn_trainer_free(t), rn_batches_free(train), rn_model_free(model);
    }
    cr_assert(averaged);
}
