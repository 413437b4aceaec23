/* SPDX-License-Identifier: MIT */
/* A large workspace asks for large pages, a small one does not. */
#define _DEFAULT_SOURCE /* for madvise */
#include <criterion/criterion.h>
#include <rondo.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/* Mappings of the process for which large pages were asked. */
static int advised(void)
{
    FILE *file = fopen("/proc/self/smaps", "r");
    char line[512];
    int count = 0;

    if (!file) return 0;
    while (fgets(line, sizeof line, file))
        if (!strncmp(line, "VmFlags:", 8) && strstr(line, " hg")) count++;
    fclose(file);
    return count;
}

/* Whether asking can be seen: a system may have no large pages, and an emulator passes no
 * request on. */
static bool sees_requests(void)
{
#if defined(MADV_HUGEPAGE)
    enum { BYTES = 16 << 20 };
    const int before = advised();
    void *memory =
        mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    cr_assert(memory != MAP_FAILED);
    madvise(memory, BYTES, MADV_HUGEPAGE);
    const int after = advised();
    munmap(memory, BYTES);
    return after > before;
#else
    return false;
#endif
}

/* How many mappings a program with a matrix of so many rows adds. */
static int added_by(int64_t rows)
{
    const int before = advised();
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(rows, 1024));
    rn_program *p =
        rn_compile(g, (rn_compile_options){RN_OUTPUTS(rn_tanh(x)), .threads = 1});

    cr_assert(p, "%s", rn_graph_error(g));
    const int after = advised();
    rn_program_free(p);
    rn_graph_free(g);
    return after - before;
}

Test(pages, of_a_large_workspace)
{
    if (!sees_requests()) cr_skip_test("requests for large pages cannot be seen");
    cr_assert(added_by(16) == 0);
    cr_assert(added_by(16384) > 0);
}
