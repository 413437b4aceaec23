/* SPDX-License-Identifier: MIT */
/* What the tests of data share: texts whose values say where they are from. */
#ifndef RN_TESTS_DATA_SUPPORT_H
#define RN_TESTS_DATA_SUPPORT_H

#include "nn/nn_support.h"

enum { RN_TEST_TEXTS = 200 };

/* `count` sequences of the given lengths. Field 0, x, i32: 1000 i + t. Field 1, v, f64 [2]:
 * the same and its negative. Field 2, y, i32, once: i. */
typedef struct rn_test_texts {
    int64_t count;
    int64_t length[RN_TEST_TEXTS];
    int field_count;
    rn_field fields[3];
    int64_t reads, fail_at; /* fails at this read, counted from 1; 0: never */
    int64_t fail_to;        /* and at those up to this one */
    int64_t most;           /* most steps that a read was for */
} rn_test_texts;

/* Lengths that repeat 3, 0, 5, 1, 8, 2, 13, or are all `same` if that is not negative. */
rn_test_texts rn_test_texts_of(int64_t count, int64_t same);
rn_source rn_test_source(rn_test_texts *texts);

/* The next batch, which must be one; an end of an epoch; a status. */
rn_batch rn_test_next(rn_batches *batches);
void rn_test_epoch_ends(rn_batches *batches, int64_t epoch);

/* Element [t, b] of field x. */
int32_t rn_test_at(const rn_batch *batch, int64_t t, int64_t b);

/* Fails unless the batches' message is this; frees them. */
void rn_test_refused(rn_batches *batches, const char *message);

/* A hash of everything in a batch. */
uint64_t rn_test_print(const rn_batch *batch);

/* Fails unless seeking to every position of two epochs, with the batches themselves and
 * with others that `make` makes, goes on as without it. */
void rn_test_resumes(rn_batches *(*make)(void));

#endif
