/* SPDX-License-Identifier: MIT */
/*
 * As much of Criterion as the tests use, where Criterion does not run: with the thread
 * sanitizer, and on an emulated processor, because it starts its own program again for each
 * test, which the emulator does not emulate. Here each test is a child of fork.
 */
#ifndef RN_TESTS_PLAIN_CRITERION_H
#define RN_TESTS_PLAIN_CRITERION_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLAIN_CRITERION

struct criterion_test_params {
    size_t size, length; /* of one parameter; how many there are */
    void *params;
};

typedef struct plain_test {
    const char *suite, *name;
    void (*test)(void);
    void (*init)(void), (*fini)(void);
    double timeout; /* in seconds */
    void (*with)(void *parameter);
    struct criterion_test_params (*parameters)(void);
    struct plain_test *next;
} plain_test;

/* Appends a test, or what all tests of a suite have. They must last. */
void plain_add(plain_test *test);
void plain_suite(plain_test *suite);

/* After a failure; `ends` the test. */
void plain_failed(bool ends, const char *file, int line, const char *text,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));
void plain_skip(const char *why) __attribute__((noreturn));

/* In the order of Criterion's own main. */
struct criterion_test_set;
struct criterion_test_set *criterion_initialize(void);
int criterion_handle_args(int count, char **arguments, bool handle_unknown);
int criterion_run_all_tests(struct criterion_test_set *tests);
void criterion_finalize(struct criterion_test_set *tests);

/* ---- tests ---- */

#define PLAIN_ADD(how, suite_, name_, ...)                                                 \
    __attribute__((constructor)) static void add_##suite_##_##name_(void)                  \
    {                                                                                      \
        static plain_test test = {.suite = #suite_, .name = #name_, __VA_ARGS__};          \
        how(&test);                                                                        \
    }

#define Test(suite, name, ...) PLAIN_TEST(suite, name, __VA_ARGS__)
#define PLAIN_TEST(suite, name, ...)                                                       \
    static void test_##suite##_##name(void);                                               \
    PLAIN_ADD(plain_add, suite, name, .test = test_##suite##_##name, __VA_ARGS__)          \
    static void test_##suite##_##name(void)

#define TestSuite(suite, ...)                                                              \
    PLAIN_ADD(plain_suite, suite, of_all, __VA_ARGS__)                                     \
    struct plain_test

#define ParameterizedTestParameters(suite, name)                                           \
    static struct criterion_test_params test_##suite##_##name##_parameters(void)
#define ParameterizedTest(parameter, suite, name)                                          \
    static void test_##suite##_##name(parameter);                                          \
    static void test_##suite##_##name##_with(void *memory)                                 \
    {                                                                                      \
        test_##suite##_##name(memory);                                                     \
    }                                                                                      \
    PLAIN_ADD(plain_add, suite, name, .with = test_##suite##_##name##_with,                \
              .parameters = test_##suite##_##name##_parameters)                            \
    static void test_##suite##_##name(parameter)
#define cr_make_param_array(type, array, count)                                            \
    ((struct criterion_test_params){sizeof(type), (count), (array)})

/* ---- assertions ---- */

#define PLAIN_CHECK(ends, condition, text, ...)                                            \
    do {                                                                                   \
        if (!(condition)) plain_failed(ends, __FILE__, __LINE__, text, " " __VA_ARGS__);   \
    } while (0)
#define PLAIN_COMPARE(ends, a, compare, b, ...)                                            \
    PLAIN_CHECK(ends, (a)compare(b), #a " " #compare " " #b, __VA_ARGS__)

#define cr_assert(condition, ...)     PLAIN_CHECK(true, condition, #condition, __VA_ARGS__)
#define cr_expect(condition, ...)     PLAIN_CHECK(false, condition, #condition, __VA_ARGS__)
#define cr_assert_not(condition, ...) cr_assert(!(condition), __VA_ARGS__)
#define cr_assert_null(x, ...)        cr_assert((x) == NULL, __VA_ARGS__)
#define cr_assert_not_null(x, ...)    cr_assert((x) != NULL, __VA_ARGS__)
#define cr_assert_fail(...)           PLAIN_CHECK(true, false, "", __VA_ARGS__)

#define cr_assert_eq(a, b, ...)       PLAIN_COMPARE(true, a, ==, b, __VA_ARGS__)
#define cr_assert_neq(a, b, ...)      PLAIN_COMPARE(true, a, !=, b, __VA_ARGS__)
#define cr_assert_lt(a, b, ...)       PLAIN_COMPARE(true, a, <, b, __VA_ARGS__)
#define cr_assert_leq(a, b, ...)      PLAIN_COMPARE(true, a, <=, b, __VA_ARGS__)
#define cr_assert_gt(a, b, ...)       PLAIN_COMPARE(true, a, >, b, __VA_ARGS__)
#define cr_assert_geq(a, b, ...)      PLAIN_COMPARE(true, a, >=, b, __VA_ARGS__)
#define cr_expect_eq(a, b, ...)       PLAIN_COMPARE(false, a, ==, b, __VA_ARGS__)
#define cr_expect_gt(a, b, ...)       PLAIN_COMPARE(false, a, >, b, __VA_ARGS__)
#define cr_expect_geq(a, b, ...)      PLAIN_COMPARE(false, a, >=, b, __VA_ARGS__)

#define cr_assert_float_eq(a, b, most, ...)                                                \
    cr_assert(fabs((double)(a) - (double)(b)) <= (most), __VA_ARGS__)
#define cr_assert_arr_eq(a, b, bytes, ...) cr_assert(!memcmp(a, b, bytes), __VA_ARGS__)

/* The strings are the message. */
#define PLAIN_STRINGS(compare, a, b)                                                       \
    do {                                                                                   \
        const char *first_ = (a), *second_ = (b);                                          \
        PLAIN_CHECK(true, strcmp(first_, second_) compare 0, #a " " #compare " " #b,       \
                    "\n\"%s\"\n\"%s\"", first_, second_);                                  \
    } while (0)
#define cr_assert_str_eq(a, b, ...)  PLAIN_STRINGS(==, a, b)
#define cr_assert_str_neq(a, b, ...) PLAIN_STRINGS(!=, a, b)
#define cr_assert_str_empty(a, ...)  PLAIN_STRINGS(==, a, "")

#define cr_skip_test(why)            plain_skip(why)
#define cr_log_info(...)             (fprintf(stderr, __VA_ARGS__), fprintf(stderr, "\n"))
#define cr_log_error                 cr_log_info

#endif
