/* SPDX-License-Identifier: MIT */
/*
 * pictures -- what a network looks like: the table of its weights, its graph, its curves.
 *
 * The network says whether a sequence of numbers has its greatest one in the first half: an
 * LSTM in both directions, two layers, on words 0 .. 99.
 *
 * usage: pictures [updates [folder]]     1000 updates, in the current folder
 *
 *   model.txt    the table of the weights
 *   graph.svg    the network; step.svg: the steps of an LSTM
 *   graph.dot    the same for Graphviz: dot -Tpng graph.dot
 *   curves.svg   loss and accuracy, in training and on new sequences
 *   states.svg   the states of all units while a sequence is read
 */
#include <rondo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 100, STEPS = 20, BATCH = 32, UNITS = 24, EVERY = 10, POINTS_MAX = 1000 };

typedef struct network {
    rn_tensor words, half, loss, right, states;
} network;

static network build(rn_scope s)
{
    network n = {.words = rn_input(s.graph, "words", RN_I32, rn_shape(STEPS, BATCH)),
                 .half = rn_input(s.graph, "half", RN_I32, rn_shape(BATCH))};
    rn_tensor x = rn_embedding(s, "embed", n.words, WORDS, 16);
    rn_sequence h =
        rn_lstm(s, "rnn", x,
                (rn_recurrent_options){.units = UNITS, .layers = 2, .bidirectional = true});
    rn_tensor logits = rn_linear(s, "out", h.last, 2);

    n.loss = rn_cross_entropy(logits, n.half);
    n.right = rn_cast(rn_equal(rn_argmax(logits, -1, false), n.half), RN_F32);
    n.right = rn_mean_all(n.right);
    n.states = h.states[2]; /* h and c of layer 0 forward, then h of layer 0 backward */
    return n;
}

static const char *folder = ".";

