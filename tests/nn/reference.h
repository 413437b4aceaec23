/* SPDX-License-Identifier: MIT */
/*
 * Recurrent layers as plain loops over numbers, one sequence and one unit at a time, by the
 * equations of the papers. Nothing here is shared with the library.
 */
#ifndef RN_TESTS_NN_REFERENCE_H
#define RN_TESTS_NN_REFERENCE_H

#include "nn_support.h"

/* A cell for one sequence: x [I], states that become the next ones, output y. `path` is
 * that of the weights in the model. */
typedef struct rn_test_cell {
    const rn_cell *cell;
    void (*step)(const rn_model *model, const char *path, int64_t I, int64_t H,
                 const double *x, double *const *state, double *y);

    /* NULL: states and output are [H], and the output is state 0; or the elements of each
     * state, and of an output. */
    int64_t (*sizes)(int64_t I, int64_t H, int64_t *state);
    bool separate; /* the output is no state */

    /* NULL: zeros; or what writes the states before the first step. */
    void (*begin)(const rn_model *model, const char *path, int64_t I, int64_t H,
                  double *const *state);
} rn_test_cell;

/* Every cell of cells.def, and those of tests/nn/cells.h. */
enum {
    RN_TEST_LISTED = 0
#define RN_CELL(name, formula) +1
#include "nn/cells/cells.def"
#undef RN_CELL
    ,
    RN_TEST_CELLS = RN_TEST_LISTED + 3
};
const rn_test_cell *rn_test_cell_at(int index);

/* The one of a cell. */
const rn_test_cell *rn_test_cell_of(const rn_cell *cell);

/* The arguments and results of the whole layer. */
typedef struct rn_test_run {
    const rn_model *model;
    const char *name;
    const rn_test_cell *cell;
    rn_recurrent_options options; /* without tensors and dropout */
    int64_t T, B, I;
    const double *x;                /* [T,B,I] */
    const int32_t *lengths;         /* [B]; NULL: all T */
    const uint8_t *mask, *restarts; /* [T,B]; NULL: all steps, and none */
    bool initial;                   /* `final` has the initial states before */
    double *outputs, *last;         /* [T,B,N], [B,N]; room for RN_TEST_UNITS units */
    double *final;                  /* each state [B, size] one after the other */
    double *states;                 /* each state [T,B, size]; NULL: not wanted */
} rn_test_run;

/* Elements of each state of one sequence, ordered as rn_sequence.final, and how many states
 * there are. Returns N, the units of the last layer's outputs. */
int64_t rn_test_sizes(const rn_test_run *run, int64_t *state, int *count);

void rn_test_recurrent(const rn_test_run *run);

/* ---- what the references of cells share ---- */

enum { RN_TEST_UNITS = 128 };

double rn_test_sigmoid(double x);

/* The values of the weight path/gate/what. */
const double *rn_test_part(const rn_model *model, const char *path, const char *gate,
                           const char *what);

/* y [N] = W x + U h + b with x [I], h [H], without the parts whose vector is NULL; b goes
 * with x. */
void rn_test_gate(const rn_model *model, const char *path, const char *name, int64_t I,
                  int64_t H, int64_t N, const double *x, const double *h, double *y);

/* reference_own.c: those of tests/nn/cells.h. */
extern const rn_test_cell rn_test_own[3];

#endif
