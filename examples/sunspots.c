/* SPDX-License-Identifier: MIT */
/*
 * sunspots -- a forecast with an interval: the next twelve monthly sunspot numbers, from
 * those before.
 *
 *   x [T, B, 2]       z of a month, and the mean of the last twelve
 *   h = LSTM(x)       [T, B, H]
 *   quantiles of the next twelve z, at every step: 10 %, 50 %, 90 % [T, B, 12] each
 *
 * z is the square root of the number, scaled by mean and deviation of the training part,
 * because the noise of counts grows with their square root. Quantiles do not change under
 * the way back. The loss of quantile q for an error e = y - f is max(q e, (q - 1) e). The
 * last 40 years are held out.
 */
#include "sunspots.h"

#include <math.h>
#include <stdlib.h>

enum { WARM = 132, AHEAD = 12, CYCLE = 132, FEATURES = 2 };
static const double quantile[3] = {0.1, 0.5, 0.9};

/* ---- the network ---- */

/* The middle is added to the mean of the last twelve months; the others lie around it. */
static void forecast(rn_scope s, rn_tensor x, int units, rn_tensor *q)
{
    rn_sequence h = rn_lstm(s, "rnn", rn_linear(s, "in", x, units),
                            (rn_recurrent_options){.units = units});
    rn_tensor y = rn_slice(rn_dropout(s, "dropout", h.outputs, 0.5), 0, WARM, STEPS, 1);
    rn_tensor now = rn_slice(rn_slice(x, 0, WARM, STEPS, 1), 2, 1, 2, 1);

    q[1] = rn_add(now, rn_linear(s, "middle", y, AHEAD));
    q[0] = rn_sub(q[1], rn_softplus(rn_linear(s, "below", y, AHEAD)));
    q[2] = rn_add(q[1], rn_softplus(rn_linear(s, "above", y, AHEAD)));
}

static bool build(network *n, const settings *s)
{
    rn_tensor q[3], loss[3];

    if (!network_begin(n, s)) return false;
    job *j = &n->learn;
    j->x = rn_input(j->graph, "x", RN_F32, rn_shape(STEPS, s->batch, FEATURES));
    j->y = rn_input(j->graph, "y", RN_F32, rn_shape(STEPS - WARM, s->batch, AHEAD));
    forecast(rn_root(j->graph, n->model), j->x, s->units, q);
    for (int i = 0; i < 3; i++) {
        rn_tensor error = rn_sub(j->y, q[i]);
        loss[i] = rn_mean_all(
            rn_maximum(rn_scale(error, quantile[i]), rn_scale(error, quantile[i] - 1)));
    }
    j->out = rn_add(rn_add(loss[0], loss[1]), loss[2]);

    j = &n->use;
    j->x = rn_input(j->graph, "x", RN_F32, rn_shape(STEPS, s->batch, FEATURES));
    forecast(rn_root_inference(j->graph, n->model), j->x, s->units, q);
    for (int i = 0; i < 3; i++) q[i] = rn_index(q[i], 0, -1);
    j->out = rn_stack(q, 3, 0); /* [3, B, AHEAD] */
    return network_compile(n, s);
}

/* Column b of x: the STEPS months before month `end`. */
static void place(float *x, const settings *s, int b, const series *r, int end)
{
    for (int t = 0; t < STEPS; t++) {
        x[(t * s->batch + b) * FEATURES] = r->z[end - STEPS + t];
        x[(t * s->batch + b) * FEATURES + 1] = r->smooth[end - STEPS + t];
    }
}

static void fill(job *learn, const settings *s, const void *data)
{
    const series *r = (const series *)data;
    float *y = (float *)learn->y_data;

    for (int b = 0; b < s->batch; b++) {
        const int end = STEPS + random_below(r->train - AHEAD - STEPS + 1);
        place((float *)learn->x_data, s, b, r, end);
        for (int t = WARM; t < STEPS; t++)
            for (int k = 0; k < AHEAD; k++)
                y[((t - WARM) * s->batch + b) * AHEAD + k] = r->z[end - STEPS + t + 1 + k];
    }
}

