/* SPDX-License-Identifier: MIT */
/*
 * charlm -- learns to predict the next character of a text.
 *
 *   x = embed[characters]        [T, B] -> [T, B, E]
 *   h = LSTM(LSTM(x))            or another cell, its state kept from run to run
 *   loss = cross entropy of softmax(W h + b) and the characters that follow
 *
 * It reports how well the model predicts held-out text, compared with n-gram models. The
 * held-out text also decides which of the models of a run is kept, so the figure is a
 * little too good. charlm.h lists the parts of the program.
 */
#include "charlm.h"

#include <stdlib.h>

/* ---- the report ---- */

bool training_plan(const training *t)
{
    const settings *s = t->settings;
    const corpus *c = t->corpus;

    printf("text      %s: %lld characters to train on, %lld held out, %d different ones\n",
           s->text, (long long)c->train.count, (long long)c->held.count,
           (int)t->network->tokens - 1);
    printf("network   %s, %lld layers of %lld units, %lld weights; %s kernels\n", s->cell,
           (long long)s->layers, (long long)s->hidden,
           (long long)rn_model_parameters(t->model), rn_isa());
    fflush(stdout);
    return network_save(t->network, s->out);
}

static bool print_measures(training *t)
{
    /* All of the held-out text, unless the training was much shorter than a pass. */
    const settings *s = t->settings;
    const corpus *c = t->corpus;
    const bool all =
        (s->seconds == 0 && !t->interrupted) || 2 * t->characters >= c->train.count;
    const text *measured = all ? &c->held : &c->some;
    double bits, counted[3];

    if (!training_measure(t, all, &bits) || !ngrams_measure(c, measured, counted))
        return false;
    printf("training  %.2f million characters in %.0f s, %lld updates, %lld skipped\n",
           (double)t->characters * 1e-6, t->seconds, (long long)t->did.steps,
           (long long)t->did.skipped);
    printf("measuring %.1f s\n\nheld-out bits per character", t->measuring);
    if (!all)
        printf(", of %lld of the %lld held out, for want of time",
               (long long)measured->count, (long long)c->held.count);
    printf("\n  unigram   %.3f\n  bigram    %.3f\n  trigram   %.3f\n", counted[0],
           counted[1], counted[2]);
    printf("  %-8s  %.3f\n\n", s->cell, bits);
    return true;
}

static bool plot(const training *t)
{
    char *path = output_path(t->settings->out, PICTURE);
    rn_history *h = rn_trainer_epochs(t->trainer);

    if (!path) return false;
    bool ok = rn_history_plot(h, path, CURVE_TITLE, MILLIONS, "*bits*") == RN_OK;
    if (ok)
        printf("curve     %s\n", path);
    else
        complain("%s", rn_history_error(h));
    free(path);
    return ok;
}

/* ---- the two uses ---- */

static bool train_and_report(const settings *s, corpus *c)
{
    const network n = network_of(s, rn_vocabulary_count(c->vocabulary));
    training t;
    bool ok = training_begin(&t, s, c, &n) && training_run(&t);

    if (ok && t.interrupted)
        fputs("interrupted: what was learnt so far is kept; --resume goes on\n", stderr);
    ok = ok && print_measures(&t) && network_say(s->out) && plot(&t);
    if (ok && s->sample > 0) {
        printf("\nsample at temperature %g\n----\n", s->temperature);
        ok = sample(t.model, &n, c->vocabulary, s, stdout);
    }
    training_free(&t);
    return ok;
}

/* The network determines which weights the file must have; it has the vocabulary, too. */
static bool load(const settings *s, const network *n, rn_model *model, rn_vocabulary *v)
{
    reader r;

    if (!model || !v) return complain("out of memory");
    if (!reader_new(&r, model, n)) return false;
    reader_free(&r);
    if (rn_model_load(model, s->load) != RN_OK)
        return complain("%s", rn_model_error(model));
    if (rn_vocabulary_from(v, model, VOCABULARY) != RN_OK ||
        rn_vocabulary_count(v) != n->tokens)
        return complain("%s: its vocabulary does not fit", s->load);
    return true;
}

static bool load_and_sample(const settings *s)
{
    network n;

    if (!network_read(&n, s->load)) return false;
    rn_model *model = rn_model_new((uint64_t)s->seed);
    rn_vocabulary *v = rn_vocabulary_new(vocabulary_options);
    const bool ok = load(s, &n, model, v) && sample(model, &n, v, s, stdout);
    rn_vocabulary_free(v);
    rn_model_free(model);
    return ok;
}

int main(int argc, char **argv)
{
    settings s;
    corpus c = {.vocabulary = NULL};
    int status;

    if (!settings_read(&s, argc, argv, &status)) return status;
    bool ok =
        s.load ? load_and_sample(&s)
               : outputs_check(&s) && corpus_read(&c, s.text) && train_and_report(&s, &c);
    if (ok && (fflush(stdout) != 0 || ferror(stdout)))
        ok = complain("the standard output cannot be written");
    corpus_free(&c);
    return ok ? 0 : 1;
}
