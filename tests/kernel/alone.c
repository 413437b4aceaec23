/* SPDX-License-Identifier: MIT */
/* Runs the tests of alone.h one after the other. */
#include "kernel_test.h"

static alone_test *tests;

void alone_add(alone_test *test)
{
    test->next = tests;
    tests = test;
}

int main(void)
{
    int count = 0;

    if (!rn__cpu_has(NEEDED)) {
        printf("skipped: this processor has no %s\n", rn__cpu_isa_name(NEEDED));
        return SKIPPED;
    }
    for (const alone_test *t = tests; t; t = t->next, count++) {
        printf("%s %s\n", t->suite, t->name);
        t->run();
    }
    printf("%d tests\n", count);
    return count > 0 ? 0 : 1;
}
