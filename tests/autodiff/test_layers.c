/* SPDX-License-Identifier: MIT */
/* The numerical check of recurrent layers, for every number of steps and sequences and in
 * graphs of either type; `gradcheck_layers` prints the figures. */
#include <criterion/criterion.h>

#include "layer_check.h"

static void every_cell(int kind)
{
    static const rn_type types[] = {RN_F64, RN_F32};

    for (int c = 0; c < LAYER_CELLS; c++)
        for (int t = 0; t < 2; t++) {
            const layer_result r =
                layer_check(&layer_kinds[kind], layer_cells[c], types[t], false);
            cr_expect(r.failed == 0, "%d of %d graphs failed: %s", r.failed, r.graphs,
                      r.text);
            cr_expect(r.largest < layer_limit, "%g", r.largest);
            cr_expect(r.kinks == 0, "%lld kinks", (long long)r.kinks);
            cr_expect(r.comparisons > 100, "but %lld comparisons",
                      (long long)r.comparisons);
        }
}

Test(layers, one_layer)
{
    every_cell(ONE_LAYER);
}

Test(layers, reversed)
{
    every_cell(REVERSED);
}

Test(layers, ragged)
{
    every_cell(RAGGED);
}

Test(layers, two_layers_with_initial_states)
{
    every_cell(TWO_LAYERS);
}

Test(layers, both_directions)
{
    every_cell(BOTH_DIRECTIONS);
}

Test(layers, two_ragged_layers_in_both_directions)
{
    every_cell(TWO_RAGGED_BOTH_WAYS);
}

Test(layers, layer_normalisation_between_two_layers)
{
    every_cell(NORMALIZED_BETWEEN);
}
