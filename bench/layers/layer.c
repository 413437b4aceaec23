/* SPDX-License-Identifier: MIT */
/*
 * One recurrent layer: its outputs, or these and all gradients for a given cotangent.
 *
 *   x  [T, B, I]    y, dy  [T, B, D H]
 *
 * Modes: forward, train, ragged_uniform and ragged_short (train with lengths), stream (one
 * step, whose states continue from run to run).
 */
#include "cells.h"
#include "loaded.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool mode_is(const serve_case *c, const char *begin)
{
    return strncmp(c->mode, begin, strlen(begin)) == 0;
}

/* Adds dx and the gradient of each weight to the outputs. */
static bool add_gradients(loaded *l, rn_tensor y, rn_tensor dy, rn_tensor x)
{
    rn_tensor of[LOADED_OUTPUTS];
    int count = 0;

    of[count++] = x;
    for (int i = 0; i < rn_model_count(l->model) && count < LOADED_OUTPUTS - 1; i++)
        if (rn_model_is_weight(l->model, i))
            of[count++] = rn_read_variable(l->graph, rn_model_at(l->model, i));
    if (!rn_grad(y, dy, of, count, l->output + l->outputs)) return false;
    l->outputs += count;
    return true;
}

static bool feed_lengths(loaded *l, const serve_case *c, rn_tensor lengths)
{
    int32_t *data = (int32_t *)malloc((size_t)c->B * sizeof *data);
    bool ok = data != NULL;

    for (uint32_t b = 0; ok && b < (uint32_t)c->B; b++) {
        const float uniform = serve_number(SERVE_LENGTHS, b) + 0.5f;
        data[b] = mode_is(c, "ragged_short") ? 4 : 1 + (int32_t)(uniform * (float)c->T);
    }
    ok = ok && rn_feed_i32(l->program, lengths, data, c->B) == RN_OK;
    free(data);
    return ok;
}

static bool build(loaded *l, const serve_case *c, const rn_cell *cell, char *why)
{
    const bool train = !mode_is(c, "forward") && !mode_is(c, "stream");
    rn_graph *g = l->graph;
    rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(c->T, c->B, c->I));
    rn_tensor lengths = rn_null(), dy = rn_null();
    if (mode_is(c, "ragged")) lengths = rn_input(g, "lengths", RN_I32, rn_shape(c->B));
    rn_sequence s = rn_recurrent(rn_root(g, l->model), "rnn", cell, x,
                                 (rn_recurrent_options){
                                     .units = c->H,
                                     .bidirectional = strcmp(c->cell, "bilstm") == 0,
                                     .stateful = mode_is(c, "stream"),
                                     .lengths = lengths,
                                 });

    l->output[l->outputs++] = s.outputs;
    if (train) {
        dy = rn_input(g, "dy", RN_F32, rn_shape_get(s.outputs));
        add_gradients(l, s.outputs, dy, x); /* an error stays on the graph */
    }
    return loaded_compile(l, (rn_compile_options){.without = c->without}, why) &&
           loaded_feed(l, x, SERVE_X, 1, why) &&
           (!train || loaded_feed(l, dy, SERVE_DY, 1, why)) &&
           (rn_is_null(lengths) || feed_lengths(l, c, lengths));
}

void *loaded_layer(const serve_case *c, char *why)
{
    rn_cell cell;
    loaded *l = bench_cell(c->cell, c->H, &cell) ? loaded_new(why) : NULL;

    if (l && build(l, c, &cell, why)) return l;
    loaded_free(l);
    return NULL;
}
