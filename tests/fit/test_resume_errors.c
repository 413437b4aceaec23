/* SPDX-License-Identifier: MIT */
/* Files that a fit cannot resume from: each has a message with its path, and the item or
 * the tensor. */
#include <stdio.h>

#include "fit_support.h"

/* What a fit saves. */
typedef struct items {
    int64_t numbers[12];
    double mean[3], values[2][8];
    char columns[2][300];
    rn_checkpoint_item item[6];
} items;

/* Fits for some steps from a checkpoint, which it saves if it can. */
static rn_status fit(rn_fit_build build, const char *path, int64_t batch, int64_t steps,
                     char message[600])
{
    task t;
    task_init(&t, 1);
    rn_model *model = rn_model_new(5);
    rn_batches *b = task_batches(&t, batch);
    rn_trainer *trainer =
        rn_trainer_new(model, build, (rn_trainer_options){.optimizer = task_optimizer()});
    const rn_status s =
        rn_fit(trainer, (rn_fit_options){.train = b,
                                         .steps = steps,
                                         .epochs = 9,
                                         .resume = path,
                                         .callbacks = {rn_save_checkpoints(
                                             (rn_checkpoint_options){.last = path})}});

    snprintf(message, 600, "%s", rn_trainer_error(trainer));
    rn_trainer_free(trainer);
    rn_batches_free(b);
    rn_model_free(model);
    return s;
}

static rn_tensor wider(rn_fit_graph *g)
{
    rn_sequence h =
        rn_rnn(g->scope, "rnn", rn_fit_input(g, "x"),
               (rn_recurrent_options){.units = UNITS + 1, .lengths = g->lengths});
    rn_tensor y = rn_linear(g->scope, "out", h.last, CLASSES);

    return rn_cross_entropy_with(y, rn_fit_input(g, "label"),
                                 (rn_loss_options){.weights = g->weights});
}

static void fails(rn_fit_build build, const char *path, int64_t batch, rn_status status,
                  const char *want)
{
    char message[600];
    const rn_status s = fit(build, path, batch, 20, message);

    cr_assert(strstr(message, want), "%s: %s", want, message);
    cr_assert_eq(s, status, "%d: %s", (int)s, message);
}

/* Resumes from a checkpoint with the variables of `path`, and these items. */
static void refused(const char *path, const items *i, int count, const char *want)
{
    char other[64], expected[200];
    rn_model *model = rn_model_new(5);

    snprintf(other, sizeof other, "%s.other", path);
    snprintf(expected, sizeof expected, "%s: %s", other, want);
    cr_assert_eq(rn_checkpoint_load(model, path, NULL, 0), RN_OK);
    cr_assert_eq(rn_checkpoint_save(model, other, i->item, count), RN_OK, "%s",
                 rn_model_error(model));
    fails(task_build, other, 4, RN_BAD_FILE, expected);
    remove(other);
    rn_model_free(model);
}

static void list(items *i)
{
    static const char *const names[] = {"fit/epochs", "fit/epochs/values", "fit/steps",
                                        "fit/steps/values"};

    memset(i, 0, sizeof *i);
    i->item[0] = (rn_checkpoint_item){.name = "fit", .numbers = i->numbers, .count = 12};
    i->item[1] = (rn_checkpoint_item){.name = "fit/mean", .reals = i->mean, .count = 3};
    for (int k = 0; k < 2; k++) {
        i->item[2 + 2 * k] =
            (rn_checkpoint_item){.name = names[2 * k], .text = i->columns[k], .count = 300};
        i->item[3 + 2 * k] =
            (rn_checkpoint_item){.name = names[2 * k + 1], .reals = i->values[k]};
    }
}

static void refused_items(const char *path)
{
    items i;

    list(&i);
    refused(path, &i, 0, "item \"fit/epochs\": missing");
    i.item[0].count = 11;
    refused(path, &i, 6, "item \"fit\": has 11 elements, not 12");
    i.item[0].count = 12;
    for (int k = 0; k < 6; k++) {
        i.numbers[k / 2] = k % 2 ? -1 : INT64_MAX;
        refused(path, &i, 6, "item \"fit\": malformed");
        i.numbers[k / 2] = 0;
    }
    i.item[3].count = 3;
    refused(path, &i, 6, "item \"fit/epochs\": malformed"); /* no columns */
    strcpy(i.columns[0], "loss,rate");
    refused(path, &i, 6, "item \"fit/epochs\": malformed");
    i.item[3].count = 6;
    strcpy(i.columns[1], "loss,,rate");
    i.item[5].count = 3;
    refused(path, &i, 6, "item \"fit/steps\": malformed");
    memset(i.columns[1], 'a', 201);
    i.item[5].count = 1;
    refused(path, &i, 6, "item \"fit/steps\": malformed");
}

Test(fit_resume_errors, messages)
{
    char path[] = "/tmp/rondo_fit_XXXXXX", message[600];
    const int file = mkstemp(path);

    cr_assert(file >= 0);
    close(file);
    fails(task_build, path, 4, RN_BAD_FILE, path); /* it is empty */
    remove(path);
    cr_assert_eq(fit(task_build, path, 4, 9, message), RN_OK, "%s", message);
    fails(task_build, path, 5, RN_INVALID, path);
    fails(task_build, path, 5, RN_INVALID,
          "the position is of other data or options: 7 batches an epoch, not 5");
    refused_items(path);
    fails(wider, path, 4, RN_INVALID, "rnn/");

    rn_model *model = rn_model_new(5);
    cr_assert_eq(rn_checkpoint_load(model, path, NULL, 0), RN_OK);
    cr_assert_eq(rn_model_save(model, path), RN_OK);
    fails(task_build, path, 4, RN_BAD_FILE, "is a safetensors file, but not a checkpoint");
    remove(path);
    rn_model_free(model);
}
