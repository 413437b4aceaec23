/* SPDX-License-Identifier: MIT */
/* The language model of charlm, its loss, and the program that reads it step by step. */
#include "charlm.h"

#include <string.h>

const rn_vocabulary_options vocabulary_options = {.split = RN_BYTES,
                                                  .marks = RN_MARK_UNKNOWN};

network network_of(const settings *s, int64_t tokens)
{
    network n = {.layers = s->layers,
                 .hidden = s->hidden,
                 .embed = s->embed,
                 .tokens = tokens,
                 .dropout = s->dropout};

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
    rn_tensor x = rn_embedding(s, "embed", chars, n->tokens, n->embed);
    rn_sequence y = rn_recurrent(s, "rnn", cell_of(n), x,
                                 (rn_recurrent_options){.units = n->hidden,
                                                        .layers = (int)n->layers,
                                                        .stateful = true,
                                                        .dropout = n->dropout});
    rn_tensor h = rn_dropout(s, "dropout", y.outputs, n->dropout);

    return rn_linear(s, "out", h, n->tokens);
}

rn_tensor network_loss(rn_fit_graph *g)
{
    rn_tensor logits =
        language_model(g->scope, (const network *)g->user, rn_fit_input(g, "x"));
    rn_loss_options options = {.mask = rn_null()};

    /* Windows of training are always full. */
    if (!g->training) options.mask = rn_fit_mask(g);
    g->per_step = true;
    return rn_cross_entropy_with(logits, rn_fit_input(g, "y"), options);
}

bool reader_new(reader *r, rn_model *model, const network *n)
{
    *r = (reader){.graph = rn_graph_new()};
    if (!r->graph) return complain("out of memory");
    r->x = rn_input(r->graph, "x", RN_I32, rn_shape(1, 1));
    r->logits = language_model(rn_root_inference(r->graph, model), n, r->x);
    r->program = rn_compile(r->graph, (rn_compile_options){RN_OUTPUTS(r->logits)});
    if (r->program) return true;
    complain("%s", rn_graph_error(r->graph));
    reader_free(r);
    return false;
}

void reader_free(reader *r)
{
    rn_program_free(r->program);
    rn_graph_free(r->graph);
    *r = (reader){.graph = NULL};
}

bool reader_read(reader *r, int32_t character, float *logits, size_t bytes)
{
    rn_status s = rn_feed(r->program, r->x, &character, sizeof character);

    if (s == RN_OK) s = rn_run(r->program);
    if (s == RN_OK) s = rn_read(r->program, r->logits, logits, bytes);
    return s == RN_OK || complain("%s", rn_program_error(r->program));
}
