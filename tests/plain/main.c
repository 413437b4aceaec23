/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

int main(int count, char **arguments)
{
    struct criterion_test_set *tests = criterion_initialize();

    criterion_handle_args(count, arguments, true);
    return criterion_run_all_tests(tests) ? 0 : 1;
}
