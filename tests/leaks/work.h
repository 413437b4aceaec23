/* SPDX-License-Identifier: MIT */
/* Pieces of work that take all their memory from one allocator. */
#ifndef RN_TESTS_LEAKS_WORK_H
#define RN_TESTS_LEAKS_WORK_H

#include <rondo.h>
#include <stdbool.h>

enum { RN_TEST_MESSAGE = 600 };

typedef enum rn_test_result {
    RN_TEST_DONE,   /* as it should be */
    RN_TEST_FAILED, /* an error was returned; the message is the library's */
    RN_TEST_WRONG   /* no error, but not what it should be; the message says what */
} rn_test_result;

typedef rn_test_result rn_test_work(rn_allocator allocator, char *message);

extern const struct rn_test_piece {
    const char *name;
    rn_test_work *work;
} rn_test_works[];
extern const int rn_test_works_count;

#endif
