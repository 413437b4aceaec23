/* SPDX-License-Identifier: MIT */
/* Runs Criterion's tests of one variant, where the processor has its instruction set. */
#include "kernel_test.h"

int main(int argc, char **argv)
{
    if (!rn__cpu_has(NEEDED)) {
        printf("skipped: this processor has no %s\n", rn__cpu_isa_name(NEEDED));
        return SKIPPED;
    }

    struct criterion_test_set *tests = criterion_initialize();
    const bool passed =
        !criterion_handle_args(argc, argv, true) || criterion_run_all_tests(tests);

    criterion_finalize(tests);
    return passed ? 0 : 1;
}
