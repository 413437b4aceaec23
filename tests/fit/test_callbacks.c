/* SPDX-License-Identifier: MIT */
/* The library's callbacks: what stops a fit, what it leaves behind. */
#include <math.h>
#include <signal.h>
#include <stdio.h>

#include "fit_support.h"

typedef struct world {
    task data;
    rn_model *model;
    rn_batches *train, *valid;
    rn_trainer *trainer;
} world;

static void begin(world *w, rn_fit_build build)
{
    task_init(&w->data, 1);
    w->model = rn_model_new(5);
    w->train = task_batches(&w->data, 4);
    w->valid = task_batches(&w->data, 6);
    w->trainer = rn_trainer_new(w->model, build,
                                (rn_trainer_options){.optimizer = task_optimizer()});
}

static void end(world *w)
{
    rn_trainer_free(w->trainer);
    rn_batches_free(w->train), rn_batches_free(w->valid);
    rn_model_free(w->model);
}

static void fit(world *w, rn_fit_options options)
{
    options.train = w->train;
    cr_assert_eq(rn_fit(w->trainer, options), RN_OK, "%s", rn_trainer_error(w->trainer));
}

/* ---- early stopping ---- */

/* A column of the test's own, which is best in epoch 3. */
typedef struct script {
    const double *value;
    float best[CLASSES]; /* the bias after epoch 3 */
} script;

static rn_status play(rn_callback *self, const rn_fit_state *now)
{
    script *s = (script *)self->user;

    if (now->epoch == 3) rn_model_get(now->model, "out/b", s->best, sizeof s->best);
    return rn_history_set(rn_trainer_epochs(now->trainer), "score",
                          s->value[now->epoch - 1]);
}

static void stops_early(const double *values, rn_stop_early_options o, int epochs,
                        bool best)
{
    script s = {.value = values};
    float bias[CLASSES];
    world w;

    begin(&w, task_build);
    o.monitor.column = "score";
    fit(&w, (rn_fit_options){.epochs = 10,
                             .callbacks = {{.epoch = play, .user = &s}, rn_stop_early(o)}});
    cr_assert_eq(rn_history_rows(rn_trainer_epochs(w.trainer)), epochs);
    rn_model_get(w.model, "out/b", bias, sizeof bias);
    cr_assert_eq(memcmp(bias, s.best, sizeof bias) == 0, best);
    if (epochs < 10)
        cr_assert_str_eq(rn_trainer_stopped(w.trainer), "no improvement for 3 epochs");
    end(&w);
}

Test(fit_callbacks, early_stopping)
{
    const double down[10] = {5, 4, 1, 2, 2, 2, 0, 0, 0, 0};
    const double up[10] = {1, 2, 9, 9, 9.05, NAN, 20, 20, 20, 20};
    const double long_way[10] = {5, 4, 1, 2, 2, 1, 2, 2, 1, 2};
    const rn_stop_early_options three = {.patience = 3};

    stops_early(down, three, 6, true);
    stops_early(down, (rn_stop_early_options){.patience = 3, .keep_last = true}, 6, false);
    stops_early(up, (rn_stop_early_options){{.maximize = true, .min_delta = 0.1}, 3, false},
                6, true);
    stops_early(long_way, (rn_stop_early_options){.patience = 8}, 10, true);
}

/* ---- the rate ---- */

Test(fit_callbacks, plateau)
{
    const double values[10] = {5, 4, 4, 4, 4, 4, 4, 4, 4, 4};
    script s = {.value = values};
    rn_plateau plateau = {.factor = 0.5, .patience = 1};
    world w;

    begin(&w, task_build);
    fit(&w, (rn_fit_options){.epochs = 8,
                             .callbacks = {{.epoch = play, .user = &s},
                                           rn_reduce_on_plateau(&plateau, "score")}});
    const rn_history *h = rn_trainer_epochs(w.trainer);
    const double want[8] = {1, 1, 1, 1, 0.5, 0.5, 0.25, 0.25};
    for (int i = 0; i < 8; i++)
        cr_assert_eq(rn_history_at(h, i, "rate"), 0.05 * want[i], "epoch %d: %g", i + 1,
                     rn_history_at(h, i, "rate"));
    end(&w);
}

/* ---- reasons to stop ---- */

static rn_status raise_at(rn_callback *self, const rn_fit_state *now)
{
    if ((double)now->step == self->real) raise(SIGINT);
    return RN_OK;
}

static int caught;

static void catcher(int number)
{
    caught = number;
}

static rn_status fit_within(rn_callback *self, const rn_fit_state *now)
{
    world inner;

    begin(&inner, task_build);
    const rn_status s =
        rn_fit(inner.trainer, (rn_fit_options){.train = inner.train,
                                               .callbacks = {rn_stop_on_interrupt()}});
    cr_assert_eq(s, RN_INVALID);
    cr_assert(strstr(rn_trainer_error(inner.trainer), "another fit"), "%s",
              rn_trainer_error(inner.trainer));
    cr_assert_eq(rn_fit(now->trainer, (rn_fit_options){.train = inner.train}), RN_INVALID);
    cr_assert(strstr(rn_trainer_error(now->trainer), "the trainer is in another rn_fit"));
    end(&inner);
    self->begin = NULL;
    return RN_OK;
}