static const char *in_folder(const char *name)
{
    static char path[500];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* The same numbers on every machine. */
static int random_word(void)
{
    static uint32_t state = 1;

    state = state * 1664525 + 1013904223;
    return (int)(state >> 16) % WORDS;
}

static bool run(rn_program *p, const network *n, int32_t *words, float *loss, float *right)
{
    int32_t half[BATCH];

    for (int b = 0; b < BATCH; b++) {
        int at = 0;
        for (int t = 0; t < STEPS; t++) {
            words[t * BATCH + b] = random_word();
            if (words[t * BATCH + b] > words[at * BATCH + b]) at = t;
        }
        half[b] = at >= STEPS / 2;
    }
    return rn_feed(p, n->words, words, STEPS * BATCH * sizeof *words) == RN_OK &&
           rn_feed(p, n->half, half, sizeof half) == RN_OK && rn_run(p) == RN_OK &&
           rn_read(p, n->loss, loss, sizeof *loss) == RN_OK &&
           rn_read(p, n->right, right, sizeof *right) == RN_OK;
}

/* ---- curves ---- */

/* Loss and accuracy in training and on new sequences: sums, then means, of some updates. */
typedef struct history {
    double update[POINTS_MAX], value[4][POINTS_MAX];
    int points;
} history;

static rn_status draw_curves(const history *h)
{
    const rn_curve loss[2] = {{"training", h->update, h->value[0], h->points},
                              {"new sequences", h->update, h->value[2], h->points}};
    const rn_curve right[2] = {{"training", h->update, h->value[1], h->points},
                               {"new sequences", h->update, h->value[3], h->points}};
    const rn_panel panels[2] = {
        {.y_label = "loss", .curves = loss, .curve_count = 2, .log_y = true},
        {.y_label = "accuracy", .curves = right, .curve_count = 2}};

    return rn_plot_panels_svg(
        in_folder("curves.svg"), panels, 2,
        (rn_panels_options){.title = "Which half has the greatest number?",
                            .x_label = "update"});
}

static bool learn(rn_program *train, const network *n, rn_program *use, const network *m,
                  int updates, int32_t *words, history *h)
{
    float value[4];

    for (int i = 0; i < updates; i++) {
        const int point = i / EVERY;
        if (!run(train, n, words, &value[0], &value[1])) return false;
        if (!run(use, m, words, &value[2], &value[3])) return false;
        if (point >= POINTS_MAX) continue;
        for (int k = 0; k < 4; k++) h->value[k][point] += value[k] / EVERY;
        h->update[point] = i + 1;
        if (i % EVERY == EVERY - 1) h->points = point + 1;
    }
    return true;
}

/* ---- the other pictures ---- */

static rn_status draw_model(const rn_model *model)
{
    char text[8000];

    rn_model_summary(model, NULL, text, sizeof text);
    fputs(text, stdout);
    return rn_file_write(in_folder("model.txt"), text, strlen(text), NULL, 0);
}

static rn_status draw_graph(const rn_graph *graph, rn_tensor loss)
{
    const rn_graph_options o = {.title = "A classifier of sequences", .of = loss};
    rn_status status = rn_graph_svg(graph, in_folder("graph.svg"), o);

    if (status == RN_OK) status = rn_graph_dot(graph, in_folder("graph.dot"), o);
    return status;
}

/* One LSTM alone, opened. */
static rn_status draw_step(void)
{
    rn_model *model = rn_model_new(1);
    rn_graph *graph = rn_graph_new();
    rn_tensor x = rn_input(graph, "x", RN_F32, rn_shape(STEPS, BATCH, 16));
    rn_sequence h =
        rn_lstm(rn_root(graph, model), "rnn", x, (rn_recurrent_options){.units = UNITS});
    const rn_status status = rn_graph_svg(
        graph, in_folder("step.svg"),
        (rn_graph_options){.title = "A step of an LSTM", .of = h.outputs, .open = "rnn"});

    rn_graph_free(graph);
    rn_model_free(model);
    return status;
}

/* The states [T, B, H] of the first sequence: rows are units, columns steps. */
static rn_status draw_states(rn_program *use, const network *m, const int32_t *words)
{
    static float states[STEPS * BATCH * UNITS];
    static char text[STEPS][12];
    const char *names[STEPS];
    double value[UNITS * STEPS];

    if (rn_read(use, m->states, states, sizeof states) != RN_OK) return RN_INVALID;
    for (int t = 0; t < STEPS; t++) {
        snprintf(text[t], sizeof text[t], "%d", (int)words[t * BATCH]);
        names[t] = text[t];
        for (int i = 0; i < UNITS; i++)
            value[i * STEPS + t] = states[t * BATCH * UNITS + i];
    }
    return rn_heat_map_svg(in_folder("states.svg"), value, UNITS, STEPS,
                           (rn_heat_map_options){.title = "States of layer 0, backwards",
                                                 .x_label = "word",
                                                 .y_label = "unit",
                                                 .column_names = names,
                                                 .low = -1,
                                                 .high = 1});
}

static bool work(rn_model *model, rn_graph *graph, rn_graph *tested, int updates)
{
    static history h;
    static int32_t words[STEPS * BATCH];
    const network n = build(rn_root(graph, model));
    const network m = build(rn_root_inference(tested, model));
    rn_program *train =
        rn_compile(graph, (rn_compile_options){RN_OUTPUTS(n.right), .minimize = n.loss,
                                               .with = rn_adam(3e-3)});
    rn_program *use =
        rn_compile(tested, (rn_compile_options){RN_OUTPUTS(m.loss, m.right, m.states)});
    const bool ok = train && use && learn(train, &n, use, &m, updates, words, &h) &&
                    draw_model(model) == RN_OK && draw_graph(graph, n.loss) == RN_OK &&
                    draw_step() == RN_OK && draw_curves(&h) == RN_OK &&
                    draw_states(use, &m, words) == RN_OK;

    rn_program_free(train);
    rn_program_free(use);
    return ok;
}

int main(int argc, char **argv)
{
    char *end = "", why[700];
    const long updates = argc > 1 ? strtol(argv[1], &end, 10) : 1000;

    if (argc > 2) folder = argv[2];
    if (*end || updates < EVERY || updates > EVERY * POINTS_MAX || argc > 3 ||
        strlen(folder) > 400)
        return fprintf(stderr, "usage: pictures [updates, %d to %d [folder]]\n", EVERY,
                       EVERY * POINTS_MAX),
               2;
    if (rn_file_check(in_folder("model.txt"), why, sizeof why) != RN_OK)
        return fprintf(stderr, "pictures: %s\n", why), 1;
    rn_model *model = rn_model_new(1);
    rn_graph *graph = rn_graph_new(), *tested = rn_graph_new();

    const bool ok = model && graph && tested && work(model, graph, tested, (int)updates);
    if (!ok)
        fprintf(stderr, "pictures: %s%s, or a file in %s cannot be written\n",
                rn_graph_error(graph), rn_graph_error(tested), folder);
    rn_graph_free(graph);
    rn_graph_free(tested);
    rn_model_free(model);
    return !ok;
}
