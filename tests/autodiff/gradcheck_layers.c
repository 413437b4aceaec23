/* SPDX-License-Identifier: MIT */
/*
 * gradcheck_layers -- checks the gradients of recurrent layers and prints a table: for each
 * kind of layer and cell the number of comparisons, and for graphs of either type the
 * largest relative error and the largest ratio to the error bounds. The exit status is 1 if
 * a comparison failed or was skipped at a kink, or if an error reaches the limit.
 */
#include <math.h>
#include <stdio.h>

#include "layer_check.h"

/* Another result on top of the sum of all. */
static void include(layer_result *all, const layer_result *r)
{
    all->graphs += r->graphs;
    all->comparisons += r->comparisons;
    all->kinks += r->kinks;
    all->failed += r->failed;
    if (isnan(r->largest) || r->largest > all->largest) all->largest = r->largest;
    if (isnan(r->excess) || r->excess > all->excess) all->excess = r->excess;
    if (r->failed) printf("  FAILED: %s\n", r->text);
}

static void row(const layer_kind *kind, const rn_cell *cell, layer_result *all)
{
    const layer_result wide = layer_check(kind, cell, RN_F64, true);
    const layer_result narrow = layer_check(kind, cell, RN_F32, true);

    printf("%-29s%-16s%12lld%10.1e%7.2f%10.1e%7.2f\n", kind->name, cell->name,
           (long long)(wide.comparisons + narrow.comparisons), wide.largest, wide.excess,
           narrow.largest, narrow.excess);
    fflush(stdout);
    include(all, &wide);
    include(all, &narrow);
}

int main(void)
{
    layer_result all = {0};

    printf("%-29s%-16s%12s%10s%7s%10s%7s\n", "layer", "cell", "comparisons", "f64",
           "bounds", "f32", "bounds");
    for (int k = 0; k < LAYER_KINDS; k++)
        for (int c = 0; c < LAYER_PLAIN_CELLS; c++)
            row(&layer_kinds[k], layer_cells[c], &all);
    printf("%d graphs, %lld comparisons, %lld kinks: largest relative error %.2g (limit "
           "%g), %.2f of the error bounds; %d failed\n",
           all.graphs, (long long)all.comparisons, (long long)all.kinks, all.largest,
           layer_limit, all.excess, all.failed);
    return all.failed || all.kinks ? 1 : 0;
}