Test(fit_callbacks, interrupt)
{
    world w;

    begin(&w, task_build);
    signal(SIGINT, catcher);
    for (int again = 0; again < 2; again++) {
        fit(&w, (rn_fit_options){.epochs = 3,
                                 .callbacks = {rn_stop_on_interrupt(),
                                               {.begin = fit_within},
                                               {.step = raise_at, .real = 7}}});
        cr_assert_str_eq(rn_trainer_stopped(w.trainer), "interrupted");
        cr_assert_eq(rn_training_of(w.model).steps, 7 * (again + 1));
    }
    cr_assert_eq(caught, 0);
    raise(SIGINT);
    cr_assert_eq(caught, SIGINT, "the old handler is back");

    /* A job that ignores the signal goes on. */
    signal(SIGINT, SIG_IGN);
    fit(&w, (rn_fit_options){
                .epochs = 2,
                .callbacks = {rn_stop_on_interrupt(), {.step = raise_at, .real = 3}}});
    cr_assert_str_eq(rn_trainer_stopped(w.trainer), "");
    end(&w);
}

Test(fit_callbacks, time_and_own_reasons)
{
    world w;

    begin(&w, task_build);
    fit(&w, (rn_fit_options){.epochs = 3, .callbacks = {rn_stop_after(0)}});
    cr_assert_eq(rn_training_of(w.model).steps, 1);
    cr_assert_str_eq(rn_trainer_stopped(w.trainer), "the time is up");
    cr_assert_eq(rn_history_rows(rn_trainer_epochs(w.trainer)), 0);

    /* The progress line is that of the time, not of millions of epochs. */
    char text[100] = "";
    FILE *file = tmpfile();
    fit(&w, (rn_fit_options){.epochs = INT32_MAX - 1,
                             .callbacks = {rn_show_progress(file), rn_stop_after(0.01)}});
    rewind(file);
    cr_assert(fgets(text, sizeof text, file) && strchr(text, '%'), "%s", text);
    fclose(file);
    end(&w);
}

static rn_tensor of_a_root(rn_fit_graph *g)
{
    rn_tensor w = rn_weight(g->scope, "w", rn_shape(WIDTH), (rn_init){RN_INIT_CONSTANT, 1});
    rn_tensor y = rn_name(rn_sqrt(rn_sum_all(w)), "the root");

    return rn_add(
        y, rn_mul(rn_sum_all(rn_fit_input(g, "x")), rn_scale(rn_sum_all(g->weights), 0)));
}

static rn_status negate(rn_callback *self, const rn_fit_state *now)
{
    const float minus[WIDTH] = {-1, -1, -1};

    if (now->step == 2) rn_model_set(now->model, "w", minus, sizeof minus);
    self->saved[0]++;
    return RN_OK;
}

static rn_status ends(rn_callback *self, const rn_fit_state *now)
{
    *(rn_status *)self->user = now->status;
    return RN_OK;
}

Test(fit_callbacks, nonfinite_loss)
{
    rn_status status = RN_OK;
    world w;

    begin(&w, of_a_root);
    const rn_status s = rn_fit(
        w.trainer,
        (rn_fit_options){.train = w.train,
                         .epochs = 2,
                         .callbacks = {rn_stop_on_nonfinite(),
                                       {.step = negate, .end = ends, .user = &status}}});
    cr_assert_eq(s, RN_BAD_VALUE);
    cr_assert_eq(status, RN_BAD_VALUE, "end is called after errors");
    const char *why = rn_trainer_error(w.trainer);
    cr_assert(strstr(why, "in epoch 1, step 3: ") && strstr(why, "sqrt") &&
                  strstr(why, "the root"),
              "%s", why);
    end(&w);
}

/* ---- what is shown and written ---- */

static char *content(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = (char *)calloc(1, 100000);

    cr_assert(file && text, "%s", path);
    cr_assert(fread(text, 1, 99999, file) < 99999);
    fclose(file);
    return text;
}

Test(fit_callbacks, progress_and_csv)
{
    char folder[] = "/tmp/rondo_fit_XXXXXX", path[2][64];
    world w;

    cr_assert(mkdtemp(folder));
    snprintf(path[0], sizeof path[0], "%s/progress", folder);
    snprintf(path[1], sizeof path[1], "%s/log.csv", folder);
    FILE *file = fopen(path[0], "w");
    begin(&w, task_build);
    fit(&w, (rn_fit_options){.valid = w.valid,
                             .epochs = 2,
                             .callbacks = {rn_show_progress(file), rn_log_csv(path[1])}});
    fclose(file);
    char *text = content(path[0]);
    const char *last = strstr(text, "fit  100%  epoch 2/2  loss ");
    cr_assert(last && strstr(last, "  valid_loss "), "%s", text);
    free(text);

    text = content(path[1]);
    const char head[] = "epoch,step,loss,valid_loss,rate,seconds\n1,7,";
    cr_assert(!strncmp(text, head, sizeof head - 1), "%s", text);
    const char *at = strchr(strchr(text, '\n') + 1, '\n') + 1;
    cr_assert(!strncmp(at, "2,14,", 5), "%s", text);
    cr_assert_eq(strtod(at + 5, NULL),
                 rn_history_at(rn_trainer_epochs(w.trainer), 1, "loss"));
    free(text);
    end(&w);
    remove(path[0]), remove(path[1]), rmdir(folder);
}
