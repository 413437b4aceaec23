/* SPDX-License-Identifier: MIT */
/* The training loop against loops written out, and its history. */
#include <math.h>

#include "fit_support.h"

/* ---- the same weights ---- */

typedef struct bare {
    rn_graph *graph;
    rn_program *program;
    rn_tensor loss;
    int64_t steps;
} bare;

static bare *bare_for(bare *all, rn_model *model, const rn_batch *b)
{
    while (all->program && all->steps != b->steps) all++;
    if (all->program) return all;
    rn_graph *g = all->graph = rn_graph_new();
    rn_scope s = rn_root(g, model);
    rn_tensor lengths = rn_input(g, "lengths", RN_I32, rn_shape(b->sequences));
    rn_tensor weights = rn_input(g, "weights", RN_F32, rn_shape(b->sequences));
    rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(b->steps, b->sequences, WIDTH));
    rn_tensor y = rn_input(g, "label", RN_I32, rn_shape(b->sequences));
    all->steps = b->steps;
    all->loss = rn_cross_entropy_with(task_scores(s, x, lengths), y,
                                      (rn_loss_options){.weights = weights});
    all->program = rn_test_training(all->loss, task_optimizer());
    return all;
}

/* Trains for some epochs without rn_fit. loss[e] is the mean of an epoch. */
static void train_bare(rn_model *model, const task *t, int epochs, double *loss)
{
    rn_batches *batches = task_batches(t, 4);
    bare all[4] = {{.steps = 0}};
    rn_batch b;

    for (int e = 0; e < epochs; e++) {
        double sum = 0, count = 0;
        for (;;) {
            cr_assert_eq(rn_batches_next(batches, &b), RN_OK);
            if (b.sequences == 0) break;
            bare *p = bare_for(all, model, &b);
            cr_assert_eq(rn_batch_feed(&b, p->program), RN_OK);
            rn_test_run_once(p->program);
            sum += (double)b.real * rn_scalar(p->program, p->loss);
            count += (double)b.real;
        }
        loss[e] = sum / count;
        cr_assert_eq(count, ITEMS);
    }
    cr_assert(all[1].program, "several lengths");
    for (int i = 0; i < 4; i++)
        rn_program_free(all[i].program), rn_graph_free(all[i].graph);
    rn_batches_free(batches);
}

Test(fit, as_a_loop_written_out)
{
    task t;
    task_init(&t, 1);
    rn_model *one = rn_model_new(5), *two = rn_model_new(5);
    rn_batches *batches = task_batches(&t, 4);
    double loss[3];

    train_bare(one, &t, 3, loss);
    rn_trainer *trainer = rn_trainer_new(
        two, task_build, (rn_trainer_options){.optimizer = task_optimizer()});
    cr_assert_eq(rn_fit(trainer, (rn_fit_options){.train = batches, .epochs = 3}), RN_OK,
                 "%s", rn_trainer_error(trainer));
    task_same(one, two, "weights");

    const rn_history *h = rn_trainer_epochs(trainer);
    cr_assert_eq(rn_history_rows(h), 3);
    cr_assert_eq(rn_history_rows(rn_trainer_steps(trainer)), 0);
    for (int e = 0; e < 3; e++) {
        cr_assert_eq(rn_history_at(h, e, "loss"), loss[e]);
        cr_assert_eq(rn_history_at(h, e, "epoch"), e + 1);
        cr_assert_eq(rn_history_at(h, e, "step"),
                     (double)((e + 1) * rn_batches_count(batches)));
        cr_assert_eq(rn_history_at(h, e, "rate"), 0.05);
        cr_assert(rn_history_at(h, e, "seconds") >= 0);
    }
    cr_assert_str_eq(rn_trainer_stopped(trainer), "");
    cr_assert(isnan(rn_history_at(h, 0, "valid_loss")));
    rn_trainer_free(trainer);
    rn_batches_free(batches);
    rn_model_free(one), rn_model_free(two);
}

/* ---- means over batches in which different numbers count ---- */

typedef struct means {
    double sequences, steps;
    int how;
} means;

