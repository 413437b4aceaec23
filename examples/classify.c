/* SPDX-License-Identifier: MIT */
/* Classifies texts: from CSV files with the columns text and label to the accuracy. */
#include <rondo.h>
#include <stdlib.h>

typedef struct task {
    rn_vocabulary *words, *labels;
    rn_metric *accuracy;
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

    rn_fit_metric(g, t->accuracy, scores, label);
    return rn_cross_entropy_with(scores, label, (rn_loss_options){.weights = g->weights});
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return fprintf(stderr, "usage: classify TRAIN.csv TEST.csv [EPOCHS [SEED]]\n"), 2;
    const uint64_t seed = argc > 4 ? (uint64_t)atoi(argv[4]) : 1;
    task t = {rn_vocabulary_new((rn_vocabulary_options){
                  .split = RN_WORDS, .marks = RN_MARK_UNKNOWN, .least = 2}),
              rn_vocabulary_new((rn_vocabulary_options){.split = RN_WHOLE}),
              rn_metric_new((rn_metric_options){.kind = RN_METRIC_ACCURACY})};
    const rn_column columns[] = {{"text", .vocabulary = t.words},
                                 {"label", .vocabulary = t.labels}};
    rn_table *table[] = {rn_table_open(argv[1], (rn_table_options){0}),
                         rn_table_open(argv[2], (rn_table_options){0})};
    rn_table_add(table[0], columns, 2);
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
    fit.epochs = argc > 3 ? atoi(argv[3]) : 20;
    fit.callbacks[0] = rn_show_progress(stderr);
    fit.callbacks[1] = rn_stop_early((rn_stop_early_options){.patience = 3});
    bool ok =
        rn_fit(trainer, fit) == RN_OK && rn_evaluate(trainer, batches[2], NULL) == RN_OK;
    rn_history *h = rn_trainer_epochs(trainer);
    ok = ok && rn_history_plot(h, "classify.svg", "Text", "epoch", "*loss") == RN_OK;
    if (ok)
        printf("held out: %.2f %% right\n", 100 * rn_metric_value(t.accuracy));
    else
        fprintf(stderr, "classify: %s%s\n", rn_trainer_error(trainer), rn_history_error(h));

    rn_trainer_free(trainer);
    rn_model_free(model);
    for (int i = 0; i < 3; i++) rn_batches_free(batches[i]);
    for (int i = 0; i < 2; i++) rn_table_free(table[i]);
    rn_metric_free(t.accuracy);
    rn_vocabulary_free(t.words);
    rn_vocabulary_free(t.labels);
    free(index);
    return ok ? 0 : 1;
}
