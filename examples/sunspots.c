/* SPDX-License-Identifier: MIT */
/*
 * sunspots -- a forecast with an interval: the next twelve monthly sunspot numbers, from
 * those before.
 *
 *   x [T, B, 2]       z of a month, and the mean of the last twelve
 *   h = LSTM(x)       the last outputs, [B, H]
 *   quantiles of the next twelve z: 10 %, 50 %, 90 %, [B, 3, 12]
 *
 * z is the square root of the number, scaled by mean and deviation of the training part,
 * because the noise of counts grows with their square root. Quantiles do not change under
 * the way back. The loss of quantile q for an error e = y - f is max(q e, (q - 1) e). The
 * last 40 years are held out.
 */
#include "example.h"

#include <math.h>
#include <stdlib.h>

enum { STEPS = 264, AHEAD = 12, CYCLE = 132, PART = 480, LEAST = 2 * (STEPS + PART) };
enum { COUNT = PART - AHEAD + 1, ALL = COUNT * AHEAD };

/* A line of the file is a year and twelve numbers. Returns how many months there are, their
 * roots, and the first year; 0 after a message. */
static int64_t series_read(const char *path, float **root, int *year)
{
    rn_table *t =
        rn_table_open(path, (rn_table_options){.delimiter = ' ', .headless = true});
    const int64_t years = rn_table_rows(t);
    float(*line)[13] = (float(*)[13])calloc((size_t)years + 1, sizeof *line);
    rn_column column[13];
    bool ok = (*root = (float *)calloc((size_t)years + 1, 12 * sizeof **root)) && line;

    for (int i = 0; i < 13; i++) column[i] = (rn_column){.number = i};
    if (!ok) complain("out of memory");
    if (ok && rn_table_read(t, column, 13, RN_F32, line, 13 * years) != RN_OK)
        ok = complain("%s", rn_table_error(t));
    for (int64_t i = 0; i < 12 * years && ok; i++) {
        const float number = line[i / 12][1 + i % 12];
        (*root)[i] = sqrtf(number);
        if (line[i / 12][0] != line[0][0] + (float)(i / 12) || !(number >= 0))
            ok = complain("%s: line %d is not the next year and twelve numbers from 0 on",
                          path, (int)(i / 12) + 1);
    }
    if (ok && 12 * years < LEAST)
        ok = complain("%s: %d months are too few: %d are needed", path, (int)(12 * years),
                      LEAST);
    *year = ok ? (int)line[0][0] : 0;
    rn_table_free(t);
    free(line);
    return ok ? 12 * years : 0;
}

/* x [T, B, 1], y [B, 12, 1]. The middle is added to the mean of the last twelve months; the
 * others lie around it. */
static rn_tensor network(rn_fit_graph *g)
{
    const rn_scope s = g->scope;
    const int units = ((const settings *)g->user)->units;
    rn_tensor x = rn_fit_input(g, "x"), y = rn_squeeze(rn_fit_input(g, "y"), -1);
    rn_tensor sum = rn_cumsum(x, 0, (rn_cumsum_options){0});
    rn_tensor year =
        rn_sub(rn_slice(sum, 0, 12, INT64_MAX, 1), rn_slice(sum, 0, 0, -12, 1));
    rn_tensor in[2] = {x, rn_pad(rn_scale(year, 1.0 / 12), 0, 12, 0, 0)};
    rn_sequence h = rn_lstm(s, "rnn", rn_linear(s, "in", rn_concat(in, 2, -1), units),
                            (rn_recurrent_options){.units = units});
    rn_tensor last = rn_dropout(s, "dropout", h.last, 0.5), loss[3], q[3];

    q[1] = rn_add(rn_index(in[1], 0, -1), rn_linear(s, "middle", last, AHEAD));
    q[0] = rn_sub(q[1], rn_softplus(rn_linear(s, "below", last, AHEAD)));
    q[2] = rn_add(q[1], rn_softplus(rn_linear(s, "above", last, AHEAD)));
    g->prediction = rn_stack(q, 3, 1);
    for (int i = 0; i < 3; i++) {
        const double quantile = 0.1 + 0.4 * i;
        rn_tensor e = rn_sub(y, q[i]);
        loss[i] = rn_maximum(rn_scale(e, quantile), rn_scale(e, quantile - 1));
    }
    return rn_mean_all(
        rn_mul(rn_add(rn_add(loss[0], loss[1]), loss[2]), rn_expand(g->weights, -1)));
}