static rn_tensor mean_loss(rn_fit_graph *g)
{
    const means *m = (const means *)g->user;
    rn_tensor w = rn_weight(g->scope, "w", rn_shape(WIDTH), (rn_init){RN_INIT_CONSTANT, 1});
    rn_tensor y = rn_sum(rn_square(rn_mul(rn_fit_input(g, "x"), w)), &(int){-1}, 1, false);

    if (m->how == 0) {
        rn_tensor mask = rn_cast(rn_fit_mask(g), RN_F32);
        y = rn_sum(rn_mul(y, mask), &(int){0}, 1, false);
        return rn_div(rn_sum_all(rn_mul(y, g->weights)), rn_sum_all(g->weights));
    }
    g->per_step = m->how == 1;
    if (m->how == 2) g->counted = rn_sum_all(g->lengths);
    return rn_squared_error(y, rn_fill_like(y, 0),
                            (rn_loss_options){.mask = rn_fit_mask(g)});
}

/* The means of sums over sequences, and of squares over steps, from the data alone. */
static means expected(const task *t)
{
    means m = {0, 0, 0};
    double steps = 0;

    for (int i = 0; i < ITEMS; i++)
        for (int64_t k = 0; k < t->lengths[i]; k++) {
            double y = 0;
            for (int j = 0; j < WIDTH; j++) {
                const double x = (double)t->x[(i * MOST + k) * WIDTH + j];
                y += x * x;
            }
            m.sequences += y / ITEMS;
            m.steps += y * y;
            steps++;
        }
    m.steps /= steps;
    return m;
}

Test(fit, means_of_unequal_batches)
{
    task t;
    task_init(&t, 2);
    means want = expected(&t);

    for (int how = 0; how < 3; how++) {
        rn_model *model = rn_model_new(1);
        rn_batches *batches = task_batches(&t, 4), *others = task_batches(&t, 3);
        double loss = 0;
        want.how = how;
        rn_trainer *trainer =
            rn_trainer_new(model, mean_loss,
                           (rn_trainer_options){.optimizer = rn_sgd(0, 0), .user = &want});
        cr_assert_eq(rn_fit(trainer, (rn_fit_options){.train = batches, .valid = others}),
                     RN_OK, "%s", rn_trainer_error(trainer));
        cr_assert_eq(rn_evaluate(trainer, batches, &loss), RN_OK);
        const double right = how == 0 ? want.sequences : want.steps;
        rn_test_near(rn_history_at(rn_trainer_epochs(trainer), 0, "loss"), right, 1e-6);
        rn_test_near(rn_history_at(rn_trainer_epochs(trainer), 0, "valid_loss"), right,
                     1e-6);
        rn_test_near(loss, right, 1e-6);
        rn_trainer_free(trainer);
        rn_batches_free(batches), rn_batches_free(others);
        rn_model_free(model);
    }
}

/* ---- metrics ---- */

Test(fit, metrics_of_both_kinds)
{
    task t, v;
    task_init(&t, 1), task_init(&v, 9);
    rn_model *model = rn_model_new(5);
    rn_batches *train = task_batches(&t, 4), *valid = task_batches(&v, 5);
    rn_metric *accuracy =
        rn_metric_new((rn_metric_options){.kind = RN_METRIC_ACCURACY, .name = "right"});
    rn_trainer *trainer = rn_trainer_new(model, task_build,
                                         (rn_trainer_options){.optimizer = task_optimizer(),
                                                              .user = accuracy,
                                                              .train_metrics = true});

    cr_assert_eq(
        rn_fit(trainer, (rn_fit_options){.train = train, .valid = valid, .epochs = 8}),
        RN_OK, "%s", rn_trainer_error(trainer));
    const rn_history *h = rn_trainer_epochs(trainer);
    const double right = rn_history_at(h, -1, "valid_right");

    /* One sequence at a time, without the trainer. */
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(MOST, 1, WIDTH));
    rn_tensor lengths = rn_input(g, "lengths", RN_I32, rn_shape(1));
    rn_tensor best =
        rn_argmax(task_scores(rn_root_inference(g, model), x, lengths), -1, false);
    rn_program *p = rn_test_compile(best);
    int count = 0;
    for (int i = 0; i < ITEMS; i++) {
        const int32_t length = (int32_t)v.lengths[i];
        rn_feed_f32(p, x, v.x + i * MOST * WIDTH, MOST * WIDTH);
        rn_feed_i32(p, lengths, &length, 1);
        rn_test_run_once(p);
        count += rn_scalar(p, best) == v.label[i];
    }
    rn_test_near(right, (double)count / ITEMS, 1e-12);
    cr_assert(rn_history_at(h, -1, "right") > 0.5 && rn_history_at(h, -1, "right") <= 1);
    cr_assert_str_eq(rn_history_name(h, 2), "loss");
    cr_assert_str_eq(rn_history_name(h, 3), "right");
    cr_assert_str_eq(rn_history_name(h, 4), "valid_loss");
    cr_assert_eq(rn_evaluate(trainer, valid, NULL), RN_OK);
    cr_assert_eq(rn_metric_value(accuracy), right);
    cr_assert_eq(rn_metric_weight(accuracy), ITEMS);
    rn_program_free(p);
    rn_graph_free(g);
    rn_trainer_free(trainer);
    rn_metric_free(accuracy);
    rn_batches_free(train), rn_batches_free(valid);
    rn_model_free(model);
}

