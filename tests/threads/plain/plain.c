/* SPDX-License-Identifier: MIT */
/* Runs the tests of a program one after the other, or those that the arguments name. */
#include <criterion/criterion.h>

enum { MOST = 64 };

static struct {
    const char *suite, *name;
    plain_test *test;
} tests[MOST];
static int count;

void plain_add(const char *suite, const char *name, plain_test *test)
{
    if (count == MOST) abort();
    tests[count].suite = suite;
    tests[count].name = name;
    tests[count++].test = test;
}

int main(int arguments, char **names)
{
    for (int i = 0; i < count; i++) {
        bool wanted = arguments < 2;
        for (int k = 1; k < arguments; k++) wanted |= !strcmp(names[k], tests[i].name);
        if (!wanted) continue;
        printf("%s: %s\n", tests[i].suite, tests[i].name);
        fflush(stdout);
        tests[i].test();
    }
    return 0;
}
