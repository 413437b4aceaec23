/* SPDX-License-Identifier: MIT */
/* The language model of charlm, and the three graphs in which it is used. */
#include "charlm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

network network_of(const settings *s, const vocabulary *v)
{
    network n = {.layers = s->layers,
                 .hidden = s->hidden,
                 .embed = s->embed,
                 .dropout = s->dropout,
                 .vocabulary = *v};

    snprintf(n.cell, sizeof n.cell, "%s", s->cell);
    return n;
}

static const rn_cell *cell_of(const network *n)
{
    if (strcmp(n->cell, "rnn") == 0) return &rn_cell_rnn;
    if (strcmp(n->cell, "gru") == 0) return &rn_cell_gru;
    return &rn_cell_lstm;
}

/* Characters [T, B] -> logits of the next ones [T, B, V]. */
static rn_tensor language_model(rn_scope s, const network *n, rn_tensor chars)
{
    rn_tensor x = rn_embedding(s, "embed", chars, n->vocabulary.size, n->embed);
    rn_sequence y = rn_recurrent(s, "rnn", cell_of(n), x,
                                 (rn_recurrent_options){.units = n->hidden,
                                                        .layers = (int)n->layers,
                                                        .stateful = true,
                                                        .dropout = n->dropout});
    rn_tensor h = rn_dropout(s, "dropout", y.outputs, n->dropout);

    return rn_linear(s, "out", h, n->vocabulary.size);
}

/* ---- runners ---- */

static bool begin(runner *r, int64_t steps, int64_t batch)
{
    const size_t count = (size_t)(steps * batch);

    *r = (runner){.graph = rn_graph_new(), .steps = steps, .batch = batch};
    r->x_data = (int32_t *)calloc(count, sizeof *r->x_data);
    r->y_data = (int32_t *)calloc(count, sizeof *r->y_data);
    if (!r->graph || !r->x_data || !r->y_data) {
        runner_free(r);
        return complain("out of memory");
    }
    r->x = rn_input(r->graph, "x", RN_I32, rn_shape(steps, batch));
    return true;
}

/* Compiles the graph and keeps the program, or prints why it failed. */
static bool finish(runner *r, rn_compile_options options)
{
    r->program = rn_compile(r->graph, options);
    if (r->program) return true;
    complain("%s", rn_graph_error(r->graph));
    runner_free(r);
    return false;
}

static void add_loss(runner *r, rn_tensor logits)
{
    r->y = rn_input(r->graph, "y", RN_I32, rn_shape(r->steps, r->batch));
    r->out = rn_cross_entropy_ignoring(logits, r->y, IGNORED);
}

bool runner_train(runner *r, rn_model *model, const network *n, const settings *s)
{
    if (!begin(r, s->steps, s->batch)) return false;
    add_loss(r, language_model(rn_root(r->graph, model), n, r->x));

    rn_optimizer adam = rn_adam(s->rate);
    if (s->clip > 0) adam = rn_clipped(adam, s->clip);
    return finish(r, (rn_compile_options){.minimize = r->out, .with = adam});
}

bool runner_measure(runner *r, rn_model *model, const network *n, int64_t batch)
{
    if (!begin(r, 64, batch)) return false;
    add_loss(r, language_model(rn_root_inference(r->graph, model), n, r->x));
    return finish(r, (rn_compile_options){RN_OUTPUTS(r->out)});
}

bool runner_sample(runner *r, rn_model *model, const network *n)
{
    if (!begin(r, 1, 1)) return false;
    r->out = language_model(rn_root_inference(r->graph, model), n, r->x);
    return finish(r, (rn_compile_options){RN_OUTPUTS(r->out)});
}

void runner_free(runner *r)
{
    rn_program_free(r->program);
    rn_graph_free(r->graph);
    free(r->x_data);
    free(r->y_data);
    *r = (runner){.graph = NULL};
}

bool runner_run(runner *r)
{
    const size_t bytes = (size_t)(r->steps * r->batch) * sizeof(int32_t);
    rn_status status = rn_feed(r->program, r->x, r->x_data, bytes);

    if (status == RN_OK && !rn_is_null(r->y))
        status = rn_feed(r->program, r->y, r->y_data, bytes);
    if (status == RN_OK) status = rn_run(r->program);
    return status == RN_OK || complain("%s", rn_program_error(r->program));
}

/* ---- measuring ---- */

/* Writes characters t->at[from ..] and their successors to column b; past `to` or the end
 * targets do not count. Returns how many count. */
static int64_t fill(runner *r, const text *t, int64_t b, int64_t from, int64_t to)
{
    int64_t counted = 0;

    for (int64_t i = 0; i < r->steps; i++) {
        const int64_t place = i * r->batch + b, at = from + i;
        const bool counts = at < to && at + 1 < t->count;
        r->x_data[place] = counts ? t->at[at] : 0;
        r->y_data[place] = counts ? t->at[at + 1] : IGNORED;
        counted += counts;
    }
    return counted;
}

/* Zeroes the kept states of this batch size only: training still needs its own. */
static void forget(rn_model *model, int64_t batch)
{
    char end[32];

    snprintf(end, sizeof end, "/batch%lld", (long long)batch);
    for (int i = 0; i < rn_model_count(model); i++) {
        rn_variable *v = rn_model_at(model, i);
        const char *slash = strrchr(rn_variable_name(v), '/');
        if (slash && strcmp(slash, end) == 0)
            memset(rn_variable_data(v), 0,
                   (size_t)rn_shape_count(rn_variable_shape(v)) *
                       rn_type_size(rn_variable_type(v)));
    }
}

part part_of(const runner *r, const text *t, int64_t characters)
{
    const int64_t whole = t->count - 1, stream = (whole + r->batch - 1) / r->batch;
    const int64_t runs = characters / (r->steps * r->batch);
    part p = {.stream = stream, .steps = stream, .whole = whole};

    if (characters < whole && runs * r->steps < stream)
        p.steps = runs < 1 ? r->steps : runs * r->steps;
    if (p.steps > stream) p.steps = stream;
    return p;
}

bool part_has(const part *p, int64_t at)
{
    return at > 0 && (at - 1) % p->stream < p->steps;
}

/* The text is read in as many parallel streams as the batch has columns. */
bool measure(runner *r, rn_model *model, const text *t, part *p, const rn_progress *clock,
             double until, double *bits)
{
    double nats = 0;

    forget(model, r->batch);
    p->characters = 0;
    for (int64_t i = 0; i < p->steps; i += r->steps) {
        int64_t counted = 0;
        if (i > 0 && rn_progress_seconds(clock) >= until) {
            p->steps = i;
            break;
        }
        for (int64_t b = 0; b < r->batch; b++)
            counted += fill(r, t, b, b * p->stream + i, b * p->stream + p->steps);
        if (!runner_run(r)) return false;
        nats += rn_scalar(r->program, r->out) * (double)counted;
        p->characters += counted;
    }
    *bits = nats / (double)p->characters / log(2);
    return true;
}
