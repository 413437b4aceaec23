/* SPDX-License-Identifier: MIT */
/*
 * units_<variant> [every]: the largest error of each elementary function in units in the
 * last place, over every number there is (f32), or over each `every`th; f64 takes as many
 * numbers, evenly spread over all bit patterns.
 *
 * A reference in long double costs some 50 ns, so that all of f32 takes minutes for a
 * function. Exits with 1 if an error is above the bound that the tests hold.
 */
#include "kernel/cpu.h"
#include "vmath_functions.h"

#include <stdio.h>
#include <stdlib.h>

#if defined(RN_ISA_AVX512)
#define RN_ISA_NEEDED RN__AVX512
#elif defined(RN_ISA_AVX2)
#define RN_ISA_NEEDED RN__AVX2
#else
#define RN_ISA_NEEDED RN__BASELINE
#endif

enum { COUNT = 1024 };

static const uint64_t numbers = (uint64_t)1 << 32;

/* Pattern k of all, spread over the type's. */
static real number(uint64_t k)
{
#if RN_REAL == 32
    return from_bits((bit_pattern)k);
#else
    return from_bits(k << 32 | (k * 2654435761u & UINT32_MAX));
#endif
}

static bool measure(const function *f, uint64_t every)
{
    static real x[COUNT], y[COUNT];
    long double worst = 0;
    real where = 0;

    for (uint64_t k = 0; k < numbers;) {
        int n = 0;
        for (; n < COUNT && k < numbers; n++, k += every) x[n] = number(k);
        f->run(y, x, n);
        for (int i = 0; i < n; i++) {
            const long double error = units(y[i], f->reference((long double)x[i]));
            if (error > worst) worst = error, where = x[i];
        }
    }
    printf("%-10s %.3Lf at %a\n", f->name, worst, (double)where);
    fflush(stdout);
    return worst <= f->bound;
}

/* Of a sample of pairs: as many as there are numbers. */
static bool measure_powers(uint64_t every)
{
    static real x[COUNT], y[COUNT], z[COUNT];
    long double worst = 0;
    real where[2] = {0};

    for (uint64_t k = 0; k < numbers / every;) {
        for (int i = 0; i < COUNT; i++, k++) pow_arguments(k, &x[i], &y[i]);
        powers(z, x, y, COUNT);
        for (int i = 0; i < COUNT; i++) {
            const long double error = units(z[i], powl(x[i], y[i]));
            if (error > worst) worst = error, where[0] = x[i], where[1] = y[i];
        }
    }
    printf("%-10s %.3Lf at %a ^ %a\n", "pow", worst, (double)where[0], (double)where[1]);
    return worst <= POW_BOUND;
}

int main(int argc, char **argv)
{
    const unsigned long every = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
    bool ok = every > 0;

    if (!ok) fprintf(stderr, "units: every how many numbers? %s\n", argv[1]);
    if (!rn__cpu_has(RN_ISA_NEEDED)) {
        fprintf(stderr, "units: the processor does not have this instruction set\n");
        return 1;
    }
    for (int i = 0; every > 0 && i < FUNCTIONS; i++)
        if (!measure(&functions[i], every)) ok = false;
    if (every > 0 && !measure_powers(every)) ok = false;
    return ok ? 0 : 1;
}
