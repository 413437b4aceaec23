/* SPDX-License-Identifier: MIT */
/* The cells that are measured: the library's, those of examples/cells, and peephole.c. */
#ifndef BENCH_CELLS_H
#define BENCH_CELLS_H

#include <rondo.h>

extern const rn_cell bench_cell_peephole;

/* The cell of a name, for layers of H units. False if there is none. */
bool bench_cell(const char *name, int64_t H, rn_cell *cell);

/* Prints a word for the LSTM and each cell of examples/cells, for a batch of B sequences:
 * NAME:KIND:OPERATIONS:BYTES of one training step. See cells.c. */
void bench_cells_print(int64_t T, int64_t B, int64_t I, int64_t H);

#endif
