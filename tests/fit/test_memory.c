/* SPDX-License-Identifier: MIT */
/* A fit in which allocations fail: an error with a message, and nothing is lost. */
#include <stdio.h>

#include "fit_support.h"

static rn_status attempt(rn_allocator allocator, const char *path)
{
    task t;
    task_init(&t, 1);
    t.allocator = allocator;
    rn_model *model = rn_model_new_using(5, RN_F32, allocator);
    rn_batches *batches = task_batches(&t, 12);
    rn_metric *accuracy = rn_metric_new(
        (rn_metric_options){.kind = RN_METRIC_ACCURACY, .allocator = allocator});
    rn_trainer *trainer = rn_trainer_new(
        model, task_build,
        (rn_trainer_options){.optimizer = task_optimizer(), .user = accuracy});
    rn_status s = RN_NO_MEMORY;

    if (trainer && batches && accuracy) {
        s = rn_fit(trainer,
                   (rn_fit_options){
                       .train = batches,
                       .valid = batches,
                       .resume = path,
                       .callbacks = {rn_stop_early((rn_stop_early_options){.patience = 0}),
                                     rn_stop_on_interrupt(), rn_show_progress(NULL)}});
        cr_assert((s != RN_OK) == (*rn_trainer_error(trainer) != 0), "%d: %s", (int)s,
                  rn_trainer_error(trainer));
    }
    rn_trainer_free(trainer);
    rn_metric_free(accuracy);
    rn_batches_free(batches);
    rn_model_free(model);
    return s;
}

static void each(const char *path)
{
    rn_test_memory memory = {.fail_at = 0};

    cr_assert_eq(attempt(rn_test_allocator(&memory), path), RN_OK);
    const long requests = memory.requests;
    int refused = 0;
    /* The ones before the fit is made, and a part of the many that compiling takes. */
    for (long n = 1; n <= requests; n += n < 12 ? 1 : requests / 40 + 1)
        for (int for_ever = 0; for_ever < 2; for_ever++) {
            memory = (rn_test_memory){.fail_at = n, .for_ever = for_ever != 0};
            const rn_status s = attempt(rn_test_allocator(&memory), path);
            cr_assert_eq(memory.blocks, 0, "request %ld: %ld blocks are left", n,
                         memory.blocks);
            cr_assert(s == RN_OK || s == RN_NO_MEMORY, "request %ld: %d", n, (int)s);
            refused += s == RN_NO_MEMORY;
        }
    cr_assert(refused > 50, "only %d", refused);
}

Test(fit_memory, allocations_that_fail)
{
    each(NULL);
}

static rn_status stop_soon(rn_callback *self, const rn_fit_state *now)
{
    (void)self;
    if (now->step == 2) rn_trainer_stop(now->trainer, "soon");
    return RN_OK;
}

Test(fit_memory, while_resuming)
{
    char path[] = "/tmp/rondo_fit_XXXXXX";
    task t;
    task_init(&t, 1);
    rn_model *model = rn_model_new(5);
    rn_batches *batches = task_batches(&t, 12);
    rn_trainer *trainer = rn_trainer_new(
        model, task_build, (rn_trainer_options){.optimizer = task_optimizer()});

    cr_assert(mkstemp(path) >= 0);
    remove(path);
    cr_assert_eq(
        rn_fit(trainer,
               (rn_fit_options){.train = batches,
                                .valid = batches,
                                .log_every = 1,
                                .callbacks = {{.step = stop_soon},
                                              rn_save_checkpoints(
                                                  (rn_checkpoint_options){.last = path})}}),
        RN_OK, "%s", rn_trainer_error(trainer));
    rn_trainer_free(trainer);
    rn_batches_free(batches);
    rn_model_free(model);
    each(path);
    remove(path);
}
