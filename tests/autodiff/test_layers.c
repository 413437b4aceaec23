/* SPDX-License-Identifier: MIT */
/* The numerical check of recurrent layers, for every number of steps and sequences and in
 * graphs of either type; `gradcheck_layers` prints the figures. */
#include <criterion/criterion.h>

#include "layer_check.h"

/* Graphs of one type in turn; with sanitizers, which take their time, one cell of six. The
 * program gradcheck_layers checks all cells in both types. */
#if defined(__SANITIZE_ADDRESS__)
enum { CELLS = 6, TYPES = 1 };
#else
enum { CELLS = 1, TYPES = 1 };
#endif

static void check(int kind, int cell, rn_type type)
{
    const layer_result r = layer_check(&layer_kinds[kind], layer_cells[cell], type, false);

    cr_expect(r.failed == 0, "%d of %d graphs failed: %s", r.failed, r.graphs, r.text);
    cr_expect(r.largest < layer_limit, "%g", r.largest);
    cr_expect(r.kinks == 0, "%lld kinks", (long long)r.kinks);
    cr_expect(r.comparisons > 100, "but %lld comparisons", (long long)r.comparisons);
}

static void cells(int kind, int count)
{
    static const rn_type types[] = {RN_F64, RN_F32};

    for (int c = kind % CELLS; c < count; c += CELLS)
        for (int t = 0; t < TYPES; t++)
            check(kind, c, types[TYPES == 1 ? (kind + c / CELLS) % 2 : t]);
}

Test(layers, one_layer)
{
    cells(ONE_LAYER, LAYER_PLAIN_CELLS);
}

Test(layers, reversed)
{
    cells(REVERSED, LAYER_CELLS);
}

Test(layers, ragged)
{
    cells(RAGGED, LAYER_PLAIN_CELLS);
}

Test(layers, two_layers_with_initial_states)
{
    cells(TWO_LAYERS, LAYER_PLAIN_CELLS);
}

Test(layers, both_directions)
{
    cells(BOTH_DIRECTIONS, LAYER_PLAIN_CELLS);
}

Test(layers, two_ragged_layers_in_both_directions)
{
    cells(TWO_RAGGED_BOTH_WAYS, LAYER_CELLS);
}

Test(layers, layer_normalisation_between_two_layers)
{
    cells(NORMALIZED_BETWEEN, LAYER_PLAIN_CELLS);
}
