/* SPDX-License-Identifier: MIT */
/* As much of Criterion as the suite of threads needs, in one process: Criterion itself does
 * not run with the thread sanitizer. main is in plain.c. */
#ifndef RN_TESTS_PLAIN_CRITERION_H
#define RN_TESTS_PLAIN_CRITERION_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void plain_test(void);

void plain_add(const char *suite, const char *name, plain_test *test);

#define Test(suite, name, ...)                                                             \
    static void suite##_##name(void);                                                      \
    __attribute__((constructor)) static void add_##suite##_##name(void)                    \
    {                                                                                      \
        plain_add(#suite, #name, suite##_##name);                                          \
    }                                                                                      \
    static void suite##_##name(void)

#define PLAIN_FIRST(first, ...) first
#define cr_log_info(...)        (fprintf(stderr, __VA_ARGS__), fprintf(stderr, "\n"))
#define cr_log_error            cr_log_info

#define cr_assert(...)                                                                     \
    ((PLAIN_FIRST(__VA_ARGS__, 0))                                                         \
         ? (void)0                                                                         \
         : (fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #__VA_ARGS__), exit(1)))
#define cr_expect                cr_assert
#define cr_assert_eq(a, b, ...)  cr_assert((a) == (b))
#define cr_assert_lt(a, b, ...)  cr_assert((a) < (b))
#define cr_assert_gt(a, b, ...)  cr_assert((a) > (b))
#define cr_assert_leq(a, b, ...) cr_assert((a) <= (b))
#define cr_assert_not(a, ...)    cr_assert(!(a))
#define cr_assert_null(a, ...)   cr_assert(!(a))
#define cr_assert_str_eq(a, b, ...)                                                        \
    (strcmp((a), (b)) ? (fprintf(stderr, "\"%s\"\n", (a)), cr_assert(!#a)) : (void)0)

#endif
