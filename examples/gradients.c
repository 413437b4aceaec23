/* SPDX-License-Identifier: MIT */
/*
 * gradients -- the vanishing gradient, measured.
 *
 * The loss is that of the last step alone: |W h_T + b - y|^2. Back-propagation takes its
 * gradient from there to the first step. The program prints how large it is at every step
 * t, for cells as they are initialised:
 *
 *   rnn               |dL/dh_t|   each step back multiplies by U and by 1 - h^2
 *   lstm, forget b    |dL/dc_t|   each step back multiplies by the forget gate, about s(b)
 *   gru               |dL/dh_t|   each step back multiplies by 1 - z, about 1/2, and more
 *
 * usage: gradients [T [name]]     T steps, 100 by default; writes <name>.svg and a table
 *                                 <name>_<cell>.csv for each cell; "gradients" by default
 */
#include <math.h>
#include <rondo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 16, INPUTS = 8, UNITS = 64, CASES = 5, SHOWN = 10 };

typedef struct example {
    const char *label, *file;
    const rn_cell *cell; /* NULL: an LSTM with this bias of the forget gate */
    double forget;
    const char *gate; /* whose saturation is counted; NULL: none */
    rn_flow *flow;
} example;

static bool complain(const char *why)
{
    fprintf(stderr, "gradients: %s\n", why);
    return false;
}

/* ---- one cell ---- */

static bool feed(rn_program *p, rn_tensor x, rn_tensor y)
{
    const int64_t nx = rn_shape_count(rn_shape_get(x)),
                  ny = rn_shape_count(rn_shape_get(y));
    float *data = (float *)calloc((size_t)(nx + ny), sizeof *data);
    uint32_t bits = 1;
    bool ok = data != NULL;

    for (int64_t i = 0; ok && i < nx + ny; i++) {
        bits ^= bits << 13, bits ^= bits >> 17, bits ^= bits << 5; /* Marsaglia 2003 */
        data[i] = (float)(bits >> 8) / (1 << 23) - 1;
    }
    ok = ok && rn_feed_f32(p, x, data, nx) == RN_OK &&
         rn_feed_f32(p, y, data + nx, ny) == RN_OK;
    free(data);
    return ok;
}

/* Builds a layer and its loss, runs it once and reads its gradient's flow. */
static bool measure(example *e, int64_t steps)
{
    rn_model *model = rn_model_new(1);
    rn_graph *g = rn_graph_new();
    const rn_scope s = rn_root(g, model);
    const rn_lstm_options biased = {.forget_bias = e->forget,
                                    .no_forget_bias = e->forget == 0};
    const rn_cell lstm = rn_lstm_cell(&biased);
    rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(steps, BATCH, INPUTS));
    rn_tensor y = rn_input(g, "y", RN_F32, rn_shape(BATCH, 1));
    rn_sequence h =
        rn_recurrent(s, "rnn", e->cell ? e->cell : &lstm, x,
                     (rn_recurrent_options){.units = UNITS, .perturb_zero = true});
    rn_tensor loss = rn_mean_squared_error(rn_linear(s, "out", h.last, 1), y);

    e->flow = rn_flow_new(s, loss,
                          (rn_flow_options){.states = h.perturb,
                                            .state_count = h.final_count,
                                            .gates = {e->gate}});
    rn_program *p = NULL;
    if (e->flow)
        p = rn_compile(g, (rn_compile_options){.outputs = e->flow->outputs,
                                               .output_count = e->flow->output_count});
    bool ok = p || complain(rn_graph_error(g));
    ok =
        ok && ((feed(p, x, y) && rn_run(p) == RN_OK && rn_flow_read(e->flow, p) == RN_OK) ||
               complain(rn_program_error(p)));
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
    return ok;
}

/* ---- what is shown ---- */

/* The state that carries the memory: c of an LSTM, the only one of the others. */
static const double *carried(const example *e)
{
    return e->flow->norm + (e->flow->states - 1) * e->flow->steps;
}

