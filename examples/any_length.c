/* SPDX-License-Identifier: MIT */
/*
 * any_length -- one set of weights for sequences of any length.
 *
 *   h_t = cell(x_t, h_{t-1})     the same weights in every step
 *   y_t = W h_t + b              parity: is the number of ones so far odd?
 *                                count: how many ones were there so far?
 *
 * The network is trained on sequences of one length alone. Then the same weights run on
 * much shorter and much longer ones. The answers are known exactly. Parity needs two states
 * whatever the length; a count needs ever more.
 *
 * usage: any_length [updates [name [lengths]]]
 *                 3000 updates, "any_length" and all 5 lengths by default; writes
 * <name>.svg
 */
#include <math.h>
#include <rondo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRAINED = 20, BATCH = 64, UNITS = 16, LENGTHS = 5, DRAWN = 100, CASES = 5 };
static const int64_t lengths[LENGTHS] = {1, 10, DRAWN, 1000, 10000};

static const struct example {
    const char *label;
    const rn_cell *cell;
    bool count;
} examples[CASES] = {{"rnn, parity", &rn_cell_rnn, false},
                     {"lstm, parity", &rn_cell_lstm, false},
                     {"gru, parity", &rn_cell_gru, false},
                     {"lstm, count", &rn_cell_lstm, true},
                     {"gru, count", &rn_cell_gru, true}};
typedef struct example example;

static bool complain(const char *why)
{
    fprintf(stderr, "any_length: %s\n", why);
    return false;
}

/* ---- a network for sequences of T steps ---- */

typedef struct network {
    rn_graph *graph;
    rn_program *program;
    rn_tensor x, y, out, loss;
    float *bits, *answer; /* [T, B, 1] */
} network;

static uint32_t random_bits = 1;

static void fill(network *n, const example *e, int64_t steps)
{
    for (int64_t b = 0; b < BATCH; b++)
        for (int64_t t = 0, ones = 0; t < steps; t++) {
            /* Marsaglia 2003, "Xorshift RNGs". */
            random_bits ^= random_bits << 13;
            random_bits ^= random_bits >> 17;
            random_bits ^= random_bits << 5;
            ones += random_bits & 1;
            n->bits[t * BATCH + b] = (float)(random_bits & 1);
            n->answer[t * BATCH + b] = (float)(e->count ? ones : ones & 1);
        }
}

static bool network_new(network *n, rn_model *model, const example *e, int64_t steps,
                        bool training)
{
    *n = (network){.graph = rn_graph_new()};
    const rn_scope s =
        training ? rn_root(n->graph, model) : rn_root_inference(n->graph, model);

    n->x = rn_input(n->graph, "x", RN_F32, rn_shape(steps, BATCH, 1));
    n->y = rn_input(n->graph, "y", RN_F32, rn_shape(steps, BATCH, 1));
    rn_sequence h =
        rn_recurrent(s, "rnn", e->cell, n->x, (rn_recurrent_options){.units = UNITS});
    n->out = rn_linear(s, "out", h.outputs, 1);
    n->loss = e->count ? rn_mean_squared_error(n->out, n->y)
                       : rn_binary_cross_entropy(n->out, n->y);
    n->program = rn_compile(
        n->graph, training ? (rn_compile_options){.minimize = n->loss,
                                                  .with = rn_clipped(rn_adam(1e-2), 1)}
                           : (rn_compile_options){RN_OUTPUTS(n->out)});
    n->bits = (float *)calloc((size_t)(steps * BATCH), sizeof *n->bits);
    n->answer = (float *)calloc((size_t)(steps * BATCH), sizeof *n->answer);
    if (!n->program) return complain(rn_graph_error(n->graph));
    return (n->bits && n->answer) || complain("out of memory");
}

static void network_free(network *n)
{
    free(n->bits);
    free(n->answer);
    rn_program_free(n->program);
    rn_graph_free(n->graph);
}

static bool run(network *n, const example *e, int64_t steps)
{
    fill(n, e, steps);
    return (rn_feed_f32(n->program, n->x, n->bits, steps * BATCH) == RN_OK &&
            rn_feed_f32(n->program, n->y, n->answer, steps * BATCH) == RN_OK &&
            rn_run(n->program) == RN_OK) ||
           complain(rn_program_error(n->program));
}

