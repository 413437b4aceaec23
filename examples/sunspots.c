/* SPDX-License-Identifier: MIT */
/*
 * sunspots -- a forecast with an interval: the next twelve monthly sunspot numbers, from
 * those before.
 *
 *   x [T, B, 2]       z of a month, and the mean of the last twelve
 *   h = LSTM(x)       the last outputs, [B, H]
 *   quantiles of the next twelve z: 10 %, 50 %, 90 % [B, 12] each
 *
 * z is the square root of the number, scaled by mean and deviation of the training part,
 * because the noise of counts grows with their square root. Quantiles do not change under
 * the way back. The loss of quantile q for an error e = y - f is max(q e, (q - 1) e).
 *
 * The last 40 years are held out. The intervals become wider after each number outside, and
 * narrower after each one within: quantile tracking of Angelopoulos, Candes and Tibshirani
 * 2023, arXiv:2307.16895. It begins in the 40 years before those held out, on which the
 * network is not trained either.
 */
#include "example.h"

#include <math.h>
#include <stdlib.h>

enum { STEPS = 264, AHEAD = 12, CYCLE = 132, PART = 480, LEAST = 2 * (STEPS + PART) };
enum { COUNT = PART - AHEAD + 1, ALL = COUNT * AHEAD };
static const float quantile[3] = {0.1f, 0.5f, 0.9f}, outside = 0.2f;

/* Roots: the quantiles forecast in each month of a part, and what came from the first month
 * on. */
typedef struct forecasts {
    float q[3][COUNT][AHEAD];
    const float *came;
} forecasts;

/* A line of the file is a year and twelve numbers. Returns how many months there are, and
 * their roots; 0 after a message. */
static int64_t series_read(const char *path, int32_t *year, float **root)
{
    rn_table *t =
        rn_table_open(path, (rn_table_options){.delimiter = ' ', .headless = true});
    const int64_t years = rn_table_rows(t), count = 12 * years;
    rn_column column[13] = {{.type = RN_I32}};
    int32_t *name = (int32_t *)calloc((size_t)years + 1, sizeof *name);
    bool ok = (*root = (float *)calloc((size_t)count + 1, sizeof **root)) && name;

    for (int i = 1; i < 13; i++) column[i].number = i;
    if (!ok) complain("out of memory");
    if (ok && (rn_table_read(t, column, 1, RN_I32, name, years) != RN_OK ||
               rn_table_read(t, column + 1, 12, RN_F32, *root, count) != RN_OK))
        ok = complain("%s", rn_table_error(t));
    for (int64_t i = 0; i < count && ok; i++) {
        if (name[i / 12] != name[0] + i / 12 || (*root)[i] < 0)
            ok = complain("%s: line %d is not the next year and twelve numbers from 0 on",
                          path, (int)(i / 12) + 1);
        (*root)[i] = sqrtf((*root)[i]);
    }
    if (ok && count < LEAST)
        ok = complain("%s: %d months are too few: %d are needed", path, (int)count, LEAST);
    *year = ok ? name[0] : 0;
    rn_table_free(t);
    free(name);
    return ok ? count : 0;
}

/* ---- the network ---- */

/* x [T, B, 1]. The middle is added to the mean of the last twelve months; the others lie
 * around it. */
static void forecast(rn_scope s, rn_tensor x, int units, rn_tensor *q)
{
    rn_tensor sum = rn_cumsum(x, 0, (rn_cumsum_options){0});
    rn_tensor year =
        rn_sub(rn_slice(sum, 0, 12, INT64_MAX, 1), rn_slice(sum, 0, 0, -12, 1));
    rn_tensor in[2] = {x, rn_pad(rn_scale(year, 1.0 / 12), 0, 12, 0, 0)};
    rn_sequence h = rn_lstm(s, "rnn", rn_linear(s, "in", rn_concat(in, 2, -1), units),
                            (rn_recurrent_options){.units = units});
    rn_tensor y = rn_dropout(s, "dropout", h.last, 0.5);

    q[1] = rn_add(rn_index(in[1], 0, -1), rn_linear(s, "middle", y, AHEAD));
    q[0] = rn_sub(q[1], rn_softplus(rn_linear(s, "below", y, AHEAD)));
    q[2] = rn_add(q[1], rn_softplus(rn_linear(s, "above", y, AHEAD)));
}

