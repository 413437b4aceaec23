/* SPDX-License-Identifier: MIT */
/*
 * train_cells -- trains every cell of examples/cells on a small task, and prints a table.
 *
 *   usage: train_cells [NAME] [RUNS]      only the cell NAME; all: -
 *
 * The task is to remember a number. Each step has a number in [-1, 1) and a mark, which is
 * 1 in the first step. The target is the number of that step, after T steps. Always
 * answering 0 has a mean squared error of 1/3.
 */
#include "cells/cells.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { T = 10, B = 32, I = 2, H = 24 };

typedef struct trained {
    int64_t parameters;
    double before, after; /* mean squared errors, of the first and last runs */
} trained;

static uint32_t random_bits = 1;

/* -1 <= result < 1; Marsaglia 2003, "Xorshift RNGs". */
static float draw(void)
{
    random_bits ^= random_bits << 13;
    random_bits ^= random_bits >> 17;
    random_bits ^= random_bits << 5;
    return (float)(random_bits >> 8) / (1 << 23) - 1;
}

static bool run(rn_program *program, rn_tensor x, rn_tensor y)
{
    float data[T][B][I], target[B];

    for (int t = 0; t < T; t++)
        for (int b = 0; b < B; b++) {
            data[t][b][0] = draw();
            data[t][b][1] = t == 0;
            if (t == 0) target[b] = data[t][b][0];
        }
    return rn_feed_f32(program, x, &data[0][0][0], T * B * I) == RN_OK &&
           rn_feed_f32(program, y, target, B) == RN_OK && rn_run(program) == RN_OK;
}

static bool train(const rn_cell *cell, long runs, trained *result)
{
    rn_model *model = rn_model_new(1);
    rn_graph *g = rn_graph_new();
    const rn_scope s = rn_root(g, model);
    rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(T, B, I));
    rn_tensor y = rn_input(g, "y", RN_F32, rn_shape(B, 1));
    rn_sequence h = rn_recurrent(s, "rnn", cell, x, (rn_recurrent_options){.units = H});
    rn_tensor loss = rn_mean_squared_error(rn_linear(s, "out", h.last, 1), y);
    rn_program *program = rn_compile(
        g, (rn_compile_options){.minimize = loss, .with = rn_clipped(rn_adam(1e-2), 1)});
    bool ok = program != NULL;

    if (!ok) fprintf(stderr, "train_cells: %s\n", rn_graph_error(g));
    for (long i = 0; ok && i < runs; i++) {
        ok = run(program, x, y);
        if (!ok) fprintf(stderr, "train_cells: %s\n", rn_program_error(program));
        const double error = ok ? rn_scalar(program, loss) : 0;
        if (i == 0) result->before = result->after = error;
        result->after += 0.1 * (error - result->after);
    }
    result->parameters = rn_model_parameters(model);
    rn_program_free(program);
    rn_graph_free(g);
    rn_model_free(model);
    return ok;
}

static const struct {
    const rn_cell *cell;
    const char *formula;
} cells[] = {
#define CELL(name, kind, gradient, multiply_adds, results, formula) {&cell_##name, formula},
#include "cells/cells.def"
#undef CELL
};

int main(int argc, char **argv)
{
    const char *only = argc > 1 && strcmp(argv[1], "-") != 0 ? argv[1] : NULL;
    char *end = "";
    const long runs = argc > 2 ? strtol(argv[2], &end, 10) : 400;
    int found = 0;

    if (argc > 3 || *end || runs < 1 || (only && *only == '-'))
        return fputs("usage: train_cells [cell, - for all [runs]]\n", stderr), 2;
    printf("%-15s%11s%9s%9s  %s\n", "cell", "parameters", "before", "after", "equation");
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        trained r = {0};
        if (only && strcmp(only, cells[i].cell->name) != 0) continue;
        if (!train(cells[i].cell, runs, &r)) return 1;
        printf("%-15s%11lld%9.4f%9.4f  %s\n", cells[i].cell->name, (long long)r.parameters,
               r.before, r.after, cells[i].formula);
        if (fflush(stdout) != 0)
            return fputs("train_cells: the standard output cannot be written\n", stderr), 1;
        found++;
    }
    if (!found) return fprintf(stderr, "train_cells: no such cell: %s\n", only), 2;
    return 0;
}