/* ---- training and testing ---- */

static bool train(rn_model *model, const example *e, int64_t updates)
{
    rn_progress *p = rn_progress_new(stderr, e->label, updates);
    network n;
    bool ok = network_new(&n, model, e, TRAINED, true);

    for (int64_t i = 1; ok && i <= updates; i++) {
        ok = rn_set_learning_rate(model, i < updates / 2 ? 1e-2 : 1e-3) == RN_OK &&
             run(&n, e, TRAINED);
        if (ok) rn_progress_show(p, i, "loss %.4f", rn_scalar(n.program, n.loss));
    }
    rn_progress_free(p);
    network_free(&n);
    return ok;
}

static bool is_right(const example *e, float out, float answer)
{
    return e->count ? fabsf(out - answer) < 0.5f : (out > 0) == (answer > 0);
}

/* The share of right answers in all steps, and in each of the first DRAWN steps. */
static bool test(rn_model *model, const example *e, int64_t steps, double *all,
                 double *each)
{
    const int64_t count = steps * BATCH;
    float *out = (float *)calloc((size_t)count, sizeof *out);
    network n;
    bool ok = network_new(&n, model, e, steps, false) && run(&n, e, steps) && out &&
              rn_read_f32(n.program, n.out, out, count) == RN_OK;

    *all = 0;
    for (int64_t i = 0; i < DRAWN; i++) each[i] = 0;
    for (int64_t i = 0; ok && i < count; i++) {
        if (!is_right(e, out[i], n.answer[i])) continue;
        *all += 1 / (double)count;
        if (i / BATCH < DRAWN) each[i / BATCH] += 1.0 / BATCH;
    }
    free(out);
    network_free(&n);
    return ok;
}

static bool try_one(const example *e, int64_t updates, int count, double *each)
{
    rn_model *model = rn_model_new(1);
    bool ok = train(model, e, updates);
    double right;

    if (ok) printf("%-13s %7lld", e->label, (long long)rn_model_parameters(model));
    for (int i = 0; ok && i < count; i++) {
        ok = test(model, e, lengths[i], &right, each);
        if (ok) printf(" %8.2f%%", 100 * right);
    }
    putchar('\n');
    fflush(stdout);
    rn_model_free(model);
    return ok;
}

/* -1: not a whole number up to 10^9. */
static int64_t number(const char *text)
{
    char *end;
    const int64_t n = strtoll(text, &end, 10);

    return *text && !*end && n <= 1000000000 ? n : -1;
}

int main(int argc, char **argv)
{
    static double x[DRAWN], right[CASES][DRAWN];
    const int64_t updates = argc > 1 ? number(argv[1]) : 3000;
    const char *name = argc > 2 ? argv[2] : "any_length";
    const int64_t count = argc > 3 ? number(argv[3]) : LENGTHS;
    char path[1000], why[1200];
    rn_curve curves[CASES];

    if (updates < 1 || count < 1 || count > LENGTHS || argc > 4 || strlen(name) > 900)
        return complain("usage: any_length [updates [name of the picture [lengths]]]"), 2;
    snprintf(path, sizeof path, "%s.svg", name);
    if (rn_file_check(path, why, sizeof why) != RN_OK) return complain(why), 1;
    printf(
        "trained on %d steps; right answers of all that sequences of these lengths ask\n",
        TRAINED);
    printf("%-13s %7s", "", "weights");
    for (int i = 0; i < count; i++) printf(" %9lld", (long long)lengths[i]);
    putchar('\n');
    for (int i = 0; i < CASES; i++) {
        if (!try_one(&examples[i], updates, (int)count, right[i])) return 1;
        curves[i] = (rn_curve){examples[i].label, x, right[i], DRAWN};
    }
    for (int i = 0; i < DRAWN; i++) x[i] = i + 1;
    if (rn_plot_svg(path, "Trained on 20 steps", "step", "share of right answers", curves,
                    CASES) != RN_OK)
        return complain("the picture cannot be written"), 1;
    if (fflush(stdout) != 0 || ferror(stdout))
        return complain("the standard output cannot be written"), 1;
    return 0;
}