/* The mean factor of one step back, over all steps but the last two. */
static double growth(const example *e)
{
    const int64_t T = e->flow->steps;

    return pow(carried(e)[0] / carried(e)[T - 2], 1 / (double)(T - 2));
}

static double saturated(const example *e)
{
    double sum = 0;

    for (int64_t t = 0; e->gate && t < e->flow->steps; t++)
        sum += e->flow->below[t] + e->flow->above[t];
    return 100 * sum / (double)e->flow->steps;
}

static void print_table(const example *all, int64_t steps)
{
    printf("%-18s", "t");
    for (int i = 0; i < CASES; i++) printf(" %16s", all[i].label);
    for (int k = 0; k < SHOWN; k++) {
        const int64_t t = (steps - 2) * k / (SHOWN - 1);
        printf("\n%-18lld", (long long)t);
        for (int i = 0; i < CASES; i++) printf(" %16.2e", carried(&all[i])[t]);
    }
    printf("\n%-18s", "a step back, times");
    for (int i = 0; i < CASES; i++) printf(" %16.4f", growth(&all[i]));
    printf("\n%-18s", "saturated, %");
    for (int i = 0; i < CASES; i++) printf(" %16.1f", saturated(&all[i]));
    putchar('\n');
}

static bool write_tables(const example *all, const char *name)
{
    char path[1000], message[200];

    for (int i = 0; i < CASES; i++) {
        snprintf(path, sizeof path, "%s_%s.csv", name, all[i].file);
        if (rn_flow_write(all[i].flow, path, message, sizeof message) != RN_OK)
            return complain(message);
    }
    return true;
}

/* The norms on a logarithmic scale. */
static bool draw(const example *all, int64_t steps, const char *name)
{
    double *at = (double *)calloc((size_t)(steps * (CASES + 1)), sizeof *at);
    rn_curve curves[CASES];
    char path[1000];

    if (!at) return complain("out of memory");
    for (int64_t t = 0; t < steps; t++) at[t] = (double)(steps - 1 - t);
    for (int i = 0; i < CASES; i++) {
        double *y = at + (i + 1) * steps;
        /* Where a state has no influence left, the logarithm is not drawn. */
        for (int64_t t = 0; t < steps; t++) y[t] = log10(carried(&all[i])[t]);
        curves[i] = (rn_curve){all[i].label, at, y, steps};
    }
    snprintf(path, sizeof path, "%s.svg", name);
    const rn_status status =
        rn_plot_svg(path, "The gradient of the last step's loss, back in time",
                    "steps back, T - 1 - t", "log10 |dL/ds_t|", curves, CASES);
    free(at);
    return status == RN_OK || complain("the picture cannot be written");
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
    const int64_t steps = argc > 1 ? number(argv[1]) : 100;
    const char *name = argc > 2 ? argv[2] : "gradients";
    example all[CASES] = {
        {.label = "rnn", .file = "rnn", .cell = &rn_cell_rnn},
        {.label = "lstm, forget 0", .file = "lstm0", .gate = "rnn/layer0/f"},
        {.label = "lstm, forget 1", .file = "lstm1", .forget = 1, .gate = "rnn/layer0/f"},
        {.label = "lstm, forget 5", .file = "lstm5", .forget = 5, .gate = "rnn/layer0/f"},
        {.label = "gru", .file = "gru", .cell = &rn_cell_gru, .gate = "rnn/layer0/z"}};
    bool ok = true;

    if (steps < 3 || steps > 100000 || argc > 3 || strlen(name) > 900)
        return complain("usage: gradients [steps, 3 to 100000 [name of the files]]"), 2;
    for (int i = 0; ok && i < CASES; i++) ok = measure(&all[i], steps);
    if (ok) print_table(all, steps);
    ok = ok && write_tables(all, name) && draw(all, steps, name);
    if (ok && (fflush(stdout) != 0 || ferror(stdout)))
        ok = complain("the standard output cannot be written");
    for (int i = 0; i < CASES; i++) rn_flow_free(all[i].flow);
    return ok ? 0 : 1;
}
