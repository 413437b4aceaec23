/* SPDX-License-Identifier: MIT */
/* Recurrent layers of any cell, with all options that inference has, as plain loops over
 * numbers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reference.h"

enum { WIDEST = RN_TEST_UNITS };

static double *room(int64_t count)
{
    return (double *)calloc((size_t)count + 1, sizeof(double));
}

/* One cell in one direction of one layer. */
typedef struct direction {
    const rn_test_run *run;
    const rn_test_cell *cell;
    char path[100];
    int64_t I, H, O, size[RN_STATES_MAX], column, width; /* of its outputs among all */
    bool backward, residual;
} direction;

static int layers_of(const rn_recurrent_options *o)
{
    return o->layers ? o->layers : 1;
}

/* The cell, sizes and place of direction d of a layer that reads I units. */
static direction direction_of(const rn_test_run *run, int layer, int d, int64_t I)
{
    const rn_recurrent_options *o = &run->options;
    const rn_recurrent_layer *own = o->own ? &o->own[layer] : NULL;
    direction x = {.run = run, .cell = run->cell, .I = I, .H = o->units};

    if (d && o->backward) x.cell = rn_test_cell_of(o->backward);
    if (own && own->cell) x.cell = rn_test_cell_of(own->cell);
    if (d && own && own->backward) x.cell = rn_test_cell_of(own->backward);
    if (own && own->units) x.H = own->units;
    x.backward = d == 1 || o->reverse;
    snprintf(x.path, sizeof x.path, "%s/layer%d%s", run->name, layer,
             !o->bidirectional ? ""
             : d               ? "/backward"
                               : "/forward");
    x.O = x.H;
    for (int s = 0; s < x.cell->cell->states; s++) x.size[s] = x.H;
    if (x.cell->sizes) x.O = x.cell->sizes(I, x.H, x.size);
    return x;
}

/* Both directions of a layer; returns how many. */
static int layer_of(const rn_test_run *run, int layer, int64_t I, direction *d)
{
    const rn_recurrent_options *o = &run->options;
    const int D = o->bidirectional ? 2 : 1;

    for (int k = 0; k < D; k++) d[k] = direction_of(run, layer, k, I);
    const bool joined = D == 2 && o->merge == RN_MERGE_CONCAT;
    for (int k = 0; k < D; k++) {
        d[k].column = joined && k ? d[0].O : 0;
        d[k].width = joined ? d[0].O + d[1].O : d[0].O;
        d[k].residual = o->connect == RN_CONNECT_RESIDUAL && d[k].width == I;
        cr_assert(d[k].width <= WIDEST);
    }
    return D;
}

int64_t rn_test_sizes(const rn_test_run *run, int64_t *state, int *count)
{
    const bool skip = run->options.connect == RN_CONNECT_SKIP;
    int64_t I = run->I;
    direction d[2];

    *count = 0;
    for (int layer = 0; layer < layers_of(&run->options); layer++) {
        const int D = layer_of(run, layer, I, d);
        for (int k = 0; k < D; k++)
            for (int s = 0; s < d[k].cell->cell->states; s++)
                state[(*count)++] = d[k].size[s];
        I = d[0].width + (skip ? run->I : 0);
    }
    return d[0].width;
}

/* The states of a sequence: of each, its elements; and what they were at the beginning. */
typedef struct memory {
    double *state[RN_STATES_MAX], *begin[RN_STATES_MAX], *old[RN_STATES_MAX];
} memory;

static void copy_states(const direction *d, double *const *to, double *const *from)
{
    for (int s = 0; s < d->cell->cell->states; s++)
        memcpy(to[s], from[s], (size_t)d->size[s] * sizeof **from);
}

/* One step, x [I] -> y [O]. */
static void step(const direction *d, const double *x, memory *m, double *y)
{
    copy_states(d, m->old, m->state);
    d->cell->step(d->run->model, d->path, d->I, d->H, x, m->state, y);
    for (int s = 0; s < d->cell->cell->states; s++) {
        const double kept = d->run->options.zoneout[s];
        for (int64_t j = 0; j < d->size[s]; j++)
            m->state[s][j] = kept * m->old[s][j] + (1 - kept) * m->state[s][j];
    }
    if (!d->cell->separate) memcpy(y, m->state[0], (size_t)d->O * sizeof *y);
    for (int64_t j = 0; d->residual && j < d->O; j++) y[j] += x[d->column + j];
}

/* Whether a sequence begins at step t. */
static bool begins(const direction *d, int64_t t, int64_t b)
{
    const rn_test_run *run = d->run;
    const int64_t at = d->backward ? t + 1 : t;

    return run->restarts && at < run->T && run->restarts[at * run->B + b];
}

/* All steps of sequence b. y: its outputs, `width` of a step. `states`: those after every
 * step; NULL: not wanted. */
