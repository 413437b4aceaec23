/* SPDX-License-Identifier: MIT */
/*
 * The part of Criterion that kernel tests use, in one process. Criterion starts its own
 * program again for each test, and what an emulator's guest starts runs on the real
 * processor.
 */
#ifndef RN_TESTS_ALONE_H
#define RN_TESTS_ALONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct alone_test {
    const char *suite, *name;
    void (*run)(void);
    struct alone_test *next;
} alone_test;

/* Puts a test before those added so far. */
void alone_add(alone_test *test);

#define Test(suite, name) ALONE_TEST(suite, name)
#define ALONE_TEST(suite_, name_)                                                          \
    static void test_##suite_##_##name_(void);                                             \
    __attribute__((constructor)) static void add_##suite_##_##name_(void)                  \
    {                                                                                      \
        static alone_test test = {                                                         \
            .suite = #suite_, .name = #name_, .run = test_##suite_##_##name_};             \
        alone_add(&test);                                                                  \
    }                                                                                      \
    static void test_##suite_##_##name_(void)

/* The first one that fails ends the program. */
#define cr_assert(condition, ...)                                                          \
    do {                                                                                   \
        if (!(condition)) {                                                                \
            printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);                         \
            exit(1);                                                                       \
        }                                                                                  \
    } while (0)
#define cr_assert_eq(x, y) cr_assert((x) == (y))

#endif
