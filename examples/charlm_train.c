/* SPDX-License-Identifier: MIT */
/*
 * The training of charlm.
 *
 * The training part is split into B parallel streams. Each run takes the next T characters
 * of each stream, starts with the final states of the last run, and propagates the gradient
 * back over T steps only: truncated back-propagation through time.
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

    *t = (training){.settings = s,
                    .corpus = c,
                    .runs_a_pass = stream / s->steps,
                    .learnt = {.next = 1},
                    .held = {.next = 1}};
    if (t->runs_a_pass < 1)
        return complain("%s: %lld characters to train on are too few for --batch %lld and "
                        "--steps %lld",
                        s->text, (long long)c->train.count, (long long)s->batch,
                        (long long)s->steps);
    t->model = rn_model_new((uint64_t)s->seed);
    if (!t->model) return complain("out of memory");

    /* Differs from the batch size of training, so that each has its own states. */
    const int64_t batch = s->batch == MEASURE_BATCH ? MEASURE_BATCH - 1 : MEASURE_BATCH;
    if (!runner_train(&t->learn, t->model, n, s) ||
        !runner_measure(&t->measure, t->model, n, batch))
        return false;
    /* Starts the clock. */
    t->progress = rn_progress_new(stderr, "training", 1000000);
    return t->progress || complain("out of memory");
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

/* The next T characters of every stream, and their successors. */
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

/* Decays from the full rate to a twentieth of it along half a cosine. */
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

/* ---- measuring ---- */

/* Trains for at most this many seconds. */
static bool measure_part(training *t, part *p, double seconds, double *bits)
{
    const double begin = rn_progress_seconds(t->progress);

    if (!measure(&t->measure, t->model, &t->corpus->held, p, t->progress, begin + seconds,
                 bits))
        return false;
    budget_measured(&t->budget, rn_progress_seconds(t->progress) - begin, p->characters);
    return true;
}

/* Measures two runs to find the speed; the first run takes longer than others. */
static bool find_speed(training *t)
{
    part p = part_of(&t->measure, &t->corpus->held, 0);
    double bits;

    return budget_knows(&t->budget) ||
           (measure_part(t, &p, HUGE_VAL, &bits) && measure_part(t, &p, HUGE_VAL, &bits));
}

/* Adds a point to the curve if there is enough time: for three runs at first. It covers no
 * more text than the last one, so that points are comparable. */
static bool measure_between(training *t)
{
    const int64_t run = t->measure.steps * t->measure.batch;
    double bits;

    if (budget_characters(&t->budget, false) < (budget_knows(&t->budget) ? run : 3 * run))
        return true;
    if (!find_speed(t)) return false;

    int64_t most = budget_characters(&t->budget, false);
    if (most < run) return true;
    if (t->largest && most > t->largest) most = t->largest;
    part p = part_of(&t->measure, &t->corpus->held, most);
    if (!measure_part(t, &p, budget_allows(&t->budget, false), &bits)) return false;
    add_point(&t->held, training_millions(t), bits);
    t->largest = p.characters;
    return true;
}

bool training_measure(training *t, bool all, part *p, double *bits)
{
    if (!all && !find_speed(t)) return false;

    const double seconds = all ? HUGE_VAL : budget_allows(&t->budget, true);
    *p = part_of(&t->measure, &t->corpus->held,
                 all ? INT64_MAX : budget_characters(&t->budget, true));
    if (!measure_part(t, p, seconds, bits)) return false;
    add_point(&t->held, training_millions(t), *bits);
    return true;
}

/* ---- all of it ---- */

/* The fraction of the training that is done: of the epochs or of the seconds, whichever is
 * larger. */
static double share_done(const training *t, double seconds)
{
    const settings *s = t->settings;
    double done = 0;

    if (s->epochs > 0) done = (double)t->runs / fmax(1, s->epochs * (double)t->runs_a_pass);
    if (s->seconds > 0) done = fmax(done, seconds / s->seconds);
    return fmin(done, 1);
}

/* Whether another of `shares` equal shares of the training is complete. Several at once get
 * one point, and the next one is at least half a share away. */
static bool due(curve *c, double done, int shares)
{
    if (done * shares < c->next) return false;
    c->next = floor(done * shares + 1.5);
    return true;
}

/* Adds points to the curves when they are due. Those of training follow its own time, so
 * that each covers the same number of runs. */
static bool record(training *t)
{
    if (due(&t->learnt, share_done(t, t->budget.learning), CURVE_POINTS)) {
        add_point(&t->learnt, training_millions(t),
                  t->loss / (double)t->loss_runs / log(2));
        t->loss = 0;
        t->loss_runs = 0;
    }
    return t->done >= 1 || !due(&t->held, t->done, MEASURES) || measure_between(t);
}

static void show(const training *t)
{
    rn_progress_show(t->progress, (int64_t)(t->done * 1000000),
                     "loss %.3f  %.3f bits/char  %.0f char/s", t->recent,
                     t->recent / log(2), budget_speed(&t->budget));
}

bool training_run(training *t, const volatile sig_atomic_t *stop)
{
    while (t->done < 1 && !*stop) {
        const double begin = rn_progress_seconds(t->progress);
        if (!learn(t)) return false;
        budget_learnt(&t->budget, rn_progress_seconds(t->progress) - begin,
                      t->learn.steps * t->learn.batch);
        t->done = share_done(t, budget_seconds(&t->budget));
        if (!record(t)) return false;
        show(t);
    }
    rn_progress_end(t->progress);
    return true;
}
