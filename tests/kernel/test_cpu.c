/* SPDX-License-Identifier: MIT */
/* The choice of the instruction set: never one that the processor lacks, for any value of
 * RONDO_ISA. */
#include "kernel/caches.h"
#include "kernel/cpu.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The best level there is. */
static rn__isa best(void)
{
    int isa = RN__ISAS - 1;

    while (!rn__cpu_has((rn__isa)isa)) isa--;
    return (rn__isa)isa;
}

Test(cpu, the_baseline_is_always_there)
{
    cr_assert(rn__cpu_has(RN__BASELINE));
    cr_assert(!rn__cpu_has(RN__ISAS));
}

Test(cpu, a_level_includes_those_below)
{
    for (int isa = RN__BASELINE; isa < (int)best(); isa++)
        cr_assert(rn__cpu_has((rn__isa)isa));
}

Test(cpu, the_environment_lowers_it_and_never_raises_it)
{
    const rn__isa highest = best();

    for (int isa = 0; isa < RN__ISAS; isa++) {
        setenv("RONDO_ISA", rn__cpu_isa_name((rn__isa)isa), 1);
        cr_assert_eq(rn__cpu_isa(), (rn__isa)isa < highest ? (rn__isa)isa : highest);
    }
    setenv("RONDO_ISA", "avx1024", 1);
    cr_assert_eq(rn__cpu_isa(), highest);
    setenv("RONDO_ISA", "", 1);
    cr_assert_eq(rn__cpu_isa(), highest);
    unsetenv("RONDO_ISA");
    cr_assert_eq(rn__cpu_isa(), highest);
}

/* The words of the first line of flags in /proc/cpuinfo, with a space before and after
 * each. */
static bool read_flags(char *flags, int capacity)
{
    FILE *file = fopen("/proc/cpuinfo", "r");
    bool found = false;

    while (file && !found && fgets(flags, capacity, file))
        found = !strncmp(flags, "flags\t", 6);
    if (file) fclose(file);
    if (found) flags[strcspn(flags, "\n")] = ' ';
    return found;
}

/* Linux lists what both the processor and itself support. */
Test(cpu, agrees_with_the_kernel_of_linux)
{
    enum { CAPACITY = 1 << 16 };
    static char flags[CAPACITY];

    if (!read_flags(flags, CAPACITY)) cr_skip_test("no flags in /proc/cpuinfo");
#ifdef RN_HAVE_AVX2
    cr_assert_eq(rn__cpu_has(RN__AVX2), strstr(flags, " avx2 ") && strstr(flags, " fma "));
#endif
#ifdef RN_HAVE_AVX512
    cr_assert_eq(rn__cpu_has(RN__AVX512),
                 strstr(flags, " avx512f ") && strstr(flags, " avx512bw ") &&
                     strstr(flags, " avx512dq ") && strstr(flags, " avx512vl "));
#endif
}

/* Linux says what the first core's caches are; the library rounds nothing. */
static int64_t cache_of_linux(int index, int *level)
{
    char name[96], unit = 0;
    long kilobytes = 0;
    FILE *file;

    snprintf(name, sizeof name, "/sys/devices/system/cpu/cpu0/cache/index%d/level", index);
    file = fopen(name, "r");
    if (!file) return 0;
    if (fscanf(file, "%d", level) != 1) *level = 0;
    fclose(file);
    snprintf(name, sizeof name, "/sys/devices/system/cpu/cpu0/cache/index%d/size", index);
    file = fopen(name, "r");
    if (!file) return 0;
    if (fscanf(file, "%ld%c", &kilobytes, &unit) != 2 || unit != 'K') kilobytes = 0;
    fclose(file);
    return (int64_t)kilobytes << 10;
}

Test(caches, agree_with_linux)
{
    int compared = 0;

    for (int index = 2; index < 4; index++) { /* 0 and 1 are data and instructions */
        int level = 0;
        const int64_t bytes = cache_of_linux(index, &level);
        if (bytes == 0 || level < 2 || level > 3) continue;
        cr_expect_eq(rn__cache_bytes(level), bytes, "level %d", level);
        compared++;
    }
    if (!compared) cr_skip_test("no caches in /sys");
}

Test(caches, have_a_size)
{
    for (int level = 1; level <= 3; level++) {
        const int64_t bytes = rn__cache_bytes(level);
        cr_expect_geq(bytes, 8 << 10);
        cr_expect_eq(rn__cache_bytes(level), bytes);
    }
}
