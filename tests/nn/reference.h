/* SPDX-License-Identifier: MIT */
/*
 * Recurrent layers as plain loops over numbers, one sequence and one unit at a time, by the
 * equations of the papers. Nothing here is shared with the library.
 */
#ifndef RN_TESTS_NN_REFERENCE_H
#define RN_TESTS_NN_REFERENCE_H

#include "nn_support.h"

/* A cell for one sequence: x [I], state[s] [H], which becomes the next one. `path` is that
 * of the weights in the model. Returns nothing; the output is state[0]. */
typedef struct rn_test_cell {
    const rn_cell *cell;
    void (*step)(const rn_model *model, const char *path, int64_t I, int64_t H,
                 const double *x, double *const *state);
} rn_test_cell;

enum { RN_TEST_CELLS = 4 };
extern const rn_test_cell rn_test_cells[RN_TEST_CELLS];

/* The whole layer: x [T,B,I]; initial and final [count][B,H] (initial NULL: zeros); lengths
 * [B] or NULL; outputs [T,B,D H]; last [B,D H]. */
void rn_test_recurrent(const rn_model *model, const char *name, const rn_test_cell *cell,
                       const rn_recurrent_options *options, int64_t T, int64_t B, int64_t I,
                       const double *x, const int32_t *lengths, const double *initial,
                       double *outputs, double *last, double *final);

#endif
