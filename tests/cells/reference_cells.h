/* SPDX-License-Identifier: MIT */
/*
 * The cells of examples/cells as plain loops over numbers, one sequence and one unit at a
 * time, by the equations of the papers: exponentials are not kept in range, matrices are
 * multiplied out. Nothing here is shared with the cells.
 */
#ifndef RN_TESTS_CELLS_REFERENCE_H
#define RN_TESTS_CELLS_REFERENCE_H

#include "nn/reference.h"

#define RN_REFERENCE(name)                                                                 \
    void reference_##name(const rn_model *model, const char *path, int64_t I, int64_t H,   \
                          const double *x, double *const *state, double *y)

#define CELL(name, kind, gradient, multiply_adds, results, formula) RN_REFERENCE(name);
#include "examples/cells/cells.def"
#undef CELL

/* What cells with options have instead of their defaults. */
typedef struct reference_options {
    int levels, rounds, rank, groups, period[4], ltc_steps, order, delay, mamba_states,
        mamba_rank, heads, depth, width, window;
} reference_options;
extern reference_options reference_with;

/* ---- what the references share ---- */

enum { N = RN_TEST_UNITS };

/* The values of the weight path/what. */
const double *reference_weight(const rn_model *model, const char *path, const char *what);

/* y [outs] = W x of path/name/part, x [I]; and W x + b. */
void reference_product(const rn_model *model, const char *path, const char *name,
                       const char *part, int64_t I, int64_t outs, const double *x,
                       double *y);
void reference_linear(const rn_model *model, const char *path, const char *name, int64_t I,
                      int64_t outs, const double *x, double *y);

double reference_softplus(double x);

/* h becomes the next state of the library's GRU. */
void reference_gru(const rn_model *model, const char *path, int64_t I, int64_t H,
                   const double *x, double *h);

#endif