/* ---- lengths of epochs ---- */

static rn_status count_epochs(rn_callback *self, const rn_fit_state *now)
{
    (void)now;
    self->saved[1]++;
    *(double *)self->user = self->saved[1];
    return RN_OK;
}

Test(fit, limits_and_rows_of_steps)
{
    task t;
    task_init(&t, 1);
    rn_model *model = rn_model_new(5);
    rn_batches *batches = task_batches(&t, 4);
    rn_trainer *trainer = rn_trainer_new(
        model, task_build, (rn_trainer_options){.optimizer = task_optimizer()});
    double epochs = 0;

    cr_assert_eq(rn_fit(trainer, (rn_fit_options){.train = batches,
                                                  .epochs = 9,
                                                  .steps = 19,
                                                  .epoch_steps = 4,
                                                  .log_every = 3,
                                                  .callbacks = {{.epoch = count_epochs,
                                                                 .user = &epochs}}}),
                 RN_OK, "%s", rn_trainer_error(trainer));
    const rn_history *h = rn_trainer_epochs(trainer), *s = rn_trainer_steps(trainer);
    cr_assert_eq(epochs, 5);
    cr_assert_eq(rn_history_rows(h), 5);
    cr_assert_eq(rn_history_at(h, 3, "step"), 16);
    cr_assert_eq(rn_history_at(h, 4, "step"), 19);
    cr_assert_eq(rn_training_of(model).steps, 19);
    cr_assert_eq(rn_history_rows(s), 6);
    cr_assert_eq(rn_history_at(s, 5, "step"), 18);
    cr_assert_eq(rn_history_at(s, 5, "epoch"), 5);
    cr_assert(isfinite(rn_history_at(s, 5, "loss")));
    cr_assert_str_eq(rn_trainer_stopped(trainer), "19 steps were made");
    rn_trainer_free(trainer);
    rn_batches_free(batches);
    rn_model_free(model);
}

/* ---- states of stateful layers ---- */

static rn_tensor stateful(rn_fit_graph *g)
{
    rn_sequence h = rn_rnn(
        g->scope, "rnn", rn_fit_input(g, "x"),
        (rn_recurrent_options){.units = UNITS, .stateful = true, .lengths = g->lengths});
    rn_tensor y = rn_linear(g->scope, "out", h.last, CLASSES);

    return rn_cross_entropy_with(y, rn_fit_input(g, "label"),
                                 (rn_loss_options){.weights = g->weights});
}

