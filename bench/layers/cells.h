/* SPDX-License-Identifier: MIT */
/* Cells as a user of the library would write them, each in the file of its name. */
#ifndef BENCH_CELLS_H
#define BENCH_CELLS_H

#include <rondo.h>

extern const rn_cell bench_cell_peephole, bench_cell_norm_lstm, bench_cell_mgu,
    bench_cell_slstm;

#endif
