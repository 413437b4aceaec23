/* SPDX-License-Identifier: MIT */
/*
 * What rn_fit costs over a loop written out: an LSTM of 64 units, batches of 32.
 *
 *   rondo-bench-fit [T [epochs]]          taskset -c 0 for one thread
 *
 * Both train the same model on the same batches, in turns, and read the loss of each step;
 * rn_fit has the callbacks of a usual script. The least time of an epoch counts, because
 * disturbances only slow it.
 */
#include <rondo.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { H = 64, B = 32, INPUTS = 16, BATCHES = 10, TURNS = 100 };

/* Processor time, so that other programs count little. */
static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static rn_tensor loss_of(rn_scope s, rn_tensor x, rn_tensor y, rn_tensor weights)
{
    rn_sequence h = rn_lstm(s, "rnn", x, (rn_recurrent_options){.units = H});

    return rn_cross_entropy_with(rn_linear(s, "out", h.last, 4), y,
                                 (rn_loss_options){.weights = weights});
}

static rn_tensor build(rn_fit_graph *g)
{
    return loss_of(g->scope, rn_fit_input(g, "x"), rn_fit_input(g, "y"), g->weights);
}

typedef struct work {
    rn_batches *batches;
    rn_model *model;
    rn_trainer *trainer; /* NULL: written out */
    rn_program *program;
    rn_tensor loss;
    double best, sum;
} work;

static void fail(const char *why)
{
    fprintf(stderr, "%s\n", why);
    exit(1);
}

static void begin(work *w, const rn_source *source, int64_t steps, bool fits)
{
    const rn_optimizer adam = rn_adam(1e-3);

    w->batches = rn_batches_new(source, (rn_batches_options){.batch = B, .shuffle = true});
    w->model = rn_model_new(1);
    w->best = 1e9;
    if (fits) {
        w->trainer =
            rn_trainer_new(w->model, build, (rn_trainer_options){.optimizer = adam});
        return;
    }
    rn_graph *g = rn_graph_new();
    w->loss = loss_of(
        rn_root(g, w->model), rn_input(g, "x", RN_F32, rn_shape(steps, B, INPUTS)),
        rn_input(g, "y", RN_I32, rn_shape(B)), rn_input(g, "weights", RN_F32, rn_shape(B)));
    w->program = rn_compile(g, (rn_compile_options){.minimize = w->loss, .with = adam});
    if (!w->program) fail(rn_graph_error(g));
    rn_graph_free(g);
}

static void epoch_bare(work *w)
{
    rn_batch b;

    for (;;) {
        if (rn_batches_next(w->batches, &b) != RN_OK) fail(rn_batches_error(w->batches));
        if (b.sequences == 0) return;
        if (rn_batch_feed(&b, w->program) != RN_OK || rn_run(w->program) != RN_OK)
            fail(rn_program_error(w->program));
        w->sum += rn_scalar(w->program, w->loss);
    }
}

static void epoch_fit(work *w, FILE *nowhere)
{
    const rn_status s = rn_fit(
        w->trainer,
        (rn_fit_options){.train = w->batches,
                         .log_every = 10,
                         .callbacks = {rn_show_progress(nowhere), rn_stop_on_nonfinite(),
                                       rn_stop_on_interrupt(), rn_stop_after(1e9)}});
    if (s != RN_OK) fail(rn_trainer_error(w->trainer));
}

int main(int argc, char **argv)
{
    const int64_t steps = argc > 1 ? atoll(argv[1]) : 50, count = B * BATCHES;
    const int turns = argc > 2 ? atoi(argv[2]) : TURNS;
    float *x = (float *)malloc((size_t)(count * steps * INPUTS) * sizeof *x);
    int32_t *y = (int32_t *)malloc((size_t)count * sizeof *y);
    FILE *nowhere = fopen("/dev/null", "w");
    work w[2];

    if (!x || !y || !nowhere || steps < 1) fail("no memory, or no steps");
    for (int64_t i = 0; i < count * steps * INPUTS; i++)
        x[i] = (float)(i * 7919 % 2048) / 2048 - 0.5f;
    for (int64_t i = 0; i < count; i++) y[i] = (int32_t)(i % 4);
    const rn_field fields[] = {{"x", RN_F32, {1, {INPUTS}}, false, 0},
                               {"y", RN_I32, {0, {0}}, true, 0}};
    const void *const data[] = {x, y};
    const rn_arrays arrays = {fields, 2, data, count, NULL, steps, NULL};
    const rn_source source = rn_source_arrays(&arrays);
    memset(w, 0, sizeof w);
    for (int i = 0; i < 2; i++) begin(&w[i], &source, steps, i == 1);
    for (int turn = 0; turn < 2 * turns + 2; turn++) {
        work *one = &w[turn % 2];
        const double start = now();
        if (one->trainer)
            epoch_fit(one, nowhere);
        else
            epoch_bare(one);
        if (turn > 1 && now() - start < one->best) one->best = now() - start;
    }
    for (int i = 0; i < 2; i++)
        printf("%-12s %9.3f us a step\n", i ? "rn_fit" : "written out",
               w[i].best / BATCHES * 1e6);
    printf("rn_fit costs %+.2f %%\n", 100 * (w[1].best / w[0].best - 1));
    return 0;
}