Test(fit, validation_leaves_states_alone)
{
    task t, v;
    task_init(&t, 1), task_init(&v, 2);
    rn_model *model[2];
    rn_position first = {{0}};
    double loss[2];

    for (int i = 0; i < 2; i++) {
        model[i] = rn_model_new(5);
        rn_batches *train = task_batches(&t, 4), *valid = task_batches(&v, 4);
        rn_trainer *trainer = rn_trainer_new(
            model[i], stateful, (rn_trainer_options){.optimizer = task_optimizer()});
        cr_assert_eq(rn_fit(trainer, (rn_fit_options){.train = train,
                                                      .valid = i ? valid : NULL,
                                                      .epochs = 2}),
                     RN_OK, "%s", rn_trainer_error(trainer));
        if (i) task_same(model[0], model[1], "after validation");
        for (int k = 0; k < 2; k++) {
            if (k == 0) first = rn_batches_position(valid);
            cr_assert_eq(rn_batches_seek(valid, first), RN_OK);
            cr_assert_eq(rn_evaluate(trainer, valid, &loss[k]), RN_OK);
        }
        rn_trainer_free(trainer);
        rn_batches_free(train), rn_batches_free(valid);
    }
    task_same(model[0], model[1], "after evaluations");
    cr_assert_eq(loss[0], loss[1], "an evaluation begins with states of zero");
    rn_model_free(model[0]), rn_model_free(model[1]);
}

/* ---- streams ---- */

static const rn_field text_fields[] = {{"c", RN_I32, {0, {0}}, false, 0}};

static rn_tensor stream_loss(rn_scope s, rn_tensor c, rn_tensor next, rn_tensor lengths)
{
    rn_tensor x = rn_embedding(s, "embed", c, 4, UNITS);
    rn_sequence h = rn_rnn(
        s, "rnn", x,
        (rn_recurrent_options){.units = UNITS, .stateful = true, .lengths = lengths});

    return rn_cross_entropy(rn_linear(s, "out", h.outputs, 4), next);
}

static rn_tensor stream_build(rn_fit_graph *g)
{
    g->per_step = true;
    if (rn_is_null(g->resets)) return rn_fail(g->graph, "no resets");
    return stream_loss(g->scope, rn_fit_input(g, "c"), rn_fit_input(g, "next"), g->lengths);
}

/* The same, with the states set to zero by hand. */
static void stream_bare(rn_model *model, rn_batches *batches, int epochs)
{
    rn_graph *g = rn_graph_new();
    rn_tensor c = rn_input(g, "c", RN_I32, rn_shape(5, 2));
    rn_tensor next = rn_input(g, "next", RN_I32, rn_shape(5, 2));
    rn_tensor lengths = rn_input(g, "lengths", RN_I32, rn_shape(2));
    rn_program *p = rn_test_training(stream_loss(rn_root(g, model), c, next, lengths),
                                     task_optimizer());
    rn_batch b;
    int resets = 0;

    for (int e = 0; e < epochs; e++)
        while (rn_batches_next(batches, &b) == RN_OK && b.sequences) {
            for (int row = 0; row < 2; row++)
                if (b.resets[row]) resets++, rn_model_reset_sequence(model, 2, row);
            rn_feed_i32(p, c, (const int32_t *)b.data[0], 10);
            rn_feed_i32(p, next, (const int32_t *)b.data[1], 10);
            rn_feed_i32(p, lengths, b.lengths, 2);
            rn_test_run_once(p);
        }
    cr_assert(resets >= 2 * epochs);
    rn_program_free(p);
    rn_graph_free(g);
}

Test(fit, streams)
{
    int32_t text[64];
    const void *const data[] = {text};
    const rn_arrays arrays = {text_fields, 1, data, 1, NULL, 64, NULL};
    const rn_source source = rn_source_arrays(&arrays);
    const rn_streams_options o = {
        .batch = 2, .steps = 5, .next = "next", .last = RN_LAST_DROP};
    rn_model *one = rn_model_new(5), *two = rn_model_new(5);

    for (int i = 0; i < 64; i++) text[i] = (i * i / 3 + i) % 4;
    rn_batches *a = rn_streams_new(&source, o), *b = rn_streams_new(&source, o);
    stream_bare(one, a, 3);
    rn_trainer *trainer = rn_trainer_new(
        two, stream_build, (rn_trainer_options){.optimizer = task_optimizer()});
    cr_assert_eq(rn_fit(trainer, (rn_fit_options){.train = b, .epochs = 3}), RN_OK, "%s",
                 rn_trainer_error(trainer));
    task_same(one, two, "streams");
    rn_trainer_free(trainer);
    rn_batches_free(a), rn_batches_free(b);
    rn_model_free(one), rn_model_free(two);
}
