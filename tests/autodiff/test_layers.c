/* SPDX-License-Identifier: MIT */
/* The numerical check of recurrent layers, for every number of steps and sequences and in
 * graphs of either type; `gradcheck_layers` prints the figures. */
#include <criterion/criterion.h>

#include "layer_check.h"

/* One cell of so many, in graphs of one type or of the other; all in both types are
 * `gradcheck_layers`. With sanitizers all takes longer. */
#if defined(__SANITIZE_ADDRESS__)
enum { SOME = 4 };
#else
enum { SOME = 1 };
#endif

static void cells(int kind, int count)
{
    static const rn_type types[] = {RN_F64, RN_F32};

    for (int c = kind % SOME; c < count; c += SOME) {
        const rn_type type = types[(kind + c / SOME) % 2];
        const layer_result r = layer_check(&layer_kinds[kind], layer_cells[c], type, false);
        cr_expect(r.failed == 0, "%d of %d graphs failed: %s", r.failed, r.graphs, r.text);
        cr_expect(r.largest < layer_limit, "%g", r.largest);
        cr_expect(r.kinks == 0, "%lld kinks", (long long)r.kinks);
        cr_expect(r.comparisons > 100, "but %lld comparisons", (long long)r.comparisons);
    }
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
