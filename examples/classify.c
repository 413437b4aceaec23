/* SPDX-License-Identifier: MIT */
/* Classifies texts: from CSV files with the columns text and label to the confusion matrix.
 */
#include <rondo.h>
#include <stdlib.h>

typedef struct task {
    rn_vocabulary *words, *labels;
    rn_metric *confusion;
} task;

/* text [T, B], label [B]: softmax(W2 dropout(relu(W1 LSTM(embed[text]) + b1)) + b2) */
static rn_tensor network(rn_fit_graph *g)
{
    const task *t = (const task *)g->user;
    const rn_tensor text = rn_fit_input(g, "text"), label = rn_fit_input(g, "label");
    rn_tensor x = rn_embedding(g->scope, "embed", text, rn_vocabulary_count(t->words), 64);
    rn_sequence h = rn_lstm(
        g->scope, "rnn", x,
        (rn_recurrent_options){.units = 64, .bidirectional = true, .lengths = g->lengths});
    rn_tensor dense = rn_relu(rn_linear(g->scope, "dense", h.last, 64));
    rn_tensor scores = rn_linear(g->scope, "out", rn_dropout(g->scope, "drop", dense, 0.5),
                                 rn_vocabulary_count(t->labels));

    rn_fit_metric(g, t->confusion, scores, label);
    return rn_cross_entropy_with(scores, label, (rn_loss_options){.weights = g->weights});
}

/* The confusion matrix: how many percent of each label's texts were given each label. */
static bool draw(const task *t)
{
    const int64_t n = rn_vocabulary_count(t->labels);
    double *percent = (double *)calloc((size_t)n * (size_t)n, sizeof *percent);
    const char **names = (const char **)calloc((size_t)n, sizeof *names);
    bool ok = percent && names;

    for (int32_t i = 0; ok && i < n; i++) {
        names[i] = rn_vocabulary_token(t->labels, i, NULL);
        for (int32_t k = 0; k < n; k++)
            percent[i * n + k] = 100 * rn_metric_confusion(t->confusion, i, k) /
                                 rn_metric_part_weight(t->confusion, i);
    }
    const rn_heat_map_options o = {"Percent of the texts of each label",
                                   .x_label = "classified as",
                                   .row_names = names,
                                   .column_names = names,
                                   .high = 100,
                                   .written = percent,
                                   .decimals = 1};
    ok = ok && rn_heat_map_svg("classify.svg", percent, n, n, o) == RN_OK;
    free(percent);
    free(names);
    return ok;
}

/* NULL, or what is wrong. */
static const char *work(const task *t, rn_trainer *trainer, rn_fit_options fit,
                        rn_batches *test)
{
    if (rn_vocabulary_count(t->labels) == 1) return "all texts have the same label";
    if (rn_fit(trainer, fit) != RN_OK || rn_evaluate(trainer, test, NULL) != RN_OK)
        return rn_trainer_error(trainer);
    if (rn_metric_weight(t->confusion) == 0) return "there are no texts to test";
    printf("held out: %.2f %% right\n", 100 * rn_metric_value(t->confusion));
    if (fflush(stdout) != 0) return "the standard output cannot be written";
    return draw(t) ? NULL : "classify.svg: cannot be written";
}

int main(int argc, char **argv)
{
    char *end = "";
    const int64_t epochs = argc > 3 ? strtol(argv[3], &end, 10) : 20;
    const uint64_t seed = argc > 4 && !*end ? strtoul(argv[4], &end, 10) : 1;
    if (argc < 3 || argc > 5 || *end || epochs < 1)
        return fprintf(stderr, "usage: classify TRAIN.csv TEST.csv [EPOCHS [SEED]]\n"), 2;
    task t = {.words = rn_vocabulary_new((rn_vocabulary_options){
                  .split = RN_WORDS, .marks = RN_MARK_UNKNOWN, .least = 2}),
              .labels = rn_vocabulary_new((rn_vocabulary_options){.split = RN_WHOLE})};
    const rn_column columns[] = {{"text", .vocabulary = t.words},
                                 {"label", .vocabulary = t.labels}};
    rn_table *table[] = {rn_table_open(argv[1], (rn_table_options){0}),
                         rn_table_open(argv[2], (rn_table_options){0})};
    rn_table_add(table[0], columns, 2);
    t.confusion =
        rn_metric_new((rn_metric_options){.kind = RN_METRIC_CONFUSION,
                                          .name = "accuracy",
                                          .classes = rn_vocabulary_count(t.labels)});
    const rn_source all = rn_table_source(table[0], columns, 2);

    /* A tenth of the texts to learn from is for validation. */
    const int64_t n = rn_table_rows(table[0]);
    int64_t *index = (int64_t *)calloc((size_t)n + 1, sizeof *index);
    const int64_t kept = rn_hold_out(n, 0.1, seed, NULL, index);
    const rn_subset some[] = {{all, index, kept}, {all, index + kept, n - kept}};
    const rn_source sources[] = {rn_source_subset(&some[0]), rn_source_subset(&some[1]),
                                 rn_table_source(table[1], columns, 2)};
    rn_batches_options o = {.shuffle = true, .seed = seed, .buckets = 4, .longest = 100};
    rn_batches *batches[3];
    for (int i = 0; i < 3; i++) batches[i] = rn_batches_new(&sources[i], o);

    rn_model *model = rn_model_new(seed);
    rn_trainer *trainer = rn_trainer_new(
        model, network, (rn_trainer_options){.optimizer = rn_adam(2e-3), .user = &t});
    rn_fit_options fit = {.train = batches[0], .valid = batches[1]};
    fit.epochs = epochs;
    fit.callbacks[0] = rn_show_progress(stderr);
    fit.callbacks[1] = rn_stop_early((rn_stop_early_options){.patience = 3});
    const char *why = work(&t, trainer, fit, batches[2]);
    if (why) fprintf(stderr, "classify: %s\n", why);

    rn_trainer_free(trainer);
    rn_model_free(model);
    for (int i = 0; i < 3; i++) rn_batches_free(batches[i]);
    for (int i = 0; i < 2; i++) rn_table_free(table[i]);
    rn_metric_free(t.confusion);
    rn_vocabulary_free(t.words);
    rn_vocabulary_free(t.labels);
    free(index);
    return why ? 1 : 0;
}
