/* SPDX-License-Identifier: MIT */
/*
 * The matrix product on one core, in the sizes that recurrent layers have:
 *
 *   rondo-bench-gemm [f64] [M K N [x] [y]]      x, y: that operand is read transposed
 *
 * For each size the time of one call and its share of the processor's peak, with y as it is
 * and packed before. The least of many short runs counts, because disturbances only slow a
 * run. All operands of one size stay in the caches that hold them.
 */
#include <math.h>
#include <rondo/op.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend/cpu/cpu.h"
#include "bench.h"
#include "graph/node.h"
#include "ops/op.h"
#include "ops/table.h"

typedef struct size {
    int64_t m, k, n;
    bool x, y; /* transposed */
    const char *what;
} size;

static const size sizes[] = {
    {1, 32, 128, false, false, "a step, batch 1, 32 units"},
    {1, 128, 32, false, true, "its gradient"},
    {1, 64, 64, false, false, "one gate of 64 units"},
    {1, 64, 256, false, false, "a step of 64 units"},
    {1, 256, 64, false, true, "its gradient"},
    {1, 128, 512, false, false, "a step of 128 units"},
    {1, 512, 128, false, true, "its gradient"},
    {2, 256, 1024, false, false, "batch 2, 256 units"},
    {4, 256, 1024, false, false, "batch 4"},
    {16, 128, 512, false, false, "batch 16, 128 units"},
    {16, 512, 128, false, true, "its gradient"},
    {32, 128, 512, false, false, "batch 32, 128 units"},
    {32, 512, 128, false, true, "its gradient"},
    {32, 256, 256, false, false, "one gate of 256 units"},
    {32, 256, 1024, false, false, "batch 32, 256 units"},
    {32, 1024, 256, false, true, "its gradient"},
    {64, 512, 2048, false, false, "batch 64, 512 units"},
    {64, 2048, 512, false, true, "its gradient"},
    {64, 1024, 4096, false, false, "batch 64, 1024 units"},
    {3200, 256, 1024, false, false, "100 steps at once"},
    {256, 3200, 1024, true, false, "the gradient of the weight"},
    {128, 2048, 512, true, false, "the same, 64 steps of 128 units"},
    {1024, 3200, 1024, true, false, "the same, 1024 units"},
    {256, 256, 256, false, false, "square"},
    {512, 512, 512, false, false, "square"},
    {1024, 1024, 1024, false, false, "square"},
};

enum { RUNS = 40 };
static const double slice = 0.002;

/* Processor time, so that other programs do not count. */
static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void *memory(size_t bytes)
{
    void *p = aligned_alloc(64, (bytes + 64) / 64 * 64);

    if (!p) exit(1);
    rn__cpu_large_pages(p, bytes); /* as a program's workspace */
    return p;
}

static rn_array matrix(rn_type type, int64_t rows, int64_t columns)
{
    const int64_t n = rows * columns;
    rn_array a = {.type = type,
                  .rank = 2,
                  .size = {rows, columns},
                  .stride = {columns, 1},
                  .data = memory((size_t)n * rn_type_size(type))};

    for (int64_t i = 0; i < n; i++) {
        const double x = (double)(i * 7919 % 2048) / 2048 - 0.5;
        if (type == RN_F32)
            ((float *)a.data)[i] = (float)x;
        else
            ((double *)a.data)[i] = x;
    }
    return a;
}

static double seconds(rn_kernel kernel, const rn_call *call)
{
    double best = INFINITY;
    long calls = 1;

    for (int run = 0; run < RUNS;) {
        const double start = now();
        for (long i = 0; i < calls; i++) kernel(call);
        const double taken = now() - start;
        if (taken / (double)calls < best) best = taken / (double)calls;
        if (taken < slice / 2)
            calls *= 2;
        else
            run++;
    }
    return best;
}

static void report(const size *s, rn_type type, double peak)
{
    const int64_t which = (s->x ? RN_TRANSPOSE_X : 0) | (s->y ? RN_TRANSPOSE_Y : 0);
    rn_array in[2] = {s->x ? matrix(type, s->k, s->m) : matrix(type, s->m, s->k),
                      s->y ? matrix(type, s->n, s->k) : matrix(type, s->k, s->n)};
    rn_array out = matrix(type, s->m, s->n);
    rn_call call = {.in = in, .out = &out, .attributes = &which, .inputs = 2};
    const rn_kernel kernel = rn__op_code(&rn__op_matmul, type).kernel;
    const double operations = 2.0 * (double)s->m * (double)s->n * (double)s->k;
    int operand;

    call.scratch = memory(rn__op_matmul.scratch(&call));
    const double plain = seconds(kernel, &call);
    printf("%5d %5d %5d %s%s %10.3f us %6.1f GFLOP/s %3.0f %%", (int)s->m, (int)s->k,
           (int)s->n, s->x ? "x" : ".", s->y ? "y" : ".", plain * 1e6,
           operations / plain * 1e-9, operations / plain * 1e-7 / peak);
    const size_t bytes = rn__op_matmul.pack(&call, &operand);
    if (bytes) {
        call.packed = memory(bytes), call.pack = true;
        kernel(&call);
        call.pack = false;
        const double packed = seconds(kernel, &call);
        printf("  packed %10.3f us %3.0f %%", packed * 1e6,
               operations / packed * 1e-7 / peak);
        free(call.packed);
    }
    printf("  %s\n", s->what);
    free(in[0].data), free(in[1].data), free(out.data), free(call.scratch);
}

int main(int argc, char **argv)
{
    const bool wide = argc > 1 && !strcmp(argv[1], "f64");
    char **size_of = argv + 1 + wide;
    const int words = argc - 1 - wide;
    const rn_type type = wide ? RN_F64 : RN_F32;
    const double peak = wide ? bench_peak_f64() : bench_peak_f32();

    printf("peak %.1f GFLOP/s\n    M     K     N\n", peak);
    if (words >= 3) {
        size s = {atoll(size_of[0]), atoll(size_of[1]), atoll(size_of[2]), .what = ""};
        for (int i = 3; i < words; i++) *(size_of[i][0] == 'x' ? &s.x : &s.y) = true;
        report(&s, type, peak);
        return 0;
    }
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) report(&sizes[i], type, peak);
    return 0;
}
