/* SPDX-License-Identifier: MIT */
/* What the training loop refuses, with which messages. */
#include <math.h>
#include <stdio.h>

#include "fit_support.h"

static rn_tensor bad_field(rn_fit_graph *g)
{
    return rn_sum_all(rn_fit_input(g, "y"));
}

static rn_tensor bad_loss(rn_fit_graph *g)
{
    return rn_fit_input(g, "x");
}

static rn_tensor unaware(rn_fit_graph *g)
{
    rn_tensor w = rn_weight(g->scope, "w", rn_shape(WIDTH), (rn_init){RN_INIT_CONSTANT, 1});

    return rn_sum_all(rn_mul(rn_fit_input(g, "x"), w));
}

static rn_tensor bad_metric(rn_fit_graph *g)
{
    rn_fit_metric(g, NULL, rn_fit_input(g, "x"), rn_null());
    return unaware(g);
}

static rn_metric *unknown;

static rn_tensor unknown_metric(rn_fit_graph *g)
{
    rn_fit_metric(g, unknown, rn_fit_input(g, "x"), rn_null());
    return unaware(g);
}

static rn_tensor bad_shapes(rn_fit_graph *g)
{
    return rn_sum_all(
        rn_matmul(rn_fit_input(g, "x"), rn_fill(g->graph, RN_F32, rn_shape(7, 1), 1)));
}

static void fails(rn_fit_build build, rn_fit_options options, rn_status status,
                  const char *message)
{
    task t;
    task_init(&t, 1);
    rn_model *model = rn_model_new(5);
    rn_batches *batches = task_batches(&t, 4);
    rn_trainer *trainer =
        rn_trainer_new(model, build, (rn_trainer_options){.optimizer = task_optimizer()});

    if (!options.train) options.train = batches;
    if (options.epochs == 77) options.train = NULL;
    const rn_status got = rn_fit(trainer, options);
    cr_assert_eq(got, status, "%d: %s", (int)got, rn_trainer_error(trainer));
    cr_assert(strstr(rn_trainer_error(trainer), message), "%s", rn_trainer_error(trainer));
    rn_trainer_free(trainer);
    rn_batches_free(batches);
    rn_model_free(model);
}

static rn_status refuse(rn_callback *self, const rn_fit_state *now)
{
    return rn_trainer_fail(now->trainer, RN_IO, "mine: %s", self->text[0]);
}

static rn_status silent(rn_callback *self, const rn_fit_state *now)
{
    (void)self, (void)now;
    return RN_BAD_VALUE;
}

/* An error that quotes the one before it. */
static rn_status quote(rn_callback *self, const rn_fit_state *now)
{
    rn_status s = rn_evaluate(now->trainer, NULL, NULL);

    (void)self;
    return rn_trainer_fail(now->trainer, s, "mine: %s", rn_trainer_error(now->trainer));
}

static void stops(rn_callback callback, rn_status status, const char *message)
{
    fails(task_build, (rn_fit_options){.callbacks = {callback}}, status, message);
}

Test(fit_errors, of_callbacks)
{
    rn_plateau plateau = {.factor = 5};

    stops((rn_callback){.name = "hush", .step = silent}, RN_BAD_VALUE,
          "fit: callback 0, hush, failed: status 5");
    stops((rn_callback){.begin = silent}, RN_BAD_VALUE, "callback 0, without a name");
    stops((rn_callback){.end = silent}, RN_BAD_VALUE, "callback 0, without a name");
    stops((rn_callback){.step = quote}, RN_INVALID, "mine: evaluate: no batches");
    stops(rn_reduce_on_plateau(&plateau, NULL), RN_INVALID,
          "reduce_on_plateau: factor must be in 0 <= factor < 1: 5");
    stops(rn_reduce_on_plateau(NULL, NULL), RN_INVALID, "reduce_on_plateau: no plateau");
    stops(rn_stop_after(-1), RN_INVALID,
          "stop_after: the seconds must not be negative: -1");
    stops(rn_stop_after(NAN), RN_INVALID, "stop_after: the seconds must not be negative: ");
    stops(rn_log_tensorboard("/proc/nowhere", -5), RN_INVALID,
          "log_tensorboard: every must not be negative: -5");
    stops(rn_stop_early((rn_stop_early_options){.monitor = {.min_delta = NAN}}), RN_INVALID,
          "stop_early: min_delta is NaN");
    stops(rn_save_checkpoints((rn_checkpoint_options){.monitor = {.min_delta = NAN}}),
          RN_INVALID, "save_checkpoints: a negative number or NaN");
}

static rn_status count_steps(rn_callback *self, const rn_fit_state *now)
{
    ++*(int *)self->user;
    return now->epoch < 0 ? RN_INVALID : RN_OK;
}

/* Not after an epoch, which may take hours. */
Test(fit_errors, of_paths_come_before_the_first_step)
{
    int steps = 0;
    const rn_callback count = {.step = count_steps, .user = &steps};

    fails(task_build,
          (rn_fit_options){.callbacks = {rn_log_csv("/nowhere/log.csv"), count}}, RN_IO,
          "log_csv: /nowhere/log.csv");
    cr_assert_eq(steps, 0);
}

