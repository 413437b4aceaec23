/* SPDX-License-Identifier: MIT */
/*
 * The weights of oneDNN's cells, [D, I, G, H], filled and printed in the order of Rondo's:
 * gate by gate w, u, b, and a peephole or a second bias.
 *
 * A GRU's update gate is negated: there h' = u .* h + (1 - u) .* g.
 */
#ifndef BENCH_ONEDNN_WEIGHTS_H
#define BENCH_ONEDNN_WEIGHTS_H

#include "serve.h"

#include <oneapi/dnnl/dnnl.h>

typedef struct onednn_cell {
    const char *name;
    dnnl_alg_kind_t kind;
    int directions, gates, biases;
    int peepholes; /* 0, or 3 */
    /* By gate in Rondo's order: its place here, and that of its peephole; -1: none. */
    int place[4], peephole[4];
    int negated; /* place of the negated gate; -1: none */
} onednn_cell;

/* NULL: oneDNN has no such cell. */
const onednn_cell *onednn_find(const char *name);

/* The arrays of all weights, or of their gradients. */
typedef struct onednn_weights {
    float *w, *u, *b, *p;
} onednn_weights;

void onednn_fill(const onednn_cell *cell, const serve_case *c, const onednn_weights *to);
void onednn_print(const onednn_cell *cell, const serve_case *c, const onednn_weights *from);

#endif
