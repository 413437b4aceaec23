/* SPDX-License-Identifier: MIT */
/*
 * gates -- how the gates of an LSTM keep a piece of information.
 *
 *   c' = f .* c + i .* g       h' = o .* tanh(c')
 *
 * Each step brings one of eight symbols. One symbol of the sequence is marked. In the last
 * step the network must say which one it was. After the training the program shows the
 * gates over the steps of one sequence: the means over all units.
 *
 * usage: gates [updates [name]]     1500 updates by default; writes <name>.svg, "gates" by
 *                                   default
 */
#include <rondo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 40, BATCH = 64, SYMBOLS = 8, INPUTS = SYMBOLS + 1, UNITS = 32, MARK = 12 };
enum { GATES = 3, VALUES = 4, ROWS = STEPS * BATCH };
static const char *const gates[GATES] = {"f", "i", "o"};
static const char *const labels[VALUES] = {"f, keeps", "i, writes", "o, shows", "f > 0.9"};

static bool complain(const char *why)
{
    fprintf(stderr, "gates: %s\n", why);
    return false;
}

/* ---- sequences ---- */

static uint32_t random_bits = 1;

/* 0 <= result < below; Marsaglia 2003, "Xorshift RNGs". */
static int draw(int below)
{
    random_bits ^= random_bits << 13;
    random_bits ^= random_bits >> 17;
    random_bits ^= random_bits << 5;
    return (int)(random_bits % (uint32_t)below);
}

/* Marks step `mark` of each sequence; -1: any step but the last ones. */
static void fill(float *x, int32_t *marked, int mark)
{
    memset(x, 0, sizeof *x * ROWS * INPUTS);
    for (int b = 0; b < BATCH; b++) {
        const int here = mark < 0 ? draw(STEPS - 5) : mark;
        for (int t = 0; t < STEPS; t++) {
            float *at = x + (t * BATCH + b) * INPUTS;
            const int symbol = draw(SYMBOLS);
            at[symbol] = 1;
            if (t != here) continue;
            at[SYMBOLS] = 1;
            marked[b] = symbol;
        }
    }
}

/* ---- the network ---- */

typedef struct network {
    rn_graph *graph;
    rn_program *program;
    rn_tensor x, y, logits, loss;
    rn_tensor
        value[VALUES]; /* means over the units: f, i, o, and how many f are above 0.9 */
} network;

static bool network_new(network *n, rn_model *model, bool training)
{
    *n = (network){.graph = rn_graph_new()};
    const rn_scope s =
        training ? rn_root(n->graph, model) : rn_root_inference(n->graph, model);
    char name[20];

    n->x = rn_input(n->graph, "x", RN_F32, rn_shape(STEPS, BATCH, INPUTS));
    n->y = rn_input(n->graph, "y", RN_I32, rn_shape(BATCH));
    rn_sequence h = rn_lstm(s, "rnn", n->x, (rn_recurrent_options){.units = UNITS});
    n->logits = rn_linear(s, "out", h.last, SYMBOLS);
    n->loss = rn_cross_entropy(n->logits, n->y);
    for (int i = 0; i < GATES; i++) {
        snprintf(name, sizeof name, "rnn/layer0/%s", gates[i]);
        n->value[i] = rn_mean_axis(rn_observed(s, name), -1);
    }
    const rn_tensor f = rn_observed(s, "rnn/layer0/f");
    const rn_tensor open = rn_greater(f, rn_constant_like(f, 0.9));
    n->value[GATES] = rn_mean_axis(rn_cast(open, RN_F32), -1);
    const rn_compile_options outputs = {
        RN_OUTPUTS(n->logits, n->value[0], n->value[1], n->value[2], n->value[3])};
    const rn_compile_options learn = {.minimize = n->loss,
                                      .with = rn_clipped(rn_adam(5e-3), 1)};
    n->program = rn_compile(n->graph, training ? learn : outputs);
    return n->program || complain(rn_graph_error(n->graph));
}

static void network_free(network *n)
{
    rn_program_free(n->program);
    rn_graph_free(n->graph);
}