Test(fit_errors, of_metrics)
{
    unknown = rn_metric_new((rn_metric_options){.kind = (rn_metric_kind)99});
    fails(unknown_metric, (rn_fit_options){.epochs = 1}, RN_INVALID, "fit_metric: ");
    rn_metric_free(unknown);
}

/* Spoils the model, so that no checkpoint of it can be saved. */
static rn_status spoil(rn_callback *self, const rn_fit_state *now)
{
    rn_graph *g = rn_graph_new();

    (void)self;
    if (now->epoch == 3)
        rn_state(rn_root(g, now->model), "checkpoint/x", RN_F32, rn_shape(1));
    rn_graph_free(g);
    return RN_OK;
}

/* At any moment there is a checkpoint of that name. */
Test(fit_errors, of_saving_leave_the_last_checkpoint)
{
    char folder[] = "/tmp/rondo_fit_XXXXXX", path[2][64];

    cr_assert(mkdtemp(folder));
    for (int i = 0; i < 2; i++)
        snprintf(path[i], sizeof path[i], "%s/%s", folder, i ? "last.1" : "last");
    fails(task_build,
          (rn_fit_options){.epochs = 4,
                           .callbacks = {{.epoch = spoil},
                                         rn_save_checkpoints((rn_checkpoint_options){
                                             .last = path[0], .keep = 2})}},
          RN_INVALID, "checkpoint/x");
    for (int i = 0; i < 2; i++) cr_assert_eq(remove(path[i]), 0, "%s", path[i]);
    cr_assert_eq(rmdir(folder), 0);
}

Test(fit_errors, errors)
{
    fails(task_build, (rn_fit_options){.epochs = 77}, RN_INVALID, "no batches to train on");
    fails(task_build, (rn_fit_options){.epochs = -1}, RN_INVALID,
          "fit: epochs must not be negative: -1");
    fails(bad_field, (rn_fit_options){.epochs = 1}, RN_INVALID,
          "fit_input: no such field: y; the batches have x, label");
    fails(bad_loss, (rn_fit_options){.epochs = 1}, RN_INVALID, "the loss must be a scalar");
    fails(unaware, (rn_fit_options){.epochs = 1}, RN_INVALID,
          "uses neither lengths nor weights");
    fails(bad_metric, (rn_fit_options){.epochs = 1}, RN_INVALID, "fit_metric: no metric");
    fails(bad_shapes, (rn_fit_options){.epochs = 1}, RN_INVALID,
          "matmul: inner sizes differ: x [");
    fails(task_build, (rn_fit_options){.callbacks = {{.epoch = refuse, .text = {"no"}}}},
          RN_IO, "mine: no");
    fails(task_build,
          (rn_fit_options){.callbacks = {rn_stop_early(
                               (rn_stop_early_options){.monitor = {.column = "f1"}})}},
          RN_INVALID, "the history has no column: f1");
    fails(task_build, (rn_fit_options){.callbacks = {rn_log_csv("/nowhere/log.csv")}},
          RN_IO, "/nowhere/log.csv");
    fails(task_build,
          (rn_fit_options){.callbacks = {rn_log_tensorboard("/proc/nowhere", 0)}}, RN_IO,
          "/proc/nowhere");
    fails(task_build,
          (rn_fit_options){.callbacks = {rn_save_checkpoints(
                               (rn_checkpoint_options){.last = "/nowhere/a"})}},
          RN_IO, "/nowhere");
    fails(task_build, (rn_fit_options){.resume = "/proc/self/status"}, RN_BAD_FILE,
          "/proc/self/status");
    cr_assert_eq(rn_fit(NULL, (rn_fit_options){.epochs = 1}), RN_INVALID);
    cr_assert(!rn_trainer_new(NULL, task_build, (rn_trainer_options){.user = NULL}));
    cr_assert(*rn_trainer_error(NULL));
}

/* After a read that failed, the same trainer and batches go on. */
Test(fit_errors, failing_reads)
{
    task t;
    task_init(&t, 1);
    rn_model *model = rn_model_new(5);
    rn_batches *batches = task_batches(&t, 4);
    rn_trainer *trainer = rn_trainer_new(
        model, task_build, (rn_trainer_options){.optimizer = task_optimizer()});

    t.bad = 7;
    cr_assert_eq(rn_fit(trainer, (rn_fit_options){.train = batches}), RN_IO);
    cr_assert(strstr(rn_trainer_error(trainer), "the disk is gone"), "%s",
              rn_trainer_error(trainer));
    const int64_t made = rn_training_of(model).steps;
    t.bad = -1;
    cr_assert_eq(rn_fit(trainer, (rn_fit_options){.train = batches}), RN_OK, "%s",
                 rn_trainer_error(trainer));
    cr_assert_eq(rn_training_of(model).steps, rn_batches_count(batches),
                 "%d steps before and after", (int)made);
    rn_trainer_free(trainer);
    rn_batches_free(batches);
    rn_model_free(model);
}
