/* SPDX-License-Identifier: MIT */
/*
 * The numerical check of recurrent layers: kinds of layers times cells times real types,
 * each for many numbers of steps and sequences. A test asserts the results, and
 * `gradcheck_layers` prints them.
 */
#ifndef RN_TESTS_AUTODIFF_LAYER_CHECK_H
#define RN_TESTS_AUTODIFF_LAYER_CHECK_H

#include <rondo/recurrent.h>

/* No relative error may reach it. */
static const double layer_limit = 1e-9;

typedef struct layer_kind {
    const char *name;
    int layers;
    bool bidirectional, reverse, ragged, initial;
    bool normalized; /* another such layer follows, with layer normalisation between them */
} layer_kind;

enum {
    ONE_LAYER,
    REVERSED,
    RAGGED,
    TWO_LAYERS,
    BOTH_DIRECTIONS,
    TWO_RAGGED_BOTH_WAYS,
    NORMALIZED_BETWEEN,
    LAYER_KINDS
};
extern const layer_kind layer_kinds[LAYER_KINDS];

/* The library's cells and one with layer normalisation inside; after them those of
 * tests/nn/cells.h, whose states have other shapes. */
enum {
    LAYER_PLAIN_CELLS = 1
#define RN_CELL(name, formula) +1
#include "nn/cells/cells.def"
#undef RN_CELL
    ,
    LAYER_CELLS = LAYER_PLAIN_CELLS + 3
};
extern const rn_cell *const layer_cells[LAYER_CELLS];

/* norm_lstm.c: the LSTM of arXiv:1607.06450. */
extern const rn_cell norm_lstm;

/* Of all sizes together. */
typedef struct layer_result {
    int graphs;
    int64_t comparisons, kinks;
    double largest;  /* relative error; NaN if any was */
    double excess;   /* share of the error bounds */
    int failed;      /* graphs with a comparison beyond its error bound or the limit, ... */
    char text[2000]; /* ... and what was wrong with the first of them */
} layer_result;

/* Checks, for all sizes, the gradients of graphs declared in `real` with respect to the
 * input, the weights and the initial states: of f64 graphs every element where there are
 * few steps, or, with `whole`, for any number of steps, but of the longest input (T 64) a
 * sample; of others a direction of each tensor and some elements. */
layer_result layer_check(const layer_kind *kind, const rn_cell *cell, rn_type real,
                         bool whole);

#endif
