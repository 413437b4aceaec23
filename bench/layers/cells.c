/* SPDX-License-Identifier: MIT */
/*
 * The cells that are measured, and what a training step of each must do at least.
 *
 * Operations: those of the products forward, and twice as many backward, for the operand
 * and for the weight. A multiply-add is two.
 *
 * Bytes that must move, in f32, for T steps of B sequences:
 *   3 I    x is read forward and for the gradients of weights, dx is written
 *   2 O    y is written, dy is read
 *   2 S    the states are written forward, and read backward
 *   4 R    the results of products with weights are written forward and read backward;
 *          their gradients are written, and read for the gradients of weights
 * and 3 times the weights: read forward and backward, and their gradients written. The sums
 * are by step and sequence. So a value between products is computed again, nothing is kept
 * twice, and no cache holds anything from forward to backward. Batches that fit into a
 * cache may be faster than this, and cells need not keep all R.
 */
#include "cells.h"

#include <stdio.h>
#include <string.h>

#include "../../examples/cells/cells.h"

enum { HEAD = 64 }; /* units of a head */

static const struct {
    const char *name;
    const rn_cell *cell;
} cells[] = {
    {"lstm", &rn_cell_lstm},
    {"bilstm", &rn_cell_lstm},
    {"gru", &rn_cell_gru_reset_after},
    {"gru_before", &rn_cell_gru},
    {"rnn", &rn_cell_rnn},
    {"peephole", &bench_cell_peephole},
#define CELL(name, kind, gradient, multiply_adds, results, formula) {#name, &cell_##name},
#include "../../examples/cells/cells.def"
#undef CELL
};

bool bench_cell(const char *name, int64_t H, rn_cell *cell)
{
    const bool heads = H > HEAD && H % HEAD == 0;

    if (heads && strcmp(name, "mlstm") == 0)
        return *cell = cell_mlstm_heads(H / HEAD, HEAD), true;
    if (heads && strcmp(name, "gated_deltanet") == 0)
        return *cell = cell_gated_deltanet_heads(H / HEAD, HEAD), true;
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        if (strcmp(cells[i].name, name) == 0) return *cell = *cells[i].cell, true;
    return false;
}

/* A size in a cell's record. */
static double size_of(int64_t size, double I, double H)
{
    if (size == 0) return H;
    return size > 0 ? (double)size
                    : (double)(-size % 1024) * H + (double)(-size / 1024) * I;
}

/* The elements of all states of a sequence. */
static double states_of(const rn_cell *cell, double I, double H)
{
    double sum = 0;

    for (int i = 0; i < cell->states; i++) {
        double elements = cell->state[i].shape.rank ? 1 : H;
        for (int k = 0; k < cell->state[i].shape.rank; k++)
            elements *= size_of(cell->state[i].shape.size[k], I, H);
        sum += elements;
    }
    return sum;
}

/* The elements of all weights. */
static double weights_of(const rn_cell *cell, int64_t I, int64_t H)
{
    rn_graph *g = rn_graph_new();
    rn_model *model = rn_model_new(1);

    rn_recurrent(rn_root(g, model), "rnn", cell, rn_fill(g, RN_F32, rn_shape(1, 1, I), 0),
                 (rn_recurrent_options){.units = H});
    const double count = (double)rn_model_parameters(model);
    rn_graph_free(g);
    rn_model_free(model);
    return count;
}

typedef struct work {
    const char *name, *kind;
    double multiply_adds, results;
} work;

static void print(const work *w, int64_t T, int64_t B, int64_t I, int64_t H)
{
    const double rows = (double)(T * B);
    rn_cell cell;

    bench_cell(w->name, H, &cell);
    const double numbers = 3 * (double)I + 2 * size_of(cell.output, (double)I, (double)H) +
                           2 * states_of(&cell, (double)I, (double)H) + 4 * w->results;
    printf(" %s:%s:%.0f:%.0f", w->name, w->kind, 6 * rows * w->multiply_adds,
           4 * (rows * numbers + 3 * weights_of(&cell, I, H)));
}

void bench_cells_print(int64_t steps, int64_t batch, int64_t inputs, int64_t units)
{
    const double I = (double)inputs, H = (double)units;
    const double D = units > HEAD && units % HEAD == 0 ? HEAD : H;
    const work all[] = {
        {"lstm", "GATES", 4 * H * (I + H), 4 * H},
#define CELL(name, kind, gradient, multiply_adds, results, formula)                        \
    {#name, #kind, multiply_adds, results},
#include "../../examples/cells/cells.def"
#undef CELL
    };

    (void)D;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        print(&all[i], steps, batch, inputs, units);
}