/* ---- the held-out years ---- */

/* Forecasts from so many months, counted from the first that can be held out: q[i * 36 + k
 * * 3 ..] are the quantiles of month k ahead of month r->train + i. */
static bool predict(job *use, const settings *s, const series *r, int months, double *q)
{
    const float *out = (const float *)use->out_data;

    for (int from = 0; from < months; from += s->batch) {
        const int some = months - from < s->batch ? months - from : s->batch;
        for (int b = 0; b < some; b++)
            place((float *)use->x_data, s, b, r, r->train + from + b);
        if (!job_run(use)) return false;
        for (int i = 0; i < some * AHEAD; i++)
            for (int k = 0; k < 3; k++)
                q[(from * AHEAD + i) * 3 + k] =
                    series_unscale(r, out[k * s->batch * AHEAD + i]);
    }
    return true;
}

static void print_errors(const series *r, const double *q, int months)
{
    double error[3] = {0};
    int inside = 0;
    const int count = months * AHEAD;

    for (int i = 0; i < count; i++) {
        const int origin = r->train + i / AHEAD, at = origin + i % AHEAD;
        const double y = r->number[at];
        error[0] += fabs(y - q[i * 3 + 1]);
        error[1] += fabs(y - r->number[origin - 1]);
        error[2] += fabs(y - r->number[at - CYCLE]);
        inside += y >= q[i * 3] && y <= q[i * 3 + 2];
    }
    printf("held out: %d forecasts of 1 to 12 months, %d to %d, mean absolute error\n"
           "  the last value               %5.2f\n  the same month a cycle ago   %5.2f\n"
           "  sunspots                     %5.2f\n"
           "the interval from 10 %% to 90 %% holds %.1f %% of the numbers\n",
           months, r->year + r->train / 12, r->year + r->count / 12 - 1, error[1] / count,
           error[2] / count, error[0] / count, 100.0 * inside / count);
}

/* The forecasts that are made at the end of each year. */
static bool draw(const settings *s, const series *r, const double *q)
{
    double x[HELD], y[4][HELD]; /* 10 %, median, 90 %, observed */
    char *path = output_path(s, ".svg");

    for (int i = 0; i < HELD; i++) {
        x[i] = r->year + (r->train + i + 0.5) / 12;
        for (int k = 0; k < 3; k++) y[k][i] = q[(i / 12 * 12 * AHEAD + i % 12) * 3 + k];
        y[3][i] = r->number[r->train + i];
    }
    const rn_curve curves[2] = {{"median", x, y[1], HELD}, {"observed", x, y[3], HELD}};
    const rn_band interval = {"10 % to 90 %", x, y[0], y[2], HELD, 0};
    const rn_panel panel = {.y_label = "monthly mean",
                            .curves = curves,
                            .curve_count = 2,
                            .bands = &interval,
                            .band_count = 1};
    const rn_panels_options o = {.title = "Sunspot numbers forecast each December",
                                 .x_label = "year"};
    const bool ok =
        picture_written(path, path ? rn_plot_panels_svg(path, &panel, 1, o) : RN_NO_MEMORY);
    free(path);
    return ok;
}

static bool report(network *n, const settings *s, const series *r)
{
    const int months = HELD - AHEAD + 1;
    double *q = (double *)calloc((size_t)months * AHEAD * 3, sizeof *q);
    bool ok = q ? predict(&n->use, s, r, months, q) : complain("out of memory");

    if (ok) print_errors(r, q, months);
    ok = ok && draw(s, r, q);
    free(q);
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
    network n = {.model = NULL};
    series r = {.count = 0};
    int status;

    if (!settings_read(&s, "sunspots",
                       "Learns to forecast monthly sunspot numbers, with an interval.",
                       argc, argv, &status))
        return status;
    bool ok = series_read(&r, &s) && build(&n, &s) && network_learn(&n, &s, fill, &r) &&
              report(&n, &s, &r);
    network_free(&n);
    series_free(&r);
    return finish(ok);
}
