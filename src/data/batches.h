/* SPDX-License-Identifier: MIT */
/*
 * The internals of batches: what batches of sequences and windows of streams share, which
 * is everything but the order.
 */
#ifndef RN_DATA_BATCHES_H
#define RN_DATA_BATCHES_H

#include "data/state.h"

/* Where a row of a stream is: a step of a text, that at `text` in the order. */
typedef struct rn__cursor {
    int64_t text, step;
} rn__cursor;

/* Steps that were read ahead for a row of a stream. */
typedef struct rn__piece {
    int64_t sequence, first, count; /* count 0: none */
} rn__piece;

/* One kind of batches. */
typedef struct rn__batching {
    const char *name;
    /* Orders the sequences of epoch b->epoch. */
    void (*order)(rn_batches *b);
    /* Sets sizes, lengths and the like of batch b->index, but no data. */
    void (*begin)(rn_batches *b, rn_batch *batch);
    /* Writes all steps of a row of a field, padding included; to `next`, if it is not NULL,
     * those of next_field, from the same reads. Both have room for one step more. */
    bool (*row)(rn_batches *b, const rn_batch *batch, int field, int64_t row, char *to,
                char *next);
} rn__batching;

struct rn_batches {
    rn__state state;
    const rn__batching *kind;
    rn_source source;
    rn_batches_options options;
    const rn_field *fields;
    int field_count;

    int64_t epoch, index; /* of the next batch */
    int64_t ordered;      /* the epoch that the order is of; -1: none */
    int64_t count;        /* batches in an epoch */
    int64_t signature;    /* a hash of all that decides the order */

    int64_t *size;    /* [size_count]: the sizes T */
    int64_t *first;   /* [size_count + 1]: where a bucket begins in `sequence` */
    int64_t *batches; /* [size_count + 1]: the number of its first batch */
    int64_t *next;    /* [size_count]: scratch memory of `order` */
    int size_count;
    int32_t *sequence; /* the order, a bucket after the other */
    int32_t *batch;    /* [count]: the order of the batches; NULL: from the first to the
                          last */

    /* Streams. */
    bool joined;
    int next_field; /* this field is field `next_of`, one step later; -1: none */
    int next_of;
    int64_t window;     /* T */
    int64_t advance;    /* steps from a window to the next */
    int64_t row_steps;  /* most steps of a row */
    int64_t total;      /* steps of all rows */
    rn__cursor *cursor; /* [B]: at the beginning of batch `at` */
    int64_t at;
    rn__piece *piece; /* [field_count, B]; NULL: nothing is read ahead */
    char *ahead;      /* of each, so many bytes: */
    size_t ahead_bytes;

    int32_t *lengths;
    float *weights;
    bool *resets;
    int64_t *which;
    void **data;
    char *strip; /* some rows of one field, before they are transposed */
};

/* An empty object; NULL if out of memory. */
rn_batches *rn__batches_empty(const rn__batching *kind, const rn_source *source,
                              rn_allocator allocator);

/* Memory for the arrays of a batch with at most `steps` steps of options.batch sequences.
 */
bool rn__batches_arrays(rn_batches *b, int64_t steps);

/* Includes a number in the signature. */
void rn__batches_sign(rn_batches *b, uint64_t number);

/* Reads a part of a sequence; an error names it. */
bool rn__batches_read(rn_batches *b, int64_t i, int field, int64_t first, int64_t steps,
                      void *to);

/* Reads all data of a batch whose sizes are set; gather.c. */
bool rn__batches_gather(rn_batches *b, const rn_batch *batch);

/* Writes `steps` steps of padding. */
void rn__batches_pad(const rn_field *field, char *to, int64_t steps);

/* Memory for the rows of a field that are transposed together; gather.c. */
bool rn__batches_strip(const rn_field *field, int64_t rows, int64_t steps, size_t *bytes);

/* rn_bucket_sizes, which sorts the lengths, for count > 0 and at most so many buckets. */
enum { RN__BUCKETS = 512 };
int rn__bucket_sizes(rn_allocator a, int64_t *lengths, int64_t count, int buckets,
                     int64_t *sizes);

#endif