static rn_tensor loss(rn_fit_graph *g)
{
    rn_tensor y = rn_squeeze(rn_fit_input(g, "y"), -1), q[3];

    forecast(g->scope, rn_fit_input(g, "x"), ((const settings *)g->user)->units, q);
    for (int i = 0; i < 3; i++) {
        rn_tensor e = rn_sub(y, q[i]);
        q[i] =
            rn_mean_all(rn_maximum(rn_scale(e, quantile[i]), rn_scale(e, quantile[i] - 1)));
    }
    return rn_add(rn_add(q[0], q[1]), q[2]);
}

/* ---- forecasts and their intervals ---- */

/* All forecasts of a part. */
static bool predict(rn_model *model, const settings *s, const rn_source *part, forecasts *f)
{
    rn_batches *batches = rn_batches_new(part, (rn_batches_options){.batch = COUNT});
    rn_graph *g = rn_graph_new();
    rn_tensor q[3], x = rn_input(g, "x", RN_F32, rn_shape(STEPS, COUNT, 1));
    rn_batch b;

    forecast(rn_root_inference(g, model), x, s->units, q);
    rn_tensor all = rn_stack(q, 3, 0);
    rn_program *p = rn_compile(g, (rn_compile_options){.output = {all}, .output_count = 1});
    bool ok = p || complain("%s", rn_graph_error(g));
    if (ok && rn_batches_next(batches, &b) != RN_OK)
        ok = complain("%s", rn_batches_error(batches));
    if (ok && (rn_batch_feed(&b, p) != RN_OK || rn_run(p) != RN_OK ||
               rn_read_f32(p, all, f->q[0][0], 3 * ALL) != RN_OK))
        ok = complain("%s", rn_program_error(p));
    if (ok && rn_scaling_undo(model, "root", NULL, 1, RN_F32, f->q, 3 * ALL) != RN_OK)
        ok = complain("%s", rn_model_error(model));
    rn_program_free(p);
    rn_graph_free(g);
    rn_batches_free(batches);
    return ok;
}

/* How far number k of forecast i is outside of its interval; negative: within. */
static float miss(const forecasts *f, int i, int k)
{
    return fmaxf(f->q[0][i][k] - f->came[i + k], f->came[i + k] - f->q[2][i][k]);
}

/* Moves both ends of the intervals, those of k months ahead by move[k] at last. */
static void track(forecasts *f, const float *step, float *move)
{
    float used[COUNT];

    for (int k = 0; k < AHEAD; k++) {
        for (int i = 0; i < COUNT + AHEAD; i++) {
            const int known = i - k - 1; /* the last forecast whose month k is over */
            if (known >= 0 && known < COUNT)
                move[k] += step[k] * ((float)(miss(f, known, k) > used[known]) - outside);
            if (i < COUNT) used[i] = move[k];
        }
        for (int i = 0; i < COUNT; i++) f->q[0][i][k] -= used[i], f->q[2][i][k] += used[i];
    }
}

static double share_within(const forecasts *f)
{
    int within = 0;

    for (int i = 0; i < ALL; i++) within += miss(f, i / AHEAD, i % AHEAD) <= 0;
    return 100.0 * within / ALL;
}

/* ---- the report ---- */

static double square(float root)
{
    return root > 0 ? (double)root * root : 0;
}

static void print_errors(const forecasts *f)
{
    double error[3] = {0};

    for (int i = 0; i < ALL; i++) {
        const float *origin = f->came + i / AHEAD, *now = origin + i % AHEAD;
        const float guess[3] = {origin[-1], now[-CYCLE], f->q[1][i / AHEAD][i % AHEAD]};
        for (int n = 0; n < 3; n++) error[n] += fabs(square(*now) - square(guess[n])) / ALL;
    }
    printf("held out: %d forecasts of 1 to 12 months, mean absolute error\n"
           "  the last value               %5.2f\n  the same month a cycle ago   %5.2f\n"
           "  sunspots                     %5.2f\n",
           COUNT, error[0], error[1], error[2]);
}

