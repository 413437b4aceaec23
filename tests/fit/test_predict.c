/* SPDX-License-Identifier: MIT */
/* rn_predict against a program of one's own; rn_trainer_prepare. */
#include "fit_support.h"

static bool silent;     /* the builder sets no prediction */
static rn_shape wanted; /* its shape, if it has axes */

static rn_tensor build(rn_fit_graph *g)
{
    if (!rn_is_null(g->resets)) {
        g->prediction = g->weights;
        return rn_mean_all(rn_mul(rn_mean_axis(rn_fit_input(g, "x"), 2), g->weights));
    }
    rn_tensor scores = task_scores(g->scope, rn_fit_input(g, "x"), g->lengths);

    if (!silent) g->prediction = scores;
    if (wanted.rank) g->prediction = rn_reshape(scores, wanted);
    return rn_cross_entropy_with(scores, rn_fit_input(g, "label"),
                                 (rn_loss_options){.weights = g->weights});
}

static rn_trainer *trainer_new(rn_model *model)
{
    return rn_trainer_new(model, build,
                          (rn_trainer_options){.optimizer = task_optimizer()});
}

/* The scores of each sequence alone. */
static void alone(const task *t, rn_model *model, float (*to)[CLASSES])
{
    for (int i = 0; i < ITEMS; i++) {
        rn_graph *g = rn_graph_new();
        const int64_t n = t->lengths[i];
        rn_tensor x =
            rn_constant(g, RN_F32, rn_shape(n, 1, WIDTH), t->x + i * MOST * WIDTH);
        rn_tensor y = task_scores(rn_root_inference(g, model), x,
                                  rn_fill(g, RN_I32, rn_shape(1), (double)n));
        rn_program *p = rn_compile(g, (rn_compile_options){RN_OUTPUTS(y)});
        cr_assert(p && rn_run(p) == RN_OK && rn_read_f32(p, y, to[i], CLASSES) == RN_OK);
        rn_program_free(p);
        rn_graph_free(g);
    }
}

/* In the order of the source, though batches are shuffled, in buckets and filled up. */
Test(fit_predict, is_in_the_order_of_the_source)
{
    task t;
    float got[ITEMS][CLASSES], right[ITEMS][CLASSES];

    task_init(&t, 1);
    rn_model *model = rn_model_new(5);
    rn_batches *batches = task_batches(&t, 4);
    rn_trainer *trainer = trainer_new(model);
    cr_assert_eq(rn_fit(trainer, (rn_fit_options){.train = batches, .epochs = 2}), RN_OK);
    for (int again = 0; again < 2; again++) {
        memset(got, 0, sizeof got);
        cr_assert_eq(rn_predict(trainer, batches, got, sizeof got), RN_OK, "%s",
                     rn_trainer_error(trainer));
        alone(&t, model, right);
        cr_assert_arr_eq(got, right, sizeof got);
    }
    rn_trainer_free(trainer);
    rn_batches_free(batches);
    rn_model_free(model);
}

static void refused(rn_batches *batches, size_t bytes, const char *why)
{
    float got[ITEMS * CLASSES + 1];
    rn_model *model = rn_model_new(5);
    rn_trainer *trainer = trainer_new(model);

    cr_assert_eq(rn_predict(trainer, batches, bytes ? got : NULL, bytes ? bytes : 4),
                 RN_INVALID, "not refused: %s", why);
    cr_assert_str_eq(rn_trainer_error(trainer), why);
    rn_trainer_free(trainer);
    rn_model_free(model);
}

Test(fit_predict, errors)
{
    enum { ALL = ITEMS * CLASSES * sizeof(float) };
    task t;

    task_init(&t, 1);
    rn_batches *batches = task_batches(&t, 4);
    rn_source unlabelled = t.source;
    unlabelled.field_count = 1;
    rn_batches *streams =
        rn_streams_new(&unlabelled, (rn_streams_options){.batch = 2, .steps = 3});
    refused(NULL, ALL, "predict: no batches");
    refused(batches, 0, "predict: no room");
    refused(batches, ALL - 1, "predict: 263 bytes, but there are 22 predictions of 12");
    refused(batches, ALL - 22, "predict: 242 bytes, but there are 22 predictions of 12");
    refused(streams, ALL, "predict: the batches are streams");
    wanted = rn_shape(CLASSES, 4);
    refused(batches, ALL, "fit: the prediction must be [B, ..] of the graph, with B 4");
    wanted = rn_shape(0);
    wanted.rank = 0;
    silent = true;
    refused(batches, ALL, "predict: the function that builds the loss sets no prediction");
    cr_assert_eq(rn_predict(NULL, batches, NULL, 0), RN_INVALID);
    silent = false;
    rn_batches_free(batches);
    rn_batches_free(streams);
}

/* The weights are there, no step is made, and the fit is the same afterwards. */
Test(fit_predict, prepare)
{
    task t;
    rn_model *model[2];

    task_init(&t, 1);
    for (int i = 0; i < 2; i++) {
        model[i] = rn_model_new(5);
        rn_batches *batches = task_batches(&t, 4);
        rn_trainer *trainer = trainer_new(model[i]);
        const rn_position at = rn_batches_position(batches);
        if (i == 1) {
            cr_assert_eq(rn_model_save(model[0], "trained.safetensors"), RN_OK);
            cr_assert_eq(rn_trainer_prepare(trainer, batches), RN_OK);
            cr_assert_eq(rn_trainer_prepare(trainer, batches), RN_OK);
            const rn_position now = rn_batches_position(batches);
            cr_assert_arr_eq(&at, &now, sizeof at);
            cr_assert_eq(rn_training_of(model[1]).steps, 0);
            cr_assert_gt(rn_model_parameters(model[1]), 0);
        }
        cr_assert_eq(rn_fit(trainer, (rn_fit_options){.train = batches, .epochs = 1}),
                     RN_OK);
        if (i == 1) {
            task_same(model[0], model[1], "prepared");
            cr_assert_eq(rn_trainer_prepare(trainer, batches), RN_OK, "at an epoch's end");
            cr_assert_eq(rn_model_load(model[1], "trained.safetensors"), RN_OK);
        }
        rn_trainer_free(trainer);
        rn_batches_free(batches);
    }
    rn_trainer *trainer = trainer_new(model[0]);
    cr_assert_eq(rn_trainer_prepare(trainer, NULL), RN_INVALID);
    cr_assert_str_eq(rn_trainer_error(trainer), "prepare: no batches");
    rn_batches *none = rn_batches_new(&t.source, (rn_batches_options){.batch = ITEMS});
    t.bad = 0;
    cr_assert_eq(rn_trainer_prepare(trainer, none), RN_IO);
    cr_assert(strstr(rn_trainer_error(trainer), "the disk is gone"));
    cr_assert_eq(rn_trainer_prepare(NULL, none), RN_INVALID);
    rn_batches_free(none);
    rn_trainer_free(trainer);
    for (int i = 0; i < 2; i++) rn_model_free(model[i]);
    remove("trained.safetensors");
}
