/* SPDX-License-Identifier: MIT */
/*
 * The training of charlm.
 *
 * The training part is cut into B streams side by side. Run after run takes the next T
 * characters of each, begins with the states that the last run ended with, and its gradient
 * goes back T steps and no further: truncated back-propagation through time.
 */
#include "charlm.h"

#include <math.h>
#include <stdlib.h>

enum { MEASURES = 6, MEASURE_BATCH = 20 };

static void add_point(curve *c, double x, double y)
{
    if (c->points == CURVE_POINTS) return;
    c->x[c->points] = x;
    c->y[c->points++] = y;
}

/* ---- begin and end ---- */

bool training_begin(training *t, const settings *s, const corpus *c, const network *n)
{
    const int64_t stream = (c->train.count - 1) / s->batch;

    *t = (training){.settings = s, .corpus = c, .runs_a_pass = stream / s->steps};
    if (t->runs_a_pass < 1)
        return complain("%s: %lld characters to train on are too few for --batch %lld and "
                        "--steps %lld",
                        s->text, (long long)c->train.count, (long long)s->batch,
                        (long long)s->steps);
    t->model = rn_model_new((uint64_t)s->seed);
    t->progress = rn_progress_new(stderr, "training", 1000000);
    if (!t->model || !t->progress) return complain("out of memory");

    /* Not the batch of training, so that each has carried states of its own. */
    const int64_t batch = s->batch == MEASURE_BATCH ? MEASURE_BATCH - 1 : MEASURE_BATCH;
    return runner_train(&t->learn, t->model, n, s) &&
           runner_measure(&t->measure, t->model, n, batch);
}

void training_free(training *t)
{
    rn_progress_free(t->progress);
    runner_free(&t->learn);
    runner_free(&t->measure);
    rn_model_free(t->model);
    *t = (training){.settings = NULL};
}

double training_millions(const training *t)
{
    return (double)(t->runs * t->learn.steps * t->learn.batch) * 1e-6;
}

/* ---- one run ---- */

/* The next T characters of every stream, and those that follow each. */
static void fill(training *t)
{
    const text *train = &t->corpus->train;
    const int64_t steps = t->learn.steps, batch = t->learn.batch;
    const int64_t stream = (train->count - 1) / batch;
    const int64_t from = t->runs % t->runs_a_pass * steps;

    for (int64_t i = 0; i < steps; i++)
        for (int64_t b = 0; b < batch; b++) {
            const int32_t *at = train->at + b * stream + from + i;
            t->learn.x_data[i * batch + b] = at[0];
            t->learn.y_data[i * batch + b] = at[1];
        }
}

/* From the full rate down to a twentieth of it along half a cosine. */
static bool set_rate(const training *t)
{
    const double share = 0.05 + 0.475 * (1 + cos(acos(-1) * t->done));

    return rn_set_learning_rate(t->model, t->settings->rate * share) == RN_OK ||
           complain("%s", rn_model_error(t->model));
}

static bool learn(training *t)
{
    if (t->runs % t->runs_a_pass == 0) rn_model_reset_states(t->model);
    fill(t);
    if (!set_rate(t) || !runner_run(&t->learn)) return false;
    t->runs++;

    const double loss = rn_scalar(t->learn.program, t->learn.out);
    if (!isfinite(loss)) return complain("the loss is not finite; try a lower --rate");
    t->recent = t->runs == 1 ? loss : 0.98 * t->recent + 0.02 * loss;
    t->loss += loss;
    t->loss_runs++;
    return true;
}

/* ---- all of them ---- */

/* The share of the training that is done: of the epochs or of the seconds. */
static double share_done(const training *t)
{
    const settings *s = t->settings;
    double done = 0;

    if (s->epochs > 0) done = (double)t->runs / fmax(1, s->epochs * (double)t->runs_a_pass);
    if (s->seconds > 0) done = fmax(done, t->seconds / s->seconds);
    return fmin(done, 1);
}

bool training_measure(training *t, double *bits)
{
    if (!measure(&t->measure, t->model, &t->corpus->held, bits)) return false;
    add_point(&t->held, training_millions(t), *bits);
    return true;
}

/* Points of the curves, when it is time for them. */
static bool record(training *t)
{
    double bits;

    if (t->done * CURVE_POINTS >= (double)(t->learnt.points + 1)) {
        add_point(&t->learnt, training_millions(t),
                  t->loss / (double)t->loss_runs / log(2));
        t->loss = 0;
        t->loss_runs = 0;
    }
    if (t->done >= 1 || t->done * MEASURES < (double)(t->held.points + 1)) return true;
    return training_measure(t, &bits);
}

static void show(const training *t)
{
    rn_progress_show(
        t->progress, (int64_t)(t->done * 1000000), "loss %.3f  %.3f bits/char  %.0f char/s",
        t->recent, t->recent / log(2), training_millions(t) * 1e6 / fmax(t->seconds, 1e-6));
}

bool training_run(training *t, const volatile sig_atomic_t *stop)
{
    while (t->done < 1 && !*stop) {
        if (!learn(t)) return false;
        t->seconds = rn_progress_seconds(t->progress);
        t->done = share_done(t);
        if (!record(t)) return false;
        show(t);
    }
    rn_progress_end(t->progress);
    return true;
}