static void run_sequence(const direction *d, const double *x, int64_t b, memory *m,
                         double *y, double *last, double **states)
{
    const rn_test_run *run = d->run;
    const int64_t length = run->lengths ? run->lengths[b] : run->T;
    const bool is_state = !d->cell->separate && !d->residual && !run->options.hold;
    double out[WIDEST] = {0};

    if (is_state) memcpy(out, m->state[0], (size_t)d->O * sizeof *out);
    for (int64_t i = 0; i < length; i++) {
        const int64_t t = d->backward ? length - 1 - i : i, at = t * run->B + b;
        const bool skipped = run->mask && !run->mask[at];
        if (begins(d, t, b)) {
            copy_states(d, m->state, m->begin);
            memset(out, 0, sizeof out);
            if (is_state) memcpy(out, m->state[0], (size_t)d->O * sizeof *out);
        }
        if (!skipped) step(d, x + at * d->I, m, out);
        for (int64_t j = 0; j < d->O; j++)
            y[at * d->width + d->column + j] = skipped && !run->options.hold ? 0 : out[j];
        for (int s = 0; states && s < d->cell->cell->states; s++)
            memcpy(states[s] + at * d->size[s], m->state[s],
                   (size_t)d->size[s] * sizeof(double));
    }
    memcpy(last + b * d->width + d->column, out, (size_t)d->O * sizeof *out);
}

/* All sequences: x [T,B,I] -> the columns of y [T,B,width] and last [B,width]. `final`: the
 * states [B, size] one after the other, first the initial ones if they are given. */
static void run_direction(const direction *d, const double *x, bool given, double *y,
                          double *last, double *final, double *states)
{
    const rn_test_run *run = d->run;
    double *of_state[RN_STATES_MAX];
    memory m;

    for (int s = 0; states && s < d->cell->cell->states; s++) {
        of_state[s] = states;
        states += run->T * run->B * d->size[s];
    }
    for (int s = 0; s < d->cell->cell->states; s++)
        m.begin[s] = room(d->size[s]), m.old[s] = room(d->size[s]);
    for (int64_t b = 0; b < run->B; b++) {
        double *at = final;
        for (int s = 0; s < d->cell->cell->states; at += run->B * d->size[s++]) {
            m.state[s] = at + b * d->size[s];
            for (int64_t j = 0; !given && j < d->size[s]; j++) m.state[s][j] = 0;
        }
        if (!given && d->cell->begin)
            d->cell->begin(run->model, d->path, d->I, d->H, m.state);
        copy_states(d, m.begin, m.state);
        run_sequence(d, x, b, &m, y, last, states ? of_state : NULL);
    }
    for (int s = 0; s < d->cell->cell->states; s++) free(m.begin[s]), free(m.old[s]);
}

/* Of the outputs of both directions one, as the options say. */
static void merge(rn_merge how, int64_t n, double *y, const double *other)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = how == RN_MERGE_SUM    ? y[i] + other[i]
               : how == RN_MERGE_MEAN ? (y[i] + other[i]) / 2
                                      : y[i] * other[i];
}

/* A layer: x [T,B,I] -> outputs and last. */
static void run_layer(const rn_test_run *run, const direction *d, int D, const double *x,
                      double **final, double **states)
{
    const int64_t rows = run->T * run->B;
    double *y[2] = {room(rows * WIDEST), room(rows * WIDEST)};
    double *last[2] = {room(run->B * WIDEST), room(run->B * WIDEST)};
    const bool joined = D == 2 && run->options.merge == RN_MERGE_CONCAT;

    for (int k = 0; k < D; k++) {
        const int into = joined ? 0 : k;
        run_direction(&d[k], x, run->initial, y[into], last[into], *final,
                      states ? *states : NULL);
        for (int s = 0; s < d[k].cell->cell->states; s++) {
            *final += run->B * d[k].size[s];
            if (states) *states += rows * d[k].size[s];
        }
    }
    if (D == 2 && !joined) {
        merge(run->options.merge, rows * d->width, y[0], y[1]);
        merge(run->options.merge, run->B * d->width, last[0], last[1]);
    }
    memcpy(run->outputs, y[0], (size_t)(rows * d->width) * sizeof **y);
    memcpy(run->last, last[0], (size_t)(run->B * d->width) * sizeof **y);
    for (int k = 0; k < 2; k++) free(y[k]), free(last[k]);
}

void rn_test_recurrent(const rn_test_run *run)
{
    const int64_t rows = run->T * run->B;
    const bool skip = run->options.connect == RN_CONNECT_SKIP;
    double *x = room(rows * 2 * WIDEST), *final = run->final, *states = run->states;
    int64_t I = run->I;
    direction d[2];

    if (rows * I > 0) memcpy(x, run->x, (size_t)(rows * I) * sizeof *x);
    for (int layer = 0; layer < layers_of(&run->options); layer++) {
        const int D = layer_of(run, layer, I, d);
        run_layer(run, d, D, x, &final, run->states ? &states : NULL);
        I = d->width + (skip ? run->I : 0);
        for (int64_t i = 0; i < rows; i++) {
            memcpy(x + i * I, run->outputs + i * d->width, (size_t)d->width * sizeof *x);
            if (skip)
                memcpy(x + i * I + d->width, run->x + i * run->I,
                       (size_t)run->I * sizeof *x);
        }
    }
    free(x);
}
