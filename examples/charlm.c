/* SPDX-License-Identifier: MIT */
/*
 * charlm -- learns to predict the next character of a text.
 *
 *   x = embed[characters]        [T, B] -> [T, B, E]
 *   h = LSTM(LSTM(x))            or another cell, its state kept from run to run
 *   loss = cross entropy of softmax(W h + b) and the characters that follow
 *
 * It reports how well the model predicts held-out text, compared with n-gram models. The
 * held-out text is used for nothing else. charlm.h lists the parts of the program.
 */
#include "charlm.h"

#include <stdlib.h>

static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

/* The first Ctrl-C ends the training, a second one the program. */
static void on_interrupt(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = (int)SA_RESETHAND};

    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
}

/* ---- the report ---- */

static void print_plan(const training *t, const network *n)
{
    const settings *s = t->settings;

    printf("text      %s: %lld characters to train on, %lld held out, %d different ones\n",
           s->text, (long long)t->corpus->train.count, (long long)t->corpus->held.count,
           n->vocabulary.size - 1);
    printf("network   %s, %lld layers of %lld units, %lld weights; %s kernels\n", s->cell,
           (long long)s->layers, (long long)s->hidden,
           (long long)rn_model_parameters(t->model), rn_isa());
    fflush(stdout);
}

static bool print_measures(training *t)
{
    const rn_training did = rn_training_of(t->model);
    /* A number of passes without a time limit runs to its end. */
    const bool all = t->settings->seconds == 0 && !interrupted;
    double bits, counted[3];
    part p;

    if (!training_measure(t, all, &p, &bits) || !ngrams_measure(t->corpus, &p, counted))
        return false;
    printf("training  %.2f million characters in %.0f s, %lld updates, %lld skipped\n",
           training_millions(t), t->budget.learning, (long long)did.steps,
           (long long)did.skipped);
    printf("measuring %.1f s\n\nheld-out bits per character", t->budget.measuring);
    if (p.characters < p.whole)
        printf(", of %lld of the %lld held out, for want of time", (long long)p.characters,
               (long long)p.whole);
    printf("\n  unigram   %.3f\n  bigram    %.3f\n  trigram   %.3f\n", counted[0],
           counted[1], counted[2]);
    printf("  %-8s  %.3f\n\n", t->settings->cell, bits);
    return true;
}

static bool plot(const training *t)
{
    const rn_curve curves[] = {
        {"training", t->learnt.x, t->learnt.y, t->learnt.points},
        {"held out", t->held.x, t->held.y, t->held.points},
    };
    char *path = output_path(t->settings->out, PICTURE);

    if (!path) return false;
    bool ok = rn_plot_svg(path, CURVE_TITLE, "millions of characters", "bits per character",
                          curves, 2) == RN_OK;
    if (ok)
        printf("curve     %s\n", path);
    else
        complain("%s: cannot be written", path);
    free(path);
    return ok;
}

/* ---- the two uses ---- */

static bool train_and_report(const settings *s, const corpus *c)
{
    const network n = network_of(s, &c->vocabulary);
    training *t = (training *)calloc(1, sizeof *t);

    if (!t) return complain("out of memory");
    on_interrupt(interrupt);
    bool ok = training_begin(t, s, c, &n);
    if (ok) {
        print_plan(t, &n);
        ok = training_run(t, &interrupted);
        if (interrupted) fputs("interrupted: what was learnt so far is kept\n", stderr);
    }
    /* Saves first, before anything else can fail. */
    ok = ok && network_save(&n, t->model, s->out) && print_measures(t);
    ok = ok && network_say(s->out) && plot(t);
    on_interrupt(SIG_DFL);
    if (ok && s->sample > 0) {
        printf("\nsample at temperature %g\n----\n", s->temperature);
        ok = sample(t->model, &n, s, stdout);
    }
    training_free(t);
    free(t);
    return ok;
}

static bool load_and_sample(const settings *s)
{
    network n;
    runner r;

    if (!network_read(&n, s->load)) return false;
    rn_model *model = rn_model_new((uint64_t)s->seed);
    if (!model) return complain("out of memory");

    /* The graph determines which weights the file must have. */
    bool ok = runner_sample(&r, model, &n);
    if (ok) runner_free(&r);
    if (ok && rn_model_load(model, s->load) != RN_OK)
        ok = complain("%s", rn_model_error(model));
    ok = ok && sample(model, &n, s, stdout);
    rn_model_free(model);
    return ok;
}

int main(int argc, char **argv)
{
    settings s;
    corpus c = {.train = {NULL, 0}};
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