/* ---- the held-out months: the roots of what came, and the quantiles forecast in each ----
 */

static double square(float root)
{
    return root > 0 ? (double)root * root : 0;
}

static void print_result(const float *came, float (*q)[3][AHEAD])
{
    double error[3] = {0};
    int within = 0;

    for (int i = 0; i < ALL; i++) {
        const int from = i / AHEAD, k = i % AHEAD;
        const float *now = came + from + k;
        const float guess[3] = {came[from - 1], now[-CYCLE], q[from][1][k]};
        for (int n = 0; n < 3; n++) error[n] += fabs(square(*now) - square(guess[n])) / ALL;
        within += *now >= q[from][0][k] && *now <= q[from][2][k];
    }
    printf("held out: %d forecasts of 1 to 12 months, mean absolute error\n"
           "  the last value               %5.2f\n  the same month a cycle ago   %5.2f\n"
           "  sunspots                     %5.2f\n"
           "interval of 80 %%: %.1f %% of the numbers are within\n",
           COUNT, error[0], error[1], error[2], 100.0 * within / ALL);
}

/* The forecasts that are made at the end of each year. */
static bool draw(const settings *s, const float *came, float (*q)[3][AHEAD], double year)
{
    double x[PART], y[4][PART]; /* 10 %, median, 90 %, observed */

    for (int i = 0; i < PART; i++) {
        x[i] = year + (i + 0.5) / 12;
        for (int k = 0; k < 3; k++) y[k][i] = square(q[i / 12 * 12][k][i % 12]);
        y[3][i] = square(came[i]);
    }
    const rn_curve curves[2] = {{"median", x, y[1], PART}, {"observed", x, y[3], PART}};
    const rn_band interval = {"interval of 80 %", x, y[0], y[2], PART, 0};
    const rn_panel panel = {"monthly mean", curves, 2, &interval, 1, false};
    const rn_panels_options o = {.title = "Sunspot numbers forecast each December",
                                 .x_label = "year"};

    return picture_written(s, rn_plot_panels_svg(s->picture, &panel, 1, o));
}

static bool run(settings *s, const float *root, int64_t count, int year)
{
    static float q[COUNT][3][AHEAD];
    const rn_field field = {"root", RN_F32, .shape = {1, {1}}};
    const rn_arrays arrays = {&field, 1, (const void *const[]){root}, 1, .steps = count};
    const rn_source all = rn_source_arrays(&arrays);
    rn_series *series =
        rn_series_new(&all, (rn_series_options){.history = STEPS,
                                                .horizon = AHEAD,
                                                .scaling = RN_SCALING_STANDARD,
                                                .test = (PART + 0.5) / (double)count});
    const rn_source learned = rn_series_source(series, RN_PART_TRAINING);
    const rn_source held = rn_series_source(series, RN_PART_TEST);
    rn_model *model = rn_model_new((uint64_t)s->seed);

    rn_series_keep(series, model, "root");
    rn_trainer *t = learn(s, model, network, s, &learned);
    bool ok = t && predict(t, s, &held, q, sizeof q);
    if (ok && rn_scaling_undo(model, "root", NULL, 1, RN_F32, q, 3 * ALL) != RN_OK)
        ok = complain("%s", rn_model_error(model));
    const float *came = root + count - PART;
    if (ok) print_result(came, q);
    ok = ok && draw(s, came, q, year + (double)(count - PART) / 12);
    rn_trainer_free(t);
    rn_model_free(model);
    rn_series_free(series);
    return ok;
}

int main(int argc, char **argv)
{
    settings s = {.data = SUNSPOTS,
                  .out = "sunspots",
                  .units = 32,
                  .batch = 16,
                  .updates = 300,
                  .seed = 1,
                  .rate = 3e-3};
    float *root = NULL;
    int year, status;

    if (!settings_read(&s, "sunspots",
                       "Learns to forecast monthly sunspot numbers, with an interval.",
                       argc, argv, &status))
        return status;
    const int64_t count = series_read(s.data, &root, &year);
    const bool ok = count && run(&s, root, count, year);
    free(root);
    return finish(ok);
}