/* The forecasts that are made at the end of each year. */
static bool draw(const settings *s, const forecasts *f, double year)
{
    double x[PART], y[4][PART]; /* 10 %, median, 90 %, observed */
    char *path = output_path(s, ".svg");

    for (int i = 0; i < PART; i++) {
        x[i] = year + (i + 0.5) / 12;
        for (int k = 0; k < 3; k++) y[k][i] = square(f->q[k][i / 12 * 12][i % 12]);
        y[3][i] = square(f->came[i]);
    }
    const rn_curve curves[2] = {{"median", x, y[1], PART}, {"observed", x, y[3], PART}};
    const rn_band interval = {"interval of 80 %", x, y[0], y[2], PART, 0};
    const rn_panel panel = {"monthly mean", curves, 2, &interval, 1, false};
    const rn_panels_options o = {.title = "Sunspot numbers forecast each December",
                                 .x_label = "year"};
    const bool ok =
        picture_written(path, path ? rn_plot_panels_svg(path, &panel, 1, o) : RN_NO_MEMORY);
    free(path);
    return ok;
}

/* Steps of the tracking are a tenth of the largest miss in the years before. */
static bool report(const settings *s, forecasts *before, forecasts *held, double year)
{
    float step[AHEAD] = {0}, move[AHEAD] = {0};
    const double trained = share_within(held);

    for (int i = 0; i < ALL; i++)
        step[i % AHEAD] = fmaxf(step[i % AHEAD], 0.1f * miss(before, i / AHEAD, i % AHEAD));
    track(before, step, move);
    track(held, step, move);
    print_errors(held);
    printf("interval of 80 %%: %.1f %% of the numbers are within, as trained %.1f %%\n",
           share_within(held), trained);
    return draw(s, held, year);
}

static bool run(settings *s, const float *root, int64_t count, double year)
{
    static forecasts f[2]; /* before, held out */
    const rn_field field = {"root", RN_F32, .shape = {1, {1}}};
    const rn_arrays arrays = {&field, 1, (const void *const[]){root}, 1, .steps = count};
    const rn_source all = rn_source_arrays(&arrays);
    const double part = (PART + 0.5) / (double)count;
    rn_series *series =
        rn_series_new(&all, (rn_series_options){.history = STEPS,
                                                .horizon = AHEAD,
                                                .scaling = RN_SCALING_STANDARD,
                                                .validation = part,
                                                .test = part});
    rn_model *model = rn_model_new((uint64_t)s->seed);
    rn_series_keep(series, model, "root");
    rn_source parts[3];
    for (int i = 0; i < 3; i++) parts[i] = rn_series_source(series, (rn_part)i);
    rn_batches *batches =
        rn_batches_new(&parts[0], (rn_batches_options){.batch = s->batch,
                                                       .shuffle = true,
                                                       .seed = (uint64_t)s->seed,
                                                       .last = RN_LAST_DROP});
    rn_trainer *trainer = learn(s, model, loss, s, batches);
    bool ok = trainer != NULL;

    for (int i = 0; i < 2; i++) {
        f[i].came = root + count - (2 - i) * PART;
        ok = ok && predict(model, s, &parts[1 + i], &f[i]);
    }
    ok = ok && report(s, &f[0], &f[1], year + (double)(count - PART) / 12);
    rn_trainer_free(trainer);
    rn_batches_free(batches);
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
    int32_t year;
    int status;

    if (!settings_read(&s, "sunspots",
                       "Learns to forecast monthly sunspot numbers, with an interval.",
                       argc, argv, &status))
        return status;
    const int64_t count = series_read(s.data, &year, &root);
    const bool ok = count && run(&s, root, count, year);
    free(root);
    return finish(ok);
}
