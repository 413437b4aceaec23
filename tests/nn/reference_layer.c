/* SPDX-License-Identifier: MIT */
/* Recurrent layers of any cell as plain loops over numbers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reference.h"

/* Of one layer and direction. */
static int64_t sizes_of(const rn_test_cell *cell, int64_t I, int64_t H, int64_t *state)
{
    if (cell->sizes) return cell->sizes(I, H, state);
    for (int s = 0; s < cell->cell->states; s++) state[s] = H;
    return H;
}

int64_t rn_test_sizes(const rn_test_cell *cell, const rn_recurrent_options *options,
                      int64_t I, int64_t *state)
{
    const int D = options->bidirectional ? 2 : 1, L = options->layers ? options->layers : 1;
    int64_t O = 0;

    for (int i = 0; i < L * D; i++) {
        O = sizes_of(cell, I, options->units, state + i * cell->cell->states);
        if (i % D == D - 1) I = D * O;
    }
    return O;
}

typedef struct direction {
    const rn_model *model;
    const rn_test_cell *cell;
    char path[100];
    int64_t T, B, I, H, O;
    int64_t size[RN_STATES_MAX];
    bool backward;
} direction;

/* All steps of one sequence in one direction. y: its outputs, `stride` apart. */
static void run_sequence(const direction *d, const double *x, int64_t length,
                         int64_t stride, double *const *state, double *y, double *last)
{
    for (int64_t j = 0; j < d->O; j++) last[j] = d->cell->separate ? 0 : state[0][j];
    for (int64_t i = 0; i < length; i++) {
        const int64_t t = d->backward ? length - 1 - i : i;
        d->cell->step(d->model, d->path, d->I, d->H, x + t * d->B * d->I, state, last);
        memcpy(y + t * stride, last, (size_t)d->O * sizeof *y);
    }
}

/* The states of sequence b; `all` has them as [B, size], one after the other. */
static void states_of(const direction *d, double *all, int64_t b, double **state)
{
    for (int s = 0; s < d->cell->cell->states; s++) {
        state[s] = all + b * d->size[s];
        all += d->B * d->size[s];
    }
}

/* x [T,B,I] -> y [T,B,D O] and last [B,D O], the columns of this direction, which begin at
 * `column`. */
static void run_direction(const direction *d, const double *x, const int32_t *lengths,
                          const double *initial, int64_t columns, int64_t column, double *y,
                          double *last, double *final)
{
    int64_t count = 0;
    double *state[RN_STATES_MAX];

    for (int s = 0; s < d->cell->cell->states; s++) count += d->B * d->size[s];
    for (int64_t i = 0; i < count; i++) final[i] = initial ? initial[i] : 0;
    for (int64_t b = 0; b < d->B; b++) {
        states_of(d, final, b, state);
        if (!initial && d->cell->begin)
            d->cell->begin(d->model, d->path, d->I, d->H, state);
        run_sequence(d, x + b * d->I, lengths ? lengths[b] : d->T, d->B * columns, state,
                     y + b * columns + column, last + b * columns + column);
    }
}

void rn_test_recurrent(const rn_model *model, const char *name, const rn_test_cell *cell,
                       const rn_recurrent_options *options, int64_t T, int64_t B, int64_t I,
                       const double *x, const int32_t *lengths, const double *initial,
                       double *outputs, double *last, double *final)
{
    const int D = options->bidirectional ? 2 : 1, L = options->layers ? options->layers : 1;
    const int64_t H = options->units, widest = RN_TEST_UNITS;
    double *from = (double *)calloc((size_t)(T * B * widest) + 1, sizeof *from);

    if (T * B * I > 0) memcpy(from, x, (size_t)(T * B * I) * sizeof *x);
    for (int l = 0; l < L; l++) {
        direction d = {.model = model, .cell = cell, .T = T, .B = B, .I = I, .H = H};
        d.O = sizes_of(cell, I, H, d.size);
        cr_assert(D * d.O <= widest);
        for (int64_t i = 0; i < T * B * D * d.O; i++) outputs[i] = 0;
        for (int k = 0; k < D; k++) {
            snprintf(d.path, sizeof d.path, "%s/layer%d%s", name, l,
                     D == 1 ? ""
                     : k    ? "/backward"
                            : "/forward");
            d.backward = D == 2 ? k == 1 : options->reverse;
            run_direction(&d, from, lengths, initial, D * d.O, k * d.O, outputs, last,
                          final);
            for (int s = 0; s < cell->cell->states; s++) {
                final += B * d.size[s];
                if (initial) initial += B * d.size[s];
            }
        }
        I = D * d.O;
        if (T * B > 0) memcpy(from, outputs, (size_t)(T * B * I) * sizeof *from);
    }
    free(from);
}
