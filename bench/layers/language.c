/* SPDX-License-Identifier: MIT */
/*
 * The training step of a language model of characters, with its update.
 *
 *   text [T, B] of 96 characters -> embedding 64 -> LSTM, 1 or 2 layers of H -> linear
 *   -> cross entropy -> Adam
 *
 * The cells lm1 and lm2 have 1 and 2 layers. I is the size of the embedding.
 */
#include "loaded.h"

#include <stdio.h>
#include <stdlib.h>

enum { VOCABULARY = 96 };

/* Step t predicts the text at t + 1; next: 0 or 1. */
static bool feed_text(loaded *l, const serve_case *c, rn_tensor x, uint32_t next)
{
    const int64_t count = c->T * c->B;
    int32_t *data = (int32_t *)malloc((size_t)count * sizeof *data);
    bool ok = data != NULL;

    for (int64_t i = 0; ok && i < count; i++) {
        const uint32_t at = (uint32_t)(i + (int64_t)next * c->B);
        data[i] = (int32_t)((serve_number(SERVE_TEXT, at) + 0.5f) * VOCABULARY);
    }
    ok = ok && rn_feed_i32(l->program, x, data, count) == RN_OK;
    free(data);
    return ok;
}

static bool build(loaded *l, const serve_case *c, char *why)
{
    const rn_scope s = rn_root(l->graph, l->model);
    rn_tensor text = rn_input(l->graph, "text", RN_I32, rn_shape(c->T, c->B));
    rn_tensor next = rn_input(l->graph, "next", RN_I32, rn_shape(c->T, c->B));
    rn_tensor x = rn_embedding(s, "embed", text, VOCABULARY, c->I);
    rn_sequence y = rn_lstm(
        s, "rnn", x, (rn_recurrent_options){.units = c->H, .layers = c->cell[2] - '0'});
    rn_tensor logits = rn_linear(s, "out", y.outputs, VOCABULARY);
    rn_tensor loss = rn_cross_entropy(logits, next);

    return loaded_compile(l,
                          (rn_compile_options){.minimize = loss,
                                               .with = rn_adam(1e-3),
                                               .without = c->without},
                          why) &&
           feed_text(l, c, text, 0) && feed_text(l, c, next, 1);
}

void *loaded_language(const serve_case *c, char *why)
{
    loaded *l = loaded_new(why);

    if (l && build(l, c, why)) return l;
    loaded_free(l);
    return NULL;
}