static bool run(network *n, int mark, int32_t *marked)
{
    static float x[ROWS * INPUTS];

    fill(x, marked, mark);
    return (rn_feed_f32(n->program, n->x, x, ROWS * INPUTS) == RN_OK &&
            rn_feed_i32(n->program, n->y, marked, BATCH) == RN_OK &&
            rn_run(n->program) == RN_OK) ||
           complain(rn_program_error(n->program));
}

static bool train(rn_model *model, int64_t updates)
{
    rn_progress *p = rn_progress_new(stderr, "gates", updates);
    int32_t marked[BATCH];
    network n;
    bool ok = network_new(&n, model, true);

    for (int64_t i = 1; ok && i <= updates; i++) {
        ok = run(&n, -1, marked);
        if (ok) rn_progress_show(p, i, "loss %.4f", rn_scalar(n.program, n.loss));
    }
    rn_progress_free(p);
    network_free(&n);
    return ok;
}

/* ---- what the gates do ---- */

/* The share of right answers. */
static double right(const float *logits, const int32_t *marked)
{
    int count = 0;

    for (int b = 0; b < BATCH; b++) {
        int best = 0;
        for (int k = 1; k < SYMBOLS; k++)
            if (logits[b * SYMBOLS + k] > logits[b * SYMBOLS + best]) best = k;
        count += best == marked[b];
    }
    return (double)count / BATCH;
}

/* Means over the batch, in which all sequences are marked in the same step. */
static bool look(rn_model *model, double gate[VALUES][STEPS])
{
    static float value[ROWS], logits[BATCH * SYMBOLS];
    int32_t marked[BATCH];
    network n;
    bool ok = network_new(&n, model, false) && run(&n, MARK, marked) &&
              rn_read_f32(n.program, n.logits, logits, BATCH * SYMBOLS) == RN_OK;

    for (int i = 0; ok && i < VALUES; i++) {
        ok = rn_read_f32(n.program, n.value[i], value, ROWS) == RN_OK;
        for (int k = 0; k < ROWS; k++) gate[i][k / BATCH] += value[k] / BATCH;
    }
    if (ok) printf("right answers: %.1f %%\n", 100 * right(logits, marked));
    network_free(&n);
    return ok;
}

static void print_gates(double gate[VALUES][STEPS])
{
    printf("%-24s", "mean of a gate");
    for (int i = 0; i < VALUES; i++) printf(" %10s", labels[i]);
    printf("\n%-24s", "at the mark");
    for (int i = 0; i < VALUES; i++) printf(" %10.2f", gate[i][MARK]);
    printf("\n%-24s", "between mark and end");
    for (int i = 0; i < VALUES; i++) {
        double sum = 0;
        for (int t = MARK + 1; t < STEPS - 1; t++) sum += gate[i][t];
        printf(" %10.2f", sum / (STEPS - MARK - 2));
    }
    putchar('\n');
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
    static double gate[VALUES][STEPS], x[STEPS];
    const int64_t updates = argc > 1 ? number(argv[1]) : 1500;
    const char *name = argc > 2 ? argv[2] : "gates";
    rn_curve curves[GATES];
    char path[1000], why[1200];

    if (updates < 1 || argc > 3 || strlen(name) > 900)
        return complain("usage: gates [updates [name of the picture]]"), 2;
    snprintf(path, sizeof path, "%s.svg", name);
    if (rn_file_check(path, why, sizeof why) != RN_OK) return complain(why), 1;
    rn_model *model = rn_model_new(1);
    const bool ok = train(model, updates) && look(model, gate);
    rn_model_free(model);
    if (!ok) return 1;
    print_gates(gate);
    for (int t = 0; t < STEPS; t++) x[t] = t;
    for (int i = 0; i < GATES; i++) curves[i] = (rn_curve){labels[i], x, gate[i], STEPS};
    if (rn_plot_svg(path, "The symbol of step 12 is marked", "step", "mean of the gate",
                    curves, GATES) != RN_OK)
        return complain("the picture cannot be written"), 1;
    if (fflush(stdout) != 0 || ferror(stdout))
        return complain("the standard output cannot be written"), 1;
    return 0;
}
