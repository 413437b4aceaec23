/* SPDX-License-Identifier: MIT */
/*
 * rondo-bench-layers -- Rondo as a system of the benchmark; see serve.h and compare.py.
 *
 * It also answers: the peak of one core (ask peak, in GFLOP/s), the time to read so many
 * bytes once that were read before (ask read BYTES, in milliseconds), the names of the
 * passes that can be left out (ask passes, in the order of their bits), and the
 * instruction set (ask isa), and what a training step of each cell of examples/cells must
 * do (ask cells T B I H; see cells.h).
 */
#include "../bench.h"
#include "cells.h"
#include "loaded.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *load(const serve_case *c, char *why)
{
    const bool language = strcmp(c->cell, "lm1") == 0 || strcmp(c->cell, "lm2") == 0;

    return language ? loaded_language(c, why) : loaded_layer(c, why);
}

static bool run(void *memory, char *why)
{
    rn_program *program = ((loaded *)memory)->program;

    if (rn_run(program) == RN_OK) return true;
    snprintf(why, SERVE_WHY, "%s", rn_program_error(program));
    return false;
}

static size_t bytes(const void *memory)
{
    return rn_program_workspace(((const loaded *)memory)->program);
}

static void values(void *memory)
{
    const loaded *l = (const loaded *)memory;

    for (int i = 0; i < l->outputs; i++) {
        const int64_t count = rn_shape_count(rn_shape_get(l->output[i]));
        float *data = (float *)calloc((size_t)count, sizeof *data);
        if (data && rn_read_f32(l->program, l->output[i], data, count) == RN_OK)
            for (int64_t k = 0; k < count; k++) printf(" %.9g", (double)data[k]);
        free(data);
    }
}

/* The numbers are written first: memory that nothing has written to is one page of zeros,
 * which is read faster. They begin a cache line, so that no vector lies in two. */
static double read_time(size_t count)
{
    enum { LINE = 64 / sizeof(float) };
    float *memory = (float *)malloc((count + LINE) * sizeof *memory), *data = memory;

    if (!memory) return 0;
    while ((uintptr_t)data % (LINE * sizeof *data)) data++;
    for (size_t i = 0; i < count; i++) data[i] = 1;
    const double seconds = bench_read_time(data, count);
    free(memory);
    return 1e3 * seconds;
}

static bool ask(const char *words)
{
    long long T, B, I, H;
    size_t count;

    if (strncmp(words, "peak", 4) == 0) return printf("ok %.3f\n", bench_peak_f32()) > 0;
    if (sscanf(words, "read %zu", &count) == 1)
        return printf("ok %.6f\n", read_time(count / sizeof(float))) > 0;
    if (strncmp(words, "passes", 6) == 0)
        return printf("ok merge_loops hoist elide fuse pack join_products split_products "
                      "rows accumulate parts recompute row_blocks checkpoint scan "
                      "contract\n") > 0;
    if (strncmp(words, "isa", 3) == 0) return printf("ok %s\n", rn_isa()) > 0;
    if (sscanf(words, "cells %lld %lld %lld %lld", &T, &B, &I, &H) == 4) {
        printf("ok");
        bench_cells_print(T, B, I, H);
        return printf("\n") > 0;
    }
    return false;
}

int main(void)
{
    const serve_system rondo = {.load = load,
                                .free = loaded_free,
                                .run = run,
                                .bytes = bytes,
                                .values = values,
                                .ask = ask};

    return serve(&rondo);
}
