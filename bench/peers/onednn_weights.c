/* SPDX-License-Identifier: MIT */
/* The order of the weights. */
#include "onednn_weights.h"

#include <stdio.h>
#include <string.h>

static const onednn_cell cells[] = {
    {"rnn", dnnl_vanilla_rnn, 1, 1, 1, 0, {0}, {-1}, -1},
    {"lstm", dnnl_vanilla_lstm, 1, 4, 4, 0, {1, 0, 2, 3}, {-1, -1, -1, -1}, -1},
    {"bilstm", dnnl_vanilla_lstm, 2, 4, 4, 0, {1, 0, 2, 3}, {-1, -1, -1, -1}, -1},
    {"peephole", dnnl_vanilla_lstm, 1, 4, 4, 3, {1, 0, 2, 3}, {1, 0, -1, 2}, -1},
    {"gru", dnnl_lbr_gru, 1, 3, 4, 0, {1, 0, 2}, {-1, -1, -1}, 0},
    {"gru_before", dnnl_vanilla_gru, 1, 3, 3, 0, {1, 0, 2}, {-1, -1, -1}, 0},
};

const onednn_cell *onednn_find(const char *name)
{
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        if (strcmp(cells[i].name, name) == 0) return &cells[i];
    return NULL;
}

/* One weight of Rondo's, as it is stored here. */
typedef struct piece {
    float *data;
    int64_t rows, stride;
    float sign;
} piece;

typedef void visitor(piece p, int64_t columns, uint32_t k);

static void fill(piece p, int64_t columns, uint32_t k)
{
    const float scale = serve_scale(p.rows > 1 ? 2 : 1, p.rows);

    for (int64_t r = 0; r < p.rows; r++)
        for (int64_t i = 0; i < columns; i++)
            p.data[r * p.stride + i] =
                p.sign * scale * serve_number(k, (uint32_t)(r * columns + i));
}

static void print(piece p, int64_t columns, uint32_t k)
{
    (void)k;
    for (int64_t r = 0; r < p.rows; r++)
        for (int64_t i = 0; i < columns; i++)
            printf(" %.9g", (double)(p.sign * p.data[r * p.stride + i]));
}

/* Visits the weights of one direction, whose arrays these are. Returns the next number. */
static uint32_t each_gate(const onednn_cell *cell, const serve_case *c,
                          const onednn_weights *a, uint32_t k, visitor *visit)
{
    const int64_t H = c->H, row = cell->gates * H;

    for (int g = 0; g < cell->gates; g++) {
        const int at = cell->place[g];
        const float sign = at == cell->negated ? -1.0f : 1.0f;
        visit((piece){a->w + at * H, c->I, row, sign}, H, k++);
        visit((piece){a->u + at * H, H, row, sign}, H, k++);
        visit((piece){a->b + at * H, 1, H, sign}, H, k++);
        if (cell->peephole[g] >= 0)
            visit((piece){a->p + cell->peephole[g] * H, 1, H, 1}, H, k++);
    }
    if (cell->biases > cell->gates) visit((piece){a->b + cell->gates * H, 1, H, 1}, H, k++);
    return k;
}

static void each(const onednn_cell *cell, const serve_case *c, const onednn_weights *a,
                 visitor *visit)
{
    uint32_t k = 0;

    for (int d = 0; d < cell->directions; d++) {
        const int64_t row = cell->gates * c->H;
        const onednn_weights one = {.w = a->w + d * c->I * row,
                                    .u = a->u + d * c->H * row,
                                    .b = a->b + d * cell->biases * c->H,
                                    .p = cell->peepholes ? a->p + d * 3 * c->H : NULL};
        k = each_gate(cell, c, &one, k, visit);
    }
}

void onednn_fill(const onednn_cell *cell, const serve_case *c, const onednn_weights *to)
{
    each(cell, c, to, fill);
}

void onednn_print(const onednn_cell *cell, const serve_case *c, const onednn_weights *from)
{
    each(cell, c, from, print);
}
